package stack

import "testing"

func TestKeysHaveOneTextForm(t *testing.T) {
	for text, want := range map[string]Key{
		"/v1/ServiceAccount/agents/billing":                                       {Version: "v1", Kind: "ServiceAccount", Namespace: "agents", Name: "billing"},
		"spire.spiffe.io/v1alpha1/ClusterSPIFFEID//agents.billing":                {Group: "spire.spiffe.io", Version: "v1alpha1", Kind: "ClusterSPIFFEID", Name: "agents.billing"},
		"spire.api.types/v1/FederationRelationship//partner.example":              SPIREKey(SPIREFederationRelationship, "partner.example"),
		"//networkservices.googleapis.com/projects/p/locations/l/agentGateways/g": GoogleKey("networkservices.googleapis.com", "projects/p/locations/l/agentGateways/g"),
		"//binaryauthorization.googleapis.com/projects/p/policy#agents":           {Group: "binaryauthorization.googleapis.com", Name: "projects/p/policy", Part: "agents"},
		"/v1/ConfigMap/gateways/edge-suspended#agents.billing": {
			Version: "v1", Kind: "ConfigMap", Namespace: "gateways", Name: "edge-suspended", Part: "agents.billing",
		},
	} {
		got, err := ParseKey(text)
		if err != nil || got != want || got.String() != text {
			t.Errorf("%q parses as %#v (%v) and prints as %q", text, got, err, got)
		}
	}
	for _, text := range []string{"", "v1/ServiceAccount", "/v1/ServiceAccount/agents", "///agents/billing", "/v1/ServiceAccount/agents/", "/v1/ConfigMap/a/b#", "/v1/ConfigMap/a/#b", "//", "//service", "//service/", "///projects/p", "//s/projects/p#"} {
		if key, err := ParseKey(text); err == nil {
			t.Errorf("%q parses as %#v", text, key)
		}
	}
}

func FuzzParseKey(f *testing.F) {
	f.Add("/v1/ServiceAccount/agents/billing")
	f.Add("g/v/K//a/b")
	f.Add("//binaryauthorization.googleapis.com/projects/p/policy")
	f.Add("/v1/ConfigMap/gateways/edge-suspended#agents.billing")
	f.Fuzz(func(t *testing.T, text string) {
		key, err := ParseKey(text)
		if err == nil && key.String() != text {
			t.Errorf("%q prints as %q", text, key)
		}
	})
}

func TestSecretsAreHashedByPlaceAndRedactedWhole(t *testing.T) {
	secret := func(name string) map[string]any {
		return map[string]any{"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"name": name, "namespace": "n"}, "data": map[string]any{"password": "aHVudGVy"}}
	}
	hash := func(body map[string]any) any {
		values, _ := HashSecret(body)["data"].(map[string]any)
		return values["password"]
	}
	if a, b := hash(secret("a")), hash(secret("b")); a == b || a == "aHVudGVy" || a != hash(secret("a")) {
		t.Errorf("hashes are %v and %v", a, b)
	}
	other := map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "data": map[string]any{"password": "x"}}
	if got := hash(other); got != "x" {
		t.Errorf("a ConfigMap's value became %v", got)
	}
	original := secret("a")
	if values, _ := Redact(Object{Key: Key{Version: "v1", Kind: "Secret"}, Body: original})["data"].(map[string]any); values["password"] != "" {
		t.Errorf("redacted value is %v", values["password"])
	}
	if values, _ := original["data"].(map[string]any); values["password"] != "aHVudGVy" {
		t.Error("redacting changed the original")
	}
}

func TestTheKindOfAGoogleResource(t *testing.T) {
	for name, want := range map[string]string{
		"projects/p/locations/l/agentGateways/g":              "agentGateways",
		"projects/p/policy":                                   "policy",
		"organizations/1/locations/global/policyBindings/one": "policyBindings",
	} {
		if got := GoogleKey("s", name).Collection(); got != want {
			t.Errorf("that of %s is %s", name, got)
		}
	}
	if got := GoogleKey("s.googleapis.com", "projects/p/attestors/a").Describe(); got != `attestors "projects/p/attestors/a"` {
		t.Errorf("it is described as %s", got)
	}
}

func TestMatchGoogleName(t *testing.T) {
	const pattern = "projects/{project}/locations/{location}/agentGateways/{gateway}"
	got, ok := MatchGoogleName(pattern, "projects/acme/locations/us-central1/agentGateways/edge")
	if !ok || got["project"] != "acme" || got["location"] != "us-central1" || got["gateway"] != "edge" {
		t.Errorf("got %v, %v", got, ok)
	}
	for _, other := range []string{
		"projects/acme/locations/us-central1/authzPolicies/edge", "projects/acme/locations/us-central1/agentGateways", "projects//locations/l/agentGateways/edge",
		"projects/acme/locations/us-central1/agentGateways/edge/more",
	} {
		if _, ok := MatchGoogleName(pattern, other); ok {
			t.Errorf("%s is taken for a gateway", other)
		}
	}
}

func TestRedactGoogleSecret(t *testing.T) {
	object := Object{Key: GoogleKey("agentidentity.googleapis.com", "projects/p/locations/l/authProviders/a"), Body: map[string]any{
		"description":            "of billing",
		"authProviderTypeParams": map[string]any{"apiKey": map[string]any{"apiKey": "swordfish"}},
	}}
	text, err := CanonicalJSON(Redact(object))
	if want := `{"authProviderTypeParams":{"apiKey":{"apiKey":""}},"description":"of billing"}`; err != nil || text != want {
		t.Errorf("got %s, %v, want %s", text, err, want)
	}
}
