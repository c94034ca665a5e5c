package config

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
)

// delivered is a configuration whose files are somewhere else than the test: some in memory, others there when the gateway runs.
const delivered = `{
  "identity": {"workload_api": "unix:///run/spire/agent.sock"},
  "token_service": {"secret_file": "../keys/one"},
  "agent_cards": {"secret_file": "/run/gateway/keys/cards"},
  "listener": {"agents": {"address": ":8443", "url": "https://gateway.example.org"}},
  "issuer": {"https://idp.example.org": {"ca_file": "/run/gateway/secrets/idp/ca.crt"}},
  "trust": {"example.com": {"bundle": "/run/gateway/secrets/partner/bundle.json"}},
  "target": {
    "bank": {
      "protocol": "mcp", "url": "https://bank.example.org/mcp",
      "tls": {"ca_file": "/run/gateway/secrets/bank/ca.crt"},
      "credential": {"static": {"file": "../credentials/bank"}}
    },
    "shop": {"protocol": "rest", "url": "https://shop.example.org", "openapi": "openapi.shop"},
    "late": {"protocol": "rest", "url": "https://late.example.org", "openapi": "/run/gateway/secrets/late/openapi.json"},
    "rpc": {"protocol": "grpc", "url": "https://rpc.example.org", "services": ["a.B"], "descriptors": "/run/gateway/secrets/rpc/descriptors"},
    "agent": {"protocol": "a2a", "url": "https://agent.example.org", "a2a": {"card_keys": "/run/gateway/secrets/agent/keys"}}
  },
  "policies": {"files": ["policy.*.cedar", "/run/gateway/secrets/policies/*.cedar"]}
}`

func files() Memory {
	return Memory{
		Texts: map[string][]byte{
			"/run/gateway/config/policy.all.cedar": []byte("permit (principal, action, resource);"),
			"/run/gateway/config/openapi.shop":     []byte(`{"openapi": "3.0.0", "info": {"title": "t", "version": "1"}, "paths": {"/orders": {"get": {"operationId": "orders", "responses": {}}}}}`),
		},
		Later: []string{"/run/gateway/keys", "/run/gateway/credentials", "/run/gateway/secrets"},
	}
}

func parse(m Memory) (*Config, hcl.Diagnostics) {
	return ParseFrom(m, "/run/gateway/config/gateway.json", []byte(delivered))
}

func TestAConfigurationIsCheckedBeforeItIsWhereItWillBe(t *testing.T) {
	c, diagnostics := parse(files())
	if diagnostics.HasErrors() {
		t.Fatal(diagnostics.Errs())
	}
	if c.Policies.Len() != 1 || len(c.Targets) != 5 || c.Targets[0].Credentials[0].Secret.File != "/run/gateway/credentials/bank" {
		t.Errorf("%+v", c)
	}
	if !slices.Contains(c.Files, "/run/gateway/config/openapi.shop") {
		t.Errorf("files %v", c.Files)
	}
}

func TestWhatIsWrongInMemoryIsToldWithItsPlace(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(m *Memory)
		want  string
	}{
		"a policy with a misspelt name": {
			func(m *Memory) {
				m.Texts["/run/gateway/config/policy.all.cedar"] = []byte("permit (principal, action, resource)\nwhen { context.mtsl };")
			},
			"/run/gateway/config/policy.all.cedar:2:16: Policy cannot be used",
		},
		"an OpenAPI document that is none": {
			func(m *Memory) { m.Texts["/run/gateway/config/openapi.shop"] = []byte("{\n \"swagger\": 1}") },
			"OpenAPI document cannot be used",
		},
		"an OpenAPI document that is not there": {
			func(m *Memory) { delete(m.Texts, "/run/gateway/config/openapi.shop") },
			"/run/gateway/config/openapi.shop: file does not exist",
		},
		"a folder of secrets that nobody will fill": {
			func(m *Memory) { m.Later = m.Later[:1] },
			"/run/gateway/credentials/bank: file does not exist",
		},
		"a policy that is too large": {
			func(m *Memory) { m.Texts["/run/gateway/config/policy.all.cedar"] = make([]byte, mostPolicies+1) },
			"and may have",
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := files()
			c.spoil(&m)
			_, diagnostics := parse(m)
			told := slices.ContainsFunc(diagnostics, func(d *hcl.Diagnostic) bool { return strings.Contains(first(hcl.Diagnostics{d}), c.want) })
			if !told {
				t.Errorf("got %v", diagnostics.Errs())
			}
		})
	}
}

func TestASecretThatIsInMemoryIsLookedAt(t *testing.T) {
	m := files()
	m.Texts["/run/gateway/keys/one"] = []byte("short")
	if _, diagnostics := parse(m); !strings.Contains(first(diagnostics), "/run/gateway/keys/one has 5 bytes") {
		t.Errorf("got %v", diagnostics.Errs())
	}
}

func TestMemoryAnswersAsFilesWould(t *testing.T) {
	m := files()
	if _, err := m.Read("/run/gateway/config/other", 1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, err := m.Read("/run/gateway/keysake", 1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file beside a folder that comes later: %v", err)
	}
	if _, err := m.Read("/run/gateway/keys/../keys/x", 1); !errors.Is(err, ErrLater) {
		t.Errorf("a file that comes later: %v", err)
	}
	if err := m.Check("/run/gateway/config/policy.all.cedar"); err != nil {
		t.Error(err)
	}
	if _, err := m.Glob("/run/gateway/config/[*"); err == nil {
		t.Error("a pattern that is none matches")
	}
	if err := m.Folder("/run/gateway/config/openapi.shop"); err == nil {
		t.Error("a file is a folder")
	}
}
