package gcp

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"google.golang.org/api/iap/v1"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// iapKinds are the allow policies of what IAP knows of a registry: "projects/p/locations/l/iap_web/agentRegistry" for all of it, or one
// of its entries. Such a policy is others' too. A part of it is one binding: the one whose condition has the part's name as its title.
// A binding that is to hold without a condition gets one that always holds, because nothing else would tell it from others' bindings.
func iapKinds() []kind {
	var kinds []kind
	for _, collection := range []string{"iap_web", "agents", "endpoints", "mcpServers"} {
		kinds = append(kinds, kind{
			service: IAP, collection: collection,
			unordered: []string{"members"},
			connect: func(c *Client, _ string) (calls, error) {
				s, err := connect(c, IAP, "", iap.NewService)
				if err != nil {
					return nil, err
				}
				return bindingCalls{s: s.V1}, nil
			},
		})
	}
	return kinds
}

// bindingCalls read a policy, change one binding of it, and write it on condition that nobody else wrote it meanwhile.
type bindingCalls struct {
	gone
	s *iap.V1Service
}

func (b bindingCalls) policy(ctx context.Context, at target) (*iap.Policy, error) {
	if at.part == "" {
		return nil, fmt.Errorf("the allow policy of %s is not ours alone: name a binding of it after a number sign, by the title of its condition", at.name)
	}
	// Version 3 is the one that has conditions. In an answer of a lower one they would be missing, and be lost when it is written.
	return b.s.GetIamPolicy(at.name, &iap.GetIamPolicyRequest{Options: &iap.GetPolicyOptions{RequestedPolicyVersion: 3}}).Context(ctx).Do()
}

func bindingOf(policy *iap.Policy, part string) int {
	return slices.IndexFunc(policy.Bindings, func(b *iap.Binding) bool { return b.Condition != nil && b.Condition.Title == part })
}

func (b bindingCalls) get(ctx context.Context, at target) (map[string]any, error) {
	policy, err := b.policy(ctx, at)
	if err != nil {
		return nil, err
	}
	i := bindingOf(policy, at.part)
	if i < 0 {
		return nil, stack.ErrNotFound
	}
	return bodyOf(policy.Bindings[i])
}

func (b bindingCalls) create(ctx context.Context, at target, body map[string]any) (operation, error) {
	binding, err := titled(at, body)
	if err != nil {
		return operation{}, err
	}
	return b.write(ctx, at, func(policy *iap.Policy, i int) error {
		if i >= 0 {
			return alreadyThere(at)
		}
		policy.Bindings = append(policy.Bindings, binding)
		return nil
	})
}

func (b bindingCalls) patch(ctx context.Context, at target, body map[string]any, mask []string, _ string) (operation, error) {
	return b.write(ctx, at, func(policy *iap.Policy, i int) error {
		if i < 0 {
			return stack.ErrNotFound
		}
		there, err := bodyOf(policy.Bindings[i])
		if err != nil {
			return err
		}
		for _, field := range mask {
			delete(there, field)
			if value, ok := body[field]; ok {
				there[field] = value
			}
		}
		policy.Bindings[i], err = titled(at, there)
		return err
	})
}

func (b bindingCalls) delete(ctx context.Context, at target) (operation, error) {
	return b.write(ctx, at, func(policy *iap.Policy, i int) error {
		if i < 0 {
			return stack.ErrNotFound
		}
		policy.Bindings = slices.Delete(policy.Bindings, i, i+1)
		return nil
	})
}

func (b bindingCalls) poll(context.Context, string) (operation, error) {
	return operation{}, errNoOperations
}

// write changes the policy, in which the part's binding is the one at i; there is none where i is negative.
func (b bindingCalls) write(ctx context.Context, at target, change func(policy *iap.Policy, i int) error) (operation, error) {
	policy, err := b.policy(ctx, at)
	if err != nil {
		return operation{}, err
	}
	if err := change(policy, bindingOf(policy, at.part)); err != nil {
		return operation{}, err
	}
	policy.Version = 3
	_, err = b.s.SetIamPolicy(at.name, &iap.SetIamPolicyRequest{Policy: policy}).Context(ctx).Do()
	return finished, err
}

// titled gives a body as the binding that its part names.
func titled(at target, body map[string]any) (*iap.Binding, error) {
	sent := maps.Clone(body)
	condition := map[string]any{"expression": "true"}
	maps.Copy(condition, fieldsOf(body["condition"]))
	if title, ok := condition["title"]; ok && title != at.part {
		return nil, fmt.Errorf("the condition's title is %q, and it is %q that tells the binding from others'", title, at.part)
	}
	condition["title"] = at.part
	sent["condition"] = condition
	return typed[iap.Binding](sent)
}
