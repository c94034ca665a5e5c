package server

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	wire "github.com/agentward/terraform-provider-agent/internal/gateway/a2a"
)

func TestTheCardIsPublicAndOutlivesAReload(t *testing.T) {
	agent := newAgent(t)
	t.Setenv("BANK_KEY", "secret-of-the-gateway")
	const beside = "beside:credential \"static\" {\n header = \"X-Key\"\n prefix = \"\"\n env = \"BANK_KEY\"\n }"
	var seen [2]string // the key that the card, and anything else, was asked for with
	serve := agent.Config.Handler
	agent.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == wire.WellKnown {
			seen[0] += r.Header.Get("X-Key")
		} else {
			seen[1] = r.Header.Get("X-Key")
		}
		serve.ServeHTTP(w, r)
	})
	g := before(t, agent, open, beside)
	ask := func() (int, string) {
		response, err := g.sent(t.Context(), "SendMessage", greeting)
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
	if status, text := ask(); status != http.StatusOK || !strings.Contains(text, "echo hi") {
		t.Fatalf("%d %s", status, text)
	}
	if seen[0] != "" || seen[1] != "secret-of-the-gateway" {
		t.Errorf("the card was asked for with %q, the agent with %q", seen[0], seen[1])
	}
	// The card is away, and the configuration is another in all but where the card is.
	agent.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == wire.WellKnown {
			panic(http.ErrAbortHandler)
		}
		serve.ServeHTTP(w, r)
	})
	if err := g.Reload(g.bank(agent, "permit (principal, action, resource) when { context.mtls };", beside)); err != nil {
		t.Fatal(err)
	}
	if status, text := ask(); status != http.StatusOK {
		t.Errorf("after a reload: %d %s", status, text)
	}
}

// liar is a gateway before an agent that answers as a test says, and publishes a card with one skill.
func liar(t *testing.T, says http.HandlerFunc) *gateway {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc(wire.WellKnown, func(w http.ResponseWriter, _ *http.Request) {
		say(w, `{"name":"bank","supportedInterfaces":[{"url":"http://x","protocolBinding":"JSONRPC","protocolVersion":"1.0"}],"skills":[{"id":"only"}]}`)
	})
	mux.HandleFunc("/", says)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return before(t, &agentServer{Server: server}, open, "")
}

func (g *gateway) sent(ctx context.Context, method, params string) (*http.Response, error) {
	g.t.Helper()
	body := `{"jsonrpc":"2.0","id":7,"method":"` + method + `","params":` + params + `}`
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, g.Origin("agents")+"/bank", strings.NewReader(body))
	if err != nil {
		g.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	return g.agent("a").Do(r)
}

const (
	greeting   = `{"message":{"messageId":"m","role":"ROLE_USER","parts":[{"text":"hi"}]}}`
	firstEvent = "data: {\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{}}\n\n"
)

func TestAgentsThatLieAndFail(t *testing.T) {
	for name, c := range map[string]struct {
		method, params string
		says           http.HandlerFunc
		status         int
		want           string
		not            string
	}{
		"an error of its own is passed on": {"GetTask", `{"id":"k"}`, func(w http.ResponseWriter, _ *http.Request) {
			say(w, `{"jsonrpc":"2.0","id":7,"error":{"code":-32001,"message":"no such task"}}`)
		}, http.StatusOK, "-32001", ""},
		"a list that cannot be read": {"ListTasks", `{}`, func(w http.ResponseWriter, _ *http.Request) {
			say(w, `{"jsonrpc":"2.0","id":7,"result":{"tasks":[{"id":"a","ID":"b"}]}}`)
		}, http.StatusBadGateway, "cannot be passed on", `"tasks"`},
		"a list with a key twice": {"ListTasks", `{}`, func(w http.ResponseWriter, _ *http.Request) {
			say(w, `{"jsonrpc":"2.0","id":7,"result":{"tasks":[]},"result":{"tasks":[{"id":"secret"}]}}`)
		}, http.StatusBadGateway, "cannot be passed on", "secret"},
		"an extended card that is none": {"GetExtendedAgentCard", `{}`, func(w http.ResponseWriter, _ *http.Request) {
			say(w, `{"jsonrpc":"2.0","id":7,"result":[1]}`)
		}, http.StatusBadGateway, "cannot be passed on", "[1]"},
		"a stream that nobody asked for": {"GetTask", `{"id":"k"}`, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = io.WriteString(w, firstEvent)
		}, http.StatusBadGateway, "neither JSON nor a stream", "result"},
		"a page": {"GetTask", `{"id":"k"}`, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<html>")
		}, http.StatusBadGateway, "neither JSON nor a stream", "<html>"},
		"another place": {"SendMessage", greeting, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://elsewhere.example/", http.StatusTemporaryRedirect)
		}, http.StatusBadGateway, "sends elsewhere", "elsewhere.example"},
		"it does not accept the gateway": {"SendMessage", greeting, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Www-Authenticate", "Bearer realm=inside")
			w.WriteHeader(http.StatusUnauthorized)
		}, http.StatusBadGateway, "does not accept the gateway", "inside"},
		"it is gone in the middle": {"SendMessage", greeting, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, "{")
			panic(http.ErrAbortHandler)
		}, http.StatusBadGateway, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			response, err := liar(t, c.says).sent(t.Context(), c.method, c.params)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			text, err := io.ReadAll(response.Body)
			if err != nil || response.StatusCode != c.status || !strings.Contains(string(text), c.want) || c.not != "" && strings.Contains(string(text), c.not) {
				t.Errorf("%d %s %v", response.StatusCode, text, err)
			}
			if !strings.Contains(string(text), `"id":7`) {
				t.Errorf("the answer is to another request: %s", text)
			}
		})
	}
}

func TestAStreamComesAsItIsSentAndEndsWithItsCaller(t *testing.T) {
	gone := make(chan struct{})
	g := liar(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, firstEvent)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		close(gone)
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	response, err := g.sent(ctx, "SendStreamingMessage", greeting)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	first := make([]byte, len(firstEvent))
	if _, err := io.ReadFull(response.Body, first); err != nil || string(first) != firstEvent {
		t.Fatalf("%q %v", first, err)
	}
	cancel()
	select {
	case <-gone:
	case <-time.After(30 * time.Second):
		t.Error("the agent goes on for nobody")
	}
}

func TestAStreamThatBreaksDoesNotLookWhole(t *testing.T) {
	for name, more := range map[string]string{"it dies": "data: {", "an event is too large": "data: " + strings.Repeat("x", 17<<20) + "\n\n"} {
		t.Run(name, func(t *testing.T) {
			g := liar(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/event-stream")
				_, _ = io.WriteString(w, firstEvent)
				_ = http.NewResponseController(w).Flush()
				_, _ = io.WriteString(w, more)
				panic(http.ErrAbortHandler)
			})
			response, err := g.sent(t.Context(), "SendStreamingMessage", greeting)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			text, err := io.ReadAll(response.Body)
			if err == nil || !strings.HasPrefix(string(text), firstEvent) || len(text) > 1<<20 {
				t.Errorf("%d bytes, %v", len(text), err)
			}
		})
	}
}
