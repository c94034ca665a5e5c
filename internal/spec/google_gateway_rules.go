package spec

import (
	"regexp"
	"slices"
	"strings"
)

// The methods that rules may name, in the groups that Google has for them.
var (
	mcpGroups  = []string{"tools", "prompts", "resources"}
	mcpLists   = []string{"tools/list", "prompts/list", "resources/list", "resources/templates/list"}
	mcpMethods = []string{"tools/call", "prompts/get", "resources/read", "resources/subscribe", "resources/unsubscribe"}
)

// a2aMethods are how A2A begins the names of its methods, in any version.
var a2aMethods = regexp.MustCompile(`^(message|tasks|agent)/|^(Send|Get|List|Cancel|Subscribe|Create|Delete)[A-Z]`)

func (v *googleGatewayValidator) authzPolicies(path []any) {
	for _, name := range sortedKeys(v.g.AuthzPolicies) {
		p := v.g.AuthzPolicies[name]
		path := at(path, MapKey(name))
		v.googleID(path, name)
		v.length(at(path, "description"), p.Description, maxGoogleDescription)
		if p.Action != "ALLOW" && p.Action != "DENY" {
			v.add(at(path, "action"), "%q is no action of a policy with rules: use ALLOW or DENY. CUSTOM is written as gcp.extensions, and DENY_BY_DEFAULT as gcp.deny_by_default", p.Action)
		}
		if len(p.Rules) == 0 {
			v.add(at(path, "rules"), "is empty: a policy needs a rule that requests match")
		}
		if len(p.Rules) > maxAuthzRules {
			v.add(at(path, "rules"), "has %d rules, %d are allowed in one policy: divide them among several", len(p.Rules), maxAuthzRules)
		}
		count := map[string]int{}
		for i, rule := range p.Rules {
			v.authzRule(at(path, "rules", i), p.Action, rule, count)
		}
		for _, what := range sortedKeys(count) {
			if limit := authzLimit(what); count[what] > limit {
				v.add(at(path, "rules"), "have %d %s together, %d are allowed in one policy: divide them among several", count[what], what, limit)
			}
		}
	}
}

func authzLimit(what string) int {
	if what == "principals" {
		return maxAuthzPrincipals
	}
	return maxAuthzMatches
}

// authzRule checks one rule, and counts what Google limits in all rules together.
func (v *googleGatewayValidator) authzRule(path []any, action string, r GoogleAuthzRule, count map[string]int) {
	v.spiffeIDs(at(path, "principals"), r.Principals)
	v.spiffeIDs(at(path, "not_principals"), r.NotPrincipals)
	v.matches(at(path, "hosts"), r.Hosts)
	v.matches(at(path, "paths"), r.Paths)
	for i, method := range r.Methods {
		if !slices.Contains([]string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}, method) {
			v.add(at(path, "methods", i), "%q is no method of HTTP: methods of MCP are written as mcp.methods", method)
		}
		v.duplicate(at(path, "methods", i), r.Methods, i)
	}
	count["principals"] += len(r.Principals) + len(r.NotPrincipals)
	count["hosts"] += len(r.Hosts)
	count["paths"] += len(r.Paths)
	count["methods"] += len(r.Methods)
	if r.MCP != nil {
		v.mcpMatch(at(path, "mcp"), action, *r.MCP, count)
	}
	if r.When != "" {
		v.when(at(path, "when"), r.When)
	}
	if len(r.Principals)+len(r.NotPrincipals)+len(r.Hosts)+len(r.Paths)+len(r.Methods) == 0 && r.MCP == nil && r.When == "" {
		v.add(path, "matches every request: say which it is about")
	}
}

func (v *googleGatewayValidator) mcpMatch(path []any, action string, m GoogleMCPMatch, count map[string]int) {
	v.oneOf(at(path, "base_protocol_methods"), m.BaseProtocolMethods, "MATCH_BASE_PROTOCOL_METHODS", "SKIP_BASE_PROTOCOL_METHODS")
	if action == "ALLOW" && m.BaseProtocolMethods != "MATCH_BASE_PROTOCOL_METHODS" {
		v.add(at(path, "base_protocol_methods"), "is not MATCH_BASE_PROTOCOL_METHODS, without which no session of MCP can begin: initialize would not be allowed")
	}
	if len(m.Methods) == 0 && m.BaseProtocolMethods != "MATCH_BASE_PROTOCOL_METHODS" {
		v.add(at(path, "methods"), "is empty, so that the rule matches nothing: name methods, as { name = \"tools/call\", params = [{ exact = \"pay\" }] }")
	}
	count["MCP methods"] += len(m.Methods)
	for i, method := range m.Methods {
		path := at(path, "methods", i)
		count["MCP params"] += len(method.Params)
		v.matches(at(path, "params"), method.Params)
		switch {
		case slices.Contains(mcpMethods, method.Name):
		case slices.Contains(mcpGroups, method.Name) || slices.Contains(mcpLists, method.Name):
			if len(method.Params) > 0 {
				v.add(at(path, "params"), "are of methods that use one thing, and %q does not: use %s", method.Name, strings.Join(mcpMethods, ", "))
			}
		case a2aMethods.MatchString(method.Name):
			v.add(at(path, "name"), "%q is a method of A2A, which is forwarded unread: conditions are for MCP alone", method.Name)
		default:
			v.add(at(path, "name"), "%q is no method that a rule may name: use %s", method.Name, strings.Join(slices.Concat(mcpGroups, mcpLists, mcpMethods), ", "))
		}
	}
}

// matches checks comparisons, of which each is one of four.
func (v *googleGatewayValidator) matches(path []any, all []GoogleStringMatch) {
	for i, m := range all {
		v.match(at(path, i), m)
		if slices.Contains(all[:i], m) {
			v.add(at(path, i), "is given twice")
		}
	}
}

func (v *googleGatewayValidator) match(path []any, m GoogleStringMatch) {
	given := 0
	for _, text := range []string{m.Exact, m.Prefix, m.Suffix, m.Contains} {
		if text != "" {
			given++
		}
	}
	if given != 1 {
		v.add(path, "compares in %d ways: set one of exact, prefix, suffix and contains, to a text that is not empty", given)
	}
}

func (v *googleGatewayValidator) accessRules(path []any) {
	if id := v.g.AccessPolicy.ID; id != "" {
		v.googleID(at(path, "id"), id)
		if len(id) < 3 {
			v.add(at(path, "id"), "%q is too short: IAM takes 3 to 63 characters", id)
		}
	}
	for i, r := range v.g.AccessPolicy.Rules {
		path := at(path, "rules", i)
		v.length(at(path, "description"), r.Description, maxRuleDescription)
		v.oneOf(at(path, "effect"), r.Effect, "ALLOW", "DENY")
		if len(r.Principals) == 0 {
			v.add(at(path, "principals"), "is empty: name whom the rule is about, as principalSet://agents.global.org-<number>.system.id.goog/*")
		}
		v.principals(at(path, "principals"), r.Principals)
		v.principals(at(path, "excluded_principals"), r.ExcludedPrincipals)
		if r.Condition != "" {
			v.destination(at(path, "condition"), r.Condition)
		}
	}
}

var googleGrantResource = regexp.MustCompile(`^(mcpServers|agents|endpoints)/[^/]+$`)

func (v *googleGatewayValidator) iapGrants(path []any) {
	for _, name := range sortedKeys(v.g.IAPGrants) {
		grant := v.g.IAPGrants[name]
		path := at(path, MapKey(name))
		v.googleID(path, name)
		if grant.Resource != "" && !googleGrantResource.MatchString(grant.Resource) {
			v.add(at(path, "resource"), "%q is no entry of Agent Registry: write mcpServers/<id>, agents/<id> or endpoints/<id>, with the id that the registry gave", grant.Resource)
		}
		if grant.Location != "" && !googleLocation.MatchString(grant.Location) {
			v.add(at(path, "location"), "%q is no location: write a region, as \"us-central1\", or \"global\"", grant.Location)
		}
		if n := len(grant.ConditionTitle); n > 100 || strings.Contains(grant.ConditionTitle, "#") {
			v.add(at(path, "condition_title"), "%q cannot tell the grant from others': use up to 100 characters, without a number sign", grant.ConditionTitle)
		}
		if len(grant.Members) == 0 {
			v.add(at(path, "members"), "is empty: name whom the grant is for")
		}
		for i, member := range grant.Members {
			if kind, who, ok := strings.Cut(member, ":"); !ok || who == "" || kind == "spiffe" || kind == "urn" {
				v.add(at(path, "members", i), "%q is no member of an allow policy: write principal://… or principalSet://…", member)
			}
			v.duplicate(at(path, "members", i), grant.Members, i)
		}
		if grant.Condition != "" {
			v.grantCondition(at(path, "condition"), grant.Condition)
		}
	}
}

// The limits of an extension binding, as its schema gives them.
const (
	maxBindingMetadataKeys  = 15
	maxBindingMetadataKey   = 63
	maxBindingMetadataValue = 1023
	maxBindingMetadata      = 1023
	maxBindingConditions    = 5
	maxBindingResources     = 5
)

func (v *googleGatewayValidator) extensionBindings(path []any) {
	for _, id := range sortedKeys(v.g.ExtensionBindings) {
		b := v.g.ExtensionBindings[id]
		path := at(path, MapKey(id))
		v.googleID(path, id)
		v.length(at(path, "description"), b.Description, maxGoogleDescription)
		if !hostName.MatchString(b.Extension) && !strings.HasPrefix(b.Extension, "projects/") {
			v.add(at(path, "extension"), "%q is no extension: name the service, as \"iap.googleapis.com\"", b.Extension)
		}
		if match := googleArmorService.FindStringSubmatch(b.Extension); match != nil && match[1] != v.g.Project.Location {
			v.add(at(path, "extension"), "is in %q and the gateway in %q: both must be in one region", match[1], v.g.Project.Location)
		}
		v.oneOf(at(path, "resource_type"), b.ResourceType, "AGENT_GATEWAY", "AI_APPLICATION")
		if b.Resource != "" && b.ResourceType != "" {
			v.add(at(path, "resource_type"), "is for all resources of a type, and resource is one: leave one of them out")
		}
		v.bindingMetadata(at(path, "metadata"), b.Metadata)
		if len(b.Match) > maxBindingConditions {
			v.add(at(path, "match"), "has %d conditions, %d are allowed", len(b.Match), maxBindingConditions)
		}
		for i, m := range b.Match {
			path := at(path, "match", i)
			if m.Destination == nil && m.NotDestination == nil {
				v.add(path, "is empty: set destination or not_destination")
			}
			v.destinationMatch(at(path, "destination"), m.Destination)
			v.destinationMatch(at(path, "not_destination"), m.NotDestination)
		}
	}
}

func (v *googleGatewayValidator) bindingMetadata(path []any, metadata map[string]string) {
	sum := 0
	for _, key := range sortedKeys(metadata) {
		sum += len(key) + len(metadata[key])
		if len(key) > maxBindingMetadataKey || len(metadata[key]) > maxBindingMetadataValue {
			v.add(at(path, MapKey(key)), "is too long: a key has up to %d characters and a value up to %d", maxBindingMetadataKey, maxBindingMetadataValue)
		}
	}
	if len(metadata) > maxBindingMetadataKeys || sum > maxBindingMetadata {
		v.add(path, "has %d keys and %d bytes, %d and %d are allowed", len(metadata), sum, maxBindingMetadataKeys, maxBindingMetadata)
	}
}

func (v *googleGatewayValidator) destinationMatch(path []any, d *GoogleDestination) {
	if d == nil {
		return
	}
	v.matches(at(path, "hosts"), d.Hosts)
	v.matches(at(path, "paths"), d.Paths)
	v.matches(at(path, "resources"), d.Resources)
	for _, name := range sortedKeys(d.Headers) {
		v.match(at(path, "headers", MapKey(name)), d.Headers[name])
	}
	for _, l := range []struct {
		field    string
		n, limit int
	}{
		{"hosts", len(d.Hosts), maxAuthzMatches}, {"paths", len(d.Paths), maxAuthzMatches}, {"resources", len(d.Resources), maxBindingResources}, {"headers", len(d.Headers), maxAuthzMatches},
	} {
		if l.n > l.limit {
			v.add(at(path, l.field), "has %d entries, %d are allowed", l.n, l.limit)
		}
	}
	if len(d.Hosts)+len(d.Paths)+len(d.Resources)+len(d.Headers) == 0 {
		v.add(path, "is empty: say which requests it fits")
	}
}
