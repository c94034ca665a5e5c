package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/acctest/await"
	"github.com/agentward/terraform-provider-agent/acctest/port"
)

// The example of operating: a limit that names itself, the metric and the record of it, readiness, and a reload of the limit.
func TestTheExampleOfOperating(t *testing.T) {
	_, bank := example(t)
	folder := filepath.Join(copied(t), "operating")
	configuration := filepath.Join(folder, "gateway.hcl")
	text, err := os.ReadFile(configuration)
	if err != nil {
		t.Fatal(err)
	}
	admin := port.Address(t)
	for old, address := range map[string]string{"127.0.0.1:3000": bank, "127.0.0.1:8443": port.Address(t), "127.0.0.1:9901": admin} {
		text = bytes.ReplaceAll(text, []byte(old), []byte(address))
	}
	if err := os.WriteFile(configuration, text, 0o600); err != nil {
		t.Fatal(err)
	}
	audit, auditTo := newLines()
	gateway, gatewayTo := newLines()
	start(t, auditTo, gatewayTo, "serve", "-config", configuration)
	gateway.wait(t, "msg=serving", "target=bank")
	sidecar, sidecarTo := newLines()
	start(t, io.Discard, sidecarTo, "sidecar", "-config", configuration, "-agent", "demo/assistant", "-listen", "127.0.0.1:0")
	_, at, _ := strings.Cut(sidecar.wait(t, "msg=sidecar"), "url=")
	at, _, _ = strings.Cut(at, " ")

	readme, err := os.ReadFile(filepath.Join(folder, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	refused := ""
	for range 12 { // six do, where they come within a second
		if status, answer := callTool(t, at, "transfer", `{"to":"alice","amount":5}`); status == http.StatusTooManyRequests {
			refused = strings.TrimSpace(answer)
			break
		}
	}
	if refused == "" || !strings.Contains(string(readme), refused) {
		t.Errorf("the README does not show %q", refused)
	}
	get := func(path string) string {
		t.Helper()
		response, err := http.Get("http://" + admin + path)
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
	if got := get("/readyz"); got != "ok\n" {
		t.Errorf("readyz says %s", got)
	}
	if got := get("/metrics"); !strings.Contains(got, `agent_gateway_limited_total{limit="agent_rate"} 1`) || !strings.Contains(got, `agent_gateway_upstream_duration_seconds_count{target="bank"}`) {
		t.Errorf("the metrics are %s", got)
	}
	record := audit.wait(t, `"event":"refused"`)
	expect(t, record, map[string]any{"limit": "agent_rate", "principal": "spiffe://example.org/ns/demo/agent/assistant", "http.response.status_code": float64(429)})
	await.NoError(t, "the record to be in the file", func() error {
		written, err := os.ReadFile(filepath.Join(folder, "audit.log"))
		if err == nil && !bytes.Contains(written, []byte(record)) {
			err = fmt.Errorf("the file has %s", written)
		}
		return err
	})
	if err := os.WriteFile(configuration, bytes.Replace(text, []byte("agent_rate  = 1\n    agent_burst = 3"), []byte("agent_rate  = 1000"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	gateway.wait(t, "configuration taken over")
	for range 5 {
		if status, answer := callTool(t, at, "transfer", `{"to":"alice","amount":5}`); status != http.StatusOK || !strings.Contains(answer, "on their way") {
			t.Errorf("with another limit: %d %s", status, answer)
		}
	}
}
