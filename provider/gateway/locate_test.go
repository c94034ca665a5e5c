package gateway

import (
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/spec"
)

const written = `{
  "listener": {"agents": {"address": ":8443", "authenticate": ["mtls+dpop", "HERE-authenticate"]}},
  "target": {
    "bank": {
      "protocol": "mcp", "url": "HERE-url",
      "tls": {"ca_file": "HERE-ca"},
      "credential": [{"static": {"header": "a"}}, {"client_credentials": {"token_url": "HERE-token"}}],
      "limits": {"json_depth": 1111}
    },
    "shop": {"credential": {"static": {"header": "a"}, "token_exchange": {"scopes": ["HERE-label"]}}},
    "HERE-name": {"protocol": "rest", "operation": {"list": {"path": "HERE-operation"}}}
  },
  "agent": {"spiffe://HERE-agent": {"labels": {"team": "x"}}},
  "store": {"redis": {"url": "HERE-store", "password_file": "HERE-password"}},
  "admin": {"address": "HERE-admin"},
  "telemetry": {"otlp": {"endpoint": "HERE-otlp"}}
}`

// What the gateway says of its configuration is told of the attribute that it was made from.
func TestPlacesOfTheConfigurationLeadToAttributes(t *testing.T) {
	for mark, want := range map[string]string{
		"HERE-url":          `targets["bank"].url`,
		"HERE-ca":           `targets["bank"].tls.ca`,
		"HERE-token":        `targets["bank"].credentials[1].token_url`,
		"HERE-label":        `targets["shop"].credentials[1].scopes`,
		"1111":              `targets["bank"].limits.json_depth`,
		`HERE-name":`:       `targets["HERE-name"]`,
		"HERE-operation":    `targets["HERE-name"].operations["list"].path`,
		"HERE-authenticate": `listeners["agents"].authenticate`,
		"HERE-agent":        `agent_labels["spiffe://HERE-agent"]`,
		"HERE-store":        `store.url`,
		"HERE-password":     `store.password`,
		"HERE-otlp":         `telemetry.otlp.endpoint`,
		"HERE-admin":        ``, // nothing that the user wrote
		`bank": {`:          `targets["bank"]`,
	} {
		offset := strings.Index(written, mark)
		if got := spec.PathString(located(resourceSchema().Attributes, []byte(written), offset)); got != want {
			t.Errorf("%s is of %s, want %s", mark, got, want)
		}
	}
}
