package token_test

import (
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"

	"github.com/agentward/terraform-provider-agent/internal/gateway/devauthority"
	"github.com/agentward/terraform-provider-agent/internal/gateway/dpop"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
	"github.com/agentward/terraform-provider-agent/internal/gateway/shared"
	"github.com/agentward/terraform-provider-agent/internal/gateway/store"
	"github.com/agentward/terraform-provider-agent/internal/gateway/svid"
	"github.com/agentward/terraform-provider-agent/internal/gateway/token"
)

const (
	clientID = "spiffe://dev.example/ns/default/agent/planner/instance/1"
	exchange = "urn:ietf:params:oauth:grant-type:token-exchange"
	anyToken = "urn:ietf:params:oauth:token-type:access_token"
)

// bench is a token service behind mutual TLS on loopback, an agent of it, and an issuer of users' tokens.
type bench struct {
	authority *devauthority.Authority
	service   *token.Service
	issuer    string
	users     *signer
	suspended func(principal.Principal) bool
	agent     *http.Client
	svidEnds  time.Time
}

func newBench(t *testing.T, change func(*token.ServiceOptions)) *bench {
	t.Helper()
	authority, err := devauthority.Open(t.TempDir(), "dev.example", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{authority: authority, users: newSigner(t, "u"), suspended: func(principal.Principal) bool { return false }}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { b.service.ServeHTTP(w, r) }))
	gateway := b.source(t, "gateway")
	config := tlsconfig.TLSServerConfig(gateway)
	config.ClientAuth = tls.RequestClientCert // the service itself says who may come in
	server.Listener = tls.NewListener(server.Listener, config)
	server.Start()
	t.Cleanup(server.Close)
	b.issuer = "https://" + server.Listener.Addr().String()

	r, err := token.NewRing(shared.Of(secretOf("a")), 0, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	subjects, err := token.NewVerifier([]token.Trust{{Issuer: issuer, Keys: static(t, b.users)}}, 0, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	o := token.ServiceOptions{
		Issuer: b.issuer, Ring: r, Clients: svid.NewVerifier(authority.Bundle(), time.Now), Proofs: proofs(t, nil), Subjects: subjects,
		Resources: []string{resource, "https://other.example"}, Suspended: func(p principal.Principal) bool { return b.suspended(p) }, Now: time.Now,
	}
	if change != nil {
		change(&o)
	}
	if b.service, err = token.NewService(o); err != nil {
		t.Fatal(err)
	}
	source := b.source(t, "planner")
	s, err := source.GetX509SVID()
	if err != nil {
		t.Fatal(err)
	}
	b.svidEnds = s.Certificates[0].NotAfter
	b.agent = client(t, tlsconfig.MTLSClientConfig(source, source, tlsconfig.AuthorizeAny()))
	return b
}

func proofs(t *testing.T, n *dpop.Nonces) *dpop.Verifier {
	t.Helper()
	memory, err := store.NewMemory(100, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	v, err := dpop.NewVerifier(dpop.Options{Store: memory, Now: time.Now, Nonces: n})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (b *bench) source(t *testing.T, name string) *devauthority.Source {
	t.Helper()
	id, err := b.authority.Agent("default", name, "1")
	if err != nil {
		t.Fatal(err)
	}
	source, err := b.authority.Source(id)
	if err != nil {
		t.Fatal(err)
	}
	return source
}

func client(t *testing.T, config *tls.Config) *http.Client {
	t.Helper()
	c := &http.Client{Transport: &http.Transport{TLSClientConfig: config}}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func newProver(t *testing.T) *dpop.Signer {
	t.Helper()
	key, err := dpop.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	s, err := dpop.NewSigner(key, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (b *bench) client(prover *dpop.Signer) *token.Client {
	return &token.Client{HTTP: b.agent, Endpoint: b.issuer + "/token", Proofs: prover, Now: time.Now}
}

// user is a token of the users' issuer for the service, changed.
func (b *bench) user(t *testing.T, change map[string]any) string {
	t.Helper()
	c := map[string]any{"sub": "alice", "aud": b.issuer, "cnf": absent, "client_id": "app", "exp": time.Now().Add(time.Hour).Unix()}
	for name, value := range change {
		c[name] = value
	}
	return b.users.sign(t, claims(c))
}

func (b *bench) verify(t *testing.T, raw string) *token.Token {
	t.Helper()
	v, err := token.NewVerifier([]token.Trust{b.service.Trust([]string{"dev.example"})}, 0, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	got, err := v.Verify(t.Context(), raw, resource)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// post makes a token request of the agent.
func (b *bench) post(t *testing.T, form url.Values, header http.Header) (int, []byte) {
	t.Helper()
	return post(t, b.agent, b.issuer+"/token", form, header)
}

func post(t *testing.T, c *http.Client, endpoint string, form url.Values, header http.Header) (int, []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for name, values := range header {
		request.Header[name] = values
	}
	response, err := c.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got := response.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control is %q", got)
	}
	return response.StatusCode, body
}

func refusal(t *testing.T, status int, body []byte, wantStatus int, want string) {
	t.Helper()
	var answer struct {
		Error       string `json:"error"`
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	if status != wantStatus || answer.Error != want || answer.AccessToken != "" {
		t.Errorf("got %d %s, want %d %s", status, body, wantStatus, want)
	}
}
