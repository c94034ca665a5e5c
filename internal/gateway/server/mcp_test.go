package server

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// modern is a request of 2026-07-28 with its headers.
func modern(method, name, params string) (body string, headers []string) {
	if params != "" {
		params += ","
	}
	body = `{"jsonrpc":"2.0","id":1,"method":"` + method + `","params":{` + params + `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}`
	headers = []string{"Mcp-Protocol-Version", "2026-07-28", "Mcp-Method", method}
	if name != "" {
		headers = append(headers, "Mcp-Name", name)
	}
	return body, headers
}

func TestARevisionWithoutSessions(t *testing.T) {
	var seen http.Header
	calls := 0
	g := start(t, open, "", func(w http.ResponseWriter, r *http.Request) {
		seen = r.Header.Clone()
		calls++
		w.Header().Set("Mcp-Session-Id", "s-1")
		done(w, r)
	})
	agent := g.agent("a")
	body, headers := modern("tools/call", "transfer", `"name":"transfer"`)
	response, text := g.post(agent, body, append(headers, "Mcp-Session-Id", "of another era", "Last-Event-ID", "5")...)
	if response.StatusCode != http.StatusOK || seen.Get("Mcp-Session-Id") != "" || seen.Get("Last-Event-Id") != "" || response.Header.Get("Mcp-Session-Id") != "" {
		t.Errorf("%d %s, the target sees %v and the agent %v", response.StatusCode, text, seen, response.Header)
	}
	calls = 0
	for _, method := range []string{http.MethodGet, http.MethodDelete} {
		response := g.ask(agent, method, "", "Mcp-Protocol-Version", "2026-07-28", "Mcp-Session-Id", "of another era")
		text, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if response.StatusCode != http.StatusMethodNotAllowed || response.Header.Get("Allow") != "POST" || calls > 0 {
			t.Errorf("%s: %d %v %s, and the target was called %d times", method, response.StatusCode, response.Header, text, calls)
		}
	}
}

func TestAListIsNoBodyElses(t *testing.T) {
	g := start(t, open, "", func(w http.ResponseWriter, _ *http.Request) {
		say(w, `{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"one"}],"ttlMs":86400000,"cacheScope":"public"}}`)
	})
	body, headers := modern("tools/list", "", "")
	if _, text := g.post(g.agent("a"), body, headers...); text != `{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"one"}],"ttlMs":300000,"cacheScope":"private"}}` {
		t.Errorf("the agent gets %s", text)
	}
}

// What a result or the news of a task asks of the agent is decided as what it is: a sampling is one, wherever it stands.
func TestWhatIsAskedWithinResultsAndNews(t *testing.T) {
	const policies = open + ` @id("no-sampling") forbid (principal, action == Action::"sample", resource);`
	for name, c := range map[string]struct {
		says, gets string // part of it
		denied     bool
	}{
		"a result that asks for a sampling": {
			`{"jsonrpc":"2.0","id":1,"result":{"resultType":"input_required","requestState":"s","inputRequests":{"a":{"method":"roots/list"},"b":{"method":"sampling/createMessage","params":{}}}}}`,
			`"error":{"code":403,"message":"denied: forbidden by no-sampling"`, true,
		},
		"a result that asks a person": {
			`{"jsonrpc":"2.0","id":1,"result":{"resultType":"input_required","inputRequests":{"a":{"method":"elicitation/create","params":{"message":"who?"}}}}}`,
			`"inputRequests":{"a":{"method":"elicitation/create","params":{"message":"who?"}}}`, false,
		},
		"a task that waits for a sampling": {
			`{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","taskId":"t","status":"input_required","inputRequests":{"b":{"method":"sampling/createMessage","params":{}}}}}`,
			`"error":{"code":403`, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := start(t, policies, "", func(w http.ResponseWriter, _ *http.Request) { say(w, c.says) })
			body, headers := modern("tools/call", "x", `"name":"x","inputResponses":{"a":{"action":"accept"}},"requestState":"s"`)
			if _, text := g.post(g.agent("a"), body, headers...); !strings.Contains(text, c.gets) {
				t.Errorf("the agent gets %s", text)
			}
			if err := g.stop(); err != nil {
				t.Fatal(err)
			}
			if denied := strings.Contains(g.log(), `"decision":"deny","enforced":true,"policies":["no-sampling"]`); denied != c.denied || !strings.Contains(g.log(), `"direction":"to_agent"`) {
				t.Errorf("the audit log has %s", g.log())
			}
		})
	}
	t.Run("news of such a task", func(t *testing.T) {
		g := start(t, policies, "", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = io.WriteString(w, `data: {"jsonrpc":"2.0","method":"notifications/tasks","params":{"taskId":"t","status":"input_required","inputRequests":{"b":{"method":"sampling/createMessage"}}}}`+"\n\n"+
				`data: {"jsonrpc":"2.0","method":"notifications/tasks","params":{"taskId":"u","status":"working"}}`+"\n\n")
		})
		body, headers := modern("subscriptions/listen", "", `"notifications":{"taskIds":["t","u"]}`)
		if _, text := g.post(g.agent("a"), body, headers...); strings.Contains(text, "sampling") || !strings.Contains(text, `"taskId":"u"`) {
			t.Errorf("the agent gets %s", text)
		}
	})
}

func TestWebPages(t *testing.T) {
	calls := 0
	g := start(t, open, `listener:origins = ["https://inspector.example.org"]`, func(w http.ResponseWriter, r *http.Request) {
		calls++
		if r.Header.Get("Origin") != "" {
			http.Error(w, "no pages here", http.StatusForbidden)
			return
		}
		done(w, r)
	})
	agent := g.agent("a")
	for name, c := range map[string]struct {
		origin string
		status int
	}{
		"a page that the listener knows":      {"https://inspector.example.org", http.StatusOK},
		"a page of the listener itself":       {g.Origin("agents"), http.StatusOK},
		"a page of another":                   {"https://evil.example.com", http.StatusForbidden},
		"a page of a name that begins alike":  {"https://inspector.example.org.evil.example.com", http.StatusForbidden},
		"a page without an origin of its own": {"null", http.StatusForbidden},
		"a page of another scheme":            {"http://inspector.example.org", http.StatusForbidden},
	} {
		calls = 0
		response, text := g.post(agent, transfer, "Origin", c.origin)
		if response.StatusCode != c.status || (calls > 0) != (c.status == http.StatusOK) {
			t.Errorf("%s: %d %s, and the target was called %d times", name, response.StatusCode, text, calls)
		}
	}
	// A page of the agent's own machine is the sidecar's to judge.
	sidecar := httptest.NewServer(g.sidecars[0])
	defer sidecar.Close()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, sidecar.URL, strings.NewReader(transfer))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Origin", "http://localhost:6274")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("a page of the agent's machine gets %d", response.StatusCode)
	}
}
