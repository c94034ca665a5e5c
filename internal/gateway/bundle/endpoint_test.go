package bundle_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spiffe/go-spiffe/v2/bundle/spiffebundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"

	"github.com/agentward/terraform-provider-agent/acctest/await"
	"github.com/agentward/terraform-provider-agent/internal/gateway/bundle"
	"github.com/agentward/terraform-provider-agent/internal/gateway/devauthority"
)

var partner = spiffeid.RequireTrustDomainFromString("partner.example")

func authority(t *testing.T, domain string) *devauthority.Authority {
	t.Helper()
	a, err := devauthority.Open(t.TempDir(), domain, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func source(t *testing.T, a *devauthority.Authority, path string) *devauthority.Source {
	t.Helper()
	s, err := a.Source(spiffeid.RequireFromPath(a.TrustDomain(), path))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// document is the bundle of authorities that is asked for again at once.
func document(t *testing.T, of ...*devauthority.Authority) string {
	t.Helper()
	b := spiffebundle.New(of[0].TrustDomain())
	for _, a := range of {
		for _, c := range a.Bundle().X509Authorities() {
			b.AddX509Authority(c)
		}
	}
	b.SetRefreshHint(0)
	text, err := b.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// served is a bundle endpoint whose answer and certificate a test changes.
type served struct {
	url string

	mu      sync.Mutex
	status  int
	text    string
	shown   *devauthority.Source
	fetched atomic.Int64
}

func serve(t *testing.T, shown *devauthority.Source, text string) *served {
	t.Helper()
	s := &served{status: http.StatusOK, text: text, shown: shown}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(s.status)
		_, _ = io.WriteString(w, s.text)
		s.fetched.Add(1)
	}))
	server.Listener = tls.NewListener(server.Listener, &tls.Config{GetCertificate: func(h *tls.ClientHelloInfo) (*tls.Certificate, error) { //nolint:gosec // the versions that the client offers
		s.mu.Lock()
		defer s.mu.Unlock()
		return tlsconfig.GetCertificate(s.shown)(h)
	}})
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Start()
	t.Cleanup(server.Close)
	s.url = "https://" + server.Listener.Addr().String()
	return s
}

func (s *served) change(change func(*served)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

// clock is a time that a test moves.
type clock struct{ atomic.Int64 }

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.Load())) }

// follow runs an endpoint until the test ends. Failures are told to the channel, as far as it takes them.
func follow(t *testing.T, o bundle.EndpointOptions) (*bundle.Endpoint, <-chan error) {
	t.Helper()
	failed := make(chan error, 1)
	o.Domain, o.Retry = partner, 5*time.Millisecond
	o.Failed = func(err error) {
		select {
		case failed <- err:
		default:
		}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	e, err := bundle.NewEndpoint(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return e, failed
}

func trusts(e *bundle.Endpoint, a *devauthority.Authority) bool {
	b, err := e.GetX509BundleForTrustDomain(partner)
	return err == nil && b.HasX509Authority(a.Bundle().X509Authorities()[0])
}

func first(t *testing.T, a *devauthority.Authority) *spiffebundle.Bundle {
	t.Helper()
	return spiffebundle.FromX509Bundle(a.Bundle())
}

func TestTheBundleIsFollowedThroughARotation(t *testing.T) {
	old, fresh := authority(t, partner.Name()), authority(t, partner.Name())
	s := serve(t, source(t, old, "/spire/server"), document(t, old))
	e, _ := follow(t, bundle.EndpointOptions{URL: s.url, ID: spiffeid.RequireFromPath(partner, "/spire/server"), First: first(t, old)})
	s.change(func(s *served) { s.text = document(t, old, fresh) })
	await.True(t, "both authorities", func() bool { return trusts(e, old) && trusts(e, fresh) })
	// From now on the server is only known by what was fetched.
	renewed := source(t, fresh, "/spire/server")
	s.change(func(s *served) { s.shown, s.text = renewed, document(t, fresh) })
	await.True(t, "the new authority alone", func() bool { return !trusts(e, old) && trusts(e, fresh) })
}

func TestAServerOfAnotherTrustDomainIsVerifiedByThatOnesBundle(t *testing.T) {
	a, broker := authority(t, partner.Name()), authority(t, "broker.example")
	s := serve(t, source(t, broker, "/bundles"), document(t, a))
	e, _ := follow(t, bundle.EndpointOptions{
		URL: s.url, ID: spiffeid.RequireFromPath(broker.TrustDomain(), "/bundles"), Others: bundle.Set{broker.TrustDomain(): first(t, broker)},
	})
	await.True(t, "the bundle", func() bool { return trusts(e, a) })
	if trusts(e, broker) {
		t.Error("the server's own authority became the partner's")
	}
}

func TestTheWebsRootsVerifyAServerWithoutASPIFFEID(t *testing.T) {
	a, web := authority(t, partner.Name()), authority(t, "web.example")
	roots := x509.NewCertPool()
	roots.AddCert(web.Bundle().X509Authorities()[0])
	s := serve(t, source(t, web, "/server"), document(t, a))
	e, _ := follow(t, bundle.EndpointOptions{URL: s.url, Roots: roots})
	await.True(t, "the bundle", func() bool { return trusts(e, a) })
}

func TestWhatIsRefusedLeavesTheLastGoodBundle(t *testing.T) {
	a, stranger := authority(t, partner.Name()), authority(t, partner.Name())
	empty := spiffebundle.New(partner)
	none, err := empty.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		spoil func(*served)
		says  string
	}{
		"a server of another ID":           {func(s *served) { s.shown = source(t, a, "/other") }, "unexpected ID"},
		"a server of a stranger":           {func(s *served) { s.shown = source(t, stranger, "/spire/server") }, "verify"},
		"an error":                         {func(s *served) { s.status = http.StatusInternalServerError }, "500"},
		"a redirect":                       {func(s *served) { s.status = http.StatusFound }, "redirects are not followed"},
		"no JSON":                          {func(s *served) { s.text = "{" }, "partner.example"},
		"a bundle without an authority":    {func(s *served) { s.text = string(none) }, "authorit"},
		"a bundle that is longer than any": {func(s *served) { s.text = strings.Repeat(" ", bundle.MaxSize) + s.text }, "at most 1048576 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, source(t, a, "/spire/server"), document(t, a))
			now := &clock{}
			e, failed := follow(t, bundle.EndpointOptions{
				URL: s.url, ID: spiffeid.RequireFromPath(partner, "/spire/server"), First: first(t, a), MaxAge: time.Hour, Now: now.now,
			})
			await.True(t, "a first fetch", func() bool { return s.fetched.Load() > 0 })
			good := s.text
			s.change(c.spoil)
			if err := <-failed; !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %q", err, c.says)
			}
			if !trusts(e, a) || trusts(e, stranger) {
				t.Error("the last good bundle is gone")
			}
			now.Store(int64(59 * time.Minute))
			if !trusts(e, a) {
				t.Error("the last good bundle is not used as long as it may")
			}
			now.Store(int64(61 * time.Minute))
			if _, err := e.GetX509BundleForTrustDomain(partner); err == nil || !strings.Contains(err.Error(), "too old") {
				t.Errorf("a bundle that is too old gives %v", err)
			}
			if _, err := e.GetJWTBundleForTrustDomain(partner); err == nil {
				t.Error("keys that are too old are given")
			}
			renewed := source(t, a, "/spire/server")
			s.change(func(s *served) { s.status, s.text, s.shown = http.StatusOK, good, renewed })
			await.True(t, "the bundle after the outage", func() bool { return trusts(e, a) })
		})
	}
}

func TestAnEndpointThatCannotBeVerifiedIsRefused(t *testing.T) {
	id := spiffeid.RequireFromPath(partner, "/spire/server")
	for name, o := range map[string]bundle.EndpointOptions{
		"over plain HTTP":             {URL: "http://partner.example", First: first(t, authority(t, partner.Name())), ID: id},
		"without a first bundle":      {URL: "https://partner.example", ID: id},
		"of a domain that nobody has": {URL: "https://partner.example", ID: spiffeid.RequireFromString("spiffe://other.example/x")},
		"with a password in its URL":  {URL: "https://a:b@partner.example"},
		"with no host":                {URL: "https:///bundle"},
	} {
		o.Domain, o.Now = partner, time.Now
		if _, err := bundle.NewEndpoint(o); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
