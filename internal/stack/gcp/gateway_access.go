package gcp

import (
	"maps"
	"slices"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
	"github.com/agentward/terraform-provider-agent/internal/stack/gcp/permit"
)

const egressPermission = "iap.googleapis.com/resources.egressViaIAP"

// access is what IAP is told to let through: an access policy that is bound to the project, or grants of its first version.
func (g googleGateway) access() ([]stack.Object, error) {
	switch version, _ := g.UsesIAP(); version {
	case "V1":
		return g.grants(), nil
	case "V2":
		return g.accessPolicy()
	}
	return nil, nil
}

// accessPolicy is one of the project, where gateways of other regions, which may have the same name, have theirs too.
func (g googleGateway) accessPolicy() ([]stack.Object, error) {
	var rules []any
	if g.GoogleMeans() == spec.ByAccessPolicy {
		permitted, err := permit.AccessRules(g.Gateway)
		if err != nil {
			return nil, err
		}
		for _, r := range permitted {
			rules = append(rules, egressRule(spec.GoogleEgressRule{Description: r.Description, Principals: r.Principals, Condition: r.Condition}))
		}
	}
	for _, r := range g.google.AccessPolicy.Rules {
		rules = append(rules, egressRule(r))
	}
	if len(rules) == 0 {
		return nil, nil
	}
	id := g.google.AccessPolicy.ID
	if id == "" {
		id = g.id("egress", g.google.Project.Location)
	}
	project := "projects/" + g.google.Project.ID
	policy := global(project, "accessPolicies/"+id)
	binding := map[string]any{"policyKind": "ACCESS", "policy": policy, "target": map[string]any{"resource": containerName(project)}}
	return []stack.Object{
		{Key: stack.GoogleKey(iam, policy), Body: map[string]any{"details": map[string]any{"rules": rules}}},
		{Key: stack.GoogleKey(iam, global(project, "policyBindings/"+id)), Body: binding},
	}, nil
}

func egressRule(r spec.GoogleEgressRule) map[string]any {
	effect := r.Effect
	if effect == "" {
		effect = "ALLOW"
	}
	rule := map[string]any{"effect": effect, "principals": texts(r.Principals), "operation": map[string]any{"permissions": []any{egressPermission}}}
	setText(rule, "description", r.Description)
	setTexts(rule, "excludedPrincipals", r.ExcludedPrincipals)
	if r.Condition != "" {
		rule["conditions"] = map[string]any{identityProxy: map[string]any{"expression": r.Condition}}
	}
	return rule
}

// grants are bindings of the allow policies that IAP V1 has for entries of Agent Registry, each told from others' by its title.
func (g googleGateway) grants() []stack.Object {
	var objects []stack.Object
	for _, name := range slices.Sorted(maps.Keys(g.google.IAPGrants)) {
		grant := g.google.IAPGrants[name]
		location := grant.Location
		if location == "" {
			location = g.google.Project.Location
		}
		resource := "projects/" + g.google.Project.Number + "/locations/" + location + "/iap_web/agentRegistry"
		if grant.Resource != "" {
			resource += "/" + grant.Resource
		}
		key := stack.GoogleKey(identityProxy, resource)
		key.Part = grant.ConditionTitle
		if key.Part == "" {
			key.Part = g.id(g.google.Project.Location, name)
		}
		expression := grant.Condition
		if expression == "" {
			expression = "true"
		}
		objects = append(objects, stack.Object{Key: key, Body: map[string]any{
			"role": "roles/iap.egressor", "members": texts(grant.Members), "condition": map[string]any{"title": key.Part, "expression": expression},
		}})
	}
	return objects
}
