package server

import (
	"context"
	"crypto/x509"
	"fmt"
	"os"
	"sync"

	"github.com/spiffe/go-spiffe/v2/bundle/spiffebundle"
	"github.com/spiffe/go-spiffe/v2/bundle/x509bundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"

	"github.com/agentward/terraform-provider-agent/internal/gateway/bundle"
	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
)

// federation follows the bundle endpoints of other trust domains, from one configuration to the next.
type federation struct {
	mu      sync.Mutex
	bundles bundle.Set // that are in force
	running map[string]*following
}

// following is an endpoint that is asked again and again.
type following struct {
	endpoint *bundle.Endpoint
	stop     context.CancelFunc
	done     chan struct{}
}

// GetX509BundleForTrustDomain implements x509bundle.Source, for endpoints whose servers are of another trust domain than their bundles.
func (f *federation) GetX509BundleForTrustDomain(domain spiffeid.TrustDomain) (*x509bundle.Bundle, error) {
	f.mu.Lock()
	bundles := f.bundles
	f.mu.Unlock()
	return bundles.GetX509BundleForTrustDomain(domain)
}

// take follows the endpoints of an identity that is in force from now on, and no others.
func (f *federation) take(i *identity) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.bundles = i.bundles
	for key, old := range f.running {
		if i.endpoints[key] != old.endpoint {
			old.stop()
			delete(f.running, key)
		}
	}
	for key, endpoint := range i.endpoints {
		if f.running[key] != nil {
			continue
		}
		if f.running == nil {
			f.running = map[string]*following{}
		}
		ctx, stop := context.WithCancel(context.Background())
		next := &following{endpoint: endpoint, stop: stop, done: make(chan struct{})}
		f.running[key] = next
		go func() {
			defer close(next.done)
			endpoint.Run(ctx)
		}()
	}
}

// known gives an endpoint that is followed already, nil where it is not.
func (f *federation) known(key string) *bundle.Endpoint {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.running[key] == nil {
		return nil
	}
	return f.running[key].endpoint
}

// stop ends what take began.
func (f *federation) stop() {
	f.mu.Lock()
	running := f.running
	f.running = nil
	f.mu.Unlock()
	for _, one := range running {
		one.stop()
		<-one.done
	}
}

// bundle gives the source of a trust domain's bundle: a file, an endpoint, or the Workload API.
func (s *Server) bundle(t config.Trust, domain spiffeid.TrustDomain, i *identity) (bundle.Source, error) {
	var first *spiffebundle.Bundle
	if t.Bundle != "" {
		var err error
		if first, err = bundle.Load(domain, t.Bundle); err != nil {
			return nil, err
		}
	}
	switch {
	case t.Endpoint != nil:
		return s.endpoint(t, domain, first, i)
	case first != nil:
		return first, nil
	case s.workload != nil:
		return s.workload, nil
	}
	return nil, fmt.Errorf("there is neither a bundle nor a workload API")
}

// endpoint gives the endpoint that serves a trust domain's bundle: the one that is followed already where nothing of it was changed.
func (s *Server) endpoint(t config.Trust, domain spiffeid.TrustDomain, first *spiffebundle.Bundle, i *identity) (bundle.Source, error) {
	o := bundle.EndpointOptions{
		Domain: domain, URL: t.Endpoint.URL, First: first, Others: &s.federation, MaxAge: t.Endpoint.MaxAge, Now: s.options.Now,
		Failed: func(err error) { s.options.Log.Warn("the last good bundle stays while it may", "error", err) },
	}
	var roots []byte
	var err error
	if t.Endpoint.SPIFFEID != "" {
		if o.ID, err = spiffeid.FromString(t.Endpoint.SPIFFEID); err != nil {
			return nil, err
		}
	}
	if t.Endpoint.Roots != "" {
		if roots, err = os.ReadFile(t.Endpoint.Roots); err != nil {
			return nil, err
		}
		o.Roots = x509.NewCertPool()
		o.Roots.AppendCertsFromPEM(roots)
	}
	var begins []byte
	if first != nil {
		if begins, err = first.Marshal(); err != nil {
			return nil, err
		}
	}
	key := fmt.Sprintf("%s %+v %q %q", t.Domain, *t.Endpoint, roots, begins)
	made := s.federation.known(key)
	if made == nil {
		if made, err = bundle.NewEndpoint(o); err != nil {
			return nil, err
		}
	}
	i.endpoints[key] = made
	return made, nil
}
