// Package authn says who makes a request, or what they have to bring to be known.
//
// What it takes, each only where configured:
//
//   - an X.509-SVID as the connection's client certificate, verified with the bundle of its own trust domain;
//   - an access token (RFC 9068) with a DPoP proof (RFC 9449), bound to the client certificate (RFC 8705), or, of issuers that are allowed to, unbound;
//   - a JWT-SVID as a bearer token;
//   - a did:key of Ed25519, as "Authorization: DID did:key:z6Mk…" together with a DPoP proof that is signed by that key and whose ath
//     is the hash of the DID as that of an access token would be. So a DID proves itself with what RFC 9449 §4.3 checks, replay included.
//
// A client certificate that is not a good SVID refuses the request, whatever else it carries, and so does a token of another agent than the
// connection's. What was proven has to be one of the combinations that are enough.
package authn

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spiffe/go-spiffe/v2/bundle/jwtbundle"

	"github.com/agentward/terraform-provider-agent/internal/gateway/dpop"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
	"github.com/agentward/terraform-provider-agent/internal/gateway/svid"
	"github.com/agentward/terraform-provider-agent/internal/gateway/token"
)

// Options are what an Authenticator is made from.
type Options struct {
	// Origin is the scheme, host and port that callers see, "https://gateway.example.org". Proofs are made for URLs under it; the Host header is
	// not asked, since the caller writes it.
	Origin string
	// Enough are the combinations of methods of which a request must prove one. What none of them names is not looked at. There must be at least one.
	Enough []principal.Combination
	// Clients verifies client certificates.
	Clients *svid.Verifier
	// Tokens verifies access tokens.
	Tokens *token.Verifier
	// Proofs checks DPoP proofs. It is required with Tokens and DIDs.
	Proofs *dpop.Verifier
	// JWTSVIDs are the keys of each trust domain whose JWT-SVIDs are taken.
	JWTSVIDs jwtbundle.Source
	// DIDs says which did:key may call at all.
	DIDs func(did string) bool
	// Loopback is the SPIFFE ID of whoever reaches the listener, "" where connections prove nothing by being there.
	Loopback string
	// Suspended says whether a principal is shut out. It is required, and asked for each request.
	Suspended func(principal.Principal) bool
	// Now reads the clock. It is required with JWTSVIDs.
	Now func() time.Time
}

// Authenticator authenticates requests. It is safe for concurrent use.
type Authenticator struct {
	o Options
}

// New gives an authenticator.
func New(o Options) (*Authenticator, error) {
	u, err := url.Parse(o.Origin)
	if err != nil || u.Host == "" || u.Scheme+"://"+u.Host != o.Origin {
		return nil, fmt.Errorf("authn: origin %q is not scheme, host and port alone", o.Origin)
	}
	if o.Suspended == nil {
		return nil, errors.New("authn: suspended is required")
	}
	if len(o.Enough) == 0 {
		return nil, errors.New("authn: no combination of methods is enough, so that nobody could be authenticated")
	}
	return newAuthenticator(o)
}

// newAuthenticator keeps what the combinations name, all of which must be there.
func newAuthenticator(o Options) (*Authenticator, error) {
	asked := func(methods ...string) bool {
		return slices.ContainsFunc(o.Enough, func(c principal.Combination) bool { return slices.ContainsFunc(methods, c.Has) })
	}
	if !asked(principal.MTLS, principal.CertBound) {
		o.Clients = nil
	}
	if !asked(principal.DPoP, principal.CertBound, principal.JWT) {
		o.Tokens = nil
	}
	if !asked(principal.JWTSVID) {
		o.JWTSVIDs = nil
	}
	if !asked(principal.DID) {
		o.DIDs = nil
	}
	if !asked(principal.Loopback) {
		o.Loopback = ""
	}
	for method, has := range map[string]bool{
		principal.MTLS: o.Clients != nil, principal.CertBound: o.Clients != nil && o.Tokens != nil,
		principal.DPoP: o.Tokens != nil, principal.JWT: o.Tokens != nil, principal.JWTSVID: o.JWTSVIDs != nil && o.Now != nil,
		principal.DID: o.DIDs != nil, principal.Loopback: o.Loopback != "",
	} {
		if asked(method) && !has {
			return nil, fmt.Errorf("authn: %s is asked for, and there is nothing to verify it with", method)
		}
	}
	if o.Proofs == nil && (o.Tokens != nil || o.DIDs != nil) {
		return nil, errors.New("authn: proofs are required with tokens and DIDs")
	}
	if o.Tokens == nil && o.DIDs == nil {
		o.Proofs = nil
	}
	return &Authenticator{o: o}, nil
}

// Nonce gives what to send as DPoP-Nonce with every answer, "" for nothing (RFC 9449 §8.2).
func (a *Authenticator) Nonce() string {
	if a.o.Proofs == nil {
		return ""
	}
	return a.o.Proofs.Nonce()
}

// request is one on its way through the authenticator.
type request struct {
	r        *http.Request
	resource string
	svid     *svid.SVID // nil without a client certificate
	agent    string     // SPIFFE ID of who the connection is, "" where it does not say
	proven   []string   // what the connection alone proves
	scheme   string     // of Authorization, "" without
	value    string     // what follows it
}

// Authenticate says who makes a request to a resource: the URI that its tokens must be for (RFC 8707). Errors are of type *Challenge.
func (a *Authenticator) Authenticate(r *http.Request, resource string) (principal.Principal, error) {
	q := &request{r: r, resource: resource}
	p, err := a.authenticate(q)
	if err != nil {
		return principal.Principal{}, err
	}
	if !p.Known() || !slices.ContainsFunc(a.o.Enough, func(c principal.Combination) bool { return c.Proven(p.Methods) }) {
		return principal.Principal{}, a.lacking(q)
	}
	slices.Sort(p.Methods)
	if a.o.Suspended(p) {
		return principal.Principal{}, &Challenge{Status: http.StatusForbidden, Code: "access_denied", Reason: "principal is suspended", Who: p}
	}
	return p, nil
}

func (a *Authenticator) authenticate(q *request) (principal.Principal, error) {
	if err := a.connection(q); err != nil {
		return principal.Principal{}, err
	}
	values := q.r.Header.Values("Authorization")
	if len(values) > 1 {
		return principal.Principal{}, malformed("request has more than one Authorization header")
	}
	if len(values) == 0 {
		return q.bare(), nil
	}
	scheme, value, ok := strings.Cut(values[0], " ")
	if value = strings.TrimLeft(value, " "); !ok || value == "" || strings.ContainsAny(value, " ,") {
		return principal.Principal{}, malformed("Authorization is not a scheme and one credential")
	}
	q.scheme, q.value = strings.ToLower(scheme), value
	switch {
	case q.scheme == "dpop" && a.o.Tokens != nil:
		return a.token(q)
	case q.scheme == "bearer" && (a.o.Tokens != nil || a.o.JWTSVIDs != nil):
		return a.token(q)
	case q.scheme == "did" && a.o.DIDs != nil:
		return a.did(q)
	}
	q.scheme = ""
	return principal.Principal{}, a.challenge(q, "", "authorization scheme is not one that is taken here", nil)
}

// connection finds who the connection is.
func (a *Authenticator) connection(q *request) error {
	if a.o.Loopback != "" {
		q.agent, q.proven = a.o.Loopback, []string{principal.Loopback}
	}
	if a.o.Clients == nil {
		return nil
	}
	peer, err := a.o.Clients.Peer(q.r.TLS)
	switch {
	case errors.Is(err, svid.ErrNone):
		return nil
	case err != nil:
		return a.challenge(q, "", "client certificate is not an X.509-SVID of a trusted domain", err)
	}
	q.svid, q.agent, q.proven = peer, peer.ID.String(), []string{principal.MTLS}
	return nil
}

// bare gives the principal that the connection alone makes.
func (q *request) bare() principal.Principal {
	if q.agent == "" {
		return principal.Principal{}
	}
	p := principal.FromSPIFFEID(q.agent)
	p.Methods = slices.Clone(q.proven)
	return p
}

// as gives the principal of an agent that a token names, which must be the connection's where that has one. "" names none.
func (a *Authenticator) as(q *request, agent string) (principal.Principal, error) {
	if q.agent != "" {
		if agent != "" && agent != q.agent {
			return principal.Principal{}, a.challenge(q, "invalid_token", "token is another agent's than the connection", nil)
		}
		return q.bare(), nil
	}
	if agent == "" {
		return principal.Principal{}, nil
	}
	return principal.FromSPIFFEID(agent), nil
}

// url gives the request's as callers see it.
func (a *Authenticator) url(r *http.Request) string { return a.o.Origin + r.URL.EscapedPath() }

// prove checks the request's proof, for a credential that is bound to a key.
func (a *Authenticator) prove(q *request, credential, thumbprint string) error {
	_, err := a.o.Proofs.Verify(q.r.Context(), dpop.Request{
		Proofs: q.r.Header.Values(dpop.Header), Method: q.r.Method, URL: a.url(q.r), Token: credential, Thumbprint: thumbprint,
	})
	if err == nil {
		return nil
	}
	return a.unproven(q, err)
}

// Strip takes what authenticated a request out of its headers: none of it is an upstream's to see.
func Strip(h http.Header) {
	h.Del("Authorization")
	h.Del("Proxy-Authorization")
	h.Del(dpop.Header)
}
