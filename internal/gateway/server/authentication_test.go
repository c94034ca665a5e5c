package server

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"

	"github.com/agentward/terraform-provider-agent/internal/gateway/authn"
	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
	"github.com/agentward/terraform-provider-agent/internal/gateway/devauthority"
	"github.com/agentward/terraform-provider-agent/internal/gateway/dpop"
	"github.com/agentward/terraform-provider-agent/internal/gateway/token"
)

// known serves a configuration with an authority and what a test says of callers: of the listener, and beside it.
func known(t *testing.T, g *gateway, policies, listener, more string) *gateway {
	t.Helper()
	g.t = t
	if g.folder == "" {
		g.folder = t.TempDir()
	}
	upstream := httptest.NewServer(http.HandlerFunc(done))
	t.Cleanup(upstream.Close)
	g.target = upstream.URL
	return g.serve(g.written(policies, listener, more))
}

func (g *gateway) written(policies, listener, more string) *config.Config {
	g.t.Helper()
	c, diagnostics := config.Parse(filepath.Join(g.folder, "g.hcl"), fmt.Appendf(nil, `
development_authority {
  trust_domain = "example.org"
  directory    = %q
}
listener "agents" {
  address = "127.0.0.1:0"
  %s
}
target "bank" {
  protocol = "mcp"
  url      = %q
}
policies { text = %q }
%s`, g.folder, listener, g.target, policies, more))
	if diagnostics.HasErrors() {
		g.t.Fatal(diagnostics)
	}
	return c
}

// over gives a client of one TLS configuration, which knows the gateway.
func (g *gateway) over(config *tls.Config) *http.Client {
	transport := &http.Transport{TLSClientConfig: config}
	g.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// nobody is a client without a certificate.
func (g *gateway) nobody() *http.Client {
	return g.over(tlsconfig.TLSClientConfig(g.now.Load().identity.bundles, tlsconfig.AuthorizeAny()))
}

func TestTokensOfAnOpenIDProvider(t *testing.T) {
	p := newProvider(t)
	const alice = `permit (principal is User, action, resource) when { principal.subject == "alice@example.org" };`
	g := known(t, &gateway{}, alice, `authenticate = ["mtls+dpop", "jwt"]`, fmt.Sprintf(`
issuer %q {
  unbound    = true
  user_claim = "email"
  scopes     = ["tools"]
}`, p.URL))
	resource := g.Origin("agents") + "/bank"
	for _, c := range []struct {
		name   string
		change map[string]any
		status int
		says   string
	}{
		{"alice", nil, 200, ""},
		{"somebody whom no policy permits", map[string]any{"email": "bob@example.org"}, 403, ""},
		{"a token for another resource", map[string]any{"aud": "https://elsewhere.example"}, 401, "invalid_token"},
		{"a token without the scope", map[string]any{"scope": "other"}, 403, `error="insufficient_scope"`},
		{"a token that names an agent", map[string]any{"sub": "spiffe://example.org/ns/demo/agent/a"}, 401, "invalid_token"},
		{"a token that has expired", map[string]any{"exp": time.Now().Add(-time.Hour).Unix()}, 401, "invalid_token"},
	} {
		response, text := g.post(g.nobody(), transfer, "Authorization", "Bearer "+p.token(t, resource, c.change))
		if response.StatusCode != c.status || !strings.Contains(strings.Join(response.Header.Values("WWW-Authenticate"), " "), c.says) {
			t.Errorf("%s: %d %v %s", c.name, response.StatusCode, response.Header, text)
		}
	}
	if response, _ := g.post(g.nobody(), transfer); response.StatusCode != http.StatusUnauthorized ||
		!strings.Contains(response.Header.Get("WWW-Authenticate"), `scope="tools"`) {
		t.Errorf("without a token: %d %v", response.StatusCode, response.Header)
	}
	held := p.token(t, resource, nil)
	p.CloseClientConnections()
	p.Close()
	if response, text := g.post(g.nobody(), transfer, "Authorization", "Bearer "+held); response.StatusCode != http.StatusOK {
		t.Errorf("with the provider away: %d %s", response.StatusCode, text)
	}
}

func TestAUserBehindAnAgent(t *testing.T) {
	p := newProvider(t)
	g := known(t, &gateway{}, fmt.Sprintf(`permit (principal == Agent::"spiffe://example.org/ns/demo/agent/a", action, resource)
		when { context has user && context has userIssuer && context.user == "alice@example.org" && context.userIssuer == %q };`, p.URL), "", fmt.Sprintf(`
issuer %q { user_claim = "email" }
token_service { exchange = [%q] }`, p.URL, p.URL))
	o := g.options("a")
	client := g.over(tlsconfig.MTLSClientConfig(o.SVID, o.Bundles, o.Gateway))
	key, err := dpop.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	proofs, err := dpop.NewSigner(key, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	tokens := token.Client{HTTP: client, Endpoint: o.TokenEndpoint, Proofs: proofs, Now: time.Now}
	call := func(access *token.Access) int {
		proof, err := proofs.Proof(http.MethodPost, o.Target.String(), access.Token, "")
		if err != nil {
			t.Fatal(err)
		}
		response, _ := g.post(client, transfer, "Authorization", access.Scheme+" "+access.Token, "DPoP", proof)
		return response.StatusCode
	}
	access, err := tokens.User(t.Context(), o.Target.String(), p.token(t, g.Origin("agents")+Issuer, nil))
	if err != nil {
		t.Fatal(err)
	}
	if status := call(access); status != http.StatusOK {
		t.Errorf("for alice: %d", status)
	}
	own, err := tokens.Agent(t.Context(), o.Target.String())
	if err != nil {
		t.Fatal(err)
	}
	if status := call(own); status != http.StatusForbidden {
		t.Errorf("for itself alone: %d", status)
	}
	if _, err := tokens.User(t.Context(), o.Target.String(), p.token(t, "https://elsewhere.example", nil)); err == nil {
		t.Error("a token for somebody else was exchanged")
	}
	if err := g.Reload(g.written(open, "", fmt.Sprintf("suspended = [\"alice@example.org\"]\nissuer %q { user_claim = \"email\" }\ntoken_service { exchange = [%q] }", p.URL, p.URL))); err != nil {
		t.Fatal(err)
	}
	if status := call(access); status != http.StatusForbidden {
		t.Errorf("for alice, who is suspended: %d", status)
	}
	if status := call(own); status != http.StatusOK {
		t.Errorf("for itself, with alice suspended: %d", status)
	}
}

// An agent that gets no token makes no call, so that nothing else tells of it.
func TestTheAuditLogNamesWhoGetsNoToken(t *testing.T) {
	g := start(t, open, "", done)
	o := g.options("a")
	tokens := token.Client{HTTP: g.over(tlsconfig.MTLSClientConfig(o.SVID, o.Bundles, o.Gateway)), Endpoint: o.TokenEndpoint, Now: time.Now}
	if _, err := tokens.Agent(t.Context(), "https://elsewhere.example"); err == nil {
		t.Error("it gets a token for somebody else")
	}
	if err := g.stop(); err != nil {
		t.Fatal(err)
	}
	records := g.records("the token service refused the request")
	if len(records) != 1 || records[0]["event"] != "refused" || records[0]["principal"] != "spiffe://example.org/ns/demo/agent/a" {
		t.Errorf("the audit log does not say who was refused: %v", records)
	}
}

func TestLabelsOfAgentsReachPolicies(t *testing.T) {
	g := known(t, &gateway{}, `permit (principal is Agent, action, resource) when { principal.hasTag("team") && principal.getTag("team") == "payments" };`,
		"", `agent "spiffe://example.org/ns/demo/agent/a" { labels = { team = "payments" } }`)
	for name, want := range map[string]int{"a": http.StatusOK, "b": http.StatusForbidden} {
		o := g.options(name)
		if response, text := g.post(g.over(tlsconfig.MTLSClientConfig(o.SVID, o.Bundles, o.Gateway)), transfer); response.StatusCode != want {
			t.Errorf("%s: %d %s", name, response.StatusCode, text)
		}
	}
}

func TestADIDCalls(t *testing.T) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	did := authn.DID(public)
	g := known(t, &gateway{}, fmt.Sprintf(`permit (principal == User::%q, action, resource);`, did), `authenticate = ["did"]`, fmt.Sprintf("dids = [%q]", did))
	proofs, err := dpop.NewSigner(private, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	proof, err := proofs.Proof(http.MethodPost, g.Origin("agents")+"/bank", did, "")
	if err != nil {
		t.Fatal(err)
	}
	for again, want := range []int{http.StatusOK, http.StatusUnauthorized} { // a proof is used up
		if response, text := g.post(g.nobody(), transfer, "Authorization", "DID "+did, "DPoP", proof); response.StatusCode != want {
			t.Errorf("%d: %d %s", again, response.StatusCode, text)
		}
	}
}

func TestAPlainListenerIsForProgramsOfThisMachine(t *testing.T) {
	g := known(t, &gateway{}, open, "plain = true\nprincipal = \"spiffe://example.org/ns/demo/agent/a\"", "")
	ask := func(change func(*http.Request)) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, g.Origin("agents")+"/bank", strings.NewReader(transfer))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept", "application/json, text/event-stream")
		r.Header.Set("Mcp-Protocol-Version", "2025-11-25")
		change(r)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		return response.StatusCode
	}
	for name, c := range map[string]struct {
		change func(*http.Request)
		want   int
	}{
		"a program":                        {func(*http.Request) {}, 200},
		"a program that says localhost":    {func(r *http.Request) { r.Host = "localhost:1" }, 200},
		"a page that a name led here":      {func(r *http.Request) { r.Host = "evil.example" }, 403},
		"a page of another origin":         {func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }, 403},
		"a page of this machine":           {func(r *http.Request) { r.Header.Set("Origin", "http://localhost:5173") }, 403},
		"a page that says nothing of it":   {func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, 403},
		"a token that nobody looks at":     {func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }, 403},
		"an address typed into a browser":  {func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "none") }, 200},
		"a name that begins like loopback": {func(r *http.Request) { r.Host = "127.0.0.1.evil.example" }, 403},
	} {
		if got := ask(c.change); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
	if err := g.stop(); err != nil {
		t.Fatal(err)
	}
	if log := g.log(); !strings.Contains(log, `"principal":"spiffe://example.org/ns/demo/agent/a"`) || !strings.Contains(log, `"proven":["loopback"]`) {
		t.Errorf("the audit log has %s", log)
	}
}

func TestTLS12IsAChoice(t *testing.T) {
	for minimum, want := range map[string]bool{"": false, `minimum_tls = "1.2"`: true} {
		g := known(t, &gateway{}, open, minimum, "")
		o := g.options("a")
		c := tlsconfig.MTLSClientConfig(o.SVID, o.Bundles, o.Gateway)
		c.MaxVersion = tls.VersionTLS12
		r, err := g.over(c).Get(g.Origin("agents") + "/.well-known/oauth-protected-resource/bank")
		if err == nil {
			_ = r.Body.Close()
		}
		if (err == nil) != want {
			t.Errorf("%q: %v", minimum, err)
		}
	}
}

// shows gives a client over HTTP/1.1 that counts its connections, and what certificate it saw last.
func (g *gateway) shows(agent string) (c *http.Client, seen func() (*x509.Certificate, int)) {
	o := g.options(agent)
	config := tlsconfig.MTLSClientConfig(o.SVID, o.Bundles, tlsconfig.AuthorizeAny())
	var last *x509.Certificate
	count := 0
	verify := config.VerifyPeerCertificate
	config.VerifyPeerCertificate = func(raw [][]byte, chains [][]*x509.Certificate) error {
		var err error
		last, err = x509.ParseCertificate(raw[0])
		count++
		return errors.Join(err, verify(raw, chains))
	}
	return g.over(config), func() (*x509.Certificate, int) { return last, count }
}

func TestANewCertificateIsShownWithoutAConnectionBeingDropped(t *testing.T) {
	g := &gateway{folder: t.TempDir()}
	authority, err := devauthority.Open(g.folder, "example.org", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	renew := func() {
		t.Helper()
		if err := authority.Write(filepath.Join(g.folder, "own"), spiffeid.RequireFromPath(authority.TrustDomain(), "/gateway")); err != nil {
			t.Fatal(err)
		}
	}
	renew()
	known(t, g, open, "", "identity {\n certificate = \"own/svid.pem\"\n key = \"own/svid-key.pem\"\n}")
	lasting, lastingSeen := g.shows("a")
	if response, text := g.post(lasting, transfer); response.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", response.StatusCode, text)
	}
	if err := os.Chtimes(filepath.Join(g.folder, "own", "svid.pem"), time.Time{}, time.Now().Add(-time.Minute)); err != nil { // so that the next has another time
		t.Fatal(err)
	}
	renew()
	fresh, freshSeen := g.shows("a")
	if response, text := g.post(fresh, transfer); response.StatusCode != http.StatusOK {
		t.Errorf("a new connection: %d %s", response.StatusCode, text)
	}
	if response, text := g.post(lasting, transfer); response.StatusCode != http.StatusOK {
		t.Errorf("the open connection: %d %s", response.StatusCode, text)
	}
	old, connections := lastingSeen()
	if now, _ := freshSeen(); now.Equal(old) || connections != 1 {
		t.Errorf("the same certificate is shown, or the open connection was made %d times", connections)
	}
}

func TestAnSVIDThatEndsIsRefusedOnTheOpenConnection(t *testing.T) {
	var ahead atomic.Int64
	g := known(t, &gateway{clock: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }}, open, "", "")
	authority := g.now.Load().identity.authority
	svid, err := authority.Issue(spiffeid.RequireFromPath(authority.TrustDomain(), "/ns/demo/agent/a"))
	if err != nil {
		t.Fatal(err)
	}
	c := g.over(tlsconfig.MTLSClientConfig(svid, authority.Bundle(), tlsconfig.AuthorizeAny()))
	for _, step := range []struct {
		at   time.Duration
		want int
	}{{0, http.StatusOK}, {devauthority.SVIDLifetime - time.Minute, http.StatusOK}, {devauthority.SVIDLifetime + time.Minute, http.StatusForbidden}} {
		ahead.Store(int64(step.at))
		if response, text := g.post(c, transfer); response.StatusCode != step.want {
			t.Errorf("after %s: %d %s", step.at, response.StatusCode, text)
		}
	}
}

// Suspension reaches what is under way, what begins, and tokens, those that were issued before among them.
func TestASuspendedAgentCanDoNothing(t *testing.T) {
	const a = "spiffe://example.org/ns/demo/agent/a"
	for name, suspend := range map[string]func(g *gateway) error{
		"by a configuration":            func(g *gateway) error { return g.Reload(g.configuration(open, fmt.Sprintf("suspended = [%q]", a))) },
		"beside that which is in force": func(g *gateway) error { g.Suspend([]string{a}); return nil },
	} {
		t.Run(name, func(t *testing.T) { suspendedCanDoNothing(t, suspend) })
	}
}

func TestASuspensionBesideAConfigurationEndsWithAnother(t *testing.T) {
	g := start(t, open, "", done)
	a := g.agent("a")
	for _, c := range []struct {
		name   string
		change func() error
		status int
	}{
		{"before", func() error { return nil }, http.StatusOK},
		{"suspended", func() error { g.Suspend([]string{"spiffe://example.org/ns/demo/agent/a"}); return nil }, http.StatusForbidden},
		{"after another", func() error { return g.Reload(g.configuration(open, "")) }, http.StatusOK},
	} {
		if err := c.change(); err != nil {
			t.Fatal(err)
		}
		if response, text := g.post(a, transfer); response.StatusCode != c.status {
			t.Errorf("%s: %d %s, want %d", c.name, response.StatusCode, text, c.status)
		}
	}
}

func suspendedCanDoNothing(t *testing.T, suspend func(g *gateway) error) {
	t.Helper()
	opened := make(chan struct{})
	g := start(t, open, "", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		close(opened)
		<-r.Context().Done()
	})
	suspended, other := g.agent("a"), g.options("b")
	stream := g.ask(suspended, http.MethodPost, transfer)
	defer stream.Body.Close()
	<-opened
	if err := suspend(g); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := stream.Body.Read(make([]byte, 1))
		ended <- err
	}()
	select {
	case err := <-ended:
		if err == nil {
			t.Error("the stream goes on")
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the stream does not end")
	}
	if response, text := g.post(suspended, transfer); response.StatusCode != http.StatusForbidden {
		t.Errorf("with the token that it has: %d %s", response.StatusCode, text)
	}
	o := g.options("a")
	fetch := func(config *tls.Config) error {
		_, err := (&token.Client{HTTP: g.over(config), Endpoint: o.TokenEndpoint, Now: time.Now}).Agent(t.Context(), o.Target.String())
		return err
	}
	var refused *token.RefusedError
	if err := fetch(tlsconfig.MTLSClientConfig(o.SVID, o.Bundles, o.Gateway)); !errors.As(err, &refused) || refused.Code != "unauthorized_client" {
		t.Errorf("another token: %v", err)
	}
	if err := fetch(tlsconfig.MTLSClientConfig(other.SVID, other.Bundles, other.Gateway)); err != nil {
		t.Errorf("another agent's token: %v", err)
	}
	if err := g.stop(); err != nil {
		t.Fatal(err)
	}
	records := g.records("principal is suspended")
	if len(records) != 2 {
		t.Errorf("the audit log has %d records of a call and a request of a token that were refused: %v", len(records), records)
	}
	for _, record := range records {
		if record["event"] != "refused" || record["principal"] != "spiffe://example.org/ns/demo/agent/a" {
			t.Errorf("the audit log does not say who was refused: %v", record)
		}
	}
}
