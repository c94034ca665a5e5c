package gcp

import (
	"context"

	"google.golang.org/api/iam/v1"
)

func iamKinds() []kind {
	return []kind{workloadIdentityPools(), poolNamespaces(), managedIdentities(), denyPolicies()}
}

// keptAfterDeletion says that IAM holds a deleted object back for 30 days, in which nothing else can have its name.
func keptAfterDeletion(body map[string]any) bool { return body["state"] == "DELETED" }

func connectIAM(c *Client) (*iam.ProjectsLocationsWorkloadIdentityPoolsService, func(context.Context, string) (any, error), error) {
	s, err := connect(c, IAM, "", iam.NewService)
	if err != nil {
		return nil, nil, err
	}
	pools := s.Projects.Locations.WorkloadIdentityPools
	// The name of an operation is below that of its object, whatever that is, and one call reads them all.
	return pools, func(ctx context.Context, name string) (any, error) {
		return pools.Operations.Get(name).Context(ctx).Do()
	}, nil
}

func workloadIdentityPools() kind {
	return kind{
		service: IAM, collection: "workloadIdentityPools",
		immutable: []string{"mode"},
		deleted:   keptAfterDeletion,
		// A pool's certificates come from Google's shared authority or from pools of authorities of one's own, not from both.
		whole: []string{"inlineCertificateIssuanceConfig"},
		defaults: map[string]any{
			"inlineCertificateIssuanceConfig.keyAlgorithm":             "ECDSA_P256",
			"inlineCertificateIssuanceConfig.lifetime":                 "86400s",
			"inlineCertificateIssuanceConfig.rotationWindowPercentage": int64(50),
		},
		connect: func(c *Client, _ string) (calls, error) {
			s, progress, err := connectIAM(c)
			if err != nil {
				return nil, err
			}
			return typedCalls[iam.WorkloadIdentityPool]{
				progress: progress,
				read: func(ctx context.Context, name string) (*iam.WorkloadIdentityPool, error) {
					return s.Get(name).Context(ctx).Do()
				},
				insert: func(ctx context.Context, at target, object *iam.WorkloadIdentityPool) (any, error) {
					return s.Create(at.parent(), object).WorkloadIdentityPoolId(at.id()).Context(ctx).Do()
				},
				change: func(ctx context.Context, name string, object *iam.WorkloadIdentityPool, mask string) (any, error) {
					return s.Patch(name, object).UpdateMask(mask).Context(ctx).Do()
				},
				remove: func(ctx context.Context, name string) (any, error) { return s.Delete(name).Context(ctx).Do() },
				restore: func(ctx context.Context, name string) (any, error) {
					return s.Undelete(name, &iam.UndeleteWorkloadIdentityPoolRequest{}).Context(ctx).Do()
				},
			}, nil
		},
	}
}

func poolNamespaces() kind {
	return kind{
		service: IAM, collection: "namespaces",
		outputOnly: []string{"ownerService"},
		deleted:    keptAfterDeletion,
		connect: func(c *Client, _ string) (calls, error) {
			pools, progress, err := connectIAM(c)
			if err != nil {
				return nil, err
			}
			s := pools.Namespaces
			return typedCalls[iam.WorkloadIdentityPoolNamespace]{
				progress: progress,
				read: func(ctx context.Context, name string) (*iam.WorkloadIdentityPoolNamespace, error) {
					return s.Get(name).Context(ctx).Do()
				},
				insert: func(ctx context.Context, at target, object *iam.WorkloadIdentityPoolNamespace) (any, error) {
					return s.Create(at.parent(), object).WorkloadIdentityPoolNamespaceId(at.id()).Context(ctx).Do()
				},
				change: func(ctx context.Context, name string, object *iam.WorkloadIdentityPoolNamespace, mask string) (any, error) {
					return s.Patch(name, object).UpdateMask(mask).Context(ctx).Do()
				},
				remove: func(ctx context.Context, name string) (any, error) { return s.Delete(name).Context(ctx).Do() },
				restore: func(ctx context.Context, name string) (any, error) {
					return s.Undelete(name, &iam.UndeleteWorkloadIdentityPoolNamespaceRequest{}).Context(ctx).Do()
				},
			}, nil
		},
	}
}
