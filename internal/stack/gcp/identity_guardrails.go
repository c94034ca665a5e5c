package gcp

import (
	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// boundary renders a principal access boundary, which is of the organization, and binds it.
func boundary(id spec.Identity) []stack.Object {
	b := id.Google.Boundary
	if b == nil {
		return nil
	}
	rules := make([]any, len(b.Rules))
	for i, r := range b.Rules {
		resources := make([]any, len(r.Resources))
		for j, container := range r.Resources {
			resources[j] = containerName(container)
		}
		rule := map[string]any{"effect": "ALLOW", "resources": resources}
		setText(rule, "description", r.Description)
		rules[i] = rule
	}
	details := map[string]any{"rules": rules}
	setText(details, "enforcementVersion", b.EnforcementVersion)
	body := map[string]any{"details": details}
	setText(body, "displayName", b.DisplayName)

	organization := "organizations/" + id.Google.Organization
	policy := global(organization, "principalAccessBoundaryPolicies/"+identityPolicyID(id, organization, ""))
	parent, set, condition := b.BindTo, containerName(b.BindTo), b.Condition
	switch {
	case b.BindTo == spec.BindToPool:
		parent, set = ownProject(id), poolName(id)
	case condition == "":
		condition = "principal.type == '" + principalType(id) + "'"
	}
	binding := map[string]any{"policyKind": "PRINCIPAL_ACCESS_BOUNDARY", "policy": policy, "target": map[string]any{"principalSet": set}}
	setText(binding, "displayName", b.DisplayName)
	if condition != "" {
		binding["condition"] = map[string]any{"expression": condition}
	}
	return []stack.Object{
		{Key: stack.GoogleKey(iam, policy), Body: body},
		{Key: bindingKey(id, parent, "boundary"), Body: binding},
	}
}

// principalType is what a boundary is for where nothing narrows it: agents, and not the people and service accounts beside them.
func principalType(id spec.Identity) string {
	if id.Google.Runtime == spec.RuntimeManaged {
		return "iam.googleapis.com/WorkloadPoolIdentity"
	}
	return "iam.googleapis.com/AgentPoolIdentity"
}

func bindingKey(id spec.Identity, parent, part string) stack.Key {
	return stack.GoogleKey(iam, global(parent, "policyBindings/"+identityPolicyID(id, parent, part)))
}

// accessPolicy renders an access policy of the project, and binds it to what it is for.
func accessPolicy(id spec.Identity) ([]stack.Object, error) {
	a := id.Google.AccessPolicy
	if a == nil {
		return nil, nil
	}
	rules := make([]any, len(a.Rules))
	for i, r := range a.Rules {
		whom, err := principals(id, r.Principals)
		if err != nil {
			return nil, err
		}
		operation := map[string]any{"permissions": texts(r.Permissions)}
		setTexts(operation, "excludedPermissions", r.ExcludedPermissions)
		rule := map[string]any{"effect": r.Effect, "principals": whom, "operation": operation}
		setText(rule, "description", r.Description)
		setTexts(rule, "excludedPrincipals", r.ExcludedPrincipals)
		if len(r.Conditions) > 0 {
			conditions := map[string]any{}
			for service, expression := range r.Conditions {
				conditions[service] = map[string]any{"expression": expression}
			}
			rule["conditions"] = conditions
		}
		rules[i] = rule
	}
	return boundAccessPolicy(id, "", a.DisplayName, rules, orOwnProject(id, a.BindTo)), nil
}

// boundAccessPolicy is an access policy, part of the identity, with a binding for each container.
func boundAccessPolicy(id spec.Identity, part, displayName string, rules []any, containers []string) []stack.Object {
	policy := global(ownProject(id), "accessPolicies/"+identityPolicyID(id, ownProject(id), part))
	body := map[string]any{"details": map[string]any{"rules": rules}}
	setText(body, "displayName", displayName)
	objects := []stack.Object{{Key: stack.GoogleKey(iam, policy), Body: body}}
	bound := "access"
	if part != "" {
		bound = part
	}
	for _, container := range containers {
		binding := map[string]any{"policyKind": "ACCESS", "policy": policy, "target": map[string]any{"resource": containerName(container)}}
		setText(binding, "displayName", displayName)
		objects = append(objects, stack.Object{Key: bindingKey(id, container, bound), Body: binding})
	}
	return objects
}

// denyPolicy renders a deny policy for each point that it is attached to.
func denyPolicy(id spec.Identity) ([]stack.Object, error) {
	d := id.Google.Deny
	if d == nil {
		return nil, nil
	}
	rules := make([]any, len(d.Rules))
	for i, r := range d.Rules {
		whom, err := principals(id, r.Principals)
		if err != nil {
			return nil, err
		}
		deny := map[string]any{"deniedPrincipals": whom, "deniedPermissions": texts(r.Permissions)}
		setTexts(deny, "exceptionPrincipals", r.ExceptionPrincipals)
		setTexts(deny, "exceptionPermissions", r.ExceptionPermissions)
		if r.Condition != "" {
			condition := map[string]any{"expression": r.Condition}
			setText(condition, "title", r.ConditionTitle)
			deny["denialCondition"] = condition
		}
		rule := map[string]any{"denyRule": deny}
		setText(rule, "description", r.Description)
		rules[i] = rule
	}
	return attached(id, "", d.DisplayName, rules, d.AttachPoints), nil
}

// attached is a deny policy, part of the identity, at each container.
func attached(id spec.Identity, part, displayName string, rules []any, containers []string) []stack.Object {
	var objects []stack.Object
	for _, container := range orOwnProject(id, containers) {
		body := map[string]any{"rules": rules}
		setText(body, "displayName", displayName)
		name := "policies/" + attachPoint(container) + "/denypolicies/" + identityPolicyID(id, container, part)
		objects = append(objects, stack.Object{Key: stack.GoogleKey(iam, name), Body: body})
	}
	return objects
}
