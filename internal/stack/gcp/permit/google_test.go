package permit_test

import (
	"slices"
	"strings"
	"testing"

	celgo "github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack/gcp/permit"
)

// seen is a request as Google sees it: who sends it, over HTTP to where, and in MCP, if it is.
type seen struct {
	by                 string // SPIFFE ID
	host, path, method string // path with the query
	// entry is the request's target in Agent Registry, "projects/p/locations/l/mcpServers/m"; "" for a host without one.
	entry string
	// mcp is the JSON-RPC method, and thing the name of the tool, prompt or resource that it uses.
	mcp, thing string
	readOnly   bool
}

// sight is what is not published of how Google sees a request, and may be one way or another.
type sight struct {
	slash        bool // before names
	number       bool // of the project in names
	wholeMethods bool // "tools/call" rather than "tools"
	emptyBase    bool // no method for what begins or serves a session
	absent       bool // no object for what a request does not use, rather than an empty one
}

// sights are all of them, those that matter outside of MCP first.
func sights() []sight {
	var all []sight
	for bits := range 32 {
		all = append(all, sight{bits&1 > 0, bits&2 > 0, bits&4 > 0, bits&8 > 0, bits&16 > 0})
	}
	return all
}

// destination is the root of what conditions see.
func (s sight) destination(r seen) map[string]any {
	if r.entry == "" {
		return map[string]any{"is_registered": false, "unregistered": map[string]any{"host": r.host, "path": r.path, "method": r.method}}
	}
	parts := strings.Split(r.entry, "/")
	name := r.entry
	if s.number {
		name = strings.Replace(name, "projects/acme-agents/", "projects/42/", 1)
	}
	if s.slash {
		name = "/" + name
	}
	registry := map[string]any{"location": parts[3], "project_id": "acme-agents"}
	switch parts[4] {
	case "agents":
		registry["resource_type"], registry["agent"] = "AGENT", map[string]any{"name": name}
	case "endpoints":
		registry["resource_type"], registry["endpoint"] = "ENDPOINT", map[string]any{"name": name}
	case "mcpServers":
		registry["resource_type"], registry["mcp_server"] = "MCP_SERVER", s.server(r, name)
	}
	return map[string]any{"is_registered": true, "agent_registry": registry}
}

func (s sight) server(r seen, name string) map[string]any {
	group, _, _ := strings.Cut(r.mcp, "/")
	server := map[string]any{"name": name, "method": group}
	if s.wholeMethods {
		server["method"] = r.mcp
	}
	if s.emptyBase && !slices.Contains([]string{"tools", "prompts", "resources", "completion"}, group) && !strings.Contains(r.mcp, "tasks/") && r.mcp != "x/y" {
		server["method"] = ""
	}
	for kind, of := range map[string]string{"tool": "tools", "prompt": "prompts", "resource": "resources"} {
		used := of == group && r.thing != ""
		switch {
		case used:
			server[kind] = map[string]any{"name": r.thing, "annotations": map[string]any{"read_only_hint": r.readOnly}}
		case !s.absent || of == group: // a list has an empty name, as Google's examples suppose
			server[kind] = map[string]any{"name": "", "annotations": map[string]any{"read_only_hint": false}}
		}
	}
	return server
}

// accessPolicy decides as IAP does, by the rules of one gateway.
type accessPolicy struct {
	rules    []permit.AccessRule
	programs []celgo.Program
}

func newAccessPolicy(t testing.TB, g spec.Gateway) accessPolicy {
	t.Helper()
	rules, err := permit.AccessRules(g)
	if err != nil {
		t.Fatal(err)
	}
	p := accessPolicy{rules: rules}
	for _, r := range rules {
		p.programs = append(p.programs, program(t, "destination", r.Condition))
	}
	return p
}

func program(t testing.TB, root, condition string) celgo.Program {
	t.Helper()
	env, err := celgo.NewEnv(celgo.Variable(root, celgo.DynType))
	if err != nil {
		t.Fatal(err)
	}
	tree, issues := env.Compile(condition)
	if issues.Err() != nil {
		t.Fatalf("%v in %s", issues.Err(), condition)
	}
	made, err := env.Program(tree)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func (p accessPolicy) allows(s sight, r seen) bool {
	for i, rule := range p.rules {
		if !slices.ContainsFunc(rule.Principals, func(principal string) bool { return isOf(r.by, principal) }) {
			continue
		}
		// A rule whose condition fails does not apply.
		if result, _, err := p.programs[i].Eval(map[string]any{"destination": s.destination(r)}); err == nil && result == types.True {
			return true
		}
	}
	return false
}

// isOf says whether an agent of a cluster is a principal of IAM, or one of a set of them.
func isOf(id, principal string) bool {
	domain, path, _ := strings.Cut(strings.TrimPrefix(id, "spiffe://"), "/")
	pool := "iam.googleapis.com/projects/42/locations/global/workloadIdentityPools/" + domain
	namespace := strings.Split(path, "/")[1]
	return slices.Contains([]string{"principal://" + pool + "/subject/" + path, "principalSet://" + pool + "/namespace/" + namespace, "principalSet://" + pool + "/*"}, principal)
}

// authzPolicies decide as the gateway does, by policies with the action ALLOW and DENY_BY_DEFAULT after them.
type authzPolicies struct {
	rules []spec.GoogleAuthzRule
	when  []celgo.Program
}

func newAuthzPolicies(t testing.TB, g spec.Gateway) authzPolicies {
	t.Helper()
	policies, err := permit.AuthzPolicies(g)
	if err != nil {
		t.Fatal(err)
	}
	var p authzPolicies
	for _, policy := range policies {
		for _, rule := range policy.Policy.Rules {
			p.rules = append(p.rules, rule)
			p.when = append(p.when, nil)
			if rule.When != "" {
				p.when[len(p.when)-1] = program(t, "request", rule.When)
			}
		}
	}
	return p
}

func (p authzPolicies) allows(r seen) bool {
	for i, rule := range p.rules {
		if !slices.Contains(rule.Principals, r.by) || !matches(rule.Hosts, r.host) || !matches(rule.Paths, r.path) ||
			len(rule.Methods) > 0 && !slices.Contains(rule.Methods, r.method) || rule.MCP != nil && !speaks(*rule.MCP, r) {
			continue
		}
		if p.when[i] != nil {
			if result, _, err := p.when[i].Eval(map[string]any{"request": map[string]any{"path": r.path}}); err != nil || result != types.True {
				continue
			}
		}
		return true
	}
	return false
}

func matches(all []spec.GoogleStringMatch, text string) bool {
	return len(all) == 0 || slices.ContainsFunc(all, func(m spec.GoogleStringMatch) bool {
		return m.Exact != "" && m.Exact == text || m.Prefix != "" && strings.HasPrefix(text, m.Prefix)
	})
}

func speaks(m spec.GoogleMCPMatch, r seen) bool {
	group, _, _ := strings.Cut(r.mcp, "/")
	if slices.Contains([]string{"initialize", "completion", "logging", "notifications", "ping"}, group) {
		return m.BaseProtocolMethods == "MATCH_BASE_PROTOCOL_METHODS"
	}
	return slices.ContainsFunc(m.Methods, func(method spec.GoogleMCPMethod) bool {
		return (method.Name == group || method.Name == r.mcp) && matches(method.Params, r.thing)
	})
}
