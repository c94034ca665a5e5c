package gcp

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"google.golang.org/api/binaryauthorization/v1"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// admissionPolicy is the policy of Binary Authorization, "projects/p/policy", of which a project has exactly one and which is there
// always. It is others' too. Its parts are its single rules, so that each is ours or not ours:
//
//	#defaultAdmissionRule                              a rule
//	#clusterAdmissionRules/us-central1.prod            a rule, as in the other maps of rules
//	#admissionWhitelistPatterns/registry.example/x/*   {"namePattern": "registry.example/x/*"}
//	#globalPolicyEvaluationMode                        {"globalPolicyEvaluationMode": "ENABLE"}
//
// To delete a part leaves the rest of the policy alone; the default rule and the mode become what Google has in a new project, as they
// do where hashicorp/google destroys the whole policy.
func admissionPolicy() kind {
	return kind{
		service: BinaryAuthorization, collection: "policy",
		unordered: []string{"requireAttestationsBy"},
		vacant: func(at target, body map[string]any) bool {
			standard, ok := standardAdmission[at.part]
			return ok && lens{kind: &kind{}, same: func(a, b string) bool { return a == b }}.equal("", body, standard)
		},
		connect: func(c *Client, _ string) (calls, error) {
			s, err := connect(c, BinaryAuthorization, "", binaryauthorization.NewService)
			if err != nil {
				return nil, err
			}
			return admissionCalls{s: s.Projects}, nil
		},
	}
}

// standardAdmission is what Google has in a new project's policy.
var standardAdmission = map[string]map[string]any{
	"defaultAdmissionRule":     {"evaluationMode": "ALWAYS_ALLOW", "enforcementMode": "ENFORCED_BLOCK_AND_AUDIT_LOG"},
	globalPolicyEvaluationMode: {globalPolicyEvaluationMode: "ENABLE"},
}

const globalPolicyEvaluationMode = "globalPolicyEvaluationMode"

// ruleMaps are the fields of the policy that have a rule for each key.
var ruleMaps = []string{
	"clusterAdmissionRules", "istioServiceIdentityAdmissionRules", "kubernetesNamespaceAdmissionRules", "kubernetesServiceAccountAdmissionRules",
}

// place is where in a policy a part is.
type place struct{ field, key string }

func placeOf(at target) (place, error) {
	field, key, keyed := strings.Cut(at.part, "/")
	_, single := standardAdmission[field]
	switch {
	case !keyed && single, keyed && key != "" && (field == "admissionWhitelistPatterns" || slices.Contains(ruleMaps, field)):
		return place{field, key}, nil
	case at.part == "":
		return place{}, fmt.Errorf("%s is not ours alone: name a rule of it after a number sign, as #defaultAdmissionRule or #clusterAdmissionRules/us-central1.prod", at.name)
	}
	return place{}, fmt.Errorf("%s has no part %q", at.name, at.part)
}

// in gives what a policy has there; nil where it has nothing.
func (p place) in(policy map[string]any) map[string]any {
	switch {
	case p.field == globalPolicyEvaluationMode:
		if mode, ok := policy[p.field].(string); ok && !zero(mode) {
			return map[string]any{p.field: mode}
		}
		return nil
	case p.field == "admissionWhitelistPatterns":
		patterns, _ := policy[p.field].([]any)
		if i := p.pattern(patterns); i >= 0 {
			return fieldsOf(patterns[i])
		}
		return nil
	case p.key != "":
		return fieldsOf(fieldsOf(policy[p.field])[p.key])
	}
	return fieldsOf(policy[p.field])
}

func (p place) pattern(patterns []any) int {
	return slices.IndexFunc(patterns, func(pattern any) bool { return fieldsOf(pattern)["namePattern"] == p.key })
}

// put sets what a policy has there. Nil takes it away.
func (p place) put(policy, body map[string]any) {
	switch {
	case p.field == globalPolicyEvaluationMode:
		policy[p.field] = body[p.field]
	case p.field == "admissionWhitelistPatterns":
		patterns, _ := policy[p.field].([]any)
		if i := p.pattern(patterns); i >= 0 {
			patterns = slices.Delete(slices.Clone(patterns), i, i+1)
		}
		if body != nil {
			patterns = append(patterns, body)
		}
		policy[p.field] = patterns
	case p.key != "":
		rules := maps.Clone(fieldsOf(policy[p.field]))
		if rules == nil {
			rules = map[string]any{}
		}
		delete(rules, p.key)
		if body != nil {
			rules[p.key] = body
		}
		policy[p.field] = rules
	default:
		policy[p.field] = body
	}
}

// admissionCalls read the policy, change one place in it, and write it on condition that nobody else wrote it meanwhile.
type admissionCalls struct {
	gone
	s *binaryauthorization.ProjectsService
}

func (a admissionCalls) policy(ctx context.Context, at target) (map[string]any, place, error) {
	p, err := placeOf(at)
	if err != nil {
		return nil, place{}, err
	}
	policy, err := a.s.GetPolicy(at.name).Context(ctx).Do()
	if err != nil {
		return nil, place{}, err
	}
	body, err := bodyOf(policy)
	return body, p, err
}

func (a admissionCalls) get(ctx context.Context, at target) (map[string]any, error) {
	policy, p, err := a.policy(ctx, at)
	if err != nil {
		return nil, err
	}
	if there := p.in(policy); there != nil {
		return there, nil
	}
	return nil, stack.ErrNotFound
}

func (a admissionCalls) create(ctx context.Context, at target, body map[string]any) (operation, error) {
	return a.write(ctx, at, func(there map[string]any) (map[string]any, error) {
		if there != nil {
			return nil, alreadyThere(at)
		}
		return body, nil
	})
}

func (a admissionCalls) patch(ctx context.Context, at target, body map[string]any, mask []string, _ string) (operation, error) {
	return a.write(ctx, at, func(there map[string]any) (map[string]any, error) {
		changed := maps.Clone(there)
		if changed == nil {
			return nil, stack.ErrNotFound
		}
		for _, field := range mask {
			delete(changed, field)
			if value, ok := body[field]; ok {
				changed[field] = value
			}
		}
		return changed, nil
	})
}

func (a admissionCalls) delete(ctx context.Context, at target) (operation, error) {
	return a.write(ctx, at, func(map[string]any) (map[string]any, error) { return standardAdmission[at.part], nil })
}

func (a admissionCalls) poll(context.Context, string) (operation, error) {
	return operation{}, errNoOperations
}

func (a admissionCalls) write(ctx context.Context, at target, change func(there map[string]any) (map[string]any, error)) (operation, error) {
	policy, p, err := a.policy(ctx, at)
	if err != nil {
		return operation{}, err
	}
	body, err := change(p.in(policy))
	if err != nil {
		return operation{}, err
	}
	p.put(policy, body)
	for _, field := range []string{"name", "updateTime"} {
		delete(policy, field)
	}
	sent, err := typed[binaryauthorization.Policy](policy)
	if err != nil {
		return operation{}, err
	}
	_, err = a.s.UpdatePolicy(at.name, sent).Context(ctx).Do()
	return finished, err
}
