package spec

import (
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

func (v *googleIdentityValidator) pods(path []any) {
	for _, problem := range validation.IsDNS1123Subdomain(v.id.ServiceAccount.Name) {
		v.add([]any{"service_account", "name"}, "%q is no ServiceAccount name: %s", v.id.ServiceAccount.Name, problem)
	}
	if v.id.ServiceAccount.Name == "default" {
		v.add([]any{"service_account", "name"}, `is "default", which every pod of the namespace without an account of its own runs under, and each would be this agent: give the agent its own`)
	}
	p := v.g.GKE
	if p == nil {
		return
	}
	switch p.FunctionalType {
	case FunctionalTypeAgent:
		v.notOf(at(path, "mcp_urls"), p.MCPURLs, p.FunctionalType)
		v.notOf(at(path, "mcp_capabilities"), p.MCPCapabilities, p.FunctionalType)
	case FunctionalTypeMCPServer:
		v.notOf(at(path, "agent_card"), p.AgentCard, p.FunctionalType)
	default:
		v.add(at(path, "functional_type"), "%q is no functional type: use %q or %q", p.FunctionalType, FunctionalTypeAgent, FunctionalTypeMCPServer)
	}
	if p.Principal != "" {
		v.principals(at(path, "principal"), []string{p.Principal})
		last := len(v.problems) - 1
		if last >= 0 && PathString(v.problems[last].Path) == PathString(at(path, "principal", 0)) {
			v.problems[last].Path = at(path, "principal")
		} else if !strings.HasPrefix(p.Principal, "principal://") {
			v.add(at(path, "principal"), "%q is a set of principals: give the agent's own, principal://…", p.Principal)
		}
	}
	for _, key := range []struct{ field, name string }{
		{"identity_annotation", p.IdentityAnnotation},
		{"functional_type_label", p.FunctionalTypeLabel},
		{"agent_card_annotation", p.AgentCardAnnotation},
		{"mcp_urls_annotation", p.MCPURLsAnnotation},
		{"mcp_capabilities_annotation", p.MCPCapabilitiesAnnotation},
	} {
		if msgs := validation.IsQualifiedName(strings.ToLower(key.name)); len(msgs) > 0 {
			v.add(at(path, "keys", key.field), "%q is no key of a label or annotation: %s", key.name, msgs[0])
		}
	}
	if p.IdentityValue == "" {
		v.add(at(path, "keys", "identity_value"), "is empty, and would ask for no identity: leave it out for %q", GKEIdentityValue)
	}
}

func (v *googleIdentityValidator) notOf(path []any, value, functionalType string) {
	if value != "" {
		v.add(path, "says nothing about a workload of functional_type %q: leave it out", functionalType)
	}
}
