package bundle

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/spiffe/go-spiffe/v2/bundle/jwtbundle"
	"github.com/spiffe/go-spiffe/v2/bundle/spiffebundle"
	"github.com/spiffe/go-spiffe/v2/bundle/x509bundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"
)

// What an Endpoint does unless said otherwise.
const (
	// DefaultRefresh is how often a bundle without a hint is fetched (SPIFFE Trust Domain and Bundle §4.1.2).
	DefaultRefresh = 5 * time.Minute
	// DefaultMaxAge is how long a bundle is used that cannot be fetched anew.
	DefaultMaxAge = 24 * time.Hour
	// DefaultRetry is how soon a fetch that failed is tried again; each further failure doubles it, up to the interval of fetches.
	DefaultRetry = 5 * time.Second
	timeout      = 10 * time.Second
	maxRefresh   = 24 * time.Hour
)

// EndpointOptions are what an Endpoint is made from.
type EndpointOptions struct {
	// Domain is the trust domain whose bundle is served, and URL where: https.
	Domain spiffeid.TrustDomain
	URL    string
	// ID is the SPIFFE ID of the server in the profile https_spiffe. The zero value is for https_web, where Roots verify the server, nil for the system's.
	ID    spiffeid.ID
	Roots *x509.CertPool
	// First is the bundle to begin with, nil for none. The profile https_spiffe needs it where the server is of the same trust domain.
	First *spiffebundle.Bundle
	// Others verify the server in the profile https_spiffe where it is of another trust domain.
	Others x509bundle.Source
	// MaxAge is how long a bundle is used that cannot be fetched anew, DefaultMaxAge where 0. Retry is how soon a fetch that failed is tried again,
	// DefaultRetry where 0; it is also the shortest interval of fetches, whatever the bundle hints at.
	MaxAge, Retry time.Duration
	// Now reads the clock, and Failed is told of each fetch that failed.
	Now    func() time.Time
	Failed func(error)
}

// Endpoint follows the bundle that another trust domain serves (SPIFFE Federation §5). It is a Source, and safe for concurrent use. While its server is
// away, the last good bundle counts until it is too old.
type Endpoint struct {
	o      EndpointOptions
	client *http.Client

	mu   sync.Mutex
	last *spiffebundle.Bundle // nil before the first
	at   time.Time            // when last was fetched, or given at first
}

// NewEndpoint gives an endpoint. It fetches nothing before Run.
func NewEndpoint(o EndpointOptions) (*Endpoint, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return nil, fmt.Errorf("bundle endpoint of %s: %q is not a URL of https", o.Domain, o.URL)
	}
	if !o.ID.IsZero() && o.ID.TrustDomain() == o.Domain && o.First == nil {
		return nil, fmt.Errorf("bundle endpoint of %s: its server %s is verified with the bundle that it serves, so a first one is needed", o.Domain, o.ID)
	}
	if !o.ID.IsZero() && o.ID.TrustDomain() != o.Domain && o.Others == nil {
		return nil, fmt.Errorf("bundle endpoint of %s: there is no bundle that verifies its server %s", o.Domain, o.ID)
	}
	if o.MaxAge <= 0 {
		o.MaxAge = DefaultMaxAge
	}
	if o.Retry <= 0 {
		o.Retry = DefaultRetry
	}
	e := &Endpoint{o: o, last: o.First, at: o.Now()}
	config := &tls.Config{RootCAs: o.Roots}
	if !o.ID.IsZero() {
		config = tlsconfig.TLSClientConfig(server{e}, tlsconfig.AuthorizeID(o.ID))
	}
	config.MinVersion = tls.VersionTLS12
	e.client = &http.Client{
		Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true, ForceAttemptHTTP2: true}, // what verified a connection may be gone by the next fetch
		Timeout:   timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return errors.New("redirects are not followed")
		},
	}
	return e, nil
}

// server verifies the endpoint's server: with the bundle at hand where it is of the same trust domain. That one does not grow too old here, or an
// endpoint that was away too long could never be asked again.
type server struct{ *Endpoint }

// GetX509BundleForTrustDomain implements x509bundle.Source.
func (s server) GetX509BundleForTrustDomain(domain spiffeid.TrustDomain) (*x509bundle.Bundle, error) {
	if domain != s.o.Domain {
		return s.o.Others.GetX509BundleForTrustDomain(domain)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last.GetX509BundleForTrustDomain(domain)
}

// Run follows the endpoint until ctx is done.
func (e *Endpoint) Run(ctx context.Context) {
	failures := 0
	for {
		wait := e.interval()
		if err := e.fetch(ctx); err != nil && ctx.Err() == nil {
			e.o.Failed(fmt.Errorf("bundle endpoint of %s: %w", e.o.Domain, err))
			wait = min(wait, e.o.Retry<<min(failures, 16))
			failures++
		} else {
			wait, failures = e.interval(), 0
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// interval is how long a bundle counts as fresh: what it hints at, in bounds.
func (e *Endpoint) interval() time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	refresh := DefaultRefresh
	if e.last != nil {
		if hint, ok := e.last.RefreshHint(); ok {
			refresh = hint
		}
	}
	return min(max(refresh, e.o.Retry), maxRefresh)
}

func (e *Endpoint) fetch(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, e.o.URL, http.NoBody)
	if err != nil {
		return err
	}
	response, err := e.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", e.o.URL, response.Status)
	}
	fetched, err := read(e.o.Domain, response.Body)
	if err != nil {
		return fmt.Errorf("GET %s: %w", e.o.URL, err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.last, e.at = fetched, e.o.Now()
	return nil
}

// current gives the last good bundle, and an error where there is none that counts.
func (e *Endpoint) current() (*spiffebundle.Bundle, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.last == nil {
		return nil, fmt.Errorf("bundle endpoint of %s: nothing was fetched yet", e.o.Domain)
	}
	if age := e.o.Now().Sub(e.at); age > e.o.MaxAge {
		return nil, fmt.Errorf("bundle endpoint of %s: the last bundle is from %s, which is too old", e.o.Domain, e.at.UTC().Format(time.RFC3339))
	}
	return e.last, nil
}

// GetX509BundleForTrustDomain implements x509bundle.Source.
func (e *Endpoint) GetX509BundleForTrustDomain(domain spiffeid.TrustDomain) (*x509bundle.Bundle, error) {
	b, err := e.current()
	if err != nil {
		return nil, err
	}
	return b.GetX509BundleForTrustDomain(domain)
}

// GetJWTBundleForTrustDomain implements jwtbundle.Source.
func (e *Endpoint) GetJWTBundleForTrustDomain(domain spiffeid.TrustDomain) (*jwtbundle.Bundle, error) {
	b, err := e.current()
	if err != nil {
		return nil, err
	}
	return b.GetJWTBundleForTrustDomain(domain)
}
