package gcptest_test

import (
	"strings"
	"testing"

	"google.golang.org/api/agentregistry/v1"

	"github.com/agentward/terraform-provider-agent/internal/gcp/gcptest"
)

func mcpServer() *agentregistry.Service {
	return &agentregistry.Service{
		DisplayName:   "lookup",
		Interfaces:    []*agentregistry.Interface{{Url: "https://mcp.example.com/mcp", ProtocolBinding: "JSONRPC"}},
		McpServerSpec: &agentregistry.McpServerSpec{Type: "TOOL_SPEC", Content: []byte(`{"tools":[{"name":"lookup"}]}`)},
	}
}

func TestRegistryServiceRefusals(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{})
	service := client(t, s, "agentregistry", agentregistry.NewService).Projects.Locations
	type entry = agentregistry.Service
	checkRefusals(t, mcpServer, func(id string, body *entry) error {
		_, err := service.Services.Create(parent, body).ServiceId(id).Do()
		return err
	}, []refused[entry]{
		{"no spec", func(e *entry) { e.McpServerSpec = nil }, "agent_spec"},
		{"two specs", func(e *entry) { e.EndpointSpec = &agentregistry.EndpointSpec{Type: "NO_SPEC"} }, "endpoint_spec"},
		{"a spec without a type", func(e *entry) { e.McpServerSpec.Type = "" }, "mcp_server_spec.type"},
		{"the type of another spec", func(e *entry) { e.McpServerSpec.Type = "A2A_AGENT_CARD" }, "mcp_server_spec.type"},
		{"content of no spec", func(e *entry) { e.McpServerSpec.Type = "NO_SPEC" }, "mcp_server_spec.content"},
		{"a spec of tools without content", func(e *entry) { e.McpServerSpec.Content = nil }, "mcp_server_spec.content"},
		{"no list of tools", func(e *entry) { e.McpServerSpec.Content = []byte(`{}`) }, "mcp_server_spec.content"},
		{"a tool without a name", func(e *entry) { e.McpServerSpec.Content = []byte(`{"tools":[{}]}`) }, "mcp_server_spec.content"},
		{"content of 10 KB", func(e *entry) {
			e.McpServerSpec.Content = []byte(`{"tools":[{"name":"` + strings.Repeat("a", 10*1024) + `"}]}`)
		}, "mcp_server_spec.content"},
		{"an agent card without a version", func(e *entry) {
			e.McpServerSpec, e.AgentSpec = nil, &agentregistry.AgentSpec{Type: "A2A_AGENT_CARD", Content: []byte(`{"name":"a"}`)}
		}, "agent_spec.content"},
		{"an interface without an address", func(e *entry) { e.Interfaces[0].Url = "" }, "interfaces[0].url"},
		{"a wildcard", func(e *entry) { e.Interfaces[0].Url = "https://*.example.com" }, "interfaces[0].url"},
		{"a binding that does not exist", func(e *entry) { e.Interfaces[0].ProtocolBinding = "SSE" }, "interfaces[0].protocol_binding"},
		{"a long display name", func(e *entry) { e.DisplayName = strings.Repeat("a", 64) }, "display_name"},
	})
	_, err := service.Services.Create(parent, mcpServer()).ServiceId("abc").Do()
	checkRefused(t, err, "service_id")
	_, err = service.Services.Patch(parent+"/services/valid", &entry{EndpointSpec: &agentregistry.EndpointSpec{Type: "NO_SPEC"}}).UpdateMask("mcpServerSpec,endpointSpec").Do()
	checkRefused(t, err, "mcp_server_spec")
}

func TestRegistryMakesEntriesOfServices(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{})
	service := client(t, s, "agentregistry", agentregistry.NewService).Projects.Locations
	if _, err := service.Services.Create(parent, mcpServer()).ServiceId("lookup").Do(); err != nil {
		t.Fatal(err)
	}
	got, err := service.Services.Get(parent + "/services/lookup").Do()
	if err != nil || !strings.HasPrefix(got.RegistryResource, parent+"/mcpServers/agentregistry-") {
		t.Fatalf("the service is %+v, %v", got, err)
	}
	entry, err := service.McpServers.Get(got.RegistryResource).Do()
	if err != nil || entry.DisplayName != "lookup" || len(entry.Tools) != 1 || !strings.HasPrefix(entry.McpServerId, "urn:mcp:projects-111111111111:") {
		t.Errorf("the entry is %+v, %v", entry, err)
	}
	if names := s.Names(); len(names) != 1 {
		t.Errorf("entries are not what clients made, but they are counted: %q", names)
	}
	if _, err := service.Services.Delete(parent + "/services/lookup").Do(); err != nil {
		t.Fatal(err)
	}
	_, err = service.McpServers.Get(got.RegistryResource).Do()
	checkStatus(t, err, "NOT_FOUND")
}

func TestRegistryBindingRefusals(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{})
	if err := s.Put("//agentidentity.googleapis.com/"+parent+"/authProviders/github", map[string]any{}); err != nil {
		t.Fatal(err)
	}
	service := client(t, s, "agentregistry", agentregistry.NewService).Projects.Locations.Bindings
	type binding = agentregistry.Binding
	checkRefusals(t, func() *binding {
		return &binding{
			Source:              &agentregistry.Source{Identifier: "urn:agent:example.com:billing"},
			Target:              &agentregistry.Target{Identifier: "urn:mcp:example.com:lookup"},
			AuthProviderBinding: &agentregistry.AuthProviderBinding{AuthProvider: parent + "/authProviders/github", Scopes: []string{"read"}},
		}
	}, func(id string, body *binding) error {
		_, err := service.Create(parent, body).BindingId(id).Do()
		return err
	}, []refused[binding]{
		{"no target", func(b *binding) { b.Target = nil }, "target"},
		{"a target that is no URN", func(b *binding) { b.Target.Identifier = "lookup" }, "target.identifier"},
		{"a source that is no agent", func(b *binding) { b.Source.Identifier = "urn:mcp:example.com:lookup" }, "source.identifier"},
		{"no auth provider", func(b *binding) { b.AuthProviderBinding = nil }, "auth_provider_binding"},
		{"an auth provider without a name", func(b *binding) { b.AuthProviderBinding.AuthProvider = "" }, "auth_provider_binding.auth_provider"},
	})
	_, err := service.Create(parent, &binding{
		Source: &agentregistry.Source{Identifier: "urn:agent:example.com:billing"}, Target: &agentregistry.Target{Identifier: "urn:mcp:example.com:lookup"},
		AuthProviderBinding: &agentregistry.AuthProviderBinding{AuthProvider: parent + "/authProviders/none"},
	}).BindingId("lost").Do()
	checkStatus(t, err, "NOT_FOUND")
}
