package server

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"

	"github.com/agentward/terraform-provider-agent/acctest/await"
	"github.com/agentward/terraform-provider-agent/internal/gateway/audit"
	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
	"github.com/agentward/terraform-provider-agent/internal/gateway/sidecar"
)

const (
	open = `permit (principal, action, resource);`
	none = `// nothing is permitted`
)

// gateway is one under test, with a target that the test speaks for.
type gateway struct {
	*Server
	t      *testing.T
	folder string
	target string
	clock  func() time.Time // nil for the machine's

	mu    sync.Mutex
	audit bytes.Buffer
	stop  func() error

	sidecars []*sidecar.Sidecar
}

// Write takes the audit log.
func (g *gateway) Write(b []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, _ = told.Write(b) // it takes everything
	return g.audit.Write(b)
}

// log gives the audit log, once everything that was given to it is there.
func (g *gateway) log() string {
	await.True(g.t, "the audit log to be written", func() bool {
		return !slices.ContainsFunc(g.Server.audit.Status(), func(s audit.Status) bool { return s.Waiting > 0 || s.Behind > 0 })
	})
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.audit.String()
}

// configuration is one with policies, and with what a test adds to it.
func (g *gateway) configuration(policies, more string) *config.Config {
	g.t.Helper()
	listener := ""
	if rest, ok := strings.CutPrefix(more, "listener:"); ok {
		listener, more = rest, ""
	}
	mode := ""
	if rest, ok := strings.CutPrefix(more, "target:"); ok {
		mode, more = rest, ""
	}
	address := ""
	if g.target != "" {
		address = fmt.Sprintf("url = %q", g.target)
	}
	text := fmt.Sprintf(`
development_authority {
  trust_domain = "example.org"
  directory    = %q
}
token_service {}
listener "agents" {
  address = "127.0.0.1:0"
  %s
}
target "bank" {
  protocol = "mcp"
  %s
  %s
}
policies { text = %q }
%s`, g.folder, listener, address, mode, policies, more)
	c, diagnostics := config.Parse("test.hcl", []byte(text))
	if diagnostics.HasErrors() {
		g.t.Fatal(diagnostics)
	}
	return c
}

// start serves until the test ends.
func start(t *testing.T, policies, more string, target http.HandlerFunc) *gateway {
	t.Helper()
	upstream := httptest.NewServer(target)
	t.Cleanup(upstream.Close)
	g := &gateway{t: t, folder: t.TempDir(), target: upstream.URL + "/mcp"}
	return g.serve(g.configuration(policies, more))
}

// serve serves until the test ends.
func (g *gateway) serve(c *config.Config) *gateway {
	t := g.t
	t.Helper()
	var err error
	now := time.Now
	if g.clock != nil {
		now = g.clock
	}
	g.Server, err = New(c, Options{Now: now, Log: slog.New(slog.NewTextHandler(&told, &slog.HandlerOptions{Level: slog.LevelDebug})), Stdout: g})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- g.Serve(ctx) }()
	g.stop = sync.OnceValue(func() error {
		for _, s := range g.sidecars {
			s.CloseIdleConnections() // HTTP/2 gives a connection a second to end
		}
		cancel()
		return <-done
	})
	t.Cleanup(func() {
		if err := g.stop(); err != nil {
			t.Errorf("the gateway ends with %v", err)
		}
	})
	return g
}

// options are those of an agent's sidecar.
func (g *gateway) options(agent string) sidecar.Options {
	g.t.Helper()
	authority := g.now.Load().identity.authority
	id, err := authority.Agent("demo", agent, "")
	if err != nil {
		g.t.Fatal(err)
	}
	source, err := authority.Source(id)
	if err != nil {
		g.t.Fatal(err)
	}
	u, err := url.Parse(g.Origin("agents") + "/bank")
	if err != nil {
		g.t.Fatal(err)
	}
	return sidecar.Options{
		Target: u, TokenEndpoint: g.Origin("agents") + Issuer + "/token", SVID: source, Bundles: source,
		Gateway: tlsconfig.AuthorizeID(spiffeid.RequireFromPath(authority.TrustDomain(), Workload)), Now: time.Now, Log: slog.New(slog.DiscardHandler),
	}
}

func (g *gateway) client(o sidecar.Options) *http.Client {
	g.t.Helper()
	s, err := sidecar.New(o)
	if err != nil {
		g.t.Fatal(err)
	}
	g.sidecars = append(g.sidecars, s)
	return &http.Client{Transport: s}
}

func (g *gateway) agent(name string) *http.Client { return g.client(g.options(name)) }

// post asks for something, and gives the whole answer.
func (g *gateway) post(c *http.Client, body string, headers ...string) (*http.Response, string) {
	g.t.Helper()
	response := g.ask(c, http.MethodPost, body, headers...)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		text = append(text, "; "+err.Error()...)
	}
	return response, string(text)
}

func (g *gateway) ask(c *http.Client, method, body string, headers ...string) *http.Response {
	g.t.Helper()
	r, err := http.NewRequestWithContext(g.t.Context(), method, g.Origin("agents")+"/bank", strings.NewReader(body))
	if err != nil {
		g.t.Fatal(err)
	}
	if body == "" {
		r.Body = http.NoBody
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	r.Header.Set("Mcp-Protocol-Version", "2025-11-25")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := c.Do(r)
	if err != nil {
		g.t.Fatal(err)
	}
	return response
}

const transfer = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"transfer","arguments":{"amount":5}}}`

// done is a target that answers everything the same.
func done(w http.ResponseWriter, _ *http.Request) { say(w, `{"jsonrpc":"2.0","id":1,"result":{}}`) }

func say(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, body)
}
