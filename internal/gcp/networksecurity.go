package gcp

import (
	"context"

	"google.golang.org/api/networksecurity/v1"
)

func networkSecurityKinds() []kind {
	return []kind{authzPolicies()}
}

// connectNetworkSecurity gives the service's calls below a location, and the one that looks at its operations.
func connectNetworkSecurity(c *Client) (*networksecurity.ProjectsLocationsService, func(context.Context, string) (any, error), error) {
	s, err := connect(c, NetworkSecurity, "", networksecurity.NewService)
	if err != nil {
		return nil, nil, err
	}
	return s.Projects.Locations, func(ctx context.Context, name string) (any, error) {
		return s.Projects.Locations.Operations.Get(name).Context(ctx).Do()
	}, nil
}

func authzPolicies() kind {
	return kind{
		service: NetworkSecurity, collection: "authzPolicies",
		gateway:   true,
		immutable: []string{"policyProfile"},
		unordered: []string{"target.resources"},
		// What is added to a rule narrows it, and a denial or an inspection with it.
		closed:  []string{"httpRules", "networkRules", "customProvider", "target"},
		present: []string{"customProvider.cloudIap"},
		defaults: map[string]any{
			"policyProfile": "REQUEST_AUTHZ",
			"httpRules.from.sources.principals.principalSelector":       "CLIENT_CERT_URI_SAN",
			"httpRules.from.notSources.principals.principalSelector":    "CLIENT_CERT_URI_SAN",
			"networkRules.from.sources.principals.principalSelector":    "CLIENT_CERT_URI_SAN",
			"networkRules.from.notSources.principals.principalSelector": "CLIENT_CERT_URI_SAN",
		},
		connect: func(c *Client, _ string) (calls, error) {
			locations, progress, err := connectNetworkSecurity(c)
			if err != nil {
				return nil, err
			}
			s := locations.AuthzPolicies
			return typedCalls[networksecurity.AuthzPolicy]{
				named: true, progress: progress,
				read: func(ctx context.Context, name string) (*networksecurity.AuthzPolicy, error) {
					return s.Get(name).Context(ctx).Do()
				},
				insert: func(ctx context.Context, at target, object *networksecurity.AuthzPolicy) (any, error) {
					return s.Create(at.parent(), object).AuthzPolicyId(at.id()).Context(ctx).Do()
				},
				change: func(ctx context.Context, name string, object *networksecurity.AuthzPolicy, mask string) (any, error) {
					return s.Patch(name, object).UpdateMask(mask).Context(ctx).Do()
				},
				remove: func(ctx context.Context, name string) (any, error) { return s.Delete(name).Context(ctx).Do() },
			}, nil
		},
	}
}
