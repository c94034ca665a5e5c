package config

import (
	"crypto/x509"
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
	"github.com/hashicorp/hcl/v2"
	"github.com/spiffe/go-spiffe/v2/spiffeid"

	"github.com/agentward/terraform-provider-agent/internal/gateway/authn"
	"github.com/agentward/terraform-provider-agent/internal/gateway/compact"
	"github.com/agentward/terraform-provider-agent/internal/gateway/token"
	"github.com/agentward/terraform-provider-agent/internal/gateway/written"
)

// Issuer is an authorization server or OpenID provider whose access tokens are taken.
type Issuer struct {
	Name         string // its iss
	JWKS         string // URL of its keys, "" where its metadata says so
	Roots        string // file with certificates that verify its server, "" for those of the system
	Algorithms   []jose.SignatureAlgorithm
	Audiences    []string // taken beside the resource that is called
	Types        []string // typ of its tokens
	TrustDomains []string // whose agents it may name
	Unbound      bool     // its tokens need not be bound to a key or a certificate
	User         string   // claim that names a user, "" for sub
	Scopes       []string // that a token must have
}

func (r *reading) issuers(f *written.File) {
	for i := range f.Issuers {
		r.issuer(&f.Issuers[i])
	}
	for _, did := range f.DIDs {
		if _, err := authn.ParseDID(did); err != nil {
			r.wrong(f.DIDsAt, r.start(), "Not a DID", "%q: %v. Use a did:key of Ed25519, such as \"did:key:z6Mk…\".", did, err)
		}
	}
	r.DIDs = f.DIDs
}

func (r *reading) issuer(i *written.Issuer) {
	if !fetchable(i.Name) {
		r.wrong(i.At, i.At, "Not an issuer", "%q: an issuer is a URL of https, or of http on loopback, as its tokens have it in iss.", i.Name)
	}
	if slices.ContainsFunc(r.Issuers, func(other Issuer) bool { return other.Name == i.Name }) {
		r.wrong(i.At, i.At, "Issuer is there twice", "There is another issuer %q. Say everything of it in one block.", i.Name)
	}
	if i.JWKS != "" && !fetchable(i.JWKS) {
		r.wrong(i.JWKSAt, i.At, "Not a URL of keys", "%q: keys come over https, or over http on loopback. Leave jwks_uri out where the issuer publishes metadata.", i.JWKS)
	}
	made := Issuer{
		Name: i.Name, JWKS: i.JWKS, Roots: r.within(i.Roots), Audiences: i.Audiences, Types: i.Types, TrustDomains: i.TrustDomains, Unbound: i.Unbound,
		User: i.User, Scopes: i.Scopes,
	}
	if made.Types == nil {
		made.Types = []string{token.Type}
	}
	if made.Roots != "" {
		r.Files = append(r.Files, made.Roots)
		r.certificates(made.Roots, i.RootsAt, i.At)
	}
	for _, name := range i.Algorithms {
		if !slices.Contains(compact.Asymmetric, jose.SignatureAlgorithm(name)) {
			r.wrong(i.AlgorithmsAt, i.At, "Algorithm is not known", "%q: it may be one of %v.", name, compact.Asymmetric)
		}
		made.Algorithms = append(made.Algorithms, jose.SignatureAlgorithm(name))
	}
	for _, domain := range i.TrustDomains {
		if read, err := spiffeid.TrustDomainFromString(domain); err != nil || read.Name() != domain {
			r.wrong(i.TrustDomainsAt, i.At, "Not a trust domain", "%q: use a name such as \"example.org\".", domain)
		}
	}
	for _, list := range []struct {
		values []string
		at     hcl.Range
		name   string
	}{{i.Audiences, i.AudiencesAt, "audience"}, {i.Types, i.TypesAt, "typ"}, {i.Scopes, i.ScopesAt, "scope"}} {
		if slices.ContainsFunc(list.values, func(v string) bool { return v == "" || strings.ContainsAny(v, " \t\r\n\"\\") }) {
			r.wrong(list.at, i.At, "Not usable", "%q: an %s has no spaces and is not empty.", list.values, list.name)
		}
	}
	r.Issuers = append(r.Issuers, made)
}

// fetchable says whether keys may come from a URL: of https, or of http on loopback.
func fetchable(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || u.RawQuery != "" {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || err == nil && ip.IsLoopback())
}

// certificates checks a file with certificates that verify servers.
func (r *reading) certificates(path string, at, block hcl.Range) {
	text, err := r.source.Read(path, mostSecret)
	if errors.Is(err, ErrLater) || err == nil && x509.NewCertPool().AppendCertsFromPEM(text) {
		return
	}
	if err != nil {
		r.wrong(at, block, "Certificates cannot be read", "%v.", err)
		return
	}
	r.wrong(at, block, "Certificates cannot be read", "%s holds no certificate in PEM.", path)
}
