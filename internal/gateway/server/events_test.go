package server

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"testing"

	"github.com/agentward/terraform-provider-agent/acctest/await"
)

func TestTheEndOfAStreamIsRecorded(t *testing.T) {
	event := func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":1,\"progress\":1}}\n\n")
		_ = http.NewResponseController(w).Flush()
	}
	for outcome, c := range map[string]struct {
		limits string
		target http.HandlerFunc
		then   func(g *gateway, response *http.Response)
	}{
		"complete": {"", func(w http.ResponseWriter, _ *http.Request) {
			event(w)
			_, _ = io.WriteString(w, "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n\n")
		}, nil},
		"target":     {"", func(w http.ResponseWriter, _ *http.Request) { event(w); panic(http.ErrAbortHandler) }, nil},
		"idle_time":  {"idle_time = \"1s\"", func(w http.ResponseWriter, r *http.Request) { event(w); <-r.Context().Done() }, nil},
		"total_time": {"total_time = \"1s\"", func(w http.ResponseWriter, r *http.Request) { event(w); <-r.Context().Done() }, nil},
		"client": {"", func(w http.ResponseWriter, r *http.Request) { event(w); <-r.Context().Done() }, func(g *gateway, response *http.Response) {
			_ = response.Body.Close()
			await.True(g.t, "the end of the stream", func() bool { return g.metrics.streams.Load() == 0 })
		}},
		"suspended": {"", func(w http.ResponseWriter, r *http.Request) { event(w); <-r.Context().Done() }, func(g *gateway, _ *http.Response) {
			if err := g.Reload(g.configuration(open, "suspended = [\"spiffe://example.org/ns/demo/agent/a\"]")); err != nil {
				g.t.Fatal(err)
			}
		}},
		"stopped": {"", func(w http.ResponseWriter, r *http.Request) { event(w); <-r.Context().Done() }, func(g *gateway, _ *http.Response) {
			if err := g.stop(); err != nil {
				g.t.Fatal(err)
			}
		}},
	} {
		t.Run(outcome, func(t *testing.T) {
			g := start(t, open, "limits {\n"+c.limits+"\n}", c.target)
			response := g.ask(g.agent("a"), http.MethodPost, transfer)
			defer response.Body.Close()
			if response.StatusCode != http.StatusOK {
				t.Fatal(response.StatusCode)
			}
			if c.then != nil {
				c.then(g, response)
			}
			_, _ = io.Copy(io.Discard, response.Body) // how it ends is in the audit log
			if err := g.stop(); err != nil {
				t.Fatal(err)
			}
			calls, ends := g.records(`"event":"call"`, `"direction":"to_target"`), g.records(`"event":"stream_end"`)
			if len(calls) != 1 || len(ends) != 1 {
				t.Fatalf("the audit log has %s", g.log())
			}
			end := ends[0]
			if end["stream.outcome"] != outcome || end["decision"] != "allow" || end["gen_ai.tool.name"] != "transfer" || end["exchange"] != calls[0]["exchange"] {
				t.Errorf("got %v", end)
			}
			if sent, ok := end["http.response.body.size"].(float64); !ok || sent < 50 {
				t.Errorf("%v bytes were sent", end["http.response.body.size"])
			}
		})
	}
}

func TestWhatIsRefusedBeforeADecisionIsRecorded(t *testing.T) {
	g := start(t, open, "limits {\nbody = 1024\n}", done)
	a := g.agent("a")
	for _, body := range []string{`{`, fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","%s`, planted), transfer + transfer, string(make([]byte, 2000))} {
		if response, _ := g.post(a, body); response.StatusCode < 400 {
			t.Errorf("%q gives %d", body, response.StatusCode)
		}
	}
	if err := g.stop(); err != nil {
		t.Fatal(err)
	}
	found := g.records(`"event":"refused"`, `"target":"bank"`, `"principal":"spiffe://example.org/ns/demo/agent/a"`)
	limited := g.records(`"limit":"body"`, `"http.response.status_code":413`)
	if len(found) != 4 || len(limited) != 1 {
		t.Errorf("the audit log has %s", g.log())
	}
}

func TestATokenThatIsRefusedIsRecorded(t *testing.T) {
	g := start(t, open, "", done)
	c := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} //nolint:gosec // who is asked does not matter here
	response, err := c.PostForm(g.Origin("agents")+Issuer+"/token", url.Values{"grant_type": {"client_credentials"}, "client_secret": {planted}})
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode < 400 {
		t.Fatal(response.StatusCode)
	}
	c.CloseIdleConnections()
	if err := g.stop(); err != nil {
		t.Fatal(err)
	}
	found := g.records(`"event":"unauthenticated"`, `"client.address":"127.0.0.1"`)
	if len(found) != 1 || found[0]["http.response.status_code"] != float64(response.StatusCode) || found[0]["listener"] != "agents" {
		t.Errorf("the audit log has %s", g.log())
	}
}
