package gcp

import (
	"context"
	"maps"
	"slices"

	"google.golang.org/api/agentidentity/v1"
)

func agentIdentityKinds() []kind {
	return []kind{authProviders()}
}

// authProviders are made enabled. Their state is a field of ours, which calls of its own change.
func authProviders() kind {
	return kind{
		service: AgentIdentity, collection: "authProviders",
		inputOnly:  []string{"workloadIds"},
		outputOnly: []string{"deleted", "authProviderTypeParams.threeLeggedOauth.redirectUrl"},
		unordered:  []string{"allowedScopes", "blockedScopes"},
		present:    []string{"authProviderTypeParams.geAuthProvider"},
		// The ways to authenticate exclude each other.
		whole:   []string{"authProviderTypeParams"},
		later:   []string{"state"},
		deleted: func(body map[string]any) bool { return body["deleted"] == true },
		connect: func(c *Client, _ string) (calls, error) {
			service, err := connect(c, AgentIdentity, "", agentidentity.NewService)
			if err != nil {
				return nil, err
			}
			s := service.Projects.Locations.AuthProviders
			return authProviderCalls{s: s, typedCalls: typedCalls[agentidentity.AuthProvider]{
				progress: func(context.Context, string) (any, error) { return nil, errNoOperations },
				read: func(ctx context.Context, name string) (*agentidentity.AuthProvider, error) {
					return s.Get(name).Context(ctx).Do()
				},
				insert: func(ctx context.Context, at target, object *agentidentity.AuthProvider) (any, error) {
					return s.Create(at.parent(), object).AuthProviderId(at.id()).Context(ctx).Do()
				},
				change: func(ctx context.Context, name string, object *agentidentity.AuthProvider, mask string) (any, error) {
					return s.Patch(name, object).UpdateMask(mask).Context(ctx).Do()
				},
				remove: func(ctx context.Context, name string) (any, error) { return s.Delete(name).Context(ctx).Do() },
				restore: func(ctx context.Context, name string) (any, error) {
					return s.Undelete(name, &agentidentity.UndeleteAuthProviderRequest{}).Context(ctx).Do()
				},
			}}, nil
		},
	}
}

// authProviderCalls keep the state out of what is sent, and call what changes it.
type authProviderCalls struct {
	typedCalls[agentidentity.AuthProvider]
	s *agentidentity.ProjectsLocationsAuthProvidersService
}

func (a authProviderCalls) create(ctx context.Context, at target, body map[string]any) (operation, error) {
	return a.typedCalls.create(ctx, at, stateless(body))
}

// patch takes an agent's means away before anything else, and gives them back after everything else.
func (a authProviderCalls) patch(ctx context.Context, at target, body map[string]any, mask []string, etag string) (operation, error) {
	if body["state"] == "DISABLED" {
		if _, err := a.s.Disable(at.name, &agentidentity.DisableAuthProviderRequest{}).Context(ctx).Do(); err != nil {
			return operation{}, err
		}
	}
	rest := slices.DeleteFunc(slices.Clone(mask), func(field string) bool { return field == "state" })
	if len(rest) > 0 {
		if _, err := a.typedCalls.patch(ctx, at, stateless(body), rest, etag); err != nil {
			return operation{}, err
		}
	}
	if body["state"] == "ENABLED" {
		if _, err := a.s.Enable(at.name, &agentidentity.EnableAuthProviderRequest{}).Context(ctx).Do(); err != nil {
			return operation{}, err
		}
	}
	return finished, nil
}

func stateless(body map[string]any) map[string]any {
	sent := maps.Clone(body)
	delete(sent, "state")
	return sent
}
