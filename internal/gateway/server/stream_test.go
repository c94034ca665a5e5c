package server

import (
	"bufio"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

// events is a target whose answer is a stream that says things as the test goes on.
func events(say <-chan string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_ = http.NewResponseController(w).Flush()
		for {
			select {
			case text, ok := <-say:
				if !ok {
					return
				}
				if text == "die" {
					panic(http.ErrAbortHandler)
				}
				_, _ = io.WriteString(w, text)
				_ = http.NewResponseController(w).Flush()
			case <-r.Context().Done():
				return
			}
		}
	}
}

func TestAStreamIsPassedOnAsItComes(t *testing.T) {
	for protocol, debug := range map[string]string{"HTTP/1.1": "http2client=0", "HTTP/2.0": "http2client=1"} {
		t.Run(protocol, func(t *testing.T) {
			t.Setenv("GODEBUG", debug)
			said := make(chan string, 1)
			g := start(t, open, "", events(said))
			response := g.ask(g.agent("a"), http.MethodPost, transfer)
			defer response.Body.Close()
			if response.Proto != protocol {
				t.Fatalf("the test speaks %s", response.Proto)
			}
			for _, event := range []string{": keep\n\n", "event: message\ndata: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n\n"} {
				said <- event
				got := make([]byte, len(event))
				if _, err := io.ReadFull(response.Body, got); err != nil || string(got) != event {
					t.Errorf("got %q, %v", got, err)
				}
			}
			said <- "die"
			if rest, err := io.ReadAll(response.Body); err == nil {
				t.Errorf("a stream that broke looks whole: %q", rest)
			}
		})
	}
}

func TestAStreamEnds(t *testing.T) {
	for name, end := range map[string]func(*gateway) error{
		"when its agent is suspended": func(g *gateway) error {
			return g.Reload(g.configuration(open, `suspended = ["spiffe://example.org/ns/demo/agent/a"]`))
		},
		"when the gateway stops": func(g *gateway) error { return g.stop() },
	} {
		t.Run(name, func(t *testing.T) {
			said := make(chan string, 1)
			g := start(t, open, "", events(said))
			response := g.ask(g.agent("a"), http.MethodGet, "")
			defer response.Body.Close()
			said <- ": here\n\n"
			if _, err := io.ReadFull(response.Body, make([]byte, 8)); err != nil {
				t.Fatal(err)
			}
			if err := end(g); err != nil {
				t.Fatal(err)
			}
			if rest, err := io.ReadAll(response.Body); err != nil || len(rest) > 0 {
				t.Errorf("got %q, %v", rest, err)
			}
		})
	}
}

func TestWhatTheTargetAsksOfTheAgentIsDecided(t *testing.T) {
	said := make(chan string, 2)
	replies := make(chan string, 2)
	stream := events(said)
	g := start(t, open+` @id("no-sampling") forbid (principal, action == Action::"sample", resource);`, "", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(string(body), "error") || strings.Contains(string(body), "result") {
			replies <- string(body)
			w.WriteHeader(http.StatusAccepted)
			return
		}
		stream(w, r)
	})
	agent := g.agent("a")
	response := g.ask(agent, http.MethodPost, transfer)
	defer response.Body.Close()
	said <- "data: {\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"sampling/createMessage\",\"params\":{}}\n\n"
	said <- "data: {\"jsonrpc\":\"2.0\",\"id\":8,\"method\":\"elicitation/create\",\"params\":{}}\n\n"
	asked := regexp.MustCompile(`^data: {"jsonrpc":"2.0","id":("8\.[\w-]{22}"),"method":"elicitation/create","params":{}}$`)
	lines := bufio.NewScanner(response.Body)
	lines.Scan()
	got := asked.FindStringSubmatch(lines.Text())
	if got == nil {
		t.Fatalf("the agent gets %q, %v", lines.Text(), lines.Err())
	}
	if reply := <-replies; !strings.Contains(reply, `"id":7`) || !strings.Contains(reply, "no-sampling") {
		t.Errorf("the target is told %s", reply)
	}
	answer := func(id string) string { return `{"jsonrpc":"2.0","id":` + id + `,"result":{"action":"accept"}}` }
	for name, c := range map[string]struct {
		agent *http.Client
		id    string
	}{
		"what it was not asked":          {agent, strings.Replace(got[1], "8.", "9.", 1)},
		"what it was denied to be asked": {agent, "7"},
		"under the target's own id":      {agent, "8"},
		"what another agent was asked":   {g.agent("b"), got[1]},
	} {
		if response, text := g.post(c.agent, answer(c.id)); response.StatusCode != http.StatusBadRequest || !strings.Contains(text, "answers no request") || len(replies) > 0 {
			t.Errorf("an agent that answers %s: %d %s", name, response.StatusCode, text)
		}
	}
	if response, text := g.post(agent, answer(got[1])); response.StatusCode != http.StatusAccepted {
		t.Errorf("%d %s", response.StatusCode, text)
	}
	if reply := <-replies; reply != answer("8") {
		t.Errorf("the target is answered %s", reply)
	}
	close(said)
	if err := g.stop(); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"decision":"deny","enforced":true,"policies":["no-sampling"]`, `"direction":"to_agent","method":"elicitation/create"`} {
		if !strings.Contains(g.log(), want) {
			t.Errorf("the audit log does not tell %s: %s", want, g.log())
		}
	}
}

func TestABatchThatAsksForWhatIsDeniedEndsTheStream(t *testing.T) {
	said := make(chan string, 1)
	g := start(t, open+` forbid (principal, action == Action::"sample", resource);`, "", events(said))
	response := g.ask(g.agent("a"), http.MethodPost, transfer, "Mcp-Protocol-Version", "2025-03-26")
	defer response.Body.Close()
	said <- "data: [{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"sampling/createMessage\",\"params\":{}},{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}]\n\n"
	if text, err := io.ReadAll(response.Body); err == nil || len(text) > 0 {
		t.Errorf("the agent gets %q, %v", text, err)
	}
	if err := g.stop(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(g.log(), `"decision":"deny","enforced":true,"policies":["policy1"]`) {
		t.Errorf("the audit log has %s", g.log())
	}
}

// An agent that closes a stream cancels the request (2026-07-28 "Cancellation"): the target sees that too.
func TestAnAgentThatLeavesIsToldToTheTarget(t *testing.T) {
	for protocol, debug := range map[string]string{"HTTP/1.1": "http2client=0", "HTTP/2.0": "http2client=1"} {
		t.Run(protocol, func(t *testing.T) {
			t.Setenv("GODEBUG", debug)
			left := make(chan struct{})
			g := start(t, open, "", func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/event-stream")
				_ = http.NewResponseController(w).Flush()
				<-r.Context().Done()
				close(left)
			})
			response := g.ask(g.agent("a"), http.MethodPost, transfer)
			if err := response.Body.Close(); err != nil {
				t.Fatal(err)
			}
			select {
			case <-left:
			case <-time.After(time.Minute):
				t.Error("the target goes on")
			}
		})
	}
}

func TestATargetOfTheOldTransport(t *testing.T) {
	g := start(t, open, "", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "event: endpoint\ndata: /messages?id=1\n\n")
	})
	response := g.ask(g.agent("a"), http.MethodGet, "")
	defer response.Body.Close()
	if text, err := io.ReadAll(response.Body); err == nil || !strings.Contains(string(text), "HTTP with SSE, the transport of MCP 2024-11-05") {
		t.Errorf("%s %v", text, err)
	}
	if response, text := g.post(g.agent("a"), transfer, "Mcp-Protocol-Version", "2024-11-05"); response.StatusCode != http.StatusBadRequest || !strings.Contains(text, "replaced by Streamable HTTP") {
		t.Errorf("%d %s", response.StatusCode, text)
	}
}
