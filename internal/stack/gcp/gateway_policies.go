package gcp

import (
	"maps"
	"slices"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
	"github.com/agentward/terraform-provider-agent/internal/stack/gcp/permit"
)

// policy is an AuthzPolicy on the gateway.
func (g googleGateway) policy(id string, body map[string]any) stack.Object {
	body["target"] = map[string]any{"resources": []any{g.name()}}
	return stack.Object{Key: stack.GoogleKey(networkSecurity, g.in("authzPolicies", id)), Body: g.labelled(body)}
}

// denyByDefault denies what no other policy allows. Gateways over proxies of one's own have no AuthzPolicies.
func (g googleGateway) denyByDefault() []stack.Object {
	if g.google.AllowUnmatched || g.Audit || !g.managed() {
		return nil
	}
	return []stack.Object{g.policy(g.id("deny-by-default"), map[string]any{"action": "DENY_BY_DEFAULT"})}
}

// rules are the policies with rules: those that deny, those that allow, and what allow becomes where IAP does not decide it.
func (g googleGateway) rules() ([]stack.Object, error) {
	if g.Audit || !g.managed() {
		return nil, nil
	}
	var denying, allowing []stack.Object
	for _, name := range slices.Sorted(maps.Keys(g.google.AuthzPolicies)) {
		p := g.google.AuthzPolicies[name]
		object := g.policy(g.id("policy", name), ruled(p))
		if p.Action == "DENY" {
			denying = append(denying, object)
		} else {
			allowing = append(allowing, object)
		}
	}
	if g.GoogleMeans() == spec.ByAuthzPolicy {
		permitted, err := permit.AuthzPolicies(g.Gateway)
		if err != nil {
			return nil, err
		}
		for _, p := range permitted {
			// A slash, which is in no name, keeps a part of a permission from being named as another permission.
			id := g.id(p.Words[0], strings.Join(p.Words[1:], "/"))
			allowing = append(allowing, g.policy(id, ruled(p.Policy)))
		}
	}
	return append(denying, allowing...), nil
}

func ruled(p spec.GoogleAuthzPolicy) map[string]any {
	rules := make([]any, len(p.Rules))
	for i, r := range p.Rules {
		rules[i] = rule(r)
	}
	body := map[string]any{"action": p.Action, "httpRules": rules}
	setText(body, "description", p.Description)
	return body
}

func rule(r spec.GoogleAuthzRule) map[string]any {
	from, operation, made := map[string]any{}, map[string]any{}, map[string]any{}
	setList(from, "sources", sources(r.Principals))
	setList(from, "notSources", sources(r.NotPrincipals))
	setList(operation, "hosts", stringMatches(r.Hosts))
	setList(operation, "paths", stringMatches(r.Paths))
	setTexts(operation, "methods", r.Methods)
	if m := r.MCP; m != nil {
		mcp := map[string]any{}
		setText(mcp, "baseProtocolMethodsOption", m.BaseProtocolMethods)
		var methods []any
		for _, method := range m.Methods {
			one := map[string]any{"name": method.Name}
			setList(one, "params", stringMatches(method.Params))
			methods = append(methods, one)
		}
		setList(mcp, "methods", methods)
		operation["mcp"] = mcp
	}
	setMap(made, "from", from)
	if len(operation) > 0 {
		made["to"] = map[string]any{"operations": []any{operation}}
	}
	setText(made, "when", r.When)
	return made
}

// sources is the one source that callers with these SPIFFE IDs are; none where there are none.
func sources(ids []string) []any {
	if len(ids) == 0 {
		return nil
	}
	principals := make([]any, len(ids))
	for i, id := range ids {
		principals[i] = map[string]any{"principalSelector": "CLIENT_CERT_URI_SAN", "principal": map[string]any{"exact": id}}
	}
	return []any{map[string]any{"principals": principals}}
}

func stringMatches(all []spec.GoogleStringMatch) []any {
	made := make([]any, len(all))
	for i, m := range all {
		made[i] = stringMatch(m)
	}
	return made
}

func stringMatch(m spec.GoogleStringMatch) map[string]any {
	made := map[string]any{}
	setText(made, "exact", m.Exact)
	setText(made, "prefix", m.Prefix)
	setText(made, "suffix", m.Suffix)
	setText(made, "contains", m.Contains)
	if m.IgnoreCase {
		made["ignoreCase"] = true
	}
	return made
}

func setList(body map[string]any, field string, values []any) {
	if len(values) > 0 {
		body[field] = values
	}
}
