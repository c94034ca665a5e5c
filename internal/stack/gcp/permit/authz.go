package permit

import (
	"fmt"
	"maps"
	"slices"

	"github.com/agentward/terraform-provider-agent/internal/spec"
)

// AuthzPolicy is one of the policies, with the action ALLOW, that a permission becomes.
type AuthzPolicy struct {
	Words  []string // of the policy's id
	Policy spec.GoogleAuthzPolicy
}

// The limits of one policy, and so what makes several of a permission.
const (
	maxParams     = 10
	maxPaths      = 10
	maxPrincipals = 50
)

// AuthzPolicies gives policies for each allow, in the order of their names. Each permits by itself, so that a long list is several.
func AuthzPolicies(g spec.Gateway) ([]AuthzPolicy, error) {
	var policies []AuthzPolicy
	for _, name := range slices.Sorted(maps.Keys(g.Allow)) {
		a := g.Allow[name]
		rules, err := matching{a, g.Targets[a.Target]}.rules()
		if err != nil {
			return nil, fmt.Errorf("allow %q: %w", name, err)
		}
		agents, err := certified(a.Agents)
		if err != nil {
			return nil, fmt.Errorf("allow %q: %w", name, err)
		}
		for principals := range slices.Chunk(agents, maxPrincipals) {
			for _, rule := range rules {
				rule.Principals = principals
				words := []string{"allow", name}
				if n := len(policies); n > 0 && policies[n-1].Words[1] == name {
					words = append(words, fmt.Sprint(count(policies, name)+1))
				}
				policies = append(policies, AuthzPolicy{Words: words, Policy: spec.GoogleAuthzPolicy{
					Action: "ALLOW", Description: "allow " + name, Rules: []spec.GoogleAuthzRule{rule},
				}})
			}
		}
	}
	return policies, nil
}

// certified gives the SPIFFE IDs in the certificates of agents.
func certified(agents []string) ([]string, error) {
	ids := make([]string, len(agents))
	for i, agent := range agents {
		id, ok := spec.GoogleSPIFFEID(agent)
		if !ok {
			return nil, fmt.Errorf("%q is no single agent whose certificate is known", agent)
		}
		ids[i] = id
	}
	return slices.Compact(sorted(ids)), nil
}

func count(policies []AuthzPolicy, name string) int {
	n := 0
	for _, p := range policies {
		if p.Words[1] == name {
			n++
		}
	}
	return n
}

// matching is what an allow permits, on its way to rules.
type matching struct {
	allow  spec.Allow
	target spec.Target
}

func (m matching) rules() ([]spec.GoogleAuthzRule, error) {
	authority, base, err := m.target.Address()
	if err != nil {
		return nil, fmt.Errorf("target %q: %q %w", m.allow.Target, m.target.URL, err)
	}
	hosts := exact(authority)
	switch m.target.Protocol {
	case "mcp":
		return m.mcp(hosts, paths(orRoot(base))), nil
	case "a2a":
		return []spec.GoogleAuthzRule{inside(hosts, base)}, nil
	case "rest":
		return m.rest(hosts, base), nil
	case "grpc":
		return m.grpc(hosts, base), nil
	}
	return nil, fmt.Errorf("no rule can be written for target %q", m.allow.Target)
}

// mcp gives a rule for each ten names, all of which let a session begin.
func (m matching) mcp(hosts, at []spec.GoogleStringMatch) []spec.GoogleAuthzRule {
	var rules []spec.GoogleAuthzRule
	add := func(methods ...spec.GoogleMCPMethod) {
		rules = append(rules, spec.GoogleAuthzRule{
			Hosts: hosts, Paths: at, MCP: &spec.GoogleMCPMatch{BaseProtocolMethods: "MATCH_BASE_PROTOCOL_METHODS", Methods: methods},
		})
	}
	for _, kind := range []struct {
		group string
		names []string
		lists []string
		uses  []string
	}{
		{"tools", m.allow.Tools, []string{"tools/list"}, []string{"tools/call"}},
		{"prompts", m.allow.Prompts, []string{"prompts/list"}, []string{"prompts/get"}},
		{"resources", m.allow.Resources, []string{"resources/list", "resources/templates/list"}, []string{"resources/read", "resources/subscribe", "resources/unsubscribe"}},
	} {
		if slices.Contains(kind.names, spec.Everything) {
			add(spec.GoogleMCPMethod{Name: kind.group})
			continue
		}
		for names := range slices.Chunk(sorted(kind.names), maxParams/len(kind.uses)) {
			var methods []spec.GoogleMCPMethod
			for _, list := range kind.lists {
				methods = append(methods, spec.GoogleMCPMethod{Name: list})
			}
			for _, use := range kind.uses {
				methods = append(methods, spec.GoogleMCPMethod{Name: use, Params: exact(names...)})
			}
			add(methods...)
		}
	}
	return rules
}

// rest gives rules by method, of as many paths as a policy takes: a path stands for itself and for itself with a query.
func (m matching) rest(hosts []spec.GoogleStringMatch, base string) []spec.GoogleAuthzRule {
	if slices.Contains(m.allow.Operations, spec.Everything) && !m.target.Closed() {
		return []spec.GoogleAuthzRule{inside(hosts, base)}
	}
	byMethod := map[string][]string{}
	for _, o := range m.target.GoogleOperations(m.allow.Operations) {
		byMethod[o.Method] = append(byMethod[o.Method], base+o.Path)
	}
	var rules []spec.GoogleAuthzRule
	for _, method := range slices.Sorted(maps.Keys(byMethod)) {
		for chunk := range slices.Chunk(sorted(byMethod[method]), maxPaths/2) {
			rules = append(rules, spec.GoogleAuthzRule{Hosts: hosts, Paths: paths(chunk...), Methods: []string{method}})
		}
	}
	return rules
}

func (m matching) grpc(hosts []spec.GoogleStringMatch, base string) []spec.GoogleAuthzRule {
	var all []spec.GoogleStringMatch
	if slices.Contains(m.allow.Methods, spec.Everything) {
		for _, service := range sorted(m.target.Services) {
			all = append(all, spec.GoogleStringMatch{Prefix: base + "/" + service + "/"})
		}
	} else {
		for _, name := range sorted(m.allow.Methods) {
			all = append(all, spec.GoogleStringMatch{Exact: base + "/" + name})
		}
	}
	var rules []spec.GoogleAuthzRule
	for chunk := range slices.Chunk(all, maxPaths) {
		rules = append(rules, spec.GoogleAuthzRule{Hosts: hosts, Paths: chunk, Methods: []string{"POST"}, When: "!(" + up("request.path") + ")"})
	}
	return rules
}

func exact(texts ...string) []spec.GoogleStringMatch {
	all := make([]spec.GoogleStringMatch, len(texts))
	for i, text := range texts {
		all[i] = spec.GoogleStringMatch{Exact: text}
	}
	return all
}

// paths match themselves, and themselves with a query, which Google compares with the path.
func paths(texts ...string) []spec.GoogleStringMatch {
	var all []spec.GoogleStringMatch
	for _, text := range texts {
		all = append(all, spec.GoogleStringMatch{Exact: text}, spec.GoogleStringMatch{Prefix: text + "?"})
	}
	return all
}

// inside matches everything below a path, and no way back up from it; all paths where it is "".
func inside(hosts []spec.GoogleStringMatch, base string) spec.GoogleAuthzRule {
	if base == "" {
		return spec.GoogleAuthzRule{Hosts: hosts}
	}
	at := append(paths(base), spec.GoogleStringMatch{Prefix: base + "/"})
	return spec.GoogleAuthzRule{Hosts: hosts, Paths: at, When: "!(" + up("request.path") + ")"}
}

func orRoot(base string) string {
	if base == "" {
		return "/"
	}
	return base
}
