package spire_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"
	"github.com/spiffe/go-spiffe/v2/svid/jwtsvid"
	"github.com/spiffe/go-spiffe/v2/workloadapi"
	bundlev1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/bundle/v1"
	"github.com/spiffe/spire-api-sdk/proto/spire/api/types"

	"github.com/agentward/terraform-provider-agent/acctest/await"
	spiretest "github.com/agentward/terraform-provider-agent/acctest/spire"
	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
	"github.com/agentward/terraform-provider-agent/internal/gateway/server"
	"github.com/agentward/terraform-provider-agent/internal/gateway/workload"
)

// domain is a trust domain with a workload of this process.
type domain struct {
	*spiretest.Server
	agent *spiretest.Agent
}

func startDomain(t *testing.T, name string) domain {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("the workloads of this test are those of the user root")
	}
	s := spiretest.StartServer(t, spiretest.ServerOptions{TrustDomain: name, BundleEndpoint: true})
	return domain{s, spiretest.StartAgent(t, s)}
}

// workload gives this process an identity.
func (d domain) workload(t *testing.T, path string, ttl time.Duration, federatesWith ...string) spiffeid.ID {
	t.Helper()
	d.CreateEntry(t, &types.Entry{
		SpiffeId: spiffeID(d.Server, path), ParentId: parentOf(d.Server, d.agent), FederatesWith: federatesWith,
		Selectors: []*types.Selector{{Type: "unix", Value: fmt.Sprintf("uid:%d", os.Getuid())}}, X509SvidTtl: int32(ttl / time.Second),
	})
	return spiffeid.RequireFromPath(spiffeid.RequireTrustDomainFromString(d.TrustDomain()), path)
}

// trusts gives a server the bundle of another.
func (d domain) trusts(t *testing.T, other domain) {
	t.Helper()
	bundle, err := bundlev1.NewBundleClient(other.Conn()).GetBundle(t.Context(), &bundlev1.GetBundleRequest{})
	if err != nil {
		t.Fatal(err)
	}
	setBundle(t, d.Server, bundle)
}

// identity is what the Workload API gives this process, as one of its workloads.
func (d domain) identity(t *testing.T, id spiffeid.ID) *workload.API {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	api, err := workload.Open(ctx, workload.Options{Address: d.agent.WorkloadAPI(), ID: id, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = api.Close() })
	return api
}

// gateway is one in front of a target that answers everything.
type gateway struct {
	*server.Server
	t      *testing.T
	folder string
	target string
	id     spiffeid.ID
}

// configuration names the Workload API, and what a test adds.
func (g *gateway) configuration(api, more string) *config.Config {
	g.t.Helper()
	text := fmt.Sprintf(`
identity {
  workload_api = %q
  spiffe_id    = %q
}
listener "agents" {
  address      = "127.0.0.1:0"
  authenticate = ["mtls", "jwt-svid"]
}
target "bank" {
  protocol = "mcp"
  url      = %q
}
policies { text = "permit (principal, action, resource);" }
%s`, api, g.id, g.target, more)
	c, diagnostics := config.Parse(filepath.Join(g.folder, "g.hcl"), []byte(text))
	if diagnostics.HasErrors() {
		g.t.Fatal(diagnostics)
	}
	return c
}

func serve(t *testing.T, d domain, id spiffeid.ID, more string) *gateway {
	t.Helper()
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"jsonrpc":"2.0","id":1,"result":{}}`)
	}))
	t.Cleanup(target.Close)
	g := &gateway{t: t, folder: t.TempDir(), target: target.URL, id: id}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var err error
	g.Server, err = server.Open(ctx, g.configuration(d.agent.WorkloadAPI(), more), server.Options{Now: time.Now, Log: slog.New(slog.DiscardHandler), Stdout: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	serving, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- g.Serve(serving) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("the gateway ends with %v", err)
		}
	})
	return g
}

// caller calls as a workload over HTTP/1.1, and tells of the connections that it makes: the certificates that the gateway showed.
type caller struct {
	*http.Client
	shown []*x509.Certificate
}

func (g *gateway) caller(config *tls.Config) *caller {
	c := &caller{}
	verify := config.VerifyPeerCertificate
	config.VerifyPeerCertificate = func(raw [][]byte, chains [][]*x509.Certificate) error {
		if err := verify(raw, chains); err != nil {
			return err
		}
		leaf, err := x509.ParseCertificate(raw[0])
		c.shown = append(c.shown, leaf)
		return err
	}
	transport := &http.Transport{TLSClientConfig: config}
	g.t.Cleanup(transport.CloseIdleConnections)
	c.Client = &http.Client{Transport: transport, Timeout: 30 * time.Second}
	return c
}

func (g *gateway) as(api *workload.API) *caller {
	return g.caller(tlsconfig.MTLSClientConfig(api, api, tlsconfig.AuthorizeID(g.id)))
}

// call gives the status of a call, 0 where there is no answer.
func (g *gateway) call(c *caller, headers ...string) (int, string) {
	g.t.Helper()
	const ping = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":{}}}`
	r, err := http.NewRequestWithContext(g.t.Context(), http.MethodPost, g.Origin("agents")+"/bank", strings.NewReader(ping))
	if err != nil {
		g.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	r.Header.Set("Mcp-Protocol-Version", "2025-11-25")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := c.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	return response.StatusCode, string(text)
}

// The gateway's own SVID, its trust domain's bundle and a federated one come from a real SPIRE agent.
func TestTheGatewayTakesItsIdentityFromTheWorkloadAPI(t *testing.T) {
	ours, theirs := startDomain(t, "agents.example.org"), startDomain(t, partnerDomain)
	ours.trusts(t, theirs)
	theirs.trusts(t, ours)
	gatewayID := ours.workload(t, "/gateway", 0, partnerDomain)
	agentID := ours.workload(t, "/ns/demo/agent/assistant", 0)
	guestID := theirs.workload(t, "/ns/demo/agent/guest", 0, ours.TrustDomain())
	g := serve(t, ours, gatewayID, `trust "`+partnerDomain+`" {}`)

	agent, guest := g.as(ours.identity(t, agentID)), g.as(theirs.identity(t, guestID))
	if status, text := g.call(agent); status != http.StatusOK {
		t.Errorf("an agent of the gateway's own trust domain gets %d %s", status, text)
	}
	if status, text := g.call(guest); status != http.StatusOK {
		t.Errorf("an agent of the federated trust domain gets %d %s", status, text)
	}
	stranger := g.caller(tlsconfig.TLSClientConfig(ours.identity(t, agentID), tlsconfig.AuthorizeID(gatewayID)))
	if status, text := g.call(stranger); status != http.StatusUnauthorized {
		t.Errorf("nobody gets %d %s", status, text)
	}

	fetch := func(t *testing.T, from domain, id spiffeid.ID, audience string) string {
		t.Helper()
		token, err := workloadapi.FetchJWTSVID(t.Context(), jwtsvid.Params{Audience: audience, Subject: id}, workloadapi.WithAddr(from.agent.WorkloadAPI()))
		if err != nil {
			t.Fatal(err)
		}
		return "Bearer " + token.Marshal()
	}
	t.Run("a JWT-SVID for the resource, without a certificate", func(t *testing.T) {
		if status, text := g.call(stranger, "Authorization", fetch(t, ours, agentID, g.Origin("agents")+"/bank")); status != http.StatusOK {
			t.Errorf("it gets %d %s", status, text)
		}
		if status, text := g.call(stranger, "Authorization", fetch(t, ours, agentID, "https://elsewhere.example")); status != http.StatusUnauthorized {
			t.Errorf("for another audience it gets %d %s", status, text)
		}
	})
	t.Run("a federated trust domain that the configuration does not name", func(t *testing.T) {
		if err := g.Reload(g.configuration(ours.agent.WorkloadAPI(), "")); err != nil {
			t.Fatal(err)
		}
		if status, text := g.call(guest); status != http.StatusUnauthorized {
			t.Errorf("its agent gets %d %s", status, text)
		}
		if status, text := g.call(agent); status != http.StatusOK {
			t.Errorf("ours gets %d %s", status, text)
		}
	})
	t.Run("a federated trust domain whose SPIRE server is asked", func(t *testing.T) {
		// What the configuration begins with has no keys of JWT-SVIDs, so that the guest's is only known by what was fetched.
		certificates, err := theirs.identity(t, guestID).GetX509BundleForTrustDomain(guestID.TrustDomain())
		if err != nil {
			t.Fatal(err)
		}
		text, err := certificates.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(g.folder, "partner.pem"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		c := g.configuration(ours.agent.WorkloadAPI(), fmt.Sprintf(`
trust %q {
  bundle = "partner.pem"
  endpoint {
    url       = %q
    profile   = "https_spiffe"
    spiffe_id = %q
  }
}`, partnerDomain, theirs.BundleEndpointURL(), theirs.SPIFFEID()))
		if err := g.Reload(c); err != nil {
			t.Fatal(err)
		}
		await.True(t, "the guest's JWT-SVID is known", func() bool {
			status, _ := g.call(stranger, "Authorization", fetch(t, theirs, guestID, g.Origin("agents")+"/bank"))
			return status == http.StatusOK
		})
	})
}

// SVIDs of some seconds: SPIRE's agent renews them at half their life, and the gateway shows the new one while a connection with the old one goes on. Once
// the Workload API is away, what it gave last holds until it ends, and not longer.
func TestTheGatewaysSVIDIsRenewedAndEnds(t *testing.T) {
	ours := startDomain(t, "agents.example.org")
	gatewayID := ours.workload(t, "/gateway", 10*time.Second)
	agentID := ours.workload(t, "/ns/demo/agent/assistant", 0)
	g := serve(t, ours, gatewayID, "")
	api := ours.identity(t, agentID)

	lasting := g.as(api)
	if status, text := g.call(lasting); status != http.StatusOK {
		t.Fatalf("%d %s", status, text)
	}
	await.True(t, "another certificate", func() bool {
		fresh := g.as(api)
		defer fresh.CloseIdleConnections()
		if status, text := g.call(fresh); status != http.StatusOK {
			t.Fatalf("while the SVID is renewed: %d %s", status, text)
		}
		if status, text := g.call(lasting); status != http.StatusOK {
			t.Fatalf("on the connection that was open: %d %s", status, text)
		}
		return !fresh.shown[0].Equal(lasting.shown[0])
	})
	if len(lasting.shown) != 1 {
		t.Errorf("the connection was made %d times", len(lasting.shown))
	}

	bundle, err := api.GetX509BundleForTrustDomain(gatewayID.TrustDomain())
	if err != nil {
		t.Fatal(err)
	}
	svid, err := api.GetX509SVID()
	if err != nil {
		t.Fatal(err)
	}
	outlasting := g.caller(tlsconfig.MTLSClientConfig(svid, bundle, tlsconfig.AuthorizeID(gatewayID)))
	ours.agent.Stop(t)
	if status, text := g.call(outlasting); status != http.StatusOK {
		t.Errorf("with the Workload API away, and an SVID that holds: %d %s", status, text)
	}
	await.True(t, "a refusal on the open connection", func() bool {
		status, _ := g.call(outlasting)
		return status == http.StatusUnauthorized
	})
	fresh := g.caller(tlsconfig.MTLSClientConfig(svid, bundle, tlsconfig.AuthorizeID(gatewayID)))
	if status, text := g.call(fresh); status != 0 {
		t.Errorf("a new connection gets %d %s", status, text)
	}
}

func TestTheGatewaySaysWhatItWaitsFor(t *testing.T) {
	ours := startDomain(t, "agents.example.org")
	g := &gateway{t: t, folder: t.TempDir(), target: "http://127.0.0.1:1", id: spiffeid.RequireFromString("spiffe://agents.example.org/gateway")}
	c := g.configuration(ours.agent.WorkloadAPI(), "")
	c.Identity.Wait = 2 * time.Second
	_, err := server.New(c, server.Options{Now: time.Now, Log: slog.New(slog.DiscardHandler), Stdout: io.Discard})
	if err == nil || !strings.Contains(err.Error(), ours.agent.WorkloadAPI()) || !strings.Contains(err.Error(), "no identity issued") {
		t.Errorf("without an entry: %v", err)
	}
	absent := g.configuration("unix:///nowhere/agent.sock", "")
	absent.Identity.Wait = time.Second
	if _, err = server.New(absent, server.Options{Now: time.Now, Log: slog.New(slog.DiscardHandler), Stdout: io.Discard}); err == nil || !strings.Contains(err.Error(), "unix:///nowhere/agent.sock") {
		t.Errorf("without an agent: %v", err)
	}
}
