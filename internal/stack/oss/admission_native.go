package oss

import (
	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// nativePolicy renders the policy for the API server's own engine. The selectors stand in the policy and in the binding, so
// that neither of the two selects more when somebody changes the other.
func nativePolicy(p spec.AdmissionPolicy, list []rule) []stack.Object {
	key := stack.Key{Group: "admissionregistration.k8s.io", Version: "v1", Kind: "ValidatingAdmissionPolicy", Name: p.Name}
	policy := object(p, key, map[string]any{"spec": map[string]any{
		"failurePolicy":    failurePolicy(p),
		"matchConstraints": matchConstraints(p),
		"variables":        variables(p),
		"validations":      validations(p, list),
	}})

	binding := map[string]any{
		"policyName":        p.Name,
		"validationActions": validationActions(p.Actions),
	}
	if selectors := matchSelectors(p); len(selectors) > 0 {
		binding["matchResources"] = selectors
	}
	key.Kind = "ValidatingAdmissionPolicyBinding"
	return []stack.Object{policy, object(p, key, map[string]any{"spec": binding})}
}
