package spec

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// A gateway on the open-source stack can be asked what would be portable, whatever it has besides.
func TestPortabilityOfAGatewayOnTheOpenSourceStack(t *testing.T) {
	g := rightGateway()
	g.Targets["users"] = Target{Protocol: "rest", URL: "http://users.svc:8080/v1", Operations: map[string]Operation{"get": {Method: "GET", Path: "/users/{id}"}}}
	g.Targets["files"] = Target{Protocol: "rest", URL: "https://files.example.org", Unmatched: "decide"}
	g.Targets["shop"] = Target{Protocol: "grpc", URL: "https://shop.example.org", Services: []string{"shop.v1.Orders"}}
	g.Targets["desk"] = Target{Protocol: "a2a", URL: "https://desk.example.org"}
	const agent = "spiffe://acme-agents.svc.id.goog/ns/payments/sa/billing"
	const pool = "spiffe://agents.global.42.workload.id.goog/ns/payments/sa/billing"
	g.Mode = AgentToAnywhere
	g.Allow = map[string]Allow{
		"elsewhere": {Agents: []string{agent}, Target: "bank", Tools: []string{"pay"}},
		"tools":     {Agents: []string{pool}, Target: "bank", Tools: []string{"pay"}},
		"files":     {Agents: []string{pool}, Target: "files", Operations: []string{"*"}},
		"users":     {Agents: []string{pool}, Target: "users", Operations: []string{"get"}},
		"shop":      {Agents: []string{pool}, Target: "shop", Methods: []string{"*"}},
		"desk":      {Agents: []string{pool}, Target: "desk", Skills: []string{"refund"}},
		"nothing":   {Agents: []string{pool}, Target: "nowhere"},
	}
	want := map[string]bool{"tools": true, "files": true, "nothing": true}
	for _, p := range g.GooglePortability() {
		if p.Portable() != want[p.Allow] {
			t.Errorf("%s: portable is %t, for %v", p.Allow, p.Portable(), p.Problems)
		}
		if p.Means != ByAccessPolicy {
			t.Errorf("%s is decided by %q", p.Allow, p.Means)
		}
		for _, problem := range p.Problems {
			if path := PathString(problem.Path); !strings.HasPrefix(path, `allow["`+p.Allow+`"]`) && !strings.HasPrefix(path, "targets[") {
				t.Errorf("%s has a problem at %s", p.Allow, path)
			}
		}
	}
}

// The table of the documentation has a row for everything that an allow may say.
func TestTheSubsetNamesEveryAttributeOfAllow(t *testing.T) {
	var rows []string
	for _, row := range GoogleSubset() {
		rows = append(rows, row.Attribute)
		if (row.Never != "") == (row.AccessPolicy+row.AuthzPolicy != "") {
			t.Errorf("%s is never portable and is, or neither", row.Attribute)
		}
	}
	all := strings.Join(rows, ", ")
	words := strings.FieldsFunc(all, func(r rune) bool { return r == ',' || r == ' ' })
	attributes := map[string]string{
		"ReadOnly": "read_only", "PartKinds": "part_kinds", "MediaTypes": "media_types", "URLHosts": "url_hosts", "PushHosts": "push_hosts",
	}
	for field := range reflect.TypeFor[Allow]().Fields() {
		attribute := attributes[field.Name]
		if attribute == "" {
			attribute = strings.ToLower(field.Name)
		}
		if attribute != "target" && !slices.Contains(words, attribute) {
			t.Errorf("no row says how far %s is portable: %s", attribute, all)
		}
	}
}
