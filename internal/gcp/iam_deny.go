package gcp

import (
	"context"
	"strings"

	iamv2 "google.golang.org/api/iam/v2"
)

// denyPolicies are named "policies/<attachment point>/denypolicies/<id>", the attachment point with its slashes as %2F. A change
// replaces the whole policy, and is refused where somebody else changed it since.
func denyPolicies() kind {
	k := kind{
		service: IAM, collection: "denypolicies",
		outputOnly: []string{"kind"},
		unordered: []string{
			"rules.denyRule.deniedPrincipals", "rules.denyRule.exceptionPrincipals",
			"rules.denyRule.deniedPermissions", "rules.denyRule.exceptionPermissions",
		},
	}
	replaced := k
	k.connect = func(c *Client, _ string) (calls, error) {
		service, err := connect(c, IAM, "", iamv2.NewService)
		if err != nil {
			return nil, err
		}
		s := service.Policies
		return replacedCalls[iamv2.GoogleIamV2Policy]{
			kind: &replaced,
			update: func(ctx context.Context, name string, object *iamv2.GoogleIamV2Policy) (any, error) {
				return s.Update(name, object).Context(ctx).Do()
			},
			typedCalls: typedCalls[iamv2.GoogleIamV2Policy]{
				etag: "etag",
				progress: func(ctx context.Context, name string) (any, error) {
					return s.Operations.Get(name).Context(ctx).Do()
				},
				read: func(ctx context.Context, name string) (*iamv2.GoogleIamV2Policy, error) {
					return s.Get(name).Context(ctx).Do()
				},
				insert: func(ctx context.Context, at target, object *iamv2.GoogleIamV2Policy) (any, error) {
					return s.CreatePolicy(strings.TrimSuffix(at.name, "/"+at.id()), object).PolicyId(at.id()).Context(ctx).Do()
				},
				remove: func(ctx context.Context, name string) (any, error) { return s.Delete(name).Context(ctx).Do() },
			},
		}, nil
	}
	return k
}
