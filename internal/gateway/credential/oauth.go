package credential

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
)

const (
	grantClient   = "client_credentials"
	grantExchange = "urn:ietf:params:oauth:grant-type:token-exchange"
	typeJWT       = "urn:ietf:params:oauth:token-type:jwt"
	typeAccess    = "urn:ietf:params:oauth:token-type:access_token"
	bearer        = "Bearer "
)

// Wanted is what tokens are asked to be for. What is empty is not asked.
type Wanted struct {
	Scopes   []string
	Resource string // RFC 8707
	Audience string // RFC 8693 §2.1, and what some servers have for client credentials
}

func (w *Wanted) add(form url.Values) {
	for name, value := range map[string]string{"scope": strings.Join(w.Scopes, " "), "resource": w.Resource, "audience": w.Audience} {
		if value != "" {
			form.Set(name, value)
		}
	}
}

// ClientCredentials is an access token that the gateway gets for itself (RFC 6749 §4.4).
type ClientCredentials struct {
	endpoint *Endpoint
	wanted   Wanted
	cache    cache
}

// NewClientCredentials gives the source of tokens of an endpoint.
func NewClientCredentials(e *Endpoint, w Wanted) *ClientCredentials {
	return &ClientCredentials{endpoint: e, wanted: w, cache: cache{now: e.Now}}
}

// Header implements Source.
func (*ClientCredentials) Header() string { return "Authorization" }

// Value implements Source.
func (c *ClientCredentials) Value(ctx context.Context, _ principal.Principal) (string, error) {
	token, err := c.cache.get(ctx, "", func(ctx context.Context) (access, error) {
		form := url.Values{"grant_type": {grantClient}}
		c.wanted.add(form)
		return c.endpoint.ask(ctx, form)
	})
	return bearer + token, err
}

// Refused implements Source.
func (c *ClientCredentials) Refused(_ principal.Principal, value string) bool {
	return c.cache.refused("", strings.TrimPrefix(value, bearer))
}

// Subject says whom an exchanged token is for.
type Subject string

// The subjects.
const (
	Agent Subject = "agent" // the agent that calls
	User  Subject = "user"  // whom the agent acts for, with the agent as actor
)

// Issue makes a short JWT, signed by the gateway's token service, that says to an audience who somebody is. Acting is the SPIFFE ID of the agent that
// acts for the subject, "" for none; named is the issuer that the subject is one of, "" for the gateway itself.
type Issue func(audience, subject, named, acting string, life time.Duration) (string, error)

// Exchange is an access token that an authorization server gives for the agent, or for the user that it acts for (RFC 8693). What it is exchanged for are
// JWTs that the gateway issues: no token of a caller leaves the gateway.
type Exchange struct {
	endpoint *Endpoint
	wanted   Wanted
	subject  Subject
	audience string
	issue    Issue
	cache    cache
}

// NewExchange gives the source of exchanged tokens. The JWTs that the gateway issues are for audience.
func NewExchange(e *Endpoint, w Wanted, s Subject, audience string, issue Issue) *Exchange {
	return &Exchange{endpoint: e, wanted: w, subject: s, audience: audience, issue: issue, cache: cache{now: e.Now}}
}

// Header implements Source.
func (*Exchange) Header() string { return "Authorization" }

// ErrNoSubject says that a call is on behalf of nobody whom a token could be exchanged for.
var ErrNoSubject = errors.New("the call is on behalf of nobody whom a token could be exchanged for")

// Value implements Source.
func (x *Exchange) Value(ctx context.Context, p principal.Principal) (string, error) {
	if p.SPIFFEID == "" || x.subject == User && p.User == "" {
		return "", ErrNoSubject
	}
	token, err := x.cache.get(ctx, x.key(p), func(ctx context.Context) (access, error) { return x.exchange(ctx, p) })
	return bearer + token, err
}

// key tells callers apart. Tokens for an agent are its own whoever it acts for.
func (x *Exchange) key(p principal.Principal) string {
	if x.subject == Agent {
		return p.SPIFFEID
	}
	return fmt.Sprintf("%q %q %q", p.SPIFFEID, namer(p), p.User)
}

// namer gives the issuer that named the user.
func namer(p principal.Principal) string {
	if named, ok := p.Claims["subject_issuer"].(string); ok {
		return named
	}
	return p.Issuer
}

func (x *Exchange) exchange(ctx context.Context, p principal.Principal) (access, error) {
	form := url.Values{"grant_type": {grantExchange}, "subject_token_type": {typeJWT}, "requested_token_type": {typeAccess}}
	subject, named, acting := p.SPIFFEID, "", ""
	if x.subject == User {
		subject, named, acting = p.User, namer(p), p.SPIFFEID
		actor, err := x.issue(x.audience, p.SPIFFEID, "", "", assertionLife)
		if err != nil {
			return access{}, err
		}
		form.Set("actor_token", actor)
		form.Set("actor_token_type", typeJWT)
	}
	token, err := x.issue(x.audience, subject, named, acting, assertionLife)
	if err != nil {
		return access{}, err
	}
	form.Set("subject_token", token)
	x.wanted.add(form)
	return x.endpoint.ask(ctx, form)
}

// Refused implements Source.
func (x *Exchange) Refused(p principal.Principal, value string) bool {
	return x.cache.refused(x.key(p), strings.TrimPrefix(value, bearer))
}
