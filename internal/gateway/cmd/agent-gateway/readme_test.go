package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/acctest/port"
)

// lines collects what a command writes, line by line.
type lines struct {
	mu  sync.Mutex
	all []string
	new chan struct{}
}

func newLines() (*lines, io.Writer) {
	l := &lines{new: make(chan struct{}, 1024)}
	r, w := io.Pipe()
	go func() {
		s := bufio.NewScanner(r)
		s.Buffer(nil, 1<<20)
		for s.Scan() {
			l.mu.Lock()
			l.all = append(l.all, s.Text())
			l.mu.Unlock()
			select {
			case l.new <- struct{}{}:
			default:
			}
		}
	}()
	return l, w
}

// wait gives the first line that has all the words.
func (l *lines) wait(t *testing.T, words ...string) string {
	t.Helper()
	deadline := time.After(time.Minute)
	for {
		l.mu.Lock()
		for _, line := range l.all {
			has := true
			for _, w := range words {
				has = has && strings.Contains(line, w)
			}
			if has {
				l.mu.Unlock()
				return line
			}
		}
		l.mu.Unlock()
		select {
		case <-l.new:
		case <-deadline:
			l.mu.Lock()
			defer l.mu.Unlock()
			t.Fatalf("no line with %q in\n%s", words, strings.Join(l.all, "\n"))
		}
	}
}

// start runs a command until the test ends, and fails the test where it ends with another status than 0.
func start(t *testing.T, stdout, stderr io.Writer, args ...string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, environment{stdin: strings.NewReader(""), stdout: stdout, stderr: stderr}, args)
	}()
	t.Cleanup(func() {
		cancel()
		if status := <-done; status != 0 {
			t.Errorf("agent-gateway %s ends with %d", args[0], status)
		}
	})
}

// copied is a folder with the example, without the keys that somebody who tried it may have beside it.
func copied(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS("../../../../examples/gateway")); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(folder, ".agentward")); err != nil {
		t.Fatal(err)
	}
	return folder
}

// example copies the example to a folder of the test's own, with addresses that are free.
func example(t *testing.T) (configuration, bank string) {
	t.Helper()
	folder := copied(t)
	binary := filepath.Join(folder, "bank")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../../../../examples/gateway/mcp-server")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	bank = port.Address(t)
	configuration = filepath.Join(folder, "local.hcl")
	text, err := os.ReadFile(configuration)
	if err != nil {
		t.Fatal(err)
	}
	for old, address := range map[string]string{"127.0.0.1:3000": bank, "127.0.0.1:8443": port.Address(t), "127.0.0.1:9901": port.Address(t)} {
		if !bytes.Contains(text, []byte(old)) {
			t.Fatalf("the example has no %s", old)
		}
		text = bytes.ReplaceAll(text, []byte(old), []byte(address))
	}
	if err := os.WriteFile(configuration, text, 0o600); err != nil {
		t.Fatal(err)
	}
	server := exec.CommandContext(t.Context(), binary, "-listen", bank)
	stderr, err := server.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Wait() }) // it is killed with the test's context
	if line, err := bufio.NewReader(stderr).ReadString('\n'); err != nil || !strings.Contains(line, bank) {
		t.Fatalf("the example's server says %q, %v", line, err)
	}
	return configuration, bank
}

// callTool asks for a tool, as the README does with curl.
func callTool(t *testing.T, at, tool, arguments string) (int, string) {
	t.Helper()
	body := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":%q,"arguments":%s}}`, tool, arguments)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, at, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// The README's three commands: serve, sidecar, and a call; one that is permitted and one that is not, and the audit line of each.
func TestTheExample(t *testing.T) {
	configuration, _ := example(t)
	audit, auditTo := newLines()
	gateway, gatewayTo := newLines()
	start(t, auditTo, gatewayTo, "serve", "-config", configuration)
	gateway.wait(t, "msg=serving", "target=bank")
	sidecar, sidecarTo := newLines()
	start(t, io.Discard, sidecarTo, "sidecar", "-config", configuration, "-agent", "demo/assistant", "-listen", "127.0.0.1:0")
	line := sidecar.wait(t, "msg=sidecar")
	_, at, _ := strings.Cut(line, "url=")
	at, _, _ = strings.Cut(at, " ")

	status, answer := callTool(t, at, "transfer", `{"to":"alice","amount":50}`)
	if status != http.StatusOK || !strings.Contains(answer, "50 euro are on their way to alice") {
		t.Errorf("a permitted call gives %d %s", status, answer)
	}
	expect(t, audit.wait(t, `"decision":"allow"`), map[string]any{
		"policies": []any{"small-transfers"}, "principal": "spiffe://example.org/ns/demo/agent/assistant", "gen_ai.tool.name": "transfer",
		"arguments": map[string]any{"amount": float64(50)}, "http.response.status_code": float64(200),
		"proven": []any{"cert-bound", "dpop", "jwt", "mtls"},
	})

	status, answer = callTool(t, at, "transfer", `{"to":"mallory","amount":50}`)
	if status != http.StatusForbidden || !strings.Contains(answer, "money goes to known recipients only") || !strings.Contains(answer, "no-strangers") {
		t.Errorf("a denied call gives %d %s", status, answer)
	}
	expect(t, audit.wait(t, `"decision":"deny"`), map[string]any{
		"policies": []any{"no-strangers"}, "reason": "money goes to known recipients only", "http.response.status_code": float64(403),
	})
	if _, answer = callTool(t, at, "close_account", `{"account":"alice"}`); !strings.Contains(answer, "no policy permits callTool close_account on bank") {
		t.Errorf("a call that no policy speaks of gives %s", answer)
	}

	cedar := filepath.Join(filepath.Dir(configuration), "policies", "bank.cedar")
	text, err := os.ReadFile(cedar)
	if err != nil {
		t.Fatal(err)
	}
	change := func(old, by, told string) {
		t.Helper()
		if err := os.WriteFile(cedar, bytes.Replace(text, []byte(old), []byte(by), 1), 0o600); err != nil {
			t.Fatal(err)
		}
		gateway.wait(t, told)
	}
	change("context.arguments has amount", "context.argments has amount", "the last good one stays")
	if status, answer = callTool(t, at, "transfer", `{"to":"alice","amount":50}`); status != http.StatusOK {
		t.Errorf("with a policy that cannot be used, a call that was permitted gives %d %s", status, answer)
	}
	change("amount <= 100", "amount <= 10", "configuration taken over")
	if status, answer = callTool(t, at, "transfer", `{"to":"alice","amount":50}`); status != http.StatusForbidden {
		t.Errorf("with a new policy, a call that it does not permit gives %d %s", status, answer)
	}
}

func expect(t *testing.T, line string, want map[string]any) {
	t.Helper()
	var got map[string]any
	if err := json.Unmarshal([]byte(line), &got); err != nil {
		t.Fatal(err)
	}
	for name, v := range want {
		if fmt.Sprint(got[name]) != fmt.Sprint(v) {
			t.Errorf("%s is %v, not %v, in %s", name, got[name], v, line)
		}
	}
}

func TestCheckAndExplain(t *testing.T) {
	folder := copied(t)
	configuration := filepath.Join(folder, "local.hcl")
	do := func(in string, args ...string) (int, string, string) {
		var out, err bytes.Buffer
		status := run(t.Context(), environment{stdin: strings.NewReader(in), stdout: &out, stderr: &err}, args)
		return status, out.String(), err.String()
	}
	if status, out, err := do("", "check", "-config", configuration); status != 0 || !strings.Contains(out, "1 listeners, 1 targets, 4 policies") {
		t.Errorf("%d %s %s", status, out, err)
	}
	const explained = `allowed: permitted by small-transfers
  permit small-transfers at %[1]s/policies/bank.cedar:17:1 holds
    when { context.arguments has amount && context.arguments.amount <= 100 }
  forbid no-strangers at %[1]s/policies/bank.cedar:25:1 does not hold
    unless { context.arguments has to && ["alice", "bob"].contains(context.arguments.to) }
    reason: money goes to known recipients only
`
	const asked = `{"principal":{"spiffe_id":"spiffe://example.org/ns/demo/agent/%s"},"call":{"protocol":"mcp","method":"tools/call","target":"bank","kind":"tool","name":"transfer","arguments":{"to":"alice","amount":5}}}`
	if status, out, err := do(fmt.Sprintf(asked, "assistant"), "explain", "-config", configuration); status != 0 || out != fmt.Sprintf(explained, folder) {
		t.Errorf("%d %s %s", status, out, err)
	}
	if _, out, _ := do(fmt.Sprintf(asked, "other"), "explain", "-config", configuration); !strings.HasPrefix(out, "denied: no policy permits callTool transfer on bank\n  forbid no-strangers") {
		t.Errorf("%s", out)
	}
	list := strings.Replace(fmt.Sprintf(asked, "assistant"), `"arguments":{"to":"alice","amount":5}`, `"arguments":{}`, 1)
	list = strings.TrimSuffix(list, "}") + `,"listing":true}`
	if _, out, _ := do(list, "explain", "-config", configuration); !strings.HasPrefix(out, "shown in lists: it could be allowed, depending on the arguments\n  permit small-transfers") ||
		!strings.Contains(out, "depends on the arguments\n    when { context.arguments has amount && context.arguments.amount <= 100 }") {
		t.Errorf("%s", out)
	}
	good := fmt.Sprintf(asked, "assistant")
	for name, c := range map[string]struct{ in, says string }{
		"a misspelt member":   {`{"principals":{}}`, `unknown field "principals"`},
		"two calls":           {good + good, "something follows the call"},
		"no call":             {``, "on the standard input: it is empty"},
		"not JSON":            {`call`, "invalid character"},
		"nobody":              {strings.Replace(good, `"spiffe_id":"spiffe://example.org/ns/demo/agent/assistant"`, "", 1), "spiffe_id or subject is missing"},
		"no SPIFFE ID":        {strings.Replace(good, "spiffe://", "http://", 1), "principal.spiffe_id: "},
		"another target":      {strings.Replace(good, `"target":"bank"`, `"target":"shop"`, 1), `there is no target "shop": the configuration has bank`},
		"another protocol":    {strings.Replace(good, `"mcp"`, `"a2a"`, 1), `target "bank" speaks "mcp", the call "a2a"`},
		"no protocol":         {strings.Replace(good, `"mcp"`, `"soap"`, 1), "call.protocol"},
		"no method":           {strings.Replace(good, `"tools/call"`, `""`, 1), "call.method is missing"},
		"a kind of its own":   {strings.Replace(good, `"kind":"tool"`, `"kind":"gadget"`, 1), "call.kind"},
		"a tool without name": {strings.Replace(good, `"name":"transfer"`, `"name":""`, 1), "call.name is missing"},
		"a method of a tool":  {strings.Replace(good, `"kind":"tool"`, `"kind":"prompt"`, 1), "tools/call is not asked of a resource of kind"},
		"a direction":         {strings.Replace(good, `"kind":`, `"direction":"up","kind":`, 1), "call.direction"},
		"an address":          {strings.TrimSuffix(good, "}") + `,"source_ip":"here"}`, "source_ip"},
	} {
		if status, out, err := do(c.in, "explain", "-config", configuration); status != 1 || out != "" || !strings.Contains(err, c.says) {
			t.Errorf("%s: %d %s %s", name, status, out, err)
		}
	}
	for name, c := range map[string]struct {
		status int
		want   string
		args   []string
	}{
		"a flag that is not there":      {2, "-confg", []string{"check", "-confg", "x"}},
		"a file without its flag":       {2, "only flags", []string{"check", configuration}},
		"a sidecar beyond this machine": {1, "not on loopback: use an address", []string{"sidecar", "-listen", "0.0.0.0:1", "-config", configuration, "-agent", "demo/assistant"}},
		"a sidecar for nobody":          {1, "name the agent with -agent", []string{"sidecar", "-config", configuration}},
		"a target that is not there":    {1, "which has bank", []string{"sidecar", "-config", configuration, "-agent", "demo/assistant", "-target", "bonk"}},
		"a gateway of two sorts":        {1, "name either -config", []string{"sidecar", "-config", configuration, "-agent", "demo/assistant", "-gateway-id", "spiffe://example.org/g"}},
		"discovery where it is not for": {2, "-discover", []string{"token", "-discover"}},
	} {
		if status, _, err := do("", c.args...); status != c.status || !strings.Contains(err, c.want) {
			t.Errorf("%s: %d %q, want %d %q", name, status, err, c.status, c.want)
		}
	}
	if status, out, _ := do("", "help"); status != 0 || !strings.Contains(out, "usage: ") {
		t.Errorf("help: %d %s", status, out)
	}
	if status, _, err := do("", "explain", "-config", configuration, "-call", filepath.Join(folder, "absent.json")); status != 1 || !strings.Contains(err, "absent.json") {
		t.Errorf("%d %s", status, err)
	}
	cedar := filepath.Join(folder, "policies", "bank.cedar")
	text, err := os.ReadFile(cedar)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(cedar, bytes.Replace(text, []byte("context.arguments has amount"), []byte("context.argments has amount"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, _, err := do("", "check", "-config", configuration); status != 1 || !strings.HasPrefix(err, cedar+":23:16: Policy cannot be used: policy `small-transfers`: ") {
		t.Errorf("%d %s", status, err)
	}
	if err := os.WriteFile(cedar, append(text, []byte("\nforbid (principal, action, resource in Target::\"bonk\");\n")...), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, _, err := do("", "check", "-config", configuration); status != 0 || !strings.HasPrefix(err, cedar+":34:1: warning: Policy never applies: ") {
		t.Errorf("a warning: %d %s", status, err)
	}
	for name, args := range map[string][]string{"an unknown command": {"srve"}, "nothing": {}, "no configuration": {"check"}, "a flag that is not there": {"check", "-confg", "x"}, "something too much": {"schema", "x"}} {
		if status, _, err := do("", args...); status == 0 || err == "" {
			t.Errorf("%s: %d %q", name, status, err)
		}
	}
	silent := filepath.Join(folder, "silent.hcl")
	if err := os.WriteFile(silent, []byte("development_authority {\n trust_domain = \"example.org\"\n directory = \"d\"\n}\nlistener \"a\" { address = \"127.0.0.1:1\" }\ntarget \"b\" {\n protocol = \"mcp\"\n url = \"http://127.0.0.1:1/\"\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, out, err := do("", "check", "-config", silent); status != 0 || !strings.Contains(out, "0 policies") || !strings.HasPrefix(err, silent+": warning: there are no policies, so that no call is permitted") {
		t.Errorf("a configuration without policies: %d %s %s", status, out, err)
	}
	if status, out, _ := do("", "schema"); status != 0 || !strings.Contains(out, "action callTool") {
		t.Errorf("%d %s", status, out)
	}
}
