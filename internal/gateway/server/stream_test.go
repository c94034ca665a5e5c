package server

import (
	"io"
	"net/http"
	"strings"
	"testing"
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
	replies := make(chan string, 1)
	stream := events(said)
	g := start(t, open+` @id("no-sampling") forbid (principal, action == Action::"sample", resource);`, "", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(string(body), "error") {
			replies <- string(body)
			w.WriteHeader(http.StatusAccepted)
			return
		}
		stream(w, r)
	})
	response := g.ask(g.agent("a"), http.MethodPost, transfer)
	defer response.Body.Close()
	const elicit = "data: {\"jsonrpc\":\"2.0\",\"id\":8,\"method\":\"elicitation/create\",\"params\":{}}\n\n"
	said <- "data: {\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"sampling/createMessage\",\"params\":{}}\n\n"
	said <- elicit
	got := make([]byte, len(elicit))
	if _, err := io.ReadFull(response.Body, got); err != nil || string(got) != elicit {
		t.Errorf("the agent gets %q, %v", got, err)
	}
	if reply := <-replies; !strings.Contains(reply, `"id":7`) || !strings.Contains(reply, "no-sampling") {
		t.Errorf("the target is told %s", reply)
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
