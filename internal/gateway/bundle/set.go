// Package bundle keeps the bundles of trust domains: what verifies their X.509-SVIDs and JWT-SVIDs. Each trust domain has one source, and what that
// says counts for it alone (SPIFFE Federation §6: bundles are not merged).
package bundle

import (
	"fmt"
	"maps"
	"slices"

	"github.com/spiffe/go-spiffe/v2/bundle/jwtbundle"
	"github.com/spiffe/go-spiffe/v2/bundle/x509bundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
)

// Source gives the bundle of a trust domain, as it is now.
type Source interface {
	x509bundle.Source
	jwtbundle.Source
}

// Set holds the source of each trust domain that is trusted. It is not changed once it is in use.
type Set map[spiffeid.TrustDomain]Source

// Domains gives the names of the trust domains, sorted.
func (s Set) Domains() []string {
	names := make([]string, 0, len(s))
	for domain := range maps.Keys(s) {
		names = append(names, domain.Name())
	}
	slices.Sort(names)
	return names
}

// GetX509BundleForTrustDomain gives the X.509 authorities of a trust domain, and an error for one that is not trusted.
func (s Set) GetX509BundleForTrustDomain(domain spiffeid.TrustDomain) (*x509bundle.Bundle, error) {
	source, ok := s[domain]
	if !ok {
		return nil, fmt.Errorf("trust domain %q is not trusted", domain)
	}
	return source.GetX509BundleForTrustDomain(domain)
}

// GetJWTBundleForTrustDomain gives the JWT authorities of a trust domain, and an error for one that is not trusted.
func (s Set) GetJWTBundleForTrustDomain(domain spiffeid.TrustDomain) (*jwtbundle.Bundle, error) {
	source, ok := s[domain]
	if !ok {
		return nil, fmt.Errorf("trust domain %q is not trusted", domain)
	}
	return source.GetJWTBundleForTrustDomain(domain)
}
