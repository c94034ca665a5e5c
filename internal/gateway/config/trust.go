package config

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/spiffe/go-spiffe/v2/spiffeid"

	"github.com/agentward/terraform-provider-agent/internal/gateway/bundle"
	"github.com/agentward/terraform-provider-agent/internal/gateway/written"
)

// Trust is a trust domain whose workloads may call. Its bundle is in a file, behind an endpoint, or, where neither is said, what the Workload API has of it.
type Trust struct {
	Domain   string
	Bundle   string    // file, "" for none; what an endpoint begins with
	Endpoint *Endpoint // nil for none
}

// Endpoint is where a trust domain serves its bundle (SPIFFE Federation §5).
type Endpoint struct {
	URL      string
	SPIFFEID string // of its server, "" for the profile https_web
	Roots    string // file with certificates that verify the server in the profile https_web, "" for those of the system
	MaxAge   time.Duration
}

// trust reads whose bundles verify callers.
func (r *reading) trust(f *written.File) {
	seen := map[string]bool{}
	if f.Authority != nil {
		seen[f.Authority.TrustDomain] = true
	}
	for _, t := range f.Trust {
		domain, err := spiffeid.TrustDomainFromString(t.Domain)
		if err != nil || domain.Name() != t.Domain {
			r.wrong(t.At, t.At, "Not a trust domain", "%q: use a name such as \"example.org\".", t.Domain)
			continue
		}
		if seen[t.Domain] {
			r.wrong(t.At, t.At, "Trust domain is there twice", "%q has a bundle already. Bundles of one trust domain belong in one file.", t.Domain)
		}
		seen[t.Domain] = true
		made := Trust{Domain: t.Domain, Bundle: r.within(t.Bundle)}
		switch {
		case made.Bundle != "":
			r.Files = append(r.Files, made.Bundle)
			if err := r.bundle(domain, made.Bundle); err != nil {
				r.wrong(t.BundleAt, t.At, "Bundle cannot be read", "%v. Name a file with the trust domain's certificates in PEM, or its SPIFFE bundle in JSON.", err)
			}
		case t.Endpoint == nil && (r.Identity == nil || r.Identity.WorkloadAPI == ""):
			r.wrong(t.At, t.At, "Trust domain has no bundle", "Give bundle, which is a file, or an endpoint. Without them it is the Workload API's, and identity does not name one.")
		}
		if t.Endpoint != nil {
			made.Endpoint = r.endpoint(t.Endpoint)
		}
		r.Trust = append(r.Trust, made)
	}
	for i, t := range r.Trust {
		if t.Endpoint != nil {
			r.verified(f.Trust, i)
		}
	}
}

// bundle says why a file holds no bundle of a trust domain.
func (r *reading) bundle(domain spiffeid.TrustDomain, file string) error {
	text, err := r.source.Read(file, bundle.MaxSize)
	switch {
	case errors.Is(err, ErrLater):
		return nil
	case err != nil:
		return err
	}
	if _, err := bundle.Parse(domain, text); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

func (r *reading) endpoint(e *written.Endpoint) *Endpoint {
	made := &Endpoint{URL: e.URL, Roots: r.within(e.Roots), MaxAge: bundle.DefaultMaxAge}
	if u, err := url.Parse(e.URL); err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		r.wrong(e.URLAt, e.At, "Not a URL of a bundle endpoint", "%q: use one of https, without a password.", e.URL)
	}
	switch {
	case e.Profile == "https_spiffe" && e.SPIFFEID == "":
		r.wrong(e.SPIFFEIDAt, e.At, "Server of the endpoint is not named", "The profile https_spiffe needs spiffe_id, the server's own, such as \"spiffe://example.org/spire/server\".")
	case e.Profile == "https_spiffe" && e.Roots != "":
		r.wrong(e.RootsAt, e.At, "Not of this profile", "ca_file goes with https_web. In the profile https_spiffe a bundle verifies the server.")
	case e.Profile == "https_spiffe":
		r.spiffeID(e.SPIFFEID, e.SPIFFEIDAt, e.At)
		made.SPIFFEID = e.SPIFFEID
	case e.Profile == "https_web" && e.SPIFFEID != "":
		r.wrong(e.SPIFFEIDAt, e.At, "Not of this profile", "spiffe_id goes with https_spiffe. In the profile https_web the server's name is in its URL.")
	case e.Profile != "https_web":
		r.wrong(e.ProfileAt, e.At, "Profile is not known", "%q: it may be \"https_spiffe\" or \"https_web\".", e.Profile)
	}
	if made.Roots != "" {
		r.Files = append(r.Files, made.Roots)
		r.certificates(made.Roots, e.RootsAt, e.At)
	}
	if e.MaxAge != "" {
		r.duration(&made.MaxAge, e.MaxAge, e.MaxAgeAt, 30*24*time.Hour)
	}
	return made
}

// verified checks that there is a bundle that verifies an endpoint's server.
func (r *reading) verified(blocks []written.Trust, i int) {
	t := r.Trust[i]
	id, err := spiffeid.FromString(t.Endpoint.SPIFFEID)
	if err != nil {
		return // there is none, or it was told
	}
	at, block := blocks[i].Endpoint.SPIFFEIDAt, blocks[i].Endpoint.At
	domain := id.TrustDomain().Name()
	if domain == t.Domain {
		if t.Bundle == "" {
			r.wrong(at, block, "Nothing verifies the endpoint", "Its server is of the trust domain %q itself, so that bundle must name a file to begin with.", domain)
		}
		return
	}
	own := r.Authority != nil && r.Authority.TrustDomain == domain || r.Identity != nil && r.Identity.WorkloadAPI != ""
	if !own && !slices.ContainsFunc(r.Trust, func(other Trust) bool { return other.Domain == domain }) {
		r.wrong(at, block, "Nothing verifies the endpoint", "Its server is of the trust domain %q, which has no trust block.", domain)
	}
}
