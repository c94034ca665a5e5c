package gcp

import (
	"context"

	"google.golang.org/api/agentregistry/v1"
)

func agentRegistryKinds() []kind {
	return []kind{registryServices(), registryBindings()}
}

// connectAgentRegistry gives the service's calls below a location, and the one that looks at its operations.
func connectAgentRegistry(c *Client) (*agentregistry.ProjectsLocationsService, func(context.Context, string) (any, error), error) {
	s, err := connect(c, AgentRegistry, "", agentregistry.NewService)
	if err != nil {
		return nil, nil, err
	}
	return s.Projects.Locations, func(ctx context.Context, name string) (any, error) {
		return s.Projects.Locations.Operations.Get(name).Context(ctx).Do()
	}, nil
}

func registryServices() kind {
	return kind{
		service: AgentRegistry, collection: "services",
		immutable:  []string{"agentSpec.type", "endpointSpec.type", "mcpServerSpec.type"},
		outputOnly: []string{"registryResource"},
		whole:      []string{"agentSpec", "endpointSpec", "mcpServerSpec"},
		present:    []string{"agentSpec", "endpointSpec", "mcpServerSpec"},
		connect: func(c *Client, _ string) (calls, error) {
			locations, progress, err := connectAgentRegistry(c)
			if err != nil {
				return nil, err
			}
			s := locations.Services
			return typedCalls[agentregistry.Service]{
				named: true, progress: progress,
				read: func(ctx context.Context, name string) (*agentregistry.Service, error) {
					return s.Get(name).Context(ctx).Do()
				},
				insert: func(ctx context.Context, at target, object *agentregistry.Service) (any, error) {
					return s.Create(at.parent(), object).ServiceId(at.id()).Context(ctx).Do()
				},
				change: func(ctx context.Context, name string, object *agentregistry.Service, mask string) (any, error) {
					return s.Patch(name, object).UpdateMask(mask).Context(ctx).Do()
				},
				remove: func(ctx context.Context, name string) (any, error) { return s.Delete(name).Context(ctx).Do() },
			}, nil
		},
	}
}

func registryBindings() kind {
	return kind{
		service: AgentRegistry, collection: "bindings",
		unordered: []string{"authProviderBinding.scopes"},
		connect: func(c *Client, _ string) (calls, error) {
			locations, progress, err := connectAgentRegistry(c)
			if err != nil {
				return nil, err
			}
			s := locations.Bindings
			return typedCalls[agentregistry.Binding]{
				named: true, progress: progress,
				read: func(ctx context.Context, name string) (*agentregistry.Binding, error) {
					return s.Get(name).Context(ctx).Do()
				},
				insert: func(ctx context.Context, at target, object *agentregistry.Binding) (any, error) {
					return s.Create(at.parent(), object).BindingId(at.id()).Context(ctx).Do()
				},
				change: func(ctx context.Context, name string, object *agentregistry.Binding, mask string) (any, error) {
					return s.Patch(name, object).UpdateMask(mask).Context(ctx).Do()
				},
				remove: func(ctx context.Context, name string) (any, error) { return s.Delete(name).Context(ctx).Do() },
			}, nil
		},
	}
}
