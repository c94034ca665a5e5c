package gcp

import (
	"context"
	"fmt"

	"google.golang.org/api/iam/v1"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// attestationRules is the part of a managed identity that says which workloads may have it, and the field that it has.
const attestationRules = "attestationRules"

func managedIdentities() kind {
	return kind{
		service: IAM, collection: "managedIdentities",
		unordered: []string{attestationRules},
		deleted:   keptAfterDeletion,
		connect: func(c *Client, _ string) (calls, error) {
			pools, progress, err := connectIAM(c)
			if err != nil {
				return nil, err
			}
			s := pools.Namespaces.ManagedIdentities
			return splitCalls{part: attestationCalls{s: s}, whole: typedCalls[iam.WorkloadIdentityPoolManagedIdentity]{
				progress: progress,
				read: func(ctx context.Context, name string) (*iam.WorkloadIdentityPoolManagedIdentity, error) {
					return s.Get(name).Context(ctx).Do()
				},
				insert: func(ctx context.Context, at target, object *iam.WorkloadIdentityPoolManagedIdentity) (any, error) {
					return s.Create(at.parent(), object).WorkloadIdentityPoolManagedIdentityId(at.id()).Context(ctx).Do()
				},
				change: func(ctx context.Context, name string, object *iam.WorkloadIdentityPoolManagedIdentity, mask string) (any, error) {
					return s.Patch(name, object).UpdateMask(mask).Context(ctx).Do()
				},
				remove: func(ctx context.Context, name string) (any, error) { return s.Delete(name).Context(ctx).Do() },
				restore: func(ctx context.Context, name string) (any, error) {
					return s.Undelete(name, &iam.UndeleteWorkloadIdentityPoolManagedIdentityRequest{}).Context(ctx).Do()
				},
			}}, nil
		},
	}
}

// attestationCalls are those of an identity's attestation rules, of which only the whole list can be set.
type attestationCalls struct {
	gone
	s *iam.ProjectsLocationsWorkloadIdentityPoolsNamespacesManagedIdentitiesService
}

func (a attestationCalls) get(ctx context.Context, at target) (map[string]any, error) {
	if at.part != attestationRules {
		return nil, fmt.Errorf("a managed identity has no part %q", at.part)
	}
	var rules []any
	err := a.s.ListAttestationRules(at.name).Pages(ctx, func(page *iam.ListAttestationRulesResponse) error {
		for _, rule := range page.AttestationRules {
			body, err := bodyOf(rule)
			if err != nil {
				return err
			}
			rules = append(rules, body)
		}
		return nil
	})
	if err == nil && len(rules) == 0 {
		err = stack.ErrNotFound // an identity that nobody may have is as one that nobody spoke of
	}
	return map[string]any{attestationRules: rules}, err
}

func (a attestationCalls) create(ctx context.Context, at target, body map[string]any) (operation, error) {
	switch _, err := a.get(ctx, at); {
	case err == nil:
		return operation{}, alreadyThere(at)
	case !absent(err):
		return operation{}, err
	}
	return a.set(ctx, at, body)
}

func (a attestationCalls) patch(ctx context.Context, at target, body map[string]any, _ []string, _ string) (operation, error) {
	return a.set(ctx, at, body)
}

func (a attestationCalls) delete(ctx context.Context, at target) (operation, error) {
	return a.set(ctx, at, map[string]any{attestationRules: []any{}})
}

func (a attestationCalls) set(ctx context.Context, at target, body map[string]any) (operation, error) {
	rules, err := typed[iam.SetAttestationRulesRequest](body)
	if err != nil {
		return operation{}, err
	}
	op, err := a.s.SetAttestationRules(at.name, rules).Context(ctx).Do()
	return outcome[iam.SetAttestationRulesRequest](op, err)
}

func (a attestationCalls) poll(ctx context.Context, name string) (operation, error) {
	op, err := a.s.Operations.Get(name).Context(ctx).Do()
	return outcome[iam.SetAttestationRulesRequest](op, err)
}
