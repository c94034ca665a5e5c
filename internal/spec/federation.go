package spec

import (
	"errors"
	"net/url"

	"github.com/spiffe/go-spiffe/v2/bundle/spiffebundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
)

// ValidateFederation checks the federated trust domains of an identity.
func ValidateFederation(fs []Federation) Problems {
	var ps Problems
	seen := map[string]int{}
	for i, f := range fs {
		path := []any{"federates_with", i}
		at := func(attribute string) []any { return append(path[:2:2], attribute) }

		td, err := spiffeid.TrustDomainFromString(f.TrustDomain)
		switch {
		case err != nil:
			ps.Add(at("trust_domain"), "%q is no SPIFFE trust domain: %v", f.TrustDomain, err)
			continue // nothing else can be said about it
		case td.Name() != f.TrustDomain:
			ps.Add(at("trust_domain"), "%q is a SPIFFE ID; write the trust domain alone: %q", f.TrustDomain, td.Name())
			continue
		}
		if first, again := seen[f.TrustDomain]; again {
			ps.Add(at("trust_domain"), "%q is listed twice, first as %s", f.TrustDomain, PathString([]any{"federates_with", first}))
		} else {
			seen[f.TrustDomain] = i
		}
		f.validateEndpoint(&ps, at, td)
		f.validateBundle(&ps, at, td)
	}
	return ps
}

func (f Federation) validateEndpoint(ps *Problems, at func(string) []any, td spiffeid.TrustDomain) {
	if f.BundleEndpointURL == "" {
		if f.EndpointSPIFFEID != "" {
			ps.Add(at("endpoint_spiffe_id"), "an endpoint's SPIFFE ID means nothing without bundle_endpoint_url")
		}
		if f.TrustDomainBundle != "" {
			ps.Add(at("trust_domain_bundle"), "a bundle is kept fresh from its endpoint; set bundle_endpoint_url beside it")
		}
		return
	}
	// The same demands as the SPIRE server's, which would otherwise appear only at apply. A URL that may carry a password is
	// not repeated.
	endpoint, err := url.Parse(f.BundleEndpointURL)
	var malformed *url.Error
	switch {
	case errors.As(err, &malformed):
		ps.Add(at("bundle_endpoint_url"), "it is no URL: %v", malformed.Err)
	case err != nil:
		ps.Add(at("bundle_endpoint_url"), "it is no URL")
	case endpoint.User != nil:
		ps.Add(at("bundle_endpoint_url"), "the URL carries user information, which the endpoint protocols do not use")
	case endpoint.Scheme != "https":
		ps.Add(at("bundle_endpoint_url"), "%q does not use https, and a bundle fetched in the clear can be forged", f.BundleEndpointURL)
	case endpoint.Hostname() == "":
		ps.Add(at("bundle_endpoint_url"), "%q names no host", f.BundleEndpointURL)
	}
	if f.EndpointSPIFFEID == "" {
		return
	}
	server, err := spiffeid.FromString(f.EndpointSPIFFEID)
	switch {
	case err != nil:
		ps.Add(at("endpoint_spiffe_id"), "%q is no SPIFFE ID: %v", f.EndpointSPIFFEID, err)
	case server.MemberOf(td) && f.TrustDomainBundle == "":
		ps.Add(at("trust_domain_bundle"),
			"%q is authenticated by the bundle of %q itself, so the first one has to be given here (spire-server bundle show -format spiffe)", f.EndpointSPIFFEID, td.Name())
	}
}

func (f Federation) validateBundle(ps *Problems, at func(string) []any, td spiffeid.TrustDomain) {
	if f.TrustDomainBundle == "" {
		return
	}
	bundle, err := spiffebundle.Parse(td, []byte(f.TrustDomainBundle))
	switch {
	case err != nil:
		ps.Add(at("trust_domain_bundle"), "not a SPIFFE bundle in JSON (spire-server bundle show -format spiffe gives one): %v", err)
	case len(bundle.X509Authorities()) == 0:
		ps.Add(at("trust_domain_bundle"), "the bundle holds no X.509 authority, so it verifies no X509-SVID of %q", td.Name())
	}
}
