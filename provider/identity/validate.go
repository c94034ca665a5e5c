package identity

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

// Validate checks the identity on its stack. Without a provider, what may still come from there is not missed, and where the stack
// itself may come from there, the block gcp says which one is meant.
func (m *model) Validate(provider *governed.Provider) spec.Problems {
	var problems spec.Problems
	for _, d := range []struct {
		path  []any
		value types.String
	}{
		{[]any{"jwt_ttl"}, m.JWTTL},
		{[]any{"x509_ttl"}, m.X509TTL},
		{[]any{"gcp", "managed", "pool", "certificate_issuance", "lifetime"}, m.Google.lifetime()},
	} {
		if _, err := duration(d.value); err != nil {
			problems.Add(d.path, `%q is no duration; write one as "90s", "15m" or "1h"`, d.value.ValueString())
		}
	}
	on := m.On()
	if on == "" && m.Google != nil {
		on = spec.GCP
	}
	if on == spec.GCP {
		return append(problems, m.validateGoogle(provider)...)
	}
	if m.Google != nil {
		problems.Add([]any{"gcp"}, "is of stack %q, and the identity is on %q: leave it out, or set stack = %q", spec.GCP, on, spec.GCP)
	}
	id := m.spec(provider)
	for _, problem := range id.Validate() {
		if provider == nil && id.TrustDomain == "" && problem.Path[0] == "trust_domain" {
			continue
		}
		problems = append(problems, problem)
	}
	return problems
}

func (m *model) validateGoogle(provider *governed.Provider) spec.Problems {
	onGoogle := *m
	onGoogle.Stack = types.StringValue(string(spec.GCP))
	place := provider
	if provider == nil {
		// Whatever the provider will say is of this form; what would have to match it is left to the plan.
		place = &governed.Provider{Google: spec.GoogleProject{ID: "of-the-provider", Number: "1"}}
		if engine, ok := stack.MatchGoogleName(engineName, m.Google.engine()); ok {
			place.Google.ID = engine["project"]
		}
	}
	id := onGoogle.spec(place)
	var problems spec.Problems
	if m.ServiceAccount != nil && !id.ServiceAccount.Create && id.Google.Runtime != spec.RuntimeGKE {
		id.ServiceAccount.Create = true // refused as one that is created
	}
	for _, problem := range id.ValidateGoogle() {
		missing := len(problem.Path) == 2 && (problem.Path[1] == "location" || problem.Path[1] == "project_number")
		if provider == nil && missing && (id.Google.Project.Location == "" || id.Google.Project.Number == "") {
			continue
		}
		problems = append(problems, problem)
	}
	return problems
}
