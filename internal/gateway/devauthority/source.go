package devauthority

import (
	"fmt"
	"sync"

	"github.com/spiffe/go-spiffe/v2/bundle/x509bundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/svid/x509svid"
)

// Source is one workload's SVID and the bundle of its trust domain, renewed when half of the SVID's life is over. It is an x509svid.Source
// and an x509bundle.Source, as go-spiffe's TLS configurations take them.
type Source struct {
	authority *Authority
	id        spiffeid.ID

	mu   sync.Mutex
	svid *x509svid.SVID
}

// Source gives the source of a workload.
func (a *Authority) Source(id spiffeid.ID) (*Source, error) {
	s := &Source{authority: a, id: id}
	_, err := s.GetX509SVID()
	return s, err
}

// GetX509SVID gives the workload's SVID.
func (s *Source) GetX509SVID() (*x509svid.SVID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.svid != nil && s.authority.now().Add(SVIDLifetime/2).Before(s.svid.Certificates[0].NotAfter) {
		return s.svid, nil
	}
	renewed, err := s.authority.Issue(s.id)
	if err != nil {
		return nil, err
	}
	s.svid = renewed
	return renewed, nil
}

// GetX509BundleForTrustDomain gives the authority's bundle, and an error for another trust domain.
func (s *Source) GetX509BundleForTrustDomain(domain spiffeid.TrustDomain) (*x509bundle.Bundle, error) {
	if domain != s.authority.domain {
		return nil, fmt.Errorf("development authority: no bundle of %s", domain)
	}
	return s.authority.Bundle(), nil
}
