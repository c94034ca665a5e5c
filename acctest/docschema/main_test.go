package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestSchemaGetsTheShortNameAndTheIdentities(t *testing.T) {
	// What Terraform 1.11 prints, with the parts that are passed through shortened.
	printed := `{"format_version":"1.0","provider_schemas":{"registry.terraform.io/agentward/agent":{"provider":{"version":0}}}}`
	var out bytes.Buffer
	if err := run(t.Context(), strings.NewReader(printed), &out); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Schemas map[string]struct {
			Provider   struct{ Version *int }
			Identities map[string]struct {
				Attributes map[string]struct {
					Type     string
					Required bool `json:"required_for_import"`
				}
			} `json:"resource_identity_schemas"`
		} `json:"provider_schemas"`
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	agent := got.Schemas["agent"]
	if agent.Provider.Version == nil {
		t.Errorf("the provider's schema was not passed through: %s", out.String())
	}
	if namespace := agent.Identities["agent_identity"].Attributes["namespace"]; namespace.Type != "string" || !namespace.Required {
		t.Errorf("the identity of agent_identity lacks the namespace: %s", out.String())
	}
}

func TestSchemaOfAnotherProviderIsRefused(t *testing.T) {
	printed := `{"provider_schemas":{"registry.terraform.io/hashicorp/null":{}}}`
	if err := run(t.Context(), strings.NewReader(printed), &bytes.Buffer{}); err == nil {
		t.Error("accepted")
	}
}

// Pages are made for names with the provider's prefix alone.
func TestEveryNameHasThePrefix(t *testing.T) {
	printed := `{"provider_schemas":{"x/agent":{"resource_schemas":{"agent_identity":{},"kars_conformance":{"version":7}}}}}`
	var out bytes.Buffer
	if err := run(t.Context(), strings.NewReader(printed), &out); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Schemas map[string]map[string]map[string]json.RawMessage `json:"provider_schemas"`
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	resources := got.Schemas["agent"]["resource_schemas"]
	if len(resources) != 2 || string(resources["agent_kars_conformance"]) != `{"version":7}` {
		t.Errorf("resources are %s", out.String())
	}
}
