package gcp

import (
	"context"

	"google.golang.org/api/networkservices/v1"
)

func networkServicesKinds() []kind {
	return []kind{agentGateways(), agentConnectivityTemplates(), authzExtensions(), extensionBindings()}
}

// connectNetworkServices gives the service's calls below a location, and the one that looks at its operations.
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
		service: NetworkServices, collection: "agentGateways",
		gateway: true,
		// The mode cannot be changed (GoogleCloudPlatform/magic-modules, products/networkservices/AgentGateway.yaml).
		immutable:  []string{"googleManaged", "selfManaged.resourceUri"},
		outputOnly: []string{"agentGatewayCard"},
		pending:    withoutCertificates,
		unordered:  []string{"registries", "protocols", "selfManaged.resourceUris", "networkConfig.dnsPeeringConfig.domains"},
		present:    []string{"googleManaged", "selfManaged"},
		connect: func(c *Client, _ string) (calls, error) {
			locations, progress, err := connectNetworkServices(c)
			if err != nil {
				return nil, err
			}
			s := locations.AgentGateways
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

// withoutCertificates says that agents cannot verify a gateway of Google's yet, whose card comes after it.
func withoutCertificates(body map[string]any) bool {
	certificates, _ := at(body, "agentGatewayCard.rootCertificates").([]any)
	return body["googleManaged"] != nil && len(certificates) == 0
}

func agentConnectivityTemplates() kind {
	return kind{
		service: NetworkServices, collection: "agentConnectivityTemplates",
		gateway:   true,
		immutable: []string{"accessPath"},
		unordered: []string{"accessTypes", "egressNetworkConfig.dnsPeeringConfig.domains"},
		connect: func(c *Client, _ string) (calls, error) {
			locations, progress, err := connectNetworkServices(c)
			if err != nil {
				return nil, err
			}
			s := locations.AgentConnectivityTemplates
			return typedCalls[networkservices.AgentConnectivityTemplate]{
				named: true, etag: "etag", progress: progress,
				read: func(ctx context.Context, name string) (*networkservices.AgentConnectivityTemplate, error) {
					return s.Get(name).Context(ctx).Do()
				},
				insert: func(ctx context.Context, at target, object *networkservices.AgentConnectivityTemplate) (any, error) {
					return s.Create(at.parent(), object).AgentConnectivityTemplateId(at.id()).Context(ctx).Do()
				},
				change: func(ctx context.Context, name string, object *networkservices.AgentConnectivityTemplate, mask string) (any, error) {
					return s.Patch(name, object).UpdateMask(mask).Context(ctx).Do()
				},
				remove: func(ctx context.Context, name string) (any, error) { return s.Delete(name).Context(ctx).Do() },
			}, nil
		},
	}
}

func authzExtensions() kind {
	return kind{
		service: NetworkServices, collection: "authzExtensions",
		gateway:   true,
		unordered: []string{"forwardHeaders", "forwardAttributes"},
		// A key that is added says what the extension is to do: that it only tries, and lets all pass.
		closed: []string{"metadata"},
		connect: func(c *Client, _ string) (calls, error) {
			locations, progress, err := connectNetworkServices(c)
			if err != nil {
				return nil, err
			}
			s := locations.AuthzExtensions
			return typedCalls[networkservices.AuthzExtension]{
				named: true, progress: progress,
				read: func(ctx context.Context, name string) (*networkservices.AuthzExtension, error) {
					return s.Get(name).Context(ctx).Do()
				},
				insert: func(ctx context.Context, at target, object *networkservices.AuthzExtension) (any, error) {
					return s.Create(at.parent(), object).AuthzExtensionId(at.id()).Context(ctx).Do()
				},
				change: func(ctx context.Context, name string, object *networkservices.AuthzExtension, mask string) (any, error) {
					return s.Patch(name, object).UpdateMask(mask).Context(ctx).Do()
				},
				remove: func(ctx context.Context, name string) (any, error) { return s.Delete(name).Context(ctx).Do() },
			}, nil
		},
	}
}

func extensionBindings() kind {
	return kind{
		service: NetworkServices, collection: "extensionBindings",
		gateway:   true,
		unordered: []string{"target.resources", "target.scope.resourceTypes"},
		// A condition that is added lets requests pass beside the extension.
		closed: []string{"matchConditions", "target", "producerMetadata"},
		connect: func(c *Client, _ string) (calls, error) {
			locations, progress, err := connectNetworkServices(c)
			if err != nil {
				return nil, err
			}
			s := locations.ExtensionBindings
			return typedCalls[networkservices.ExtensionBinding]{
				named: true, etag: "etag", progress: progress,
				read: func(ctx context.Context, name string) (*networkservices.ExtensionBinding, error) {
					return s.Get(name).Context(ctx).Do()
				},
				insert: func(ctx context.Context, at target, object *networkservices.ExtensionBinding) (any, error) {
					return s.Create(at.parent(), object).ExtensionBindingId(at.id()).Context(ctx).Do()
				},
				change: func(ctx context.Context, name string, object *networkservices.ExtensionBinding, mask string) (any, error) {
					return s.Patch(name, object).UpdateMask(mask).Context(ctx).Do()
				},
				remove: func(ctx context.Context, name string) (any, error) { return s.Delete(name).Context(ctx).Do() },
			}, nil
		},
	}
}
