package suites

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"

	"github.com/agentward/terraform-provider-agent/acctest/gateway"
	"github.com/agentward/terraform-provider-agent/acctest/npm"
	"github.com/agentward/terraform-provider-agent/acctest/port"
	"github.com/agentward/terraform-provider-agent/acctest/tool"
	"github.com/agentward/terraform-provider-agent/internal/gateway/devauthority"
	"github.com/agentward/terraform-provider-agent/internal/gateway/server"
)

// banker runs the agent of the A2A example, which the SDK for Go makes, and gives its address.
func banker(t *testing.T) string {
	t.Helper()
	root, err := tool.Root()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "bank-agent")
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", program, "./examples/gateway/a2a/agent")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	address := port.Address(t)
	_, log := gateway.Start(t, exec.Command(program, "-listen", address)) //nolint:noctx // it is asked to end
	log.Wait(t, "the bank's agent is at")
	return address
}

// banked runs a gateway before the example's agent: mutual TLS, tokens bound by DPoP with nonces, Cedar and the audit log are all at work.
func banked(t *testing.T, agent string) *gateway.Gateway {
	t.Helper()
	return gateway.Serve(t, fmt.Sprintf(`
development_authority {
  trust_domain = "example.org"
  directory    = "keys"
}
token_service {}
listener "agents" {
  address     = "ADDRESS"
  dpop_nonces = true
}
listener "cards" {
  address      = %q
  authenticate = ["mtls"]
}
target "bank" {
  protocol = "a2a"
  url      = "http://%[2]s"
  a2a {
    jsonrpc   = "http://%[2]s/rpc"
    http_json = "http://%[2]s/rest"
    grpc      = "http://%[2]s"
  }
}
policies {
  text = <<-EOT
    @id("all") permit (principal is Agent, action, resource) when { context.mtls };
    @id("no-refunds") forbid (principal, action == Action::"sendMessage", resource == Skill::"bank/refund");
    @id("no-data") forbid (principal, action == Action::"sendMessage", resource) when { context has message && context.message.partKinds.contains("data") };
    @id("no-cancel") forbid (principal, action == Action::"cancelTask", resource);
  EOT
}
`, port.Address(t), agent))
}

// The SDK's command line does through the gateway what it does without, in every binding, and is told what it may not.
func TestA2ACommandLine(t *testing.T) {
	program, agent := tool.Require(t, tool.A2A), banker(t)
	g := banked(t, agent)
	through := g.Sidecar(t, "suites/judge")
	a2a := func(args ...string) (string, bool) {
		cmd := exec.CommandContext(t.Context(), program, args...)
		cmd.WaitDelay = time.Second
		out, err := cmd.CombinedOutput()
		return string(out), err == nil
	}
	if out, ok := a2a("discover", through); !ok || !strings.Contains(out, "report") || strings.Contains(out, "Refund ") || strings.Contains(out, agent) {
		t.Errorf("discover: %s", out)
	}
	for transport, place := range map[string]string{"jsonrpc": "/rpc", "rest": "/rest", "grpc": ""} {
		t.Run(transport, func(t *testing.T) {
			run := func(url, verb string, args ...string) (string, bool) {
				return a2a(append([]string{verb, url, "--transport", transport, "--insecure", "--timeout", "20s"}, args...)...)
			}
			for _, args := range [][]string{{"send", "please"}, {"send", "--stream", "please"}, {"list"}} {
				direct, ok := run("http://"+agent+place, args[0], args[1:]...)
				if !ok {
					t.Fatalf("%q without the gateway: %s", args, direct)
				}
				if out, ok := run(through, args[0], args[1:]...); !ok || strings.Count(out, "\n") < strings.Count(direct, "\n") && args[0] != "list" {
					t.Errorf("%q: %s, and without the gateway %s", args, out, direct)
				}
			}
			message := `{"messageId":"m","role":"ROLE_USER","metadata":{"urn:agentward:a2a:skill":"refund"},"parts":[{"text":"please"}]}`
			for name, args := range map[string][]string{
				"no-refunds": {"send", "--json", message}, "no-data": {"send", "--parts", `[{"data":{"a":1}}]`},
			} {
				if out, ok := run(through, args[0], args[1:]...); ok || !strings.Contains(out, "denied: forbidden by "+name) {
					t.Errorf("%s: %s", name, out)
				}
				if out, ok := run("http://"+agent+place, args[0], args[1:]...); !ok {
					t.Errorf("%s without the gateway: %s", name, out)
				}
			}
			if out, ok := run(through, "cancel", "a-task"); ok || !strings.Contains(out, "there is no such task") {
				t.Errorf("cancel: %s", out)
			}
		})
	}
}

// The SDK for JavaScript follows the card through the gateway, and verifies what the gateway signed.
func TestA2AForJavaScript(t *testing.T) {
	packages := npm.Require(t)
	g := banked(t, banker(t))
	folder := t.TempDir()
	card, keys := filepath.Join(folder, "card.json"), filepath.Join(folder, "keys.json")
	origin := cardsOrigin(t, g)
	client := known(t, g)
	fetched(t, client, origin+"/bank/.well-known/agent-card.json", card)
	fetched(t, client, origin+server.CardKeys, keys)
	out, err := packages.Script(t, "a2a_client.mjs", g.Sidecar(t, "suites/judge"), card, keys).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"sent ", "the report is written", "events 4", "denied ", "forbidden by no-refunds", "\nverified\n", "refused what was changed"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

// cardsOrigin gives the URL of the listener that asks for a certificate alone.
func cardsOrigin(t *testing.T, g *gateway.Gateway) string {
	t.Helper()
	text, err := os.ReadFile(g.Config)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), `listener "cards"`)
	_, rest, _ = strings.Cut(rest, `= "`)
	address, _, _ := strings.Cut(rest, `"`)
	return "https://" + address
}

// known is a client with an identity of the gateway's authority.
func known(t *testing.T, g *gateway.Gateway) *http.Client {
	t.Helper()
	authority, err := devauthority.Open(filepath.Join(filepath.Dir(g.Config), "keys"), "example.org", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	id, err := authority.Agent("suites", "judge", "")
	if err != nil {
		t.Fatal(err)
	}
	source, err := authority.Source(id)
	if err != nil {
		t.Fatal(err)
	}
	config := tlsconfig.MTLSClientConfig(source, source, tlsconfig.AuthorizeMemberOf(authority.TrustDomain()))
	config.MinVersion = tls.VersionTLS13
	transport := &http.Transport{TLSClientConfig: config}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func fetched(t *testing.T, client *http.Client, url, to string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s %v", url, response.StatusCode, text, err)
	}
	if err := os.WriteFile(to, text, 0o600); err != nil {
		t.Fatal(err)
	}
}
