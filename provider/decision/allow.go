package decision

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/agentward/terraform-provider-agent/internal/gateway/policy"
	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack/oss/permit"
	"github.com/agentward/terraform-provider-agent/provider/gateway"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

// compiled begins the name of a source that a permission compiles to.
const compiled = "allow."

// permissions gives the policies that allow compiles to.
func (m *model) permissions() ([]policy.Source, diag.Diagnostics) {
	allow := map[string]spec.Allow{}
	targets := map[string]spec.Target{}
	for _, name := range slices.Sorted(maps.Keys(m.Allow)) {
		a := m.Allow[name].Spec()
		allow[name] = a
		targets[a.Target] = spoken(targets[a.Target], a)
	}
	g := spec.Gateway{TrustDomain: m.TrustDomain.ValueString(), Allow: allow, Targets: targets}
	var problems spec.Problems
	for _, problem := range g.Validate() {
		if len(allow) > 0 && (problem.Path[0] == "allow" || problem.Path[0] == "trust_domain") {
			problems = append(problems, spec.Problem{Path: gateway.AllowPath(m.Allow, problem.Path), Detail: problem.Detail})
		}
	}
	if len(problems) > 0 {
		return nil, governed.ProblemDiagnostics(problems)
	}
	var sources []policy.Source
	for _, name := range slices.Sorted(maps.Keys(allow)) {
		text := permit.Policies(name, allow[name], g.TrustDomain, targets[allow[name].Target].Protocol)
		sources = append(sources, policy.Source{Name: compiled + name, Text: []byte(text)})
	}
	return sources, nil
}

// spoken adds to a target what a permission tells of it: its protocol, since what is permitted only one has. Whether the target has
// such a tool or operation is for the gateway's configuration to say.
func spoken(t spec.Target, a spec.Allow) spec.Target {
	t.OpenAPI = "unknown"
	for _, things := range a.Things() {
		if len(things.Names) > 0 && t.Protocol == "" {
			t.Protocol = things.Protocol
		}
	}
	for _, method := range a.Methods {
		service, _, _ := strings.Cut(method, "/")
		t.Services = append(t.Services, service)
	}
	return t
}

// at gives the attribute that a source of policies is of.
func (m *model) at(source string) path.Path {
	if _, given := m.Policies[source]; !given {
		return path.Root("allow").AtMapKey(strings.TrimPrefix(source, compiled))
	}
	return path.Root("policies").AtMapKey(source)
}
