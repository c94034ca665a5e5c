package gateway

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/gateway/policy"
	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
	google "github.com/agentward/terraform-provider-agent/internal/stack/gcp"
	"github.com/agentward/terraform-provider-agent/internal/stack/oss"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

// Validate checks the gateway as the cluster and as the gateway's own code will. Without a provider the trust domain may still come
// from there; then only what does not depend on it is looked at, the policies first of all.
func (m *model) Validate(provider *governed.Provider) spec.Problems {
	if problems := m.googleOnly(); len(problems) > 0 {
		return problems
	}
	g := m.spec(provider)
	switch {
	case m.On() == spec.GCP:
		return m.validateGoogle(g, provider)
	case m.On() == "" && (m.GCP != nil || m.Namespace.IsNull()), // for either stack, and the provider says which
		provider == nil && g.TrustDomain == "":
		return m.policyProblems()
	case m.Namespace.IsNull():
		return spec.Problems{{Path: []any{"namespace"}, Detail: "is not set, and on stack \"oss\" a gateway runs in one: name it"}}
	}
	problems := g.Validate()
	for i, problem := range problems {
		problems[i].Path = AllowPath(m.Allow, problem.Path)
	}
	if len(problems) > 0 {
		return problems
	}
	rendered, err := oss.GatewayConfig(g)
	if err != nil {
		return spec.Problems{{Detail: err.Error()}}
	}
	return judge(rendered, len(m.Policies)+len(m.Allow)).problems
}

// policyProblems checks policies alone.
func (m *model) policyProblems() spec.Problems {
	var problems spec.Problems
	for _, name := range slices.Sorted(maps.Keys(m.Policies)) {
		text := []byte(m.Policies[name].ValueString())
		_, err := policy.New(policy.Source{Name: name, Text: text})
		for _, p := range policy.Problems(err) {
			problems.Add([]any{"policies", spec.MapKey(name)}, "Line %d, column %d: %s.%s", p.Line, p.Column, p.Message, quoted(text, p.Line, p.Column))
		}
	}
	return problems
}

// PlanWarnings gives what the gateway would start with and still warns of.
func (m *model) PlanWarnings(_ context.Context, provider *governed.Provider) diag.Diagnostics {
	var diags diag.Diagnostics
	if m.On() == spec.GCP {
		return nil
	}
	rendered, err := oss.GatewayConfig(m.spec(provider))
	if err != nil {
		return nil // the plan says so
	}
	for _, w := range judge(rendered, len(m.Policies)+len(m.Allow)).warnings {
		diags.AddAttributeWarning(governed.AttributePath(w.Path), fmt.Sprintf("Agent gateway %q", m.Label()), w.Detail)
	}
	return diags
}

// Computed gives what follows from the configuration alone. A model without a name gives the types.
func (m *model) Computed(provider *governed.Provider) map[string]attr.Value {
	values := map[string]attr.Value{
		"spiffe_id": types.StringNull(), "url": types.StringNull(), "token_endpoint": types.StringNull(), "revision": types.StringNull(),
		"endpoints": types.MapNull(types.StringType), "rendered_policies": types.MapNull(types.StringType), "resource_name": types.StringNull(),
		"required_roles": types.MapNull(roleType),
	}
	if m.On() != spec.GCP { // what Google alone tells
		maps.Copy(values, googleObserved(nil))
	}
	if provider == nil {
		return values
	}
	g := m.spec(provider)
	if m.On() == spec.GCP {
		return googleComputed(values, g)
	}
	rendered, err := oss.GatewayConfig(g)
	if err != nil {
		return values
	}
	first := slices.Sorted(maps.Keys(g.Listeners))[0]
	endpoints := map[string]string{}
	for name := range g.Targets {
		if oss.Serves(g.Listeners[first], name) {
			endpoints[name] = oss.TargetURL(g, first, name)
		}
	}
	values["spiffe_id"] = types.StringValue(oss.GatewayID(g))
	values["url"] = types.StringValue(oss.ListenerURL(g, first))
	values["endpoints"] = mapOf(endpoints)
	values["revision"] = types.StringValue(rendered.Revision)
	if s := g.TokenService; s != nil {
		at := s.Listener
		if at == "" {
			at = first
		}
		values["token_endpoint"] = types.StringValue(oss.ListenerURL(g, at) + "/oauth/token")
	}
	policies := map[string]string{}
	for file, text := range rendered.Files {
		if attribute, name, ok := policyFile(file); ok && attribute == "allow" {
			policies["allow."+name] = string(text)
		}
	}
	values["rendered_policies"] = mapOf(policies)
	return values
}

func mapOf(texts map[string]string) types.Map {
	elements := make(map[string]attr.Value, len(texts))
	for name, text := range texts {
		elements[name] = types.StringValue(text)
	}
	return types.MapValueMust(types.StringType, elements)
}

// Render gives the gateway's objects.
func (m *model) Render(provider *governed.Provider) ([]stack.Object, error) {
	if m.On() == spec.GCP {
		return google.Gateway(m.spec(provider))
	}
	return oss.Gateway(m.spec(provider))
}

// ImportKeys lists the objects that a gateway of this name may have in its own namespace. NetworkPolicies in those of agents and
// targets are known by the configuration alone: its first plan adopts them.
func (m *model) ImportKeys(provider *governed.Provider) []stack.Key {
	if m.On() == spec.GCP {
		return m.googleImportKeys(provider)
	}
	everything := &model{Name: m.Name, Namespace: m.Namespace, TrustDomain: types.StringValue("import")} // rendered for the keys alone
	g := everything.spec(provider)
	g.Targets = map[string]spec.Target{"import": {
		Protocol: "mcp", URL: "https://import.invalid",
		Credentials: []spec.Credential{{Kind: "static", Value: spec.SecretValue{Value: "import", Version: "1"}}},
	}}
	g.Deployment.Autoscaling = &spec.Autoscaling{Min: 1, Max: 1}
	g.ServiceMonitor = &spec.ServiceMonitor{}
	objects, err := oss.Gateway(g)
	if err != nil {
		return nil
	}
	return stack.Keys(objects)
}
