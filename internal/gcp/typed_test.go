package gcp

import (
	"encoding/json"
	"reflect"
	"testing"

	"google.golang.org/api/networkservices/v1"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

func TestABodyIsSentAsItIs(t *testing.T) {
	for name, text := range map[string]string{
		"zero values":          `{"description":"","failOpen":false,"forwardHeaders":[],"labels":{},"service":"x","timeout":"1s"}`,
		"an empty message":     `{"googleManaged":{}}`,
		"a struct of any form": `{"metadata":{"b":{"c":false,"d":null},"a":[]}}`,
	} {
		t.Run(name, func(t *testing.T) {
			body, err := parseBody([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			var sent any
			if _, gateway := body["googleManaged"]; gateway {
				sent, err = typed[networkservices.AgentGateway](body)
			} else {
				sent, err = typed[networkservices.AuthzExtension](body)
			}
			if err != nil {
				t.Fatal(err)
			}
			wire, err := json.Marshal(sent)
			if err != nil {
				t.Fatal(err)
			}
			got, err := parseBody(wire)
			if err != nil || !reflect.DeepEqual(got, body) {
				t.Errorf("%s is sent as %s (%v)", text, wire, err)
			}
		})
	}
}

func TestZeroValuesDeepInsideAreSent(t *testing.T) {
	body, err := parseBody([]byte(`{"matchConditions":[{"to":{"destination":{"hosts":[{"exact":"a","ignoreCase":false}]}}}],"target":{"scope":{"parent":"","resourceTypes":[]}}}`))
	if err != nil {
		t.Fatal(err)
	}
	object, err := typed[networkservices.ExtensionBinding](body)
	if err != nil {
		t.Fatal(err)
	}
	got, err := bodyOf(object)
	if err != nil || !reflect.DeepEqual(got, body) {
		t.Errorf("%v became %v (%v)", body, got, err)
	}
}

func TestAFieldThatGoogleDoesNotKnowIsRefused(t *testing.T) {
	for _, text := range []string{`{"governedAccessPath":"x"}`, `{"googleManaged":{"path":"x"}}`, `{"labels":{"a":1}}`, `{"Description":"x"}`, `{"labels":null}`} {
		body, err := parseBody([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := typed[networkservices.AgentGateway](body); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
}

func FuzzTyped(f *testing.F) {
	f.Add(`{"networkConfig":{"egress":{"networkAttachment":""}},"registries":[""],"labels":{"a":""}}`)
	f.Add(`{"selfManaged":{"resourceUris":[]},"googleManaged":null}`)
	f.Fuzz(func(t *testing.T, text string) {
		body, err := parseBody([]byte(text))
		if err != nil || body == nil {
			return
		}
		object, err := typed[networkservices.AgentGateway](body)
		if err != nil {
			return
		}
		sent, err := bodyOf(object)
		if err != nil {
			t.Fatal(err)
		}
		want, err := stack.CanonicalJSON(body)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := stack.CanonicalJSON(sent); err != nil || got != want {
			t.Errorf("%s is sent as %s (%v)", want, got, err)
		}
	})
}
