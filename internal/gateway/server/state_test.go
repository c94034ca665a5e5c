package server

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"

	"github.com/agentward/terraform-provider-agent/acctest/await"
	"github.com/agentward/terraform-provider-agent/acctest/redis"
	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
	"github.com/agentward/terraform-provider-agent/internal/gateway/dpop"
	"github.com/agentward/terraform-provider-agent/internal/gateway/token"
)

// common is the URL that all replicas are called by.
const common = "https://gateway.example.org"

// replicas are gateways with the same identity, state and URL, and an agent that can choose between them.
type replicas struct {
	t      *testing.T
	all    []*gateway
	client *http.Client
	to     int // the replica that the client calls
	signer *dpop.Signer
	access *token.Access
}

func twoReplicas(t *testing.T, store string, more string) *replicas {
	t.Helper()
	text := fmt.Sprintf("store \"redis\" {\nurl = \"redis://%s\"\ntimeout = \"2s\"\n}\n%s\n%s", store, administered, more)
	return replicasOf(t, nil, done, text, text)
}

// replicasOf gives one for each text that is added to a configuration. A nil clock is the machine's.
func replicasOf(t *testing.T, clock func() time.Time, target http.HandlerFunc, texts ...string) *replicas {
	t.Helper()
	upstream := httptest.NewServer(target)
	t.Cleanup(upstream.Close)
	r := &replicas{t: t}
	folder := t.TempDir()
	for _, text := range texts {
		g := &gateway{t: t, folder: folder, target: upstream.URL + "/mcp", clock: clock}
		r.all = append(r.all, g.serve(r.configuration(g, text)))
	}
	authority := r.all[0].now.Load().identity.authority
	id, err := authority.Agent("demo", "a", "")
	if err != nil {
		t.Fatal(err)
	}
	source, err := authority.Source(id)
	if err != nil {
		t.Fatal(err)
	}
	r.client = &http.Client{Transport: &http.Transport{
		TLSClientConfig: tlsconfig.MTLSClientConfig(source, source, tlsconfig.AuthorizeID(spiffeid.RequireFromPath(authority.TrustDomain(), Workload))),
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, network, r.all[r.to].listeners["agents"].Addr().String())
		},
		DisableKeepAlives: true,
	}}
	key, err := dpop.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	if r.signer, err = dpop.NewSigner(key, time.Now); err != nil {
		t.Fatal(err)
	}
	r.login(0)
	return r
}

// login gets a token from a replica.
func (r *replicas) login(at int) {
	r.t.Helper()
	r.to = at
	clients := &token.Client{HTTP: r.client, Endpoint: common + Issuer + "/token", Proofs: r.signer, Now: time.Now}
	var err error
	if r.access, err = clients.Agent(r.t.Context(), common+"/bank"); err != nil {
		r.t.Fatal(err)
	}
}

// configuration is one of a replica.
func (r *replicas) configuration(of *gateway, more string) *config.Config {
	r.t.Helper()
	c := of.configuration(open, more)
	c.Listeners[0].URL = common
	return c
}

// proof makes one for a call.
func (r *replicas) proof() string { return r.nonced("") }

// nonced makes one with a nonce.
func (r *replicas) nonced(nonce string) string {
	r.t.Helper()
	proof, err := r.signer.Proof(http.MethodPost, common+"/bank", r.access.Token, nonce)
	if err != nil {
		r.t.Fatal(err)
	}
	return proof
}

// call calls a replica.
func (r *replicas) call(to int, proof string) (int, string) {
	r.t.Helper()
	response, text := r.post(to, proof)
	return response.StatusCode, text
}

// post is call with more headers, and gives the answer with its own.
func (r *replicas) post(to int, proof string, headers ...string) (*http.Response, string) {
	r.t.Helper()
	r.to = to
	request, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, common+"/bank", strings.NewReader(transfer))
	if err != nil {
		r.t.Fatal(err)
	}
	request.Header = http.Header{
		"Content-Type": {"application/json"}, "Accept": {"application/json, text/event-stream"}, "Mcp-Protocol-Version": {"2025-11-25"},
		"Authorization": {"DPoP " + r.access.Token}, "Dpop": {proof},
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := r.client.Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return response, string(text)
}

func TestAProofIsGoodOnceForAllReplicas(t *testing.T) {
	server := redis.Start(t)
	r := twoReplicas(t, server.Address, "")
	proof := r.proof()
	if status, text := r.call(0, proof); status != http.StatusOK {
		t.Fatalf("the first time: %d %s", status, text)
	}
	for i := range r.all {
		if status, text := r.call(i, proof); status != http.StatusUnauthorized || !strings.Contains(text, "invalid_dpop_proof") {
			t.Errorf("again at replica %d: %d %s", i, status, text)
		}
	}
	if status, text := r.call(1, r.proof()); status != http.StatusOK {
		t.Errorf("another proof at the other replica: %d %s", status, text)
	}
}

func TestAStoreThatIsAwayDeniesUntilItIsBack(t *testing.T) {
	server := redis.Start(t)
	r := twoReplicas(t, server.Address, "")
	ready := func(i int) string {
		t.Helper()
		response, err := http.Get("http://" + r.all[i].Admin() + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, _ := io.ReadAll(response.Body)
		return fmt.Sprint(response.StatusCode, " ", string(text))
	}
	if status, text := r.call(0, r.proof()); status != http.StatusOK || ready(0) != "200 ok\n" {
		t.Fatalf("%d %s, and %s", status, text, ready(0))
	}
	server.Stop()
	for i := range r.all {
		if status, text := r.call(i, r.proof()); status != http.StatusServiceUnavailable || !strings.Contains(text, "temporarily_unavailable") {
			t.Errorf("replica %d without a store: %d %s", i, status, text)
		}
		if got := ready(i); !strings.HasPrefix(got, "503 not ready\nstore: store is away") {
			t.Errorf("replica %d says %s", i, got)
		}
	}
	if r.all[0].metric("agent_gateway_store_failures_total") == 0 {
		t.Error("the metric says nothing of it")
	}
	server.Restart()
	for deadline := time.Now().Add(time.Minute); ; {
		status, text := r.call(1, r.proof())
		if status == http.StatusOK {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("with the store back: %d %s", status, text)
		}
	}
	if got := ready(1); got != "200 ok\n" {
		t.Errorf("with the store back it says %s", got)
	}
}

func TestReplicasShareAnAgentsRate(t *testing.T) {
	server := redis.Start(t)
	r := twoReplicas(t, server.Address, "limits {\nagent_rate = 1\nagent_burst = 6\n}")
	passed, limited := 0, 0
	for i := range 16 {
		switch status, text := r.call(i%2, r.proof()); status {
		case http.StatusOK:
			passed++
		case http.StatusTooManyRequests:
			limited++
		default:
			t.Fatalf("%d %s", status, text)
		}
	}
	if passed < 6 || limited == 0 {
		t.Errorf("of 16 calls, %d passed and %d were limited", passed, limited)
	}
}

func TestAStoreOrAnAuditLogThatCannotBeOpenedIsToldAtStart(t *testing.T) {
	for name, more := range map[string]string{
		"an audit log in no folder": fmt.Sprintf("audit {\nfile {\npath = %q\n}\n}", filepath.Join(t.TempDir(), "none", "audit.log")),
	} {
		g := &gateway{t: t, folder: t.TempDir(), target: "http://127.0.0.1:1/mcp"}
		var log bytes.Buffer
		if _, err := New(g.configuration(open, more), Options{Now: time.Now, Log: slog.New(slog.NewTextHandler(&log, nil)), Stdout: g}); err == nil {
			t.Errorf("%s: it starts", name)
		}
	}
}

// Whoever leaves while the store is asked was not refused.
func TestTheAuditLogDoesNotRefuseWhoHasLeft(t *testing.T) {
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	at, _ := saying(t, func(c net.Conn) { leave(); hang()(c) })
	address := strings.TrimSuffix(strings.TrimPrefix(at, "http://"), "/mcp")
	g := start(t, open, fmt.Sprintf("store \"redis\" {\nurl = \"redis://%s\"\ntimeout = \"3s\"\n}", address), done)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, g.Origin("agents")+"/bank", strings.NewReader(transfer))
	if err != nil {
		t.Fatal(err)
	}
	if response, err := g.agent("a").Do(r); err == nil {
		response.Body.Close()
		t.Fatalf("it is answered %d", response.StatusCode)
	}
	await.True(t, "the gateway to be done with it", func() bool { return g.metrics.inFlight.Load() == 0 })
	if err := g.stop(); err != nil {
		t.Fatal(err)
	}
	if log := g.log(); log != "" {
		t.Errorf("the audit log has\n%s", log)
	}
}
