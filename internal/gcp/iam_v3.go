package gcp

import (
	"context"
	"strings"

	iam "cloud.google.com/go/iam/apiv3"
	"cloud.google.com/go/iam/apiv3/iampb"
	"google.golang.org/api/option"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
)

func iamPolicyKinds() []kind {
	return []kind{accessBoundaryPolicies(), accessPolicies(), policyBindings()}
}

// withoutSlash builds a client that writes the slash before its paths itself.
func withoutSlash[S any](c *Client, build func(context.Context, ...option.ClientOption) (*S, error)) func(context.Context, ...option.ClientOption) (*S, error) {
	return func(ctx context.Context, options ...option.ClientOption) (*S, error) {
		return build(ctx, append(options, option.WithEndpoint(strings.TrimSuffix(c.endpoint(IAM, ""), "/")))...)
	}
}

// accessBoundaryPolicies are an organization's; what they bound is said by bindings.
func accessBoundaryPolicies() kind {
	return kind{
		service: IAM, collection: "principalAccessBoundaryPolicies",
		closed:    []string{"details.rules"},
		unordered: []string{"details.rules.resources"},
		connect: func(c *Client, _ string) (calls, error) {
			s, err := connect(c, IAM, "", withoutSlash(c, iam.NewPrincipalAccessBoundaryPoliciesRESTClient))
			if err != nil {
				return nil, err
			}
			return messageCalls[*iampb.PrincipalAccessBoundaryPolicy]{
				message:  func() *iampb.PrincipalAccessBoundaryPolicy { return &iampb.PrincipalAccessBoundaryPolicy{} },
				progress: s.GetOperation,
				read: func(ctx context.Context, name string) (*iampb.PrincipalAccessBoundaryPolicy, error) {
					return s.GetPrincipalAccessBoundaryPolicy(ctx, &iampb.GetPrincipalAccessBoundaryPolicyRequest{Name: name})
				},
				insert: func(ctx context.Context, at target, object *iampb.PrincipalAccessBoundaryPolicy) (started, error) {
					return s.CreatePrincipalAccessBoundaryPolicy(ctx, &iampb.CreatePrincipalAccessBoundaryPolicyRequest{
						Parent: at.parent(), PrincipalAccessBoundaryPolicyId: at.id(), PrincipalAccessBoundaryPolicy: object,
					})
				},
				change: func(ctx context.Context, object *iampb.PrincipalAccessBoundaryPolicy, mask *fieldmaskpb.FieldMask) (started, error) {
					return s.UpdatePrincipalAccessBoundaryPolicy(ctx, &iampb.UpdatePrincipalAccessBoundaryPolicyRequest{
						PrincipalAccessBoundaryPolicy: object, UpdateMask: mask,
					})
				},
				remove: func(ctx context.Context, name string) (started, error) {
					return s.DeletePrincipalAccessBoundaryPolicy(ctx, &iampb.DeletePrincipalAccessBoundaryPolicyRequest{Name: name})
				},
			}, nil
		},
	}
}

// accessPolicies have an update without a mask, which replaces the whole policy.
func accessPolicies() kind {
	k := kind{
		service: IAM, collection: "accessPolicies",
		closed: []string{"details.rules"},
		unordered: []string{
			"details.rules.principals", "details.rules.excludedPrincipals",
			"details.rules.operation.permissions", "details.rules.operation.excludedPermissions",
		},
	}
	replaced := k
	k.connect = func(c *Client, _ string) (calls, error) {
		s, err := connect(c, IAM, "", withoutSlash(c, iam.NewAccessPoliciesRESTClient))
		if err != nil {
			return nil, err
		}
		return messageCalls[*iampb.AccessPolicy]{
			message:  func() *iampb.AccessPolicy { return &iampb.AccessPolicy{} },
			replaces: &replaced,
			progress: s.GetOperation,
			read: func(ctx context.Context, name string) (*iampb.AccessPolicy, error) {
				return s.GetAccessPolicy(ctx, &iampb.GetAccessPolicyRequest{Name: name})
			},
			insert: func(ctx context.Context, at target, object *iampb.AccessPolicy) (started, error) {
				return s.CreateAccessPolicy(ctx, &iampb.CreateAccessPolicyRequest{Parent: at.parent(), AccessPolicyId: at.id(), AccessPolicy: object})
			},
			change: func(ctx context.Context, object *iampb.AccessPolicy, _ *fieldmaskpb.FieldMask) (started, error) {
				return s.UpdateAccessPolicy(ctx, &iampb.UpdateAccessPolicyRequest{AccessPolicy: object})
			},
			remove: func(ctx context.Context, name string) (started, error) {
				return s.DeleteAccessPolicy(ctx, &iampb.DeleteAccessPolicyRequest{Name: name})
			},
		}, nil
	}
	return k
}

// policyBindings bind an access boundary to principals, or an access policy to resources. What is bound to what cannot be changed.
func policyBindings() kind {
	return kind{
		service: IAM, collection: "policyBindings",
		immutable:  []string{"policy", "policyKind", "target"},
		closed:     []string{"condition"},
		outputOnly: []string{"policyUid"},
		connect: func(c *Client, _ string) (calls, error) {
			s, err := connect(c, IAM, "", withoutSlash(c, iam.NewPolicyBindingsRESTClient))
			if err != nil {
				return nil, err
			}
			return messageCalls[*iampb.PolicyBinding]{
				message:  func() *iampb.PolicyBinding { return &iampb.PolicyBinding{} },
				progress: s.GetOperation,
				read: func(ctx context.Context, name string) (*iampb.PolicyBinding, error) {
					return s.GetPolicyBinding(ctx, &iampb.GetPolicyBindingRequest{Name: name})
				},
				insert: func(ctx context.Context, at target, object *iampb.PolicyBinding) (started, error) {
					return s.CreatePolicyBinding(ctx, &iampb.CreatePolicyBindingRequest{Parent: at.parent(), PolicyBindingId: at.id(), PolicyBinding: object})
				},
				change: func(ctx context.Context, object *iampb.PolicyBinding, mask *fieldmaskpb.FieldMask) (started, error) {
					return s.UpdatePolicyBinding(ctx, &iampb.UpdatePolicyBindingRequest{PolicyBinding: object, UpdateMask: mask})
				},
				remove: func(ctx context.Context, name string) (started, error) {
					return s.DeletePolicyBinding(ctx, &iampb.DeletePolicyBindingRequest{Name: name})
				},
			}, nil
		},
	}
}
