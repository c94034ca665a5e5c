package server

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"

	"github.com/agentward/terraform-provider-agent/acctest/await"
	"github.com/agentward/terraform-provider-agent/internal/gateway/devauthority"
)

// selfSigned is a certificate for 127.0.0.1 that is its own authority, and its text in PEM.
func selfSigned(t *testing.T) (tls.Certificate, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// secureTarget serves done over TLS.
func secureTarget(t *testing.T, config *tls.Config, seen func(*http.Request)) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if seen != nil {
			seen(r)
		}
		done(w, r)
	}))
	config.NextProtos = []string{"h2", "http/1.1"}
	s.Listener = tls.NewListener(s.Listener, config)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Start() // StartTLS would add a certificate of its own
	s.URL = strings.Replace(s.URL, "http://", "https://", 1)
	t.Cleanup(s.Close)
	return s
}

func (g *gateway) source(path string) *devauthority.Source {
	g.t.Helper()
	authority := g.now.Load().identity.authority
	source, err := authority.Source(spiffeid.RequireFromPath(authority.TrustDomain(), path))
	if err != nil {
		g.t.Fatal(err)
	}
	return source
}

// reaches serves another target from now on.
func (g *gateway) reaches(url, attributes string) {
	g.t.Helper()
	g.target = url
	if err := g.Reload(g.configuration(open, "target:"+attributes)); err != nil {
		g.t.Fatal(err)
	}
}

func TestWhomTheGatewayTakesForATarget(t *testing.T) {
	g := start(t, open, "", done)
	agent := g.agent("a")
	certificate, text := selfSigned(t)
	_, others := selfSigned(t)
	file := func(name string, text []byte) string {
		t.Helper()
		path := filepath.Join(g.folder, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	own, foreign := file("own.pem", text), file("foreign.pem", others)
	var protocol string
	named := secureTarget(t, &tls.Config{Certificates: []tls.Certificate{certificate}}, func(r *http.Request) { protocol = r.Proto })
	tools, gatewayID := g.source("/tools"), spiffeid.RequireFromPath(spiffeid.RequireTrustDomainFromString("example.org"), Workload)
	svid := secureTarget(t, tlsconfig.MTLSServerConfig(tools, tools, tlsconfig.AuthorizeID(gatewayID)), nil)
	for name, c := range map[string]struct {
		url, attributes string
		status          int
	}{
		"authorities of the system do not know it":     {named.URL, ``, 502},
		"an authority of its own":                      {named.URL, fmt.Sprintf(`tls { ca_file = %q }`, own), 200},
		"another authority":                            {named.URL, fmt.Sprintf(`tls { ca_file = %q }`, foreign), 502},
		"another name":                                 {named.URL, fmt.Sprintf("tls {\nca_file = %q\nserver_name = \"tools.example.org\"\n}", own), 502},
		"a SPIFFE ID that it has none of":              {named.URL, `tls { spiffe_ids = ["spiffe://example.org/tools"] }`, 502},
		"its SPIFFE ID, and the gateway's is shown":    {svid.URL, "tls {\nspiffe_ids = [\"spiffe://example.org/tools\"]\nclient_svid = true\n}", 200},
		"its SPIFFE ID, and no certificate is shown":   {svid.URL, `tls { spiffe_ids = ["spiffe://example.org/tools"] }`, 502},
		"another SPIFFE ID of the same trust domain":   {svid.URL, "tls {\nspiffe_ids = [\"spiffe://example.org/other\"]\nclient_svid = true\n}", 502},
		"the same ID in another trust domain":          {svid.URL, "tls {\nspiffe_ids = [\"spiffe://example.com/tools\"]\nclient_svid = true\n}", 502},
		"one of several SPIFFE IDs":                    {svid.URL, "tls {\nspiffe_ids = [\"spiffe://example.org/x\", \"spiffe://example.org/tools\"]\nclient_svid = true\n}", 200},
		"a name where the certificate has a SPIFFE ID": {svid.URL, "tls {\nclient_svid = true\n}", 502},
	} {
		t.Run(name, func(t *testing.T) {
			g.t = t
			g.reaches(c.url, c.attributes)
			if response, body := g.post(agent, transfer); response.StatusCode != c.status {
				t.Errorf("got %d %s", response.StatusCode, body)
			}
		})
	}
	g.t = t
	if protocol != "HTTP/2.0" {
		t.Errorf("a target that has HTTP/2 is spoken to in %s", protocol)
	}
}

func TestAnAuthorityThatIsReplacedHoldsForTheNextConnection(t *testing.T) {
	g := start(t, open, "", done)
	agent := g.agent("a")
	var mu sync.Mutex
	certificate, text := selfSigned(t)
	target := secureTarget(t, &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		mu.Lock()
		defer mu.Unlock()
		return &certificate, nil
	}}, nil)
	path := filepath.Join(g.folder, "ca.pem")
	write := func(text []byte) {
		t.Helper()
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(text)
	g.reaches(target.URL, fmt.Sprintf(`tls { ca_file = %q }`, path))
	ask := func(want int) {
		t.Helper()
		if response, body := g.post(agent, transfer); response.StatusCode != want {
			t.Errorf("got %d %s", response.StatusCode, body)
		}
	}
	ask(200)
	next, nextText := selfSigned(t)
	write(append([]byte("# replaced\n"), nextText...))
	ask(200) // the connection that is there
	mu.Lock()
	certificate = next
	mu.Unlock()
	target.CloseClientConnections()
	// A call that meets the old connection before its end was seen is refused, and not asked again: it may have had an effect.
	await.True(t, "a call over a new connection", func() bool {
		response, _ := g.post(agent, transfer)
		return response.StatusCode == http.StatusOK
	})
	ask(200)
}

func TestTheTargetSeesTheGatewaysCredentialAndNotTheCallers(t *testing.T) {
	var mu sync.Mutex
	seen := []string{}
	accepted := "Bearer first"
	g := start(t, open, "", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		got := strings.Join(r.Header.Values("Authorization"), ",")
		seen = append(seen, got)
		if got != accepted || r.Header.Get("Dpop") != "" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		done(w, r)
	})
	path := filepath.Join(g.folder, "secret")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("first")
	g.reaches(g.target, fmt.Sprintf(`credential "static" { file = %q }`, path))
	agent := g.agent("a")
	if response, body := g.post(agent, transfer); response.StatusCode != http.StatusOK {
		t.Errorf("got %d %s", response.StatusCode, body)
	}
	accepted = "Bearer second"
	if response, body := g.post(agent, transfer); response.StatusCode != http.StatusBadGateway || !strings.Contains(body, "does not accept the gateway") || strings.Contains(body, "first") {
		t.Errorf("got %d %s", response.StatusCode, body)
	}
	write("second")
	if response, body := g.post(agent, transfer); response.StatusCode != http.StatusOK {
		t.Errorf("with a secret that was replaced: %d %s", response.StatusCode, body)
	}
	if err := g.stop(); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(g.log(), "second") || strings.Contains(g.log(), "first") {
		t.Error("the audit log holds the secret")
	}
	if want := "[Bearer first Bearer first Bearer second]"; fmt.Sprint(seen) != want {
		t.Errorf("the target saw %v", seen)
	}
}

// tokenServer answers token requests with what the test makes of them.
func tokenServer(t *testing.T, answer func(*http.Request) (int, string)) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		status, token := answer(r)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		if status == http.StatusOK {
			fmt.Fprintf(w, `{"access_token":%q,"token_type":"Bearer","expires_in":300}`, token)
		} else {
			_, _ = io.WriteString(w, `{"error":"invalid_client"}`)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func TestATokenThatTheGatewayGets(t *testing.T) {
	t.Setenv("TOOLS_SECRET", "hush-hush")
	var mu sync.Mutex
	var seen []string
	status := http.StatusOK
	g := start(t, open, "", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, r.Header.Get("Authorization"))
		done(w, r)
	})
	as := tokenServer(t, func(r *http.Request) (int, string) {
		if id, secret, ok := r.BasicAuth(); !ok || id != "gateway" || secret != "hush-hush" {
			t.Errorf("the client is %q", id)
		}
		return status, "for-" + r.PostForm.Get("scope")
	})
	attributes := fmt.Sprintf("credential \"client_credentials\" {\ntoken_url = %q\nclient_id = \"gateway\"\nclient_secret_env = \"TOOLS_SECRET\"\nscopes = [%%q]\n}", as.URL)
	g.reaches(g.target, fmt.Sprintf(attributes, "tools"))
	agent := g.agent("a")
	for range 2 {
		if response, body := g.post(agent, transfer); response.StatusCode != http.StatusOK {
			t.Errorf("got %d %s", response.StatusCode, body)
		}
	}
	status = http.StatusUnauthorized
	g.reaches(g.target, fmt.Sprintf(attributes, "tools")) // nothing changes, and the token is kept
	if response, body := g.post(agent, transfer); response.StatusCode != http.StatusOK {
		t.Errorf("after a reload: %d %s", response.StatusCode, body)
	}
	g.reaches(g.target, fmt.Sprintf(attributes, "other"))
	if response, body := g.post(agent, transfer); response.StatusCode != http.StatusBadGateway || !strings.Contains(body, "no credential for the target") || strings.Contains(body, "hush") {
		t.Errorf("without a token: %d %s", response.StatusCode, body)
	}
	if want := "[Bearer for-tools Bearer for-tools Bearer for-tools]"; fmt.Sprint(seen) != want {
		t.Errorf("the target saw %v", seen)
	}
}

func TestATokenThatIsExchangedForTheAgent(t *testing.T) {
	t.Setenv("TOOLS_SECRET", "hush-hush")
	var mu sync.Mutex
	var seen []string
	g := start(t, open, "", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, r.Header.Get("Authorization"))
		done(w, r)
	})
	as := tokenServer(t, func(r *http.Request) (int, string) {
		// What is exchanged is the gateway's own word, for this server alone.
		claims := assertion(t, r.PostForm.Get("subject_token"))
		if claims["aud"] != "https://as.example.org" || claims["iss"] != g.Origin("agents")+Issuer {
			t.Errorf("the subject token says %v", claims)
		}
		return http.StatusOK, strings.ReplaceAll(fmt.Sprint(claims["sub"]), "/", "_")
	})
	block := "credential \"token_exchange\" {\ntoken_url = %q\nclient_id = \"gateway\"\nclient_secret_env = \"TOOLS_SECRET\"\nsubject = %q\nassertion_audience = \"https://as.example.org\"\n}"
	g.reaches(g.target, fmt.Sprintf(block, as.URL, "agent"))
	for _, name := range []string{"a", "b"} {
		if response, body := g.post(g.agent(name), transfer); response.StatusCode != http.StatusOK {
			t.Errorf("got %d %s", response.StatusCode, body)
		}
	}
	if want := "[Bearer spiffe:__example.org_ns_demo_agent_a Bearer spiffe:__example.org_ns_demo_agent_b]"; fmt.Sprint(seen) != want {
		t.Errorf("the target saw %v", seen)
	}
	g.reaches(g.target, fmt.Sprintf(block, as.URL, "user"))
	if response, body := g.post(g.agent("a"), transfer); response.StatusCode != http.StatusForbidden || !strings.Contains(body, "on behalf of nobody") {
		t.Errorf("an agent that acts for nobody: %d %s", response.StatusCode, body)
	}
}
