package suites

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/agentward/terraform-provider-agent/acctest/gateway"
	"github.com/agentward/terraform-provider-agent/acctest/npm"
)

// tried is one thing that a script tried, and what came of it.
type tried struct {
	Name, Error, Metadata, Body string
	Status                      int

	Resource         string
	Servers          int
	Methods          []string
	Bound            bool
	Algorithm, Type  string
	Subject          string
	Key, Certificate bool
	Issuer           string
}

// script runs a script of ours that uses libraries of others, and gives what it tried.
func script(t *testing.T, packages *npm.Packages, file string, given any) []tried {
	t.Helper()
	argument, err := json.Marshal(given)
	if err != nil {
		t.Fatal(err)
	}
	var out, said bytes.Buffer
	cmd := packages.Script(t, file, string(argument))
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s%s", err, &out, &said)
	}
	var all []tried
	for lines := bufio.NewScanner(&out); lines.Scan(); {
		var one tried
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			t.Fatalf("%s: %v", lines.Bytes(), err)
		}
		all = append(all, one)
	}
	return all
}

// target is an MCP server that answers everything alike, and counts.
func target(t *testing.T) (at string, asked *atomic.Int64) {
	t.Helper()
	asked = new(atomic.Int64)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"jsonrpc":"2.0","id":1,"result":{"content":[]}}`)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/mcp", asked
}

// A foreign OAuth client finds the token service by itself, gets tokens from it and uses them, with every algorithm; and what it forges
// is refused, by the gateway with the error that RFC 9449 and RFC 6750 have for it.
func TestOAuthClient(t *testing.T) {
	packages := npm.Require(t)
	behind, asked := target(t)
	g := gateway.Serve(t, fmt.Sprintf(`
development_authority {
  trust_domain = "example.org"
  directory    = "keys"
}
token_service {}
listener "agents" {
  address     = "ADDRESS"
  dpop_nonces = true
}
target "one" {
  protocol = "mcp"
  url      = %[1]q
}
target "two" {
  protocol = "mcp"
  url      = %[1]q
}
policies { text = "permit (principal == Agent::\"spiffe://example.org/ns/suites/agent/judge\", action, resource);" }
`, behind))
	resource := "https://" + g.Address + "/one"
	all := script(t, packages, "oauth_client.mjs", map[string]string{
		"resource": resource, "other": "https://" + g.Address + "/two", "agent": "spiffe://example.org/ns/suites/agent/judge",
		"folder": certificates(t, g, "judge"), "stranger": certificates(t, g, "stranger"),
	})

	wrong := map[string]string{ // the error where it is not invalid_dpop_proof
		"no nonce": "use_dpop_nonce", "a nonce of somebody else": "use_dpop_nonce",
		"a key that the token is not for": "invalid_token", "the token as a bearer token": "invalid_token",
		"a token without its certificate": "invalid_token", "a token with the certificate of another agent": "invalid_token",
		"a token for another target": "invalid_token", "a token with another signature": "invalid_token",
		"a token with another subject": "invalid_token", "a token without a signature": "invalid_token",
	}
	fine := map[string]bool{"nothing": true, "a jti of its own": true, "a proof for a query that differs": true}
	refusals := map[string]string{
		"nothing": "", "a proof that was used": "", "the same proof": "400 invalid_dpop_proof",
		"no certificate": "401 invalid_client", "a client_id of another agent": "401 invalid_client",
		"a resource that is not the gateway’s": "400 invalid_target", "no resource": "400 invalid_target",
		"a proof for another URL": "400 invalid_dpop_proof", "a proof of the past": "400 invalid_dpop_proof",
		"a grant that is not there": "400 unsupported_grant_type", "a scope": "400 invalid_scope",
	}
	passed, algorithms, forgeries, refused := 0, 0, 0, 0
	for _, one := range all {
		kind, what, _ := strings.Cut(one.Name, ": ")
		switch kind {
		case "resource metadata":
			if one.Resource != resource || one.Servers != 1 {
				t.Errorf("%+v", one)
			}
		case "server metadata":
			if fmt.Sprint(one.Methods) != "[tls_client_auth]" || !one.Bound {
				t.Errorf("%+v", one)
			}
		case "token":
			algorithms++
			passed++
			if one.Status != http.StatusOK || !strings.EqualFold(one.Type, "DPoP") || one.Subject != "spiffe://example.org/ns/suites/agent/judge" || !one.Key || !one.Certificate {
				t.Errorf("%+v", one)
			}
		case "forged":
			forgeries++
			if fine[what] {
				passed++
				if one.Status != http.StatusOK {
					t.Errorf("%s, which is good: %d %s", what, one.Status, one.Error)
				}
				continue
			}
			want := "invalid_dpop_proof"
			if wrong[what] != "" {
				want = wrong[what]
			}
			if one.Status != http.StatusUnauthorized || one.Error != want {
				t.Errorf("%s: %d %s, not 401 %s", what, one.Status, one.Error, want)
			}
			if !strings.HasPrefix(one.Metadata, "https://"+g.Address+"/.well-known/oauth-protected-resource/") {
				t.Errorf("%s: the challenge says that the resource is described at %q", what, one.Metadata)
			}
		case "refused":
			refused++
			want, known := refusals[what]
			got := ""
			if one.Status != http.StatusOK {
				got = fmt.Sprint(one.Status, " ", one.Error)
			}
			if !known || got != want {
				t.Errorf("%s: %q, not %q", what, got, want)
			}
		}
	}
	if algorithms != 5 || forgeries != 37 || refused != len(refusals) {
		t.Errorf("%d algorithms, %d forgeries and %d refusals were tried", algorithms, forgeries, refused)
	}
	if n := asked.Load(); n != int64(passed) {
		t.Errorf("the target was asked %d times; %d requests were good", n, passed)
	}
}
