package server

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/acctest/await"
)

// assertion reads what a JWT says.
func assertion(t *testing.T, raw string) map[string]any {
	t.Helper()
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no JWT", raw)
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

// script is an MCP server on standard input and output: it answers initialize, and each tools/call with its own process id.
const script = `while read -r line; do
  id=$(printf '%s' "$line" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
  case "$line" in
    *'"initialize"'*) echo "{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{\"tools\":{}},\"serverInfo\":{\"name\":\"s\",\"version\":\"1\"}}}" ;;
    *'"tools/list"'*) echo "{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":{\"tools\":[{\"name\":\"transfer\",\"inputSchema\":{\"type\":\"object\"}},{\"name\":\"burn\",\"inputSchema\":{\"type\":\"object\"}}]}}" ;;
    *'"tools/call"'*) echo "{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"pid $$\"}]}}" ;;
  esac
done`

const hello = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}`

func TestAProcessIsATarget(t *testing.T) {
	g := start(t, open, "", done)
	g.target = ""
	command, err := json.Marshal([]string{"/bin/sh", "-c", script})
	if err != nil {
		t.Fatal(err)
	}
	const policies = open + ` @id("no-burning") forbid (principal, action, resource == Tool::"bank/burn");`
	attributes := "target:command = " + strings.ReplaceAll(strings.ReplaceAll(string(command), "${", "$${"), "%{", "%%{")
	if err := g.Reload(g.configuration(policies, attributes)); err != nil {
		t.Fatal(err)
	}
	agent, other := g.agent("a"), g.agent("b")
	response, body := g.post(agent, hello)
	session := response.Header.Get("Mcp-Session-Id")
	if response.StatusCode != http.StatusOK || session == "" || !strings.Contains(body, `"protocolVersion":"2025-11-25"`) {
		t.Fatalf("got %d %s", response.StatusCode, body)
	}
	response, body = g.post(agent, transfer, "Mcp-Session-Id", session)
	if response.StatusCode != http.StatusOK || !strings.Contains(body, "pid ") {
		t.Errorf("a call gives %d %s", response.StatusCode, body)
	}
	if response, body := g.post(agent, strings.Replace(transfer, "transfer", "burn", 1), "Mcp-Session-Id", session); response.StatusCode != http.StatusForbidden || !strings.Contains(body, "no-burning") {
		t.Errorf("a denied call gives %d %s", response.StatusCode, body)
	}
	if _, body := g.post(agent, `{"jsonrpc":"2.0","id":2,"method":"tools/list"}`, "Mcp-Session-Id", session); strings.Contains(body, "burn") || !strings.Contains(body, "transfer") {
		t.Errorf("the list shows %s", body)
	}
	if response, _ := g.post(other, transfer, "Mcp-Session-Id", session); response.StatusCode != http.StatusNotFound {
		t.Errorf("somebody else's call gives %d", response.StatusCode)
	}
	running := func() bool {
		r := g.now.Load().reaches["bank"].stdio
		return r.Running() > 0
	}
	if !running() {
		t.Error("there is no process")
	}
	if err := g.Reload(g.configuration(policies+"// changed", attributes)); err != nil {
		t.Fatal(err)
	}
	if response, body := g.post(agent, transfer, "Mcp-Session-Id", session); response.StatusCode != http.StatusOK {
		t.Errorf("after a reload of other things the session gives %d %s", response.StatusCode, body)
	}
	suspended := g.configuration(policies, attributes)
	suspended.Suspended = []string{"spiffe://example.org/ns/demo/agent/a"}
	if err := g.Reload(suspended); err != nil {
		t.Fatal(err)
	}
	await.True(t, "the end of a suspended agent's process", func() bool { return !running() })
}
