package oss

import (
	"fmt"
	"slices"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// Admission gives the objects that enforce the policy, in the order in which they are to be applied. The policy must be valid
// (spec.AdmissionPolicy.Validate); an error names what no object could express.
func Admission(p spec.AdmissionPolicy) ([]stack.Object, error) {
	for _, e := range p.Exceptions {
		if len(conditions(e)) == 0 {
			return nil, fmt.Errorf("exception %q of admission policy %q has no condition and would switch the policy off", e.Name, p.Name)
		}
	}
	if p.Rules.SignedImages != nil && p.Engine != spec.EngineKyverno {
		return nil, fmt.Errorf("admission policy %q asks for signed images, which engine %q cannot verify", p.Name, p.Engine)
	}
	if p.Sidecar != nil && p.Engine == spec.EngineGatekeeper {
		return nil, fmt.Errorf("admission policy %q adds a sidecar, which engine %q does not", p.Name, p.Engine)
	}
	list := rules(p)
	if len(list) == 0 && p.Rules.SignedImages == nil {
		return nil, fmt.Errorf("admission policy %q has no rule", p.Name)
	}
	// What adds the sidecar comes first, so that it is there before it is asked for.
	switch p.Engine {
	case spec.EngineNative:
		return append(mutatingPolicy(p), nativePolicy(p, list)...), nil
	case spec.EngineKyverno:
		return append(mutatingPolicy(p), kyvernoPolicies(p, list)...), nil
	case spec.EngineGatekeeper:
		return gatekeeperPolicy(p, list), nil
	}
	return nil, fmt.Errorf("admission policy %q has the unknown engine %q", p.Name, p.Engine)
}

// object builds an object of the policy.
func object(p spec.AdmissionPolicy, key stack.Key, content map[string]any) stack.Object {
	return manifest(key, p.Labels, p.Annotations, content)
}

// matchConstraints selects the requests that can make a pod run something: creating it, changing it, adding an ephemeral
// container to it, resizing it. Changes of its status are no concern of a policy.
func matchConstraints(p spec.AdmissionPolicy) map[string]any {
	m := matchSelectors(p)
	m["matchPolicy"] = "Equivalent"
	m["resourceRules"] = []any{map[string]any{
		"apiGroups":   []any{""},
		"apiVersions": []any{"v1"},
		"operations":  []any{"CREATE", "UPDATE"},
		"resources":   []any{"pods", "pods/ephemeralcontainers", "pods/resize"},
	}}
	return m
}

func matchSelectors(p spec.AdmissionPolicy) map[string]any {
	m := map[string]any{}
	if !p.NamespaceSelector.Empty() {
		m["namespaceSelector"] = labelSelector(p.NamespaceSelector)
	}
	if !p.ObjectSelector.Empty() {
		m["objectSelector"] = labelSelector(p.ObjectSelector)
	}
	return m
}

// variables are those that custom rules can use and, where there are exceptions, whether one applies.
func variables(p spec.AdmissionPolicy) []any {
	var list []any
	for _, v := range spec.AdmissionVariables() {
		list = append(list, map[string]any{"name": v.Name, "expression": v.Expression})
	}
	if len(p.Exceptions) > 0 {
		list = append(list, map[string]any{"name": "excepted", "expression": excepted(p.Exceptions)})
	}
	return list
}

// validations asks for each rule unless an exception applies. An exception whose condition cannot be evaluated does no harm
// to pods that keep the rules, because CEL's "or" is true when one side is.
func validations(p spec.AdmissionPolicy, list []rule) []any {
	out := make([]any, len(list))
	for i, r := range list {
		expression := r.expression
		if len(p.Exceptions) > 0 {
			expression = "variables.excepted || (" + expression + ")"
		}
		out[i] = map[string]any{"expression": expression, "message": r.message}
	}
	return out
}

// validationActions are spelt alike by Kubernetes and Kyverno.
func validationActions(actions []spec.Action) []any {
	names := map[spec.Action]string{spec.ActionDeny: "Deny", spec.ActionAudit: "Audit", spec.ActionWarn: "Warn"}
	var out []string
	for _, a := range actions {
		out = append(out, names[a])
	}
	slices.Sort(out)
	return anySlice(out)
}

func failurePolicy(p spec.AdmissionPolicy) string {
	if p.FailClosed {
		return "Fail"
	}
	return "Ignore"
}
