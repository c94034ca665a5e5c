package token

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/agentward/terraform-provider-agent/internal/gateway/compact"
)

// ErrInvalid is what every token that is refused is refused with; the wrapped text says why and never holds the token.
var ErrInvalid = errors.New("invalid token")

// ErrUnavailable says that a token could not be judged, because its issuer's keys are not to be had.
var ErrUnavailable = errors.New("keys of the token's issuer are not available")

// ErrIssuer says that no configured issuer made a token.
var ErrIssuer = fmt.Errorf("%w: issuer is not trusted", ErrInvalid)

// maxToken is the longest token that is read, in bytes.
const maxToken = 16 << 10

// DefaultSkew is how far clocks may differ unless said otherwise.
const DefaultSkew = 30 * time.Second

// Trust is one issuer whose tokens are taken.
type Trust struct {
	// Issuer is the iss of its tokens, compared as it is written.
	Issuer string
	// Keys are its public keys.
	Keys Keys
	// Algorithms that it signs with; compact.Asymmetric where empty.
	Algorithms []jose.SignatureAlgorithm
	// Audiences are taken beside the resource that is asked for: an OIDC client id, say.
	Audiences []string
	// Types are the typ values taken; at+jwt alone where empty. OpenID providers that issue older tokens need "JWT" as well.
	Types []string
	// TrustDomains are those that the issuer may name agents of. A token with a SPIFFE ID of another one as sub or act.sub is refused.
	TrustDomains []string
	// Bound demands that its tokens are bound to a key or a certificate.
	Bound bool
	// User is the claim that names a person, "" for sub. A token without it is refused, unless it names an agent.
	User string
	// Exchanges says that the issuer names subjects as other issuers do, and says which in the claim SubjectIssuer.
	Exchanges bool
	// Scopes are those that a token must have (RFC 9068 §2.2.3, RFC 6749 §3.3); Token.Lacks says which it has not.
	Scopes []string
}

// Verifier verifies access tokens of the issuers it trusts. It is safe for concurrent use as long as their keys are.
type Verifier struct {
	trusts map[string]Trust
	skew   time.Duration
	now    func() time.Time
	opened opened
}

// NewVerifier gives a verifier. skew is how far clocks may differ, DefaultSkew where 0.
func NewVerifier(trusts []Trust, skew time.Duration, now func() time.Time) (*Verifier, error) {
	if now == nil {
		return nil, errors.New("token: clock is required")
	}
	if skew == 0 {
		skew = DefaultSkew
	}
	if skew < 0 {
		return nil, errors.New("token: skew is negative")
	}
	v := &Verifier{trusts: map[string]Trust{}, skew: skew, now: now}
	for _, t := range trusts {
		if t.Issuer == "" || t.Keys == nil {
			return nil, fmt.Errorf("token: issuer %q needs a name and keys", t.Issuer)
		}
		if _, ok := v.trusts[t.Issuer]; ok {
			return nil, fmt.Errorf("token: issuer %q is configured twice", t.Issuer)
		}
		if len(t.Algorithms) == 0 {
			t.Algorithms = compact.Asymmetric
		}
		for _, algorithm := range t.Algorithms {
			if !slices.Contains(compact.Asymmetric, algorithm) {
				return nil, fmt.Errorf("token: issuer %q: algorithm %s is not an asymmetric one", t.Issuer, algorithm)
			}
		}
		if len(t.Types) == 0 {
			t.Types = []string{Type}
		}
		v.trusts[t.Issuer] = t
	}
	return v, nil
}

// Issuers gives the issuers that are trusted, sorted.
func (v *Verifier) Issuers() []string {
	var names []string
	for name := range v.trusts {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Scopes gives the scopes that some issuer's tokens must have, sorted.
func (v *Verifier) Scopes() []string {
	var names []string
	for _, t := range v.trusts {
		names = append(names, t.Scopes...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Verify checks a token for a resource: signature, issuer, audience, times and, of what it names, that the issuer may name it. It does not
// check what the token is bound to: every caller does so with Token.Held. Errors are ErrInvalid, ErrIssuer or ErrUnavailable.
func (v *Verifier) Verify(ctx context.Context, raw, resource string) (*Token, error) {
	if known := v.opened.get(raw); known != nil {
		trust := v.trusts[known.issuer]
		if key, err := trust.Keys.Key(ctx, known.keyID); err == nil && known.same(key) {
			return v.judge(trust, known.claims, maps.Clone(known.rest), resource)
		}
	}
	jws, err := compact.Parse(raw, maxToken, compact.Asymmetric)
	if err != nil {
		return nil, invalid("%v", err)
	}
	var named struct {
		Issuer string `json:"iss"`
	}
	if err := jws.Unverified(&named); err != nil {
		return nil, invalid("%v", err)
	}
	trust, ok := v.trusts[named.Issuer]
	if !ok {
		return nil, ErrIssuer
	}
	if !slices.Contains(trust.Algorithms, jose.SignatureAlgorithm(jws.Header.Algorithm)) {
		return nil, invalid("algorithm %s is not one of the issuer's", jws.Header.Algorithm)
	}
	if !jws.Header.IsType(trust.Types...) {
		return nil, invalid("typ is not one of the issuer's")
	}
	key, err := trust.key(ctx, jws)
	if err != nil {
		return nil, err
	}
	c, rest, err := open(key, jws)
	if err != nil {
		return nil, err
	}
	t, err := v.judge(trust, c, maps.Clone(rest), resource)
	if err == nil {
		v.opened.put(raw, &verified{issuer: trust.Issuer, keyID: jws.Header.KeyID, algorithm: jws.Header.Algorithm, key: key.Key, claims: c, rest: rest})
	}
	return t, err
}

// key gives the issuer's key that a token names.
func (t Trust) key(ctx context.Context, jws *compact.JWS) (*jose.JSONWebKey, error) {
	key, err := t.Keys.Key(ctx, jws.Header.KeyID)
	switch {
	case errors.Is(err, ErrNoKey):
		return nil, invalid("issuer has no key of that id")
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	case key.Algorithm != "" && key.Algorithm != jws.Header.Algorithm:
		return nil, invalid("key is for another algorithm")
	}
	return key, nil
}

// open verifies the signature and gives the claims, twice: those we judge by, and the others.
func open(key *jose.JSONWebKey, jws *compact.JWS) (*claims, map[string]any, error) {
	var rest map[string]any
	if err := jws.Verify(key.Key, &rest); err != nil {
		return nil, nil, invalid("%v", err)
	}
	var c claims
	if err := jws.Unverified(&c); err != nil { // the same bytes, verified by now
		return nil, nil, invalid("%v", err)
	}
	for _, name := range judged {
		delete(rest, name)
	}
	return &c, rest, nil
}

func (v *Verifier) judge(trust Trust, c *claims, rest map[string]any, resource string) (*Token, error) {
	now := v.now()
	switch {
	case c.Issuer != trust.Issuer:
		return nil, invalid("issuer is not the one whose key signed")
	case c.Subject == "":
		return nil, invalid("sub is missing")
	case c.Expiry == nil:
		return nil, invalid("exp is missing")
	case !now.Before(c.Expiry.Time().Add(v.skew)):
		return nil, invalid("expired")
	case c.NotBefore != nil && now.Add(v.skew).Before(c.NotBefore.Time()):
		return nil, invalid("not valid yet")
	case !trust.forUs(c.Audience, resource):
		return nil, invalid("audience is another one")
	}
	confirmation, err := c.confirmation()
	if err != nil {
		return nil, invalid("%v", err)
	}
	if trust.Bound && confirmation == (Confirmation{}) {
		return nil, invalid("bound to nothing, which its issuer does not allow")
	}
	actors, err := c.Act.actors()
	if err != nil {
		return nil, invalid("%v", err)
	}
	t := &Token{
		Issuer: c.Issuer, Subject: c.Subject, ClientID: c.ClientID, Scope: c.Scope, Audience: c.Audience, Expiry: c.Expiry.Time(),
		Actors: actors, Confirmation: confirmation, Claims: rest, Lacks: trust.lacks(c.Scope), UserIssuer: c.Issuer,
	}
	if named, ok := rest[SubjectIssuer].(string); ok && trust.Exchanges {
		t.UserIssuer = named
	}
	for _, name := range append([]string{t.Subject}, actors...) {
		if !trust.mayName(name) {
			return nil, invalid("issuer may not name agents of that trust domain")
		}
	}
	if t.User, err = trust.user(t); err != nil {
		return nil, err
	}
	return t, nil
}

// user gives the name of the person that a token is of.
func (t Trust) user(of *Token) (string, error) {
	if t.User == "" || t.User == "sub" || spiffe(of.Subject) {
		return of.Subject, nil
	}
	name, ok := of.Claims[t.User].(string)
	if !ok || name == "" {
		return "", invalid("claim %s, which names the user, is missing", t.User)
	}
	if spiffe(name) {
		return "", invalid("claim %s names an agent, not a user", t.User)
	}
	return name, nil
}

// lacks gives the needed scopes that are not among those of a token, separated by spaces.
func (t Trust) lacks(scope string) string {
	has := strings.Fields(scope)
	missing := slices.DeleteFunc(slices.Clone(t.Scopes), func(needed string) bool { return slices.Contains(has, needed) })
	return strings.Join(missing, " ")
}

func (t Trust) forUs(audiences []string, resource string) bool {
	return slices.ContainsFunc(audiences, func(a string) bool {
		return a != "" && (a == resource || slices.Contains(t.Audiences, a))
	})
}

// mayName says whether a name is one that an issuer can give. Anything that reads as a SPIFFE ID counts as one, in whatever case.
func (t Trust) mayName(name string) bool {
	if !spiffe(name) {
		return true
	}
	domain, path, _ := strings.Cut(name[len(scheme):], "/")
	return strings.HasPrefix(name, scheme) && path != "" && slices.Contains(t.TrustDomains, domain)
}

// scheme begins every SPIFFE ID.
const scheme = "spiffe://"

// spiffe says whether a name reads as a SPIFFE ID, in whatever case.
func spiffe(name string) bool {
	return len(name) >= len(scheme) && strings.EqualFold(name[:len(scheme)], scheme)
}

// Presented is how a token came to us.
type Presented struct {
	// DPoP says that it came with the authorization scheme DPoP rather than Bearer.
	DPoP bool
	// Key is the thumbprint of the verified proof's key, "" for none.
	Key string
	// Certificate is the x5t#S256 of the connection's verified client certificate, "" for none.
	Certificate string
}

// Held says why a token was not presented by who it is bound to: a token bound to a key that comes as Bearer, a token bound to no key that
// comes as DPoP (RFC 9449 §7.1), or another key or certificate than its own. Errors are ErrInvalid.
func (t *Token) Held(p Presented) error {
	key, certificate := t.Confirmation.Key, t.Confirmation.Certificate
	switch {
	case key != "" && !p.DPoP:
		return invalid("bound to a key, but presented as Bearer")
	case key == "" && p.DPoP:
		return invalid("bound to no key, but presented as DPoP")
	case key != "" && !same(key, p.Key):
		return invalid("bound to another key")
	case certificate != "" && p.Certificate == "":
		return invalid("bound to a certificate, but presented without one")
	case certificate != "" && !same(certificate, p.Certificate):
		return invalid("bound to another certificate")
	}
	return nil
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}
