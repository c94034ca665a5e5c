package identity

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
	"github.com/agentward/terraform-provider-agent/internal/stack/gcp"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

var onGoogle = &governed.Provider{
	Stack: string(spec.GCP), TrustDomain: "agents.example.org",
	Google: spec.GoogleProject{ID: "acme-agents", Number: "123", Location: "us-central1"},
}

func googleIdentity(g *googleModel) *model {
	m := &model{Name: types.StringValue("billing"), Namespace: types.StringValue("agents"), Google: g}
	m.Stack = types.StringValue(string(spec.GCP))
	return m
}

func TestTheRuntimeIsThatWhoseBlockIsThere(t *testing.T) {
	for name, test := range map[string]struct {
		google *googleModel
		want   spec.GoogleRuntime
	}{
		"nothing at all": {nil, spec.RuntimeGKE},
		"an empty block": {&googleModel{}, spec.RuntimeGKE},
		"an engine":      {&googleModel{AgentRuntime: &agentRuntimeModel{}}, spec.RuntimeAgentRuntime},
		"a pool":         {&googleModel{Managed: &managedModel{Pool: &poolModel{ID: types.StringValue("fleet")}}}, spec.RuntimeManaged},
		"its name":       {&googleModel{Runtime: types.StringValue("agent_runtime")}, spec.RuntimeAgentRuntime},
	} {
		m := googleIdentity(test.google)
		id := m.spec(onGoogle)
		if id.Google.Runtime != test.want || id.ServiceAccount.Create != (test.want == spec.RuntimeGKE) || id.TrustDomain != "" {
			t.Errorf("%s: runtime %q, account created %t, trust domain %q", name, id.Google.Runtime, id.ServiceAccount.Create, id.TrustDomain)
		}
		if problems := m.Validate(onGoogle); len(problems) > 0 {
			t.Errorf("%s: %v", name, problems)
		}
	}
}

func TestAProjectOfOnesOwnHasNotTheNumberOfTheProviders(t *testing.T) {
	for name, test := range map[string]struct {
		google *googleModel
		want   spec.GoogleProject
	}{
		"the provider's":         {nil, onGoogle.Google},
		"the same, said again":   {&googleModel{Project: types.StringValue("acme-agents")}, onGoogle.Google},
		"another":                {&googleModel{Project: types.StringValue("acme-lab")}, spec.GoogleProject{ID: "acme-lab", Location: "us-central1"}},
		"another and its number": {&googleModel{Project: types.StringValue("acme-lab"), ProjectNumber: types.StringValue("9"), Location: types.StringValue("europe-west1")}, spec.GoogleProject{ID: "acme-lab", Number: "9", Location: "europe-west1"}},
	} {
		if got := test.google.spec("agents", "billing", onGoogle).Project; got != test.want {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
}

// terraform validate knows no provider: it refuses what is wrong whatever the provider will say, and nothing else.
func TestWithoutAProviderOnlyWhatIsWrongInAnyCaseIsRefused(t *testing.T) {
	for name, g := range map[string]*googleModel{
		"an engine in the provider's region": {AgentRuntime: &agentRuntimeModel{}},
		"an engine that exists":              {AgentRuntime: &agentRuntimeModel{Engine: types.StringValue("projects/acme-agents/locations/us-central1/reasoningEngines/42")}},
		"a pool in the provider's project":   {Managed: &managedModel{Pool: &poolModel{ID: types.StringValue("fleet")}}},
		"an auth provider":                   {AuthProvider: &authProviderModel{APIKey: &apiKeyModel{KeyWOVersion: types.Int64Value(1)}}},
	} {
		for _, on := range []types.String{types.StringNull(), types.StringValue("gcp")} {
			m := googleIdentity(g)
			m.Stack = on
			if problems := m.Validate(nil); len(problems) > 0 {
				t.Errorf("%s, stack %s: %v", name, on, problems)
			}
		}
	}
	m := googleIdentity(&googleModel{AgentRuntime: &agentRuntimeModel{Engine: types.StringValue("42")}})
	m.Stack = types.StringNull()
	if problems := m.Validate(nil); len(problems) != 1 {
		t.Errorf("an engine that is none has the problems %v", problems)
	}
}

// Only Google knows the principal of an engine that it made, and the engine tells it.
func TestThePrincipalOfACreatedEngineIsObserved(t *testing.T) {
	m := googleIdentity(&googleModel{AgentRuntime: &agentRuntimeModel{}})
	if _, computed := m.Computed(onGoogle)["principal"]; computed {
		t.Error("the principal is computed")
	}
	key := gcp.EngineKey(m.spec(onGoogle))
	identity := "agents.global.proj-123.system.id.goog/resources/aiplatform/projects/123/locations/us-central1/reasoningEngines/7"
	live := map[stack.Key]stack.Live{key: {Body: map[string]any{"spec": map[string]any{"effectiveIdentity": identity}}}}
	if got := m.Observed(live)["principal"]; !got.Equal(types.StringValue("principal://" + identity)) {
		t.Errorf("the principal is %s", got)
	}
	if got := m.Observed(nil)["principal"]; !got.IsNull() {
		t.Errorf("without an engine the principal is %s", got)
	}
	if m.Lasting(onGoogle)["principal"] != key {
		t.Error("the principal does not last with the engine")
	}
}

func TestOnTheOpenSourceStackThePrincipalFollowsFromTheName(t *testing.T) {
	m := &model{Name: types.StringValue("billing"), Namespace: types.StringValue("agents")}
	m.Stack = types.StringValue(string(spec.OSS))
	values := m.Computed(onGoogle)
	if want := types.StringValue("spiffe://agents.example.org/ns/agents/agent/billing"); !values["principal"].Equal(want) {
		t.Errorf("the principal is %s", values["principal"])
	}
	if _, observed := m.Observed(nil)["principal"]; observed || m.Lasting(onGoogle) != nil {
		t.Error("the principal is observed")
	}
	if labels := values["pod_labels"]; !labels.Equal(stringMap(map[string]string{"agentward.dev/agent": "billing"})) {
		t.Errorf("the pods' labels are %s", labels)
	}
}

func TestFullNamesTellWhatAnIdentityIs(t *testing.T) {
	for name, want := range map[string]map[string]string{
		"projects/acme-agents/locations/us-central1/reasoningEngines/{agents.billing}": {
			"namespace": "agents", "name": "billing", "gcp.project": "acme-agents", "gcp.location": "us-central1", "gcp.runtime": "agent_runtime",
		},
		"projects/acme-agents/locations/global/workloadIdentityPools/fleet/namespaces/team/managedIdentities/bot": {
			"namespace": "team", "name": "bot", "gcp.project": "acme-agents", "gcp.managed.pool.id": "fleet", "gcp.managed.namespace": "team", "gcp.managed.id": "bot",
		},
	} {
		told, err := fromFullName("", name)
		if err != nil || len(told) != len(want) {
			t.Errorf("%s tells %v, %v", name, told, err)
		}
		for _, attribute := range told {
			if want[attribute.Path.String()] != attribute.Value {
				t.Errorf("%s tells %s = %q", name, attribute.Path, attribute.Value)
			}
		}
	}
	for _, name := range []string{"projects/p/locations/l/reasoningEngines/42", "projects/p/locations/l/agentGateways/g", "projects/p/locations/l/reasoningEngines/{billing}"} {
		if told, err := fromFullName("", name); err == nil {
			t.Errorf("%s tells %v", name, told)
		}
	}
}
