package devauthority_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spiffe/go-spiffe/v2/bundle/x509bundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"
	"github.com/spiffe/go-spiffe/v2/svid/x509svid"

	"github.com/agentward/terraform-provider-agent/internal/gateway/devauthority"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
)

const domain = "dev.example"

func open(t *testing.T, dir string, now func() time.Time) *devauthority.Authority {
	t.Helper()
	a, err := devauthority.Open(dir, domain, now)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func agent(t *testing.T, a *devauthority.Authority, name string) spiffeid.ID {
	t.Helper()
	id, err := a.Agent("default", name, "1")
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestMutualTLSWithIssuedSVIDs(t *testing.T) {
	a := open(t, t.TempDir(), time.Now)
	gateway, err := a.Source(agent(t, a, "gateway"))
	if err != nil {
		t.Fatal(err)
	}
	client, err := a.Source(agent(t, a, "client"))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, err := x509svid.IDFromCert(r.TLS.PeerCertificates[0])
		if err != nil {
			t.Error(err)
		}
		_, _ = io.WriteString(w, id.String())
	}))
	server.Listener = tls.NewListener(server.Listener, tlsconfig.MTLSServerConfig(gateway, gateway, tlsconfig.AuthorizeAny()))
	server.Start()
	defer server.Close()
	url := "https://" + server.Listener.Addr().String()

	t.Run("a workload is known by its ID", func(t *testing.T) {
		config := tlsconfig.MTLSClientConfig(client, client, tlsconfig.AuthorizeID(agent(t, a, "gateway")))
		got := get(t, config, url)
		if want := "spiffe://dev.example/ns/default/agent/client/instance/1"; got != want {
			t.Errorf("the server saw %s, want %s", got, want)
		}
		if p := principal.FromSPIFFEID(got); p.Agent != "client" || p.Namespace != "default" || p.Instance != "1" {
			t.Errorf("the ID does not have the form of principals: %+v", p)
		}
	})
	t.Run("a client that knows only names finds localhost and loopback addresses", func(t *testing.T) {
		pool := x509.NewCertPool()
		for _, c := range a.Bundle().X509Authorities() {
			pool.AddCert(c)
		}
		get(t, &tls.Config{RootCAs: pool, GetClientCertificate: tlsconfig.GetClientCertificate(client), MinVersion: tls.VersionTLS13}, url)
	})
}

func get(t *testing.T, config *tls.Config, url string) string {
	t.Helper()
	c := http.Client{Transport: &http.Transport{TLSClientConfig: config}}
	defer c.CloseIdleConnections()
	response, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestAuthoritySignsForItsDomainAndLoopbackAlone(t *testing.T) {
	a := open(t, t.TempDir(), time.Now)
	for _, foreign := range []string{"spiffe://other.example/ns/a/agent/b", "spiffe://dev.example"} {
		if _, err := a.Issue(spiffeid.RequireFromString(foreign)); err == nil {
			t.Errorf("issued %s", foreign)
		}
	}
	ca := a.Bundle().X509Authorities()[0]
	if !ca.PermittedDNSDomainsCritical || !ca.MaxPathLenZero || len(ca.PermittedURIDomains) != 1 || len(ca.PermittedIPRanges) != 2 || len(ca.PermittedDNSDomains) != 1 {
		t.Errorf("the authority's certificate is not constrained: %+v", ca)
	}
}

func TestDirectoryKeepsTheAuthority(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "authority")
	first := open(t, dir, time.Now)
	second := open(t, dir, time.Now)
	if !first.Bundle().Equal(second.Bundle()) {
		t.Error("opening it again made another authority")
	}
	secret, err := first.Secret("tokens")
	if err != nil {
		t.Fatal(err)
	}
	again, err := second.Secret("tokens")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(secret, again) || len(secret) != 32 {
		t.Error("the secret was not kept")
	}
	other, err := second.Secret("nonces")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(secret, other) {
		t.Error("two names have one secret")
	}
	for _, bad := range []string{"", "../authority.pem", ".hidden", "a/b"} {
		if _, err := first.Secret(bad); err == nil {
			t.Errorf("%q is taken as a name", bad)
		}
	}
	id := agent(t, first, "a")
	out := filepath.Join(dir, "out")
	if err := first.Write(out, id); err != nil {
		t.Fatal(err)
	}
	modes := map[string]os.FileMode{
		dir: 0o700, filepath.Join(dir, "authority.pem"): 0o600, filepath.Join(dir, "secret-tokens"): 0o600,
		filepath.Join(out, devauthority.KeyFile): 0o600, filepath.Join(out, devauthority.CertificateFile): 0o644,
	}
	for path, want := range modes {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", path, got, want)
		}
	}
	loaded, err := x509svid.Load(filepath.Join(out, devauthority.CertificateFile), filepath.Join(out, devauthority.KeyFile))
	if err != nil {
		t.Fatal(err)
	}
	bundle, err := x509bundle.Load(spiffeid.RequireTrustDomainFromString(domain), filepath.Join(out, devauthority.BundleFile))
	if err != nil {
		t.Fatal(err)
	}
	if got, _, err := x509svid.Verify(loaded.Certificates, bundle); err != nil || got != id {
		t.Errorf("the files verify as %s, %v", got, err)
	}
}

func TestProcessesThatStartTogetherShareOneAuthority(t *testing.T) {
	dir := t.TempDir()
	var group sync.WaitGroup
	authorities := make([]*devauthority.Authority, 8)
	secrets := make([][]byte, 8)
	for i := range authorities {
		group.Go(func() {
			var err error
			if authorities[i], err = devauthority.Open(dir, domain, time.Now); err != nil {
				t.Error(err)
				return
			}
			if secrets[i], err = authorities[i].Secret("tokens"); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for i := range authorities {
		if !authorities[i].Bundle().Equal(authorities[0].Bundle()) || !bytes.Equal(secrets[i], secrets[0]) {
			t.Error("two processes have different authorities or secrets")
		}
	}
}

func TestDirectoryThatIsNotRightIsRefused(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(t *testing.T, path string)
		want  string
	}{
		{"others may read the key", func(t *testing.T, path string) { chmod(t, path, 0o640) }, "chmod 600"},
		{"the file is cut short", func(t *testing.T, path string) { overwrite(t, path, "") }, "does not hold a certificate and its key"},
		{"the certificate is broken", func(t *testing.T, path string) {
			overwrite(t, path, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
		}, "authority.pem"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			open(t, dir, time.Now)
			test.spoil(t, filepath.Join(dir, "authority.pem"))
			if _, err := devauthority.Open(dir, domain, time.Now); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
	t.Run("it is of another trust domain", func(t *testing.T) {
		dir := t.TempDir()
		open(t, dir, time.Now)
		if _, err := devauthority.Open(dir, "other.example", time.Now); err == nil {
			t.Error("it was taken")
		}
	})
	t.Run("others may read a secret", func(t *testing.T) {
		dir := t.TempDir()
		a := open(t, dir, time.Now)
		if _, err := a.Secret("tokens"); err != nil {
			t.Fatal(err)
		}
		chmod(t, filepath.Join(dir, "secret-tokens"), 0o644)
		if _, err := a.Secret("tokens"); err == nil {
			t.Error("it was taken")
		}
	})
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func overwrite(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestRenewal(t *testing.T) {
	clock := time.Now()
	now := func() time.Time { return clock }
	dir := t.TempDir()
	a := open(t, dir, now)
	source, err := a.Source(agent(t, a, "a"))
	if err != nil {
		t.Fatal(err)
	}
	serial := func() string {
		t.Helper()
		s, err := source.GetX509SVID()
		if err != nil {
			t.Fatal(err)
		}
		return s.Certificates[0].SerialNumber.String()
	}
	first := serial()
	clock = clock.Add(devauthority.SVIDLifetime/2 - time.Minute)
	if serial() != first {
		t.Error("the SVID was renewed in the first half of its life")
	}
	clock = clock.Add(2 * time.Minute)
	if serial() == first {
		t.Error("the SVID was not renewed in the second half of its life")
	}
	clock = clock.Add(devauthority.CALifetime - 20*24*time.Hour)
	if open(t, dir, now).Bundle().Equal(a.Bundle()) {
		t.Error("an authority that is about to expire was kept")
	}
	if _, err := source.GetX509BundleForTrustDomain(spiffeid.RequireTrustDomainFromString("other.example")); err == nil {
		t.Error("it gave the bundle of another trust domain")
	}
}

func TestRequireLoopback(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1:8443": true, "127.1.2.3:1": true, "[::1]:8443": true, "localhost:8443": true,
		"0.0.0.0:8443": false, ":8443": false, "[::]:8443": false, "192.0.2.1:8443": false, "localhost.example.org:1": false, "127.0.0.1": false,
	} {
		if got := devauthority.RequireLoopback(address) == nil; got != want {
			t.Errorf("%s is served: %v, want %v", address, got, want)
		}
	}
}
