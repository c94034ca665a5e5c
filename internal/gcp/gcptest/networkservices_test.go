package gcptest_test

import (
	"strings"
	"testing"

	"google.golang.org/api/networkservices/v1"

	"github.com/agentward/terraform-provider-agent/internal/gcp/gcptest"
)

func networkServices(t *testing.T, s *gcptest.Server) *networkservices.ProjectsLocationsService {
	t.Helper()
	return client(t, s, "networkservices", networkservices.NewService).Projects.Locations
}

func egressGateway() *networkservices.AgentGateway {
	return &networkservices.AgentGateway{
		Description:   "what agents may reach",
		Labels:        map[string]string{"team": "payments"},
		GoogleManaged: &networkservices.AgentGatewayGoogleManaged{GovernedAccessPath: "AGENT_TO_ANYWHERE"},
		Registries: []string{
			"//agentregistry.googleapis.com/projects/agents-1/locations/global",
			"//agentregistry.googleapis.com/projects/agents-1/locations/us-central1",
		},
		NetworkConfig: &networkservices.AgentGatewayNetworkConfig{
			DnsPeeringConfig: &networkservices.AgentGatewayNetworkConfigDnsPeeringConfig{
				Domains: []string{"internal.example."}, TargetProject: "agents-1", TargetNetwork: "projects/agents-1/global/networks/default",
			},
		},
	}
}

func TestAgentGatewayRefusals(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{})
	service := networkServices(t, s)
	type gateway = networkservices.AgentGateway
	checkRefusals(t, egressGateway, func(id string, body *gateway) error {
		_, err := service.AgentGateways.Create(parent, body).AgentGatewayId(id).Do()
		return err
	}, []refused[gateway]{
		{"a path that the enum does not have", func(g *gateway) { g.GoogleManaged.GovernedAccessPath = "EGRESS" }, "google_managed.governed_access_path"},
		{"a managed gateway without a path", func(g *gateway) { g.GoogleManaged = &networkservices.AgentGatewayGoogleManaged{} }, "google_managed.governed_access_path"},
		{"a field that is output only", func(g *gateway) { g.CreateTime = "2026-11-01T00:00:00Z" }, "create_time"},
		{"a short name", func(g *gateway) { g.Name = "refused" }, "name"},
		{"both modes of deployment", func(g *gateway) {
			g.SelfManaged = &networkservices.AgentGatewaySelfManaged{ResourceUri: "projects/agents-1/locations/us-central1/gateways/proxy"}
		}, "self_managed"},
		{"no mode of deployment", func(g *gateway) { g.GoogleManaged = nil }, "google_managed"},
		{"one proxy and a list of them", func(g *gateway) {
			g.GoogleManaged = nil
			g.SelfManaged = &networkservices.AgentGatewaySelfManaged{ResourceUri: "a", ResourceUris: []string{"b"}}
		}, "self_managed.resource_uris"},
		{"three registries", func(g *gateway) { g.Registries = append(g.Registries, g.Registries[0]) }, "registries"},
		{"two registries, none of them global", func(g *gateway) { g.Registries[0] = g.Registries[1] }, "registries"},
		{"a registry without its service", func(g *gateway) { g.Registries[1] = "projects/agents-1/locations/us-central1" }, "registries[1]"},
		{"DNS peering without a project", func(g *gateway) { g.NetworkConfig.DnsPeeringConfig.TargetProject = "" }, "network_config.dns_peering_config.target_project"},
		{"a network in another form", func(g *gateway) { g.NetworkConfig.DnsPeeringConfig.TargetNetwork = "default" }, "network_config.dns_peering_config.target_network"},
		{"a long description", func(g *gateway) { g.Description = strings.Repeat("ä", 1025) }, "description"},
		{"a label in upper case", func(g *gateway) { g.Labels["Team"] = "payments" }, "labels"},
		{"a template named with the project's ID", func(g *gateway) { g.AgentConnectivityTemplate = parent + "/agentConnectivityTemplates/t" }, "agent_connectivity_template"},
		{"a template elsewhere", func(g *gateway) {
			g.AgentConnectivityTemplate = "projects/111111111111/locations/europe-west1/agentConnectivityTemplates/t"
		}, "agent_connectivity_template"},
	})
	t.Run("an id that is no label of DNS", func(t *testing.T) {
		_, err := service.AgentGateways.Create(parent, egressGateway()).AgentGatewayId("Gateway").Do()
		checkRefused(t, err, "agent_gateway_id")
	})
	t.Run("another path", func(t *testing.T) {
		_, err := service.AgentGateways.Patch(parent+"/agentGateways/valid", &gateway{
			GoogleManaged: &networkservices.AgentGatewayGoogleManaged{GovernedAccessPath: "CLIENT_TO_AGENT"},
		}).UpdateMask("googleManaged").Do()
		checkRefused(t, err, "google_managed.governed_access_path")
	})
	t.Run("no id", func(t *testing.T) {
		_, err := service.AgentGateways.Create(parent, egressGateway()).Do()
		checkRefused(t, err, "agent_gateway_id")
	})
	t.Run("deprecated fields are taken, and reported", func(t *testing.T) {
		body := egressGateway()
		body.Protocols = []string{"MCP"}
		if _, err := service.AgentGateways.Create(parent, body).AgentGatewayId("old").Do(); err != nil {
			t.Fatal(err)
		}
		requests := s.Requests()
		if got := requests[len(requests)-1].Deprecated; len(got) != 1 || got[0] != "agent_gateway.protocols" {
			t.Errorf("deprecated: %q", got)
		}
	})
}

func TestConnectivityTemplateRefusals(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{})
	service := networkServices(t, s)
	type template = networkservices.AgentConnectivityTemplate
	valid := func() *template {
		return &template{
			AccessPath: "AGENT_TO_ANYWHERE", AgentCompute: "GKE", DeploymentModel: "AMBIENT", AccessTypes: []string{"PRIVATE"},
			EgressNetworkConfig: &networkservices.EgressNetworkConfig{
				VpcEgress:         "ALL_TRAFFIC",
				NetworkAttachment: "projects/agents-1/regions/us-central1/networkAttachments/a",
				DnsPeeringConfig:  &networkservices.DnsPeeringConfig{Domains: []string{"internal.example."}, TargetNetwork: "projects/agents-1/global/networks/default"},
			},
		}
	}
	checkRefusals(t, valid, func(id string, body *template) error {
		_, err := service.AgentConnectivityTemplates.Create(parent, body).AgentConnectivityTemplateId(id).Do()
		return err
	}, []refused[template]{
		{"no path", func(b *template) { b.AccessPath = "" }, "access_path"},
		{"a compute that does not exist", func(b *template) { b.AgentCompute = "LAMBDA" }, "agent_compute"},
		{"a type of access that does not exist", func(b *template) { b.AccessTypes = []string{"PRIVATE", "SECRET"} }, "access_types[1]"},
		{"a network attachment in another form", func(b *template) { b.EgressNetworkConfig.NetworkAttachment = "a" }, "egress_network_config.network_attachment"},
	})
	t.Run("the path cannot be changed", func(t *testing.T) {
		_, err := service.AgentConnectivityTemplates.Patch(parent+"/agentConnectivityTemplates/valid",
			&template{AccessPath: "CLIENT_TO_AGENT"}).UpdateMask("accessPath").Do()
		checkRefused(t, err, "access_path")
	})
	t.Run("a template that a gateway uses stays", func(t *testing.T) {
		body := egressGateway()
		body.AgentConnectivityTemplate = parentByNumber + "/agentConnectivityTemplates/valid"
		if _, err := service.AgentGateways.Create(parent, body).AgentGatewayId("user").Do(); err != nil {
			t.Fatal(err)
		}
		_, err := service.AgentConnectivityTemplates.Delete(parent + "/agentConnectivityTemplates/valid").Do()
		checkStatus(t, err, "FAILED_PRECONDITION")
		if _, err := service.AgentGateways.Delete(parent + "/agentGateways/user").Do(); err != nil {
			t.Fatal(err)
		}
		if _, err := service.AgentConnectivityTemplates.Delete(parent + "/agentConnectivityTemplates/valid").Do(); err != nil {
			t.Error(err)
		}
	})
	t.Run("a template that is not there", func(t *testing.T) {
		body := egressGateway()
		body.AgentConnectivityTemplate = parentByNumber + "/agentConnectivityTemplates/none"
		_, err := service.AgentGateways.Create(parent, body).AgentGatewayId("lost").Do()
		checkStatus(t, err, "NOT_FOUND")
	})
}

func iapExtension() *networkservices.AuthzExtension {
	return &networkservices.AuthzExtension{
		Service: "iap.googleapis.com", Timeout: "1s", Metadata: []byte(`{"iapPolicyVersion":"V2","iamEnforcementMode":"DRY_RUN"}`),
	}
}

func TestAuthzExtensionRefusals(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{})
	service := networkServices(t, s)
	type extension = networkservices.AuthzExtension
	checkRefusals(t, iapExtension, func(id string, body *extension) error {
		_, err := service.AuthzExtensions.Create(parent, body).AuthzExtensionId(id).Do()
		return err
	}, []refused[extension]{
		{"no service", func(b *extension) { b.Service = "" }, "service"},
		{"no timeout", func(b *extension) { b.Timeout = "" }, "timeout"},
		{"a timeout below 10 ms", func(b *extension) { b.Timeout = "0.009s" }, "timeout"},
		{"a timeout above 10 s", func(b *extension) { b.Timeout = "10.001s" }, "timeout"},
		{"a timeout without a unit", func(b *extension) { b.Timeout = "1" }, "timeout"},
		{"IAP without the version of its policies", func(b *extension) { b.Metadata = []byte(`{"iamEnforcementMode":"DRY_RUN"}`) }, "metadata"},
		{"IAP with another version", func(b *extension) { b.Metadata = []byte(`{"iapPolicyVersion":"V3"}`) }, "metadata"},
		{"IAP with another mode", func(b *extension) { b.Metadata = []byte(`{"iapPolicyVersion":"V2","iamEnforcementMode":"AUDIT"}`) }, "metadata"},
		{"IAP with a key it does not have", func(b *extension) { b.Metadata = []byte(`{"iapPolicyVersion":"V2","enforcement":"x"}`) }, "metadata"},
		{"metadata that are no object", func(b *extension) { b.Metadata = []byte(`"V2"`) }, "metadata"},
		{"a load balancing scheme without a backend service", func(b *extension) { b.LoadBalancingScheme = "INTERNAL_MANAGED" }, "load_balancing_scheme"},
		{"a backend service without a scheme", func(b *extension) {
			b.Service = "https://www.googleapis.com/compute/v1/projects/agents-1/regions/us-central1/backendServices/b"
			b.Authority = "b.internal"
		}, "load_balancing_scheme"},
		{"Model Armor of another region", func(b *extension) { b.Service = "modelarmor.europe-west1.rep.googleapis.com" }, "service"},
		{"Model Armor without settings", func(b *extension) { b.Service = "modelarmor.us-central1.rep.googleapis.com" }, "metadata"},
		{"Model Armor with settings that are no text", func(b *extension) {
			b.Service, b.Metadata = "modelarmor.us-central1.rep.googleapis.com", []byte(`{"model_armor_settings":[{"request_template_id":"x"}]}`)
		}, "metadata"},
		{"a service that is no host", func(b *extension) { b.Service = "https://authz.example.com" }, "service"},
	})
}

func TestExtensionBindingRefusals(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{})
	service := networkServices(t, s)
	type binding = networkservices.ExtensionBinding
	type destination = networkservices.ExtensionBindingMatchConditionToDestination
	type scope = networkservices.ExtensionBindingTargetScope
	condition := func(d *destination) *networkservices.ExtensionBindingMatchCondition {
		return &networkservices.ExtensionBindingMatchCondition{To: &networkservices.ExtensionBindingMatchConditionTo{Destination: d}}
	}
	hosts := func(n int) *destination {
		d := &destination{}
		for range n {
			d.Hosts = append(d.Hosts, &networkservices.ExtensionBindingMatchConditionStringMatch{Exact: "a.example.com"})
		}
		return d
	}
	checkRefusals(t, func() *binding {
		return &binding{
			ProducerExtension: "modelarmor.us-central1.rep.googleapis.com",
			ProducerMetadata:  map[string]string{"template": "t"},
			Target:            &networkservices.ExtensionBindingTarget{Scope: &scope{Parent: "projects/111111111111", ResourceTypes: []string{"AGENT_GATEWAY"}}},
			MatchConditions:   []*networkservices.ExtensionBindingMatchCondition{condition(hosts(1))},
		}
	}, func(id string, body *binding) error {
		_, err := service.ExtensionBindings.Create(parent, body).ExtensionBindingId(id).Do()
		return err
	}, []refused[binding]{
		{"no extension", func(b *binding) { b.ProducerExtension = "" }, "producer_extension"},
		{"the extension of another region", func(b *binding) { b.ProducerExtension = "modelarmor.europe-west1.rep.googleapis.com" }, "producer_extension"},
		{"no target", func(b *binding) { b.Target = nil }, "target"},
		{"a target of nothing", func(b *binding) { b.Target.Scope = nil }, "target.resources"},
		{"resources and a scope", func(b *binding) {
			b.Target.Resources = []string{"projects/agents-1/locations/us-central1/applications/a"}
		}, "target.scope"},
		{"two resources", func(b *binding) {
			b.Target = &networkservices.ExtensionBindingTarget{Resources: []string{"a", "b"}}
		}, "target.resources"},
		{"a scope by the project's ID", func(b *binding) { b.Target.Scope.Parent = "projects/agents-1" }, "target.scope.parent"},
		{"two types of resources", func(b *binding) { b.Target.Scope.ResourceTypes = []string{"AGENT_GATEWAY", "AI_APPLICATION"} }, "target.scope.resource_types"},
		{"a priority", func(b *binding) { b.Priority = 1 }, "priority"},
		{"six conditions", func(b *binding) {
			for range 5 {
				b.MatchConditions = append(b.MatchConditions, condition(hosts(1)))
			}
		}, "match_conditions"},
		{"eleven hosts", func(b *binding) { b.MatchConditions[0] = condition(hosts(11)) }, "match_conditions[0].to.destination.hosts"},
		{"a host matched in two ways", func(b *binding) { b.MatchConditions[0].To.Destination.Hosts[0].Prefix = "a" }, "match_conditions[0].to.destination.hosts[0]"},
		{"a condition on nothing", func(b *binding) { b.MatchConditions[0] = condition(nil) }, "match_conditions[0].to"},
		{"16 keys", func(b *binding) {
			for _, key := range strings.Split("abcdefghijklmnop", "") {
				b.ProducerMetadata[key] = "v"
			}
		}, "producer_metadata"},
		{"a KiB of metadata", func(b *binding) { b.ProducerMetadata["a"] = strings.Repeat("v", 1020) }, "producer_metadata"},
	})
}
