package gcp

import (
	"errors"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/gcp/gcptest"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// Every kind is created, changed, read and deleted, by the calls that are named.
func TestKindsOfAGateway(t *testing.T) {
	for name, c := range map[string]struct {
		service, name, before, after string
		calls, mask                  string
		needs                        []stack.Object
	}{
		"a gateway of one's own proxies": {
			NetworkServices, "agentGateways/edge",
			`{"selfManaged":{"resourceUris":["//networkservices.googleapis.com/projects/agents-1/locations/us-central1/gateways/swp"]}}`,
			`{"description":"d","selfManaged":{"resourceUris":["//networkservices.googleapis.com/projects/agents-1/locations/us-central1/gateways/swp"]}}`,
			"agentGateways.create agentGateways.patch agentGateways.delete", "description", nil,
		},
		"a connectivity template": {
			NetworkServices, "agentConnectivityTemplates/gke",
			`{"accessPath":"AGENT_TO_ANYWHERE","agentCompute":"GKE","deploymentModel":"AMBIENT"}`,
			`{"accessPath":"AGENT_TO_ANYWHERE","agentCompute":"GKE","deploymentModel":"AMBIENT","labels":{"a":"b"}}`,
			"agentConnectivityTemplates.create agentConnectivityTemplates.patch agentConnectivityTemplates.delete", "labels", nil,
		},
		"an extension": {
			NetworkServices, "authzExtensions/iap",
			`{"failOpen":false,"metadata":{"iapPolicyVersion":"V2","iamEnforcementMode":"DRY_RUN"},"service":"iap.googleapis.com","timeout":"0.5s"}`,
			`{"failOpen":true,"metadata":{"iapPolicyVersion":"V2"},"service":"iap.googleapis.com","timeout":"0.500s"}`,
			"authzExtensions.create authzExtensions.patch authzExtensions.delete", "failOpen,metadata", nil,
		},
		"a binding of an extension": {
			NetworkServices, "extensionBindings/armor",
			`{"failOpen":false,"producerExtension":"modelarmor.us-central1.rep.googleapis.com","target":{"resources":["` + location + `/agentGateways/edge"]}}`,
			`{"failOpen":false,"matchConditions":[{"to":{"destination":{"hosts":[{"exact":"a.example.com","ignoreCase":false}]}}}],"producerExtension":"modelarmor.us-central1.rep.googleapis.com","target":{"resources":["` + location + `/agentGateways/edge"]}}`,
			"extensionBindings.create extensionBindings.patch extensionBindings.delete", "matchConditions",
			[]stack.Object{object(t, NetworkServices, "agentGateways/edge", `{"selfManaged":{"resourceUri":"//networkservices.googleapis.com/projects/agents-1/locations/us-central1/gateways/swp"}}`)},
		},
		"a policy": {
			NetworkSecurity, "authzPolicies/allow",
			`{"action":"ALLOW","httpRules":[{"to":{"operations":[{"mcp":{"baseProtocolMethodsOption":"MATCH_BASE_PROTOCOL_METHODS","methods":[{"name":"tools/call","params":[{"exact":"a"}]}]}}]},"when":"true"}],"target":{"resources":["` + location + `/agentGateways/edge"]}}`,
			`{"action":"ALLOW","httpRules":[{"to":{"operations":[{"mcp":{"baseProtocolMethodsOption":"MATCH_BASE_PROTOCOL_METHODS","methods":[{"name":"tools/call","params":[{"exact":"a"}]}]}}]}}],"target":{"resources":["` + location + `/agentGateways/edge"]}}`,
			"authzPolicies.create authzPolicies.patch authzPolicies.delete", "httpRules",
			[]stack.Object{gateway(t, egress)},
		},
		"a Model Armor template": {
			ModelArmor, "templates/prompts",
			`{"filterConfig":{"piAndJailbreakFilterSettings":{"filterEnforcement":"ENABLED","confidenceLevel":"HIGH"}},"templateMetadata":{"logSanitizeOperations":false}}`,
			`{"filterConfig":{"piAndJailbreakFilterSettings":{"filterEnforcement":"ENABLED"}},"templateMetadata":{"logSanitizeOperations":true}}`,
			"templates.create templates.patch templates.delete", "filterConfig,templateMetadata", nil,
		},
		"a service of the registry": {
			AgentRegistry, "services/refunds",
			`{"displayName":"Refunds","interfaces":[{"protocolBinding":"HTTP_JSON","url":"https://refunds.example.com/mcp"}],"mcpServerSpec":{"type":"NO_SPEC"}}`,
			`{"displayName":"","interfaces":[{"protocolBinding":"HTTP_JSON","url":"https://refunds.example.com/mcp"}],"mcpServerSpec":{"type":"NO_SPEC"}}`,
			"services.create services.patch services.delete", "displayName", nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, gcptest.Options{Polls: 2, HiddenReads: 1})
			for _, needed := range c.needs {
				b.mustApply(t, needed, "")
			}
			b.Forget()
			before, after := object(t, c.service, c.name, c.before), object(t, c.service, c.name, c.after)
			created := b.mustApply(t, before, "")
			if want, err := stack.CanonicalJSON(before.Body); err != nil || created.Projection != want {
				t.Errorf("it shows as %s, want %s", created.Projection, want)
			}
			b.mustApply(t, after, created.Projection)
			for _, r := range b.Mutations() {
				if strings.HasSuffix(r.Method, ".patch") && r.Query.Get("updateMask") != c.mask {
					t.Errorf("the update mask is %s, want %s", r.Query.Get("updateMask"), c.mask)
				}
			}
			calls := []string{b.methods()}
			imported, err := b.Read(deadline(t), after.Key, "")
			if err != nil {
				t.Fatal(err)
			}
			b.Forget()
			if again := b.mustApply(t, after, imported.Projection); again.Projection != imported.Projection || b.methods() != "" {
				t.Errorf("after its import as %s it becomes %s, by %s", imported.Projection, again.Projection, b.methods())
			}
			b.mustDelete(t, after.Key)
			calls = append(calls, b.methods())
			if got := strings.Join(calls, " "); got != c.calls {
				t.Errorf("it called %s, want %s", got, c.calls)
			}
		})
	}
}

func TestAServiceOfAnotherSortIsAnotherService(t *testing.T) {
	b := newBench(t, gcptest.Options{})
	service := func(spec string) stack.Object {
		return object(t, AgentRegistry, "services/refunds", `{"interfaces":[{"protocolBinding":"HTTP_JSON","url":"https://refunds.example.com"}],"`+spec+`":{"type":"NO_SPEC"}}`)
	}
	created := b.mustApply(t, service("mcpServerSpec"), "")
	b.Forget()
	if live := b.mustPlan(t, service("endpointSpec"), created.Projection); len(live.Replaced) == 0 {
		t.Error("the plan does not replace it")
	}
	b.mustApply(t, service("endpointSpec"), created.Projection)
	if calls := b.methods(); calls != "services.delete services.create" {
		t.Errorf("it called %s", calls)
	}
}

func TestABodyMayNameWhatTheServerSets(t *testing.T) {
	b := newBench(t, gcptest.Options{})
	service := object(t, AgentRegistry, "services/refunds", `{"interfaces":[{"protocolBinding":"HTTP_JSON","url":"https://refunds.example.com/mcp"}],"mcpServerSpec":{"type":"NO_SPEC"}}`)
	naming := gateway(t, `{"description":"`+stack.Output(service.Key, "registryResource")+`","googleManaged":{"governedAccessPath":"AGENT_TO_ANYWHERE"}}`)
	var unknown *stack.UnknownError
	if _, err := b.Plan(deadline(t), naming, ""); !errors.As(err, &unknown) || unknown.Unreachable {
		t.Errorf("before the service is there, the plan gives %v", err)
	}
	b.mustApply(t, service, "")
	live := b.mustApply(t, naming, "")
	if !strings.Contains(live.Projection, "mcpServers/agentregistry-") {
		t.Errorf("the projection is %s", live.Projection)
	}
}
