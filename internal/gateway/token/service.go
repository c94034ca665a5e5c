package token

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4/json"

	"github.com/agentward/terraform-provider-agent/internal/gateway/compact"
	"github.com/agentward/terraform-provider-agent/internal/gateway/dpop"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
	"github.com/agentward/terraform-provider-agent/internal/gateway/svid"
)

// DefaultLifetime is how long a token lives unless said otherwise.
const DefaultLifetime = 5 * time.Minute

// SubjectIssuer is the claim that says which issuer named the user of an exchanged token: a sub is one person only together with it.
const SubjectIssuer = "subject_issuer"

// ServiceOptions are what a Service is made from.
type ServiceOptions struct {
	// Issuer is the service's URL as callers see it, without a slash at its end. The endpoints lie below it.
	Issuer string
	// Ring signs the tokens.
	Ring *Ring
	// Clients verifies the X.509-SVIDs that agents authenticate with.
	Clients *svid.Verifier
	// Proofs checks DPoP proofs.
	Proofs *dpop.Verifier
	// Subjects are the issuers whose tokens may be exchanged; nil allows no exchange. Their tokens are for the audience Issuer, or for one of
	// those that the trust names.
	Subjects *Verifier
	// Resources are what tokens may be for (RFC 8707).
	Resources []string
	// Lifetime of a token, DefaultLifetime where 0. A token ends no later than the SVID and the token that it rests on.
	Lifetime time.Duration
	// KeyAlone binds a token that was asked for with a DPoP proof to the proof's key and not to the certificate as well, so that it can be used where
	// there is no client certificate, and outlives its renewal.
	KeyAlone bool
	// Suspended says whether a principal gets no token. It is required, and asked for each token.
	Suspended func(principal.Principal) bool
	// Now reads the clock.
	Now func() time.Time
}

// Service is the authorization server of the open-source stack: agents authenticate with their X.509-SVID over mutual TLS (RFC 8705) and
// get a token bound to their certificate and, where they send a DPoP proof, to its key.
type Service struct {
	o    ServiceOptions
	path string // of the issuer
	mux  *http.ServeMux
}

// NewService gives a service.
func NewService(o ServiceOptions) (*Service, error) {
	u, err := url.Parse(o.Issuer)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.HasSuffix(o.Issuer, "/") {
		return nil, fmt.Errorf("token service: issuer %q is not a URL without query, fragment and last slash", o.Issuer)
	}
	if u.Scheme != "https" {
		return nil, fmt.Errorf("token service: issuer %q is not https, which client certificates need", o.Issuer)
	}
	if o.Ring == nil || o.Clients == nil || o.Proofs == nil || o.Suspended == nil || o.Now == nil {
		return nil, errors.New("token service: ring, clients, proofs, suspended and clock are required")
	}
	if o.Lifetime == 0 {
		o.Lifetime = DefaultLifetime
	}
	if o.Lifetime < time.Second || o.Lifetime > o.Ring.every {
		return nil, fmt.Errorf("token service: lifetime %s is not between 1s and the rotation of keys, %s", o.Lifetime, o.Ring.every)
	}
	s := &Service{o: o, path: u.EscapedPath(), mux: http.NewServeMux()}
	s.mux.HandleFunc("POST "+s.path+"/token", s.token)
	s.mux.Handle("GET "+s.path+"/jwks", o.Ring)
	s.mux.HandleFunc("GET "+metadataPath+s.path, s.metadata)
	return s, nil
}

// ServeHTTP serves the token endpoint, the JWK Set and the metadata.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Paths gives the paths that the service answers, for routing.
func (s *Service) Paths() []string {
	return []string{s.path + "/token", s.path + "/jwks", metadataPath + s.path}
}

// Trust gives what a Verifier needs to take the service's own tokens: keys without a way over HTTP, binding demanded, and agents of the
// given trust domains named.
func (s *Service) Trust(trustDomains []string) Trust {
	return Trust{Issuer: s.o.Issuer, Keys: s.o.Ring, TrustDomains: trustDomains, Bound: true, Exchanges: true}
}

// asked is a token request whose sender is known.
type asked struct {
	form     url.Values
	client   *svid.SVID
	resource string
	proof    *dpop.Proof // nil without
}

// issued are the claims of a token that the service makes (RFC 9068 §2.2).
type issued struct {
	Issuer        string       `json:"iss"`
	Subject       string       `json:"sub"`
	Audience      string       `json:"aud"`
	ClientID      string       `json:"client_id"`
	IssuedAt      compact.Date `json:"iat"`
	Expiry        compact.Date `json:"exp"`
	ID            string       `json:"jti"`
	Act           *actor       `json:"act,omitempty"`
	SubjectIssuer string       `json:"subject_issuer,omitempty"`
	Confirmation  Confirmation `json:"cnf"`
}

// response is a successful answer (RFC 6749 §5.1, RFC 8693 §2.2.1).
type response struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int64  `json:"expires_in"`
	IssuedType  string `json:"issued_token_type,omitempty"`
}

func (s *Service) token(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if nonce := s.o.Proofs.Nonce(); nonce != "" {
		w.Header().Set(dpop.NonceHeader, nonce)
	}
	answer, err := s.answer(w, r)
	if err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, http.StatusOK, answer)
}

// Client gives the agent that asks for a token, as its connection proves it; the zero principal where that proves none.
func (s *Service) Client(r *http.Request) principal.Principal {
	client, err := s.o.Clients.Peer(r.TLS)
	if err != nil {
		return principal.Principal{}
	}
	p := principal.FromSPIFFEID(client.ID.String())
	p.Methods = []string{principal.MTLS}
	return p
}

func (s *Service) answer(w http.ResponseWriter, r *http.Request) (*response, error) {
	client, err := s.o.Clients.Peer(r.TLS)
	if err != nil {
		return nil, fail("invalid_client", "client certificate is not an X.509-SVID of a trusted domain")
	}
	form, err := readForm(w, r)
	if err != nil {
		return nil, err
	}
	a := &asked{form: form, client: client}
	if id := form.Get("client_id"); id != "" && id != client.ID.String() {
		return nil, fail("invalid_client", "client_id is not the SPIFFE ID of the certificate")
	}
	if s.o.Suspended(principal.FromSPIFFEID(client.ID.String())) {
		return nil, fail("unauthorized_client", "agent is suspended")
	}
	if a.resource, err = s.resource(form); err != nil {
		return nil, err
	}
	if a.proof, err = s.proof(r); err != nil {
		return nil, err
	}
	switch grant := form.Get("grant_type"); grant {
	case clientCredentials:
		return s.issue(a, &issued{Subject: client.ID.String()}, client.NotAfter)
	case tokenExchange:
		return s.exchange(r.Context(), a)
	case "":
		return nil, fail("invalid_request", "grant_type is missing")
	default:
		return nil, fail("unsupported_grant_type", "grant_type is not one of the metadata's")
	}
}

// resource gives what the token is to be for. A token is for one resource, so that none of them can use it at another.
func (s *Service) resource(form url.Values) (string, error) {
	switch {
	case form.Has("audience"):
		return "", fail("invalid_target", "audience is not supported, use resource")
	case form.Get("scope") != "":
		return "", fail("invalid_scope", "there are no scopes: policies decide what an agent may do")
	case len(form["resource"]) != 1:
		return "", fail("invalid_target", "name one resource")
	}
	resource := form.Get("resource")
	if !slices.Contains(s.o.Resources, resource) {
		return "", fail("invalid_target", "resource is not known here")
	}
	return resource, nil
}

func (s *Service) proof(r *http.Request) (*dpop.Proof, error) {
	proofs := r.Header.Values(dpop.Header)
	if len(proofs) == 0 {
		return nil, nil // no proof is no error: the certificate binds the token
	}
	return s.o.Proofs.Verify(r.Context(), dpop.Request{Proofs: proofs, Method: r.Method, URL: s.o.Issuer + "/token"})
}

// issue fills in what every token has, and signs it. It lives no longer than what it rests on.
func (s *Service) issue(a *asked, t *issued, end time.Time) (*response, error) {
	now := s.o.Now()
	if latest := now.Add(s.o.Lifetime); latest.Before(end) {
		end = latest
	}
	t.Issuer, t.Audience, t.ClientID, t.ID = s.o.Issuer, a.resource, a.client.ID.String(), rand.Text()
	t.IssuedAt, t.Expiry = compact.NewDate(now), compact.NewDate(end)
	t.Confirmation.Certificate = a.client.Thumbprint
	answer := &response{TokenType: "Bearer", ExpiresIn: int64(t.Expiry - t.IssuedAt)}
	if answer.ExpiresIn <= 0 {
		return nil, fail("invalid_grant", "what the token would rest on has expired")
	}
	if a.proof != nil {
		t.Confirmation.Key = a.proof.Thumbprint
		if s.o.KeyAlone {
			t.Confirmation.Certificate = ""
		}
		answer.TokenType = "DPoP"
	}
	var err error
	if answer.AccessToken, err = s.o.Ring.sign(t); err != nil {
		return nil, err
	}
	return answer, nil
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"error":"server_error"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the caller is gone
}
