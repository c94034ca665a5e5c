package gcptest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/gcp/gcptest"
)

const (
	engines   = "/aiplatform/v1/" + parent + "/reasoningEngines"
	agentOnly = `{"displayName":"billing","spec":{"identityType":"AGENT_IDENTITY"}}`
)

// bound is an engine with gateways.
func bound(toAnywhere, fromClients string) string {
	return fmt.Sprintf(`{"displayName":"billing","spec":{"identityType":"AGENT_IDENTITY","deploymentSpec":{"agentGatewayConfig":{
		"agentToAnywhereConfig":{"agentGateway":"%[1]s/agentGateways/%[2]s"},"clientToAgentConfig":{"agentGateway":"%[1]s/agentGateways/%[3]s"}}}}}`, parent, toAnywhere, fromClients)
}

// Google's generated client of aiplatform takes longer to compile than all other ones together, so that this test has none.
func TestReasoningEngineRefusals(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{})
	gateways(t, s)
	for _, valid := range []string{agentOnly, bound("egress", "ingress")} {
		if _, err := raw(t, s, "POST", engines, valid); err != nil {
			t.Fatal(err)
		}
	}
	const config = "spec.deployment_spec.agent_gateway_config."
	for _, test := range []struct{ name, body, field string }{
		{"no display name", `{"spec":{"identityType":"AGENT_IDENTITY"}}`, "display_name"},
		{"an identity type that does not exist", `{"displayName":"x","spec":{"identityType":"SPIFFE"}}`, "spec.identity_type"},
		{"a service account of an agent identity", `{"displayName":"x","spec":{"identityType":"AGENT_IDENTITY","serviceAccount":"a@b.iam.gserviceaccount.com"}}`, "spec.service_account"},
		{"the effective identity", `{"displayName":"x","spec":{"effectiveIdentity":"me"}}`, "spec.effective_identity"},
		{"two sources of code", `{"displayName":"x","spec":{"containerSpec":{"imageUri":"i"},"packageSpec":{"pythonVersion":"3.14"}}}`, "spec.container_spec"},
		{"76 instances at least", `{"displayName":"x","spec":{"deploymentSpec":{"minInstances":76}}}`, "spec.deployment_spec.min_instances"},
		{"an ingress gateway for egress", bound("ingress", "ingress"), config + "agent_to_anywhere_config.agent_gateway"},
		{"an egress gateway for ingress", bound("egress", "egress"), config + "client_to_agent_config.agent_gateway"},
		{"a gateway of another region", strings.Replace(bound("egress", "ingress"), "us-central1", "europe-west1", 1), config + "agent_to_anywhere_config.agent_gateway"},
		{"an environment variable without a value", `{"displayName":"x","spec":{"deploymentSpec":{"env":[{"name":"A"}]}}}`, "spec.deployment_spec.env[0].value"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := raw(t, s, "POST", engines, test.body)
			checkRefused(t, err, test.field)
		})
	}
	t.Run("another gateway than the other engines of the region", func(t *testing.T) {
		if err := s.Put("//networkservices.googleapis.com/"+parent+"/agentGateways/second", map[string]any{
			"googleManaged": map[string]any{"governedAccessPath": "AGENT_TO_ANYWHERE"},
		}); err != nil {
			t.Fatal(err)
		}
		_, err := raw(t, s, "POST", engines, bound("second", "ingress"))
		checkRefused(t, err, config+"agent_to_anywhere_config.agent_gateway")
	})
	t.Run("a gateway that engines use stays", func(t *testing.T) {
		_, err := networkServices(t, s).AgentGateways.Delete(parent + "/agentGateways/egress").Do()
		checkStatus(t, err, "FAILED_PRECONDITION")
	})
}

func TestReasoningEngineIsNamedByTheServer(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{Polls: 2})
	op, err := raw(t, s, "POST", engines, `{"displayName":"billing","labels":{"managed":"yes"},"spec":{"identityType":"AGENT_IDENTITY"}}`)
	if err != nil {
		t.Fatal(err)
	}
	name, _ := op["name"].(string)
	if !strings.HasPrefix(name, parentByNumber+"/reasoningEngines/") {
		t.Errorf("the operation is %q", name)
	}
	for polls := 0; op["done"] == nil; polls++ {
		if polls > 5 {
			t.Fatal("the operation never ends")
		}
		if op, err = raw(t, s, "GET", "/aiplatform/v1/"+name, ""); err != nil {
			t.Fatal(err)
		}
	}
	listed, err := raw(t, s, "GET", engines+`?filter=display_name%3D%22billing%22%20AND%20labels.managed%3D%22yes%22`, "")
	if err != nil {
		t.Fatal(err)
	}
	found, _ := listed["reasoningEngines"].([]any)
	if len(found) != 1 {
		t.Fatalf("listed: %v", listed)
	}
	engine, _ := found[0].(map[string]any)
	spec, _ := engine["spec"].(map[string]any)
	name, _ = engine["name"].(string)
	if want := "agents.global.org-555555555555.system.id.goog/resources/aiplatform/" + name; spec["effectiveIdentity"] != want {
		t.Errorf("the identity is %v, want %s", spec["effectiveIdentity"], want)
	}
	if listed, err := raw(t, s, "GET", engines+`?filter=display_name%3D%22other%22`, ""); err != nil || listed["reasoningEngines"] != nil {
		t.Errorf("others are listed: %v, %v", listed, err)
	}
}
