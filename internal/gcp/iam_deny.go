package gcp

import (
	"context"
	"net/http"
	"net/url"

	"google.golang.org/api/iam/v2"
)

// denyPolicies are named "policies/<attachment point>/denypolicies/<id>", the attachment point with its slashes as %2F. Google's types
// are sent without Google's client, which would escape the percent signs of such a name once more. A change replaces the whole policy,
// and is refused where somebody else changed it since.
func denyPolicies() kind {
	k := kind{
		service: IAM, collection: "denypolicies",
		outputOnly: []string{"kind"},
		closed:     []string{"rules"},
		unordered: []string{
			"rules.denyRule.deniedPrincipals", "rules.denyRule.exceptionPrincipals",
			"rules.denyRule.deniedPermissions", "rules.denyRule.exceptionPermissions",
		},
	}
	replaced := k
	k.connect = func(c *Client, _ string) (calls, error) {
		r, err := connectREST(c, IAM, "")
		if err != nil {
			return nil, err
		}
		operate := func(ctx context.Context, method, path string, query url.Values, object *iam.GoogleIamV2Policy) (any, error) {
			var sent any // not a nil policy, which would be a body
			if object != nil {
				sent = object
			}
			op := new(iam.GoogleLongrunningOperation)
			return op, r.call(ctx, method, "v2/"+path, query, sent, op)
		}
		return replacedCalls[iam.GoogleIamV2Policy]{
			kind: &replaced,
			update: func(ctx context.Context, name string, object *iam.GoogleIamV2Policy) (any, error) {
				return operate(ctx, http.MethodPut, name, nil, object)
			},
			typedCalls: typedCalls[iam.GoogleIamV2Policy]{
				etag: "etag",
				progress: func(ctx context.Context, name string) (any, error) {
					return operate(ctx, http.MethodGet, name, nil, nil)
				},
				read: func(ctx context.Context, name string) (*iam.GoogleIamV2Policy, error) {
					policy := new(iam.GoogleIamV2Policy)
					return policy, r.call(ctx, http.MethodGet, "v2/"+name, nil, nil, policy)
				},
				insert: func(ctx context.Context, at target, object *iam.GoogleIamV2Policy) (any, error) {
					return operate(ctx, http.MethodPost, at.parent()+"/denypolicies", url.Values{"policyId": {at.id()}}, object)
				},
				remove: func(ctx context.Context, name string) (any, error) {
					return operate(ctx, http.MethodDelete, name, nil, nil)
				},
			},
		}, nil
	}
	return k
}
