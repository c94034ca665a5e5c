package server

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"

	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
)

// startWith serves targets and what else a configuration has besides identities and a listener that asks for mutual TLS alone.
func startWith(t *testing.T, more string) *gateway {
	t.Helper()
	g := &gateway{t: t, folder: t.TempDir()}
	c, diagnostics := config.Parse("test.hcl", fmt.Appendf(nil, `
development_authority {
  trust_domain = "example.org"
  directory    = %q
}
listener "agents" { address = "127.0.0.1:0" }
%s`, g.folder, more))
	if diagnostics.HasErrors() {
		t.Fatal(diagnostics)
	}
	var err error
	if g.Server, err = New(c, Options{Now: time.Now, Log: slog.New(slog.DiscardHandler), Stdout: g}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- g.Serve(ctx) }()
	g.stop = sync.OnceValue(func() error {
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

// tls is how an agent connects that has nothing but its SVID.
func (g *gateway) tls(agent string, protocols ...string) *tls.Config {
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
	c := tlsconfig.MTLSClientConfig(source, source, tlsconfig.AuthorizeID(spiffeid.RequireFromPath(authority.TrustDomain(), Workload)))
	c.NextProtos = protocols
	return c
}

// raw sends the bytes of one HTTP/1.1 request, which no client has made better, and gives the answer.
func (g *gateway) raw(request string) (int, string) {
	g.t.Helper()
	c, err := tls.Dial("tcp", strings.TrimPrefix(g.Origin("agents"), "https://"), g.tls("assistant"))
	if err != nil {
		g.t.Fatal(err)
	}
	defer c.Close()
	sent, err := io.WriteString(c, strings.ReplaceAll(request, "\n", "\r\n"))
	if sent == 0 && err != nil { // what is too large is answered before all of it has come
		g.t.Fatal(err)
	}
	method, _, _ := strings.Cut(request, " ")
	response, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: method})
	if err != nil {
		g.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		body = append(body, "; "+err.Error()...)
	}
	return response.StatusCode, string(body)
}

// web is a client of HTTP/1.1 that follows nothing.
func (g *gateway) web(agent string) *http.Client {
	transport := &http.Transport{TLSClientConfig: g.tls(agent), DialContext: (&net.Dialer{Timeout: 10 * time.Second}).DialContext}
	g.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}
