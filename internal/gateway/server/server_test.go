package server

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/gateway/sidecar"
)

func TestWhatTheTargetSees(t *testing.T) {
	var got *http.Request
	var body []byte
	g := start(t, open, "", func(w http.ResponseWriter, r *http.Request) {
		got = r.Clone(context.Background())
		body, _ = io.ReadAll(r.Body)
		w.Header().Set("WWW-Authenticate", "Basic")
		w.Header().Set("X-Custom", "kept")
		done(w, r)
	})
	spaced := strings.ReplaceAll(transfer, ",", " ,\t")
	response, text := g.post(g.agent("a"), spaced, "X-Forwarded-For", "1.2.3.4", "Forwarded", "for=1.2.3.4", "X-Other", "kept", "Proxy-Authorization", "x")
	if response.StatusCode != http.StatusOK || text != `{"jsonrpc":"2.0","id":1,"result":{}}` {
		t.Fatalf("%d %s", response.StatusCode, text)
	}
	if string(body) != spaced {
		t.Errorf("the body is not passed on as it came: %s", body)
	}
	for _, name := range []string{"Authorization", "Dpop", "X-Forwarded-For", "Forwarded", "Proxy-Authorization"} {
		if got.Header.Get(name) != "" {
			t.Errorf("the target sees %s: %s", name, got.Header.Get(name))
		}
	}
	if got.Header.Get("X-Other") != "kept" || got.URL.Path != "/mcp" {
		t.Errorf("the target does not see what it should: %v", got)
	}
	if response.Header.Get("WWW-Authenticate") != "" || response.Header.Get("X-Custom") != "kept" {
		t.Errorf("the agent sees %v", response.Header)
	}
}

func TestWhoIsLetIn(t *testing.T) {
	calls := 0
	g := start(t, open, "", func(w http.ResponseWriter, r *http.Request) { calls++; done(w, r) })
	with := func(change func(*sidecar.Options)) *http.Client {
		o := g.options("a")
		change(&o)
		return g.client(o)
	}
	for name, c := range map[string]struct {
		client  *http.Client
		headers []string
		status  int
		offers  string
	}{
		"a certificate without a token": {with(func(o *sidecar.Options) { o.TokenEndpoint = "" }), nil, 401, `resource_metadata="`},
		"a certificate and a made-up token": {
			with(func(o *sidecar.Options) { o.TokenEndpoint = "" }), []string{"Authorization", "DPoP abc", "DPoP", "abc"}, 401, "invalid_token",
		},
		"an agent as it should be": {g.agent("a"), nil, 200, ""},
	} {
		t.Run(name, func(t *testing.T) {
			calls = 0
			response, text := g.post(c.client, transfer, c.headers...)
			if response.StatusCode != c.status || !strings.Contains(strings.Join(response.Header.Values("WWW-Authenticate"), " "), c.offers) {
				t.Errorf("%d %v %s", response.StatusCode, response.Header, text)
			}
			if (calls > 0) != (c.status == 200) {
				t.Errorf("the target was called %d times", calls)
			}
		})
	}
	response, err := g.agent("a").Get(g.Origin("agents") + "/.well-known/oauth-protected-resource/bank")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusOK || !strings.Contains(string(text), g.Origin("agents")+Issuer) {
		t.Errorf("%d %s", response.StatusCode, text)
	}
}

func TestNothingIsPassedOnThatIsNotAllowed(t *testing.T) {
	calls := 0
	g := start(t, `@id("small") permit (principal, action == Action::"callTool", resource) when { context.arguments has amount && context.arguments.amount < 5 };`, "",
		func(w http.ResponseWriter, r *http.Request) { calls++; done(w, r) })
	c := g.agent("a")
	for name, body := range map[string]string{
		"a call that no policy permits":         transfer,
		"an argument of another type":           strings.Replace(transfer, "5", `"1"`, 1),
		"a method that no policy permits":       `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`,
		"a key that another reader sees":        `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","Name":"y","arguments":{"amount":1}}}`,
		"a key that is twice there":             `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":{"amount":1,"amount":9}}}`,
		"nothing":                               `{}`,
		"answers alone, to a session of others": `{"jsonrpc":"2.0","id":1,"result":{}}`,
	} {
		if response, text := g.post(c, body); response.StatusCode < 400 || calls > 0 {
			t.Errorf("%s: %d %s, and the target was called %d times", name, response.StatusCode, text, calls)
		}
	}
	if response, _ := g.post(c, strings.Replace(transfer, "5", "1", 1)); response.StatusCode != http.StatusOK || calls != 1 {
		t.Errorf("what is permitted gives %d", response.StatusCode)
	}
}

func TestAuditModeDeniesNothingAndRecordsEverything(t *testing.T) {
	for _, where := range []string{"target", "listener"} {
		t.Run(where, func(t *testing.T) {
			g := start(t, none, where+`:mode = "audit"`, done)
			if response, text := g.post(g.agent("a"), transfer); response.StatusCode != http.StatusOK {
				t.Errorf("%d %s", response.StatusCode, text)
			}
			if err := g.stop(); err != nil {
				t.Fatal(err)
			}
			if log := g.log(); !strings.Contains(log, `"decision":"deny","enforced":false`) || !strings.Contains(log, `"http.response.status_code":200`) {
				t.Errorf("got %s", log)
			}
		})
	}
}

func TestAListShowsWhatTheAgentMayUse(t *testing.T) {
	g := start(t, `
		permit (principal, action in Action::"discover", resource);
		permit (principal == Agent::"spiffe://example.org/ns/demo/agent/a", action == Action::"callTool", resource == Tool::"bank/one");
		permit (principal, action == Action::"callTool", resource) when { resource has readOnly && resource.readOnly };`, "",
		func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if strings.Contains(string(body), "tools/list") {
				say(w, `{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"one"},{"name":"two"},{"name":"three","annotations":{"readOnlyHint":true}}],"nextCursor":"x"}}`)
				return
			}
			done(w, r)
		})
	const three = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"three"}}`
	if response, _ := g.post(g.agent("a"), three); response.StatusCode != http.StatusForbidden {
		t.Errorf("a hint that nobody has given yet counts: %d", response.StatusCode)
	}
	for name, want := range map[string]string{
		"a": `{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"one"},{"name":"three","annotations":{"readOnlyHint":true}}],"nextCursor":"x"}}`,
		"b": `{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"three","annotations":{"readOnlyHint":true}}],"nextCursor":"x"}}`,
	} {
		if _, text := g.post(g.agent(name), `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`); text != want {
			t.Errorf("%s sees %s", name, text)
		}
	}
	if response, _ := g.post(g.agent("b"), three); response.StatusCode != http.StatusOK {
		t.Errorf("a hint that a list gave does not count: %d", response.StatusCode)
	}
}

func TestASessionIsOfItsAgentAlone(t *testing.T) {
	var seen string
	g := start(t, open, "", func(w http.ResponseWriter, r *http.Request) {
		seen = r.Header.Get("Mcp-Session-Id")
		w.Header().Set("Mcp-Session-Id", "s-1")
		done(w, r)
	})
	response, _ := g.post(g.agent("a"), transfer)
	bound := response.Header.Get("Mcp-Session-Id")
	if bound == "s-1" || !strings.HasPrefix(bound, "s-1.") {
		t.Fatalf("the agent sees the session %q", bound)
	}
	for name, c := range map[string]struct {
		agent, session string
		status         int
	}{
		"its own": {"a", bound, 200}, "another agent's": {"b", bound, 404}, "a made-up one": {"a", "s-2" + bound[3:], 404}, "the target's own id": {"a", "s-1", 404},
	} {
		seen = ""
		response, _ := g.post(g.agent(c.agent), transfer, "Mcp-Session-Id", c.session)
		if response.StatusCode != c.status || (seen == "s-1") != (c.status == 200) {
			t.Errorf("%s: %d, and the target sees %q", name, response.StatusCode, seen)
		}
	}
}

func TestFaultsOfTheTarget(t *testing.T) {
	for name, c := range map[string]struct {
		target http.HandlerFunc
		status int
		says   string
	}{
		"it does not know the gateway": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }, 502, "does not accept the gateway"},
		"it sends elsewhere": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://example.com", http.StatusTemporaryRedirect)
		}, 502, "elsewhere"},
		"it answers with a web page": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<html>")
		}, 502, "neither JSON"},
		"it compresses what it was asked not to": {
			func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Content-Encoding", "gzip"); done(w, r) }, 502, "cannot be read",
		},
		"it answers with no JSON":    {func(w http.ResponseWriter, _ *http.Request) { say(w, `{"jsonrpc"`) }, 502, "cannot be passed on"},
		"it answers with two values": {func(w http.ResponseWriter, _ *http.Request) { say(w, `{"jsonrpc":"2.0","id":1,"result":{}}{}`) }, 502, "cannot be passed on"},
		"it answers with too much":   {func(w http.ResponseWriter, _ *http.Request) { say(w, strings.Repeat(" ", 5000)) }, 502, "limits.answer"},
		"it ends too early": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			say(w, `{"json`)
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, 502, "ended too early"},
		"it is gone": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 502, "cannot be reached"},
		"it does not answer": {func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.ReadAll(r.Body)
			<-r.Context().Done()
		}, 504, "limits.idle_time"},
		"it says in words what is wrong": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no such tool", http.StatusBadRequest) }, 400, "no such tool"},
	} {
		t.Run(name, func(t *testing.T) {
			g := start(t, open, "limits {\nanswer = 4096\nidle_time = \"1s\"\n}", c.target)
			response, text := g.post(g.agent("a"), transfer)
			if response.StatusCode != c.status || !strings.Contains(text, c.says) {
				t.Errorf("%d %s", response.StatusCode, text)
			}
			if err := g.stop(); err != nil {
				t.Fatal(err)
			}
			if log := g.log(); !strings.Contains(log, fmt.Sprintf(`"http.response.status_code":%d`, c.status)) {
				t.Errorf("the audit log has %s", log)
			}
		})
	}
}

func TestLimitsNameThemselves(t *testing.T) {
	release := make(chan struct{})
	started := make(chan struct{}, 1)
	g := start(t, open, "limits {\nbody = 1024\nconcurrent_requests = 1\n}", func(w http.ResponseWriter, r *http.Request) {
		select {
		case started <- struct{}{}:
			<-release
		default:
		}
		done(w, r)
	})
	c := g.agent("a")
	if response, text := g.post(c, strings.Repeat(" ", 1025)); response.StatusCode != http.StatusRequestEntityTooLarge || !strings.Contains(text, "limits.body: the request has more than 1024 bytes") {
		t.Errorf("%d %s", response.StatusCode, text)
	}
	first := make(chan int, 1)
	go func() {
		response, err := c.Post(g.Origin("agents")+"/bank", "application/json", strings.NewReader(transfer))
		if err != nil {
			first <- 0
			return
		}
		_ = response.Body.Close()
		first <- response.StatusCode
	}()
	<-started
	if response, text := g.post(c, transfer); response.StatusCode != http.StatusServiceUnavailable || !strings.Contains(text, "limits.concurrent_requests") {
		t.Errorf("%d %s", response.StatusCode, text)
	}
	close(release)
	if status := <-first; status != http.StatusOK {
		t.Errorf("the first request gives %d", status)
	}
}

func TestAFaultOfOurOwnRefuses(t *testing.T) {
	calls := 0
	g := start(t, open, "", func(w http.ResponseWriter, r *http.Request) { calls++; done(w, r) })
	c := g.agent("a")
	broken := *g.now.Load()
	without := *broken.config
	without.Policies = nil
	broken.config = &without
	g.now.Store(&broken)
	if response, text := g.post(c, transfer); response.StatusCode != http.StatusInternalServerError || calls > 0 {
		t.Errorf("%d %s, and the target was called %d times", response.StatusCode, text, calls)
	}
}

func TestReload(t *testing.T) {
	g := start(t, open, "", done)
	c := g.agent("a")
	status := func() int {
		t.Helper()
		response, _ := g.post(c, transfer)
		return response.StatusCode
	}
	if status() != http.StatusOK {
		t.Fatal("nothing works")
	}
	if err := g.Reload(g.configuration(none, "")); err != nil || status() != http.StatusForbidden {
		t.Errorf("new policies do not hold: %v", err)
	}
	if err := g.Reload(g.configuration(open, `listener:minimum_tls = "1.2"`)); err == nil || status() != http.StatusForbidden {
		t.Errorf("a listener changed: %v", err)
	}
	if err := g.Reload(g.configuration(open, `suspended = ["spiffe://example.org/ns/demo/agent/a"]`)); err != nil || status() != http.StatusForbidden {
		t.Errorf("a suspended agent is let in: %v", err)
	}
	if err := g.Reload(g.configuration(open, `suspended = ["spiffe://example.org/ns/demo/agent/ab"]`)); err != nil || status() != http.StatusOK {
		t.Errorf("an agent that is not suspended is shut out: %v", err)
	}
}

func TestNonces(t *testing.T) {
	calls := 0
	g := start(t, open, "listener:dpop_nonces = true", func(w http.ResponseWriter, r *http.Request) { calls++; done(w, r) })
	c := g.agent("a")
	for range 2 {
		if response, text := g.post(c, transfer); response.StatusCode != http.StatusOK || response.Header.Get("DPoP-Nonce") != "" {
			t.Errorf("%d %v %s", response.StatusCode, response.Header, text)
		}
	}
	if calls != 2 {
		t.Errorf("the target was called %d times", calls)
	}
}

func TestAdmin(t *testing.T) {
	g := start(t, open, "admin {\naddress = \"127.0.0.1:0\"\n}", done)
	g.post(g.agent("a"), transfer)
	for path, want := range map[string]string{
		"/healthz": "ok", "/readyz": "ok", "/metrics": `agent_gateway_calls_total{decision="allow",enforced="true",target="bank"} 1`,
	} {
		response, err := http.Get("http://" + g.Admin() + path)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK || !strings.Contains(string(text), want) {
			t.Errorf("%s: %d %s", path, response.StatusCode, text)
		}
	}
}
