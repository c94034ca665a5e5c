package gcp

import (
	"context"

	"google.golang.org/api/networkservices/v1"
)

func networkServicesKinds() []kind {
	return []kind{agentGateways()}
}

func connectNetworkServices(c *Client) (*networkservices.ProjectsLocationsService, func(context.Context, string) (any, error), error) {
	s, err := connect(c, NetworkServices, "", networkservices.NewService)
	if err != nil {
		return nil, nil, err
	}
	return s.Projects.Locations, func(ctx context.Context, name string) (any, error) {
		return s.Projects.Locations.Operations.Get(name).Context(ctx).Do()
	}, nil
}

func agentGateways() kind {
	return kind{
		service: NetworkServices, collection: "agentGateways", gateway: true,
		outputOnly: []string{"agentGatewayCard"},
		unordered:  []string{"registries", "protocols", "selfManaged.resourceUris", "networkConfig.dnsPeeringConfig.domains"},
		connect: func(c *Client, _ string) (calls, error) {
			at, progress, err := connectNetworkServices(c)
			if err != nil {
				return nil, err
			}
			s := at.AgentGateways
			return typedCalls[networkservices.AgentGateway]{
				named: true, etag: "etag", progress: progress,
				read: func(ctx context.Context, name string) (*networkservices.AgentGateway, error) {
					return s.Get(name).Context(ctx).Do()
				},
				insert: func(ctx context.Context, at target, object *networkservices.AgentGateway) (any, error) {
					return s.Create(at.parent(), object).AgentGatewayId(at.id()).Context(ctx).Do()
				},
				change: func(ctx context.Context, name string, object *networkservices.AgentGateway, mask string) (any, error) {
					return s.Patch(name, object).UpdateMask(mask).Context(ctx).Do()
				},
				remove: func(ctx context.Context, name string) (any, error) { return s.Delete(name).Context(ctx).Do() },
			}, nil
		},
	}
}
