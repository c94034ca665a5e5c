package main

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/acctest/port"
)

// a2aExample runs the agent of the A2A example and gives the example's configuration, with addresses that are free.
func a2aExample(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS("../../../../examples/gateway/a2a")); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(folder, ".agentward")); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(folder, "bank-agent")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../../../../examples/gateway/a2a/agent").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	server := exec.CommandContext(t.Context(), binary, "-listen", "127.0.0.1:0")
	stderr, err := server.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Wait() }) // it is killed with the test's context
	line, err := bufio.NewReader(stderr).ReadString('\n')
	_, address, ok := strings.Cut(strings.TrimSpace(line), "http://")
	if err != nil || !ok {
		t.Fatalf("the example's agent says %q, %v", line, err)
	}
	configuration := filepath.Join(folder, "gateway.hcl")
	text, err := os.ReadFile(configuration)
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.ReplaceAll(text, []byte("127.0.0.1:3001"), []byte(address))
	text = bytes.ReplaceAll(text, []byte("127.0.0.1:8443"), []byte(port.Address(t)))
	if err := os.WriteFile(configuration, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return configuration
}

// asAgent runs a sidecar and gives its URL.
func asAgent(t *testing.T, configuration, agent string) string {
	t.Helper()
	said, to := newLines()
	start(t, io.Discard, to, "sidecar", "-config", configuration, "-agent", agent, "-listen", "127.0.0.1:0")
	_, at, _ := strings.Cut(said.wait(t, "msg=sidecar"), "url=")
	at, _, _ = strings.Cut(at, " ")
	return at
}

func fetch(t *testing.T, r *http.Request) string {
	t.Helper()
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The README's commands: the card, a report and a refund, for each of its two agents.
func TestTheA2AExample(t *testing.T) {
	configuration := a2aExample(t)
	audit, auditTo := newLines()
	gateway, gatewayTo := newLines()
	start(t, auditTo, gatewayTo, "serve", "-config", configuration)
	gateway.wait(t, "msg=serving", "target=bank")
	send := func(at, skill string) string {
		t.Helper()
		body := `{"jsonrpc":"2.0","id":1,"method":"SendMessage","params":{"message":{"messageId":"m1","role":"ROLE_USER",
         "metadata":{"urn:agentward:a2a:skill":"` + skill + `"},"parts":[{"text":"please"}]}}}`
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, at, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("A2A-Version", "1.0")
		return fetch(t, r)
	}
	for agent, c := range map[string]struct {
		refundShown    bool
		report, refund string
	}{
		"demo/assistant": {false, "the report is written", `"error":{"code":-31403,"message":"denied: no policy permits sendMessage refund on bank"`},
		"demo/cashier":   {true, "the report is written", "the money is on its way back"},
	} {
		at := asAgent(t, configuration, agent)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at+"/.well-known/agent-card.json", nil)
		if err != nil {
			t.Fatal(err)
		}
		card := fetch(t, r)
		if !strings.Contains(card, `"id":"report"`) || strings.Contains(card, `"id":"refund"`) != c.refundShown || !strings.Contains(card, at) || strings.Contains(card, "/rpc") {
			t.Errorf("%s: the card is %s", agent, card)
		}
		if got := send(at, "report"); !strings.Contains(got, c.report) {
			t.Errorf("%s: a report gives %s", agent, got)
		}
		if got := send(at, "refund"); !strings.Contains(got, c.refund) {
			t.Errorf("%s: a refund gives %s", agent, got)
		}
	}
	expect(t, audit.wait(t, `"decision":"deny"`), map[string]any{
		"protocol": "a2a", "method": "SendMessage", "resource.kind": "skill", "resource.name": "refund", "principal": "spiffe://example.org/ns/demo/agent/assistant",
	})
	audit.wait(t, `"decision":"allow"`, `"refunds"`, "cashier")
}
