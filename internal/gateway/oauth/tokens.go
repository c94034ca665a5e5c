// Package oauth gets access tokens for a protected resource from the authorization server that the resource names: what the MCP
// authorization chapter asks of a client, with DPoP (RFC 9728, RFC 8414, RFC 9449, RFC 8707, RFC 9207).
package oauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/dpop"
	"github.com/agentward/terraform-provider-agent/internal/gateway/token"
)

// early is how long before its end a token is replaced.
const early = 30 * time.Second

// Options are what Tokens are made from.
type Options struct {
	// Resource is the URL that requests go to.
	Resource string
	// HTTP asks the resource for its metadata, and authorization servers. It must not follow redirects.
	HTTP *http.Client
	// Proofs makes the proofs that tokens are bound by.
	Proofs *dpop.Signer
	// ClientID is who the agent is to the authorization server, "" where the grant alone says it.
	ClientID string
	// Secret is the client's, for client_secret_basic or client_secret_post; nil for a client without one.
	Secret func() (string, error)
	// Assertion gives a JWT that says who the agent is, for the grant of RFC 7523; nil for another grant. It is asked for each token.
	Assertion func() (string, error)
	// Login leads a person to a URL at which they let the agent act for them; nil for an agent that acts for itself. It must not wait
	// until they are done.
	Login func(url string)
	// Bearer takes tokens that are not bound to the agent's key, from servers that bind none.
	Bearer bool
	// Now reads the clock.
	Now func() time.Time
}

// Tokens are those for one resource. They are safe for concurrent use.
type Tokens struct {
	o Options

	mu       sync.Mutex
	resource *resource // nil before the first refusal
	server   *server
	scope    []string // asked for so far
	access   *token.Access
}

// New gives tokens of which none has been got.
func New(o Options) (*Tokens, error) {
	u, err := fetchable(o.Resource)
	if err != nil || u.RawQuery != "" {
		return nil, fmt.Errorf("%q is no resource that tokens can be got for: %w", o.Resource, err)
	}
	if o.HTTP == nil || o.Proofs == nil || o.Now == nil {
		return nil, errors.New("oauth: HTTP client, proofs and clock are required")
	}
	if o.Login != nil && (o.Assertion != nil || o.ClientID == "") {
		return nil, errors.New("oauth: a login takes a client id, and no assertion")
	}
	return &Tokens{o: o}, nil
}

// Token gives a token, and nil before a refusal has said that one is needed.
func (t *Tokens) Token(ctx context.Context) (*token.Access, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.resource == nil {
		return nil, nil
	}
	if t.access == nil || !t.o.Now().Before(t.access.Expiry.Add(-early)) {
		if err := t.renew(ctx); err != nil {
			return nil, err
		}
	}
	return t.access, nil
}

// Refused takes in that the resource refused a request made with what Token gave, and says whether the next may be taken.
func (t *Tokens) Refused(ctx context.Context, with *token.Access, status int, header http.Header) (again bool, err error) {
	challenges := Challenges(header)
	t.mu.Lock()
	defer t.mu.Unlock()
	wanted := strings.Fields(parameter(challenges, "scope"))
	switch {
	case status == http.StatusUnauthorized && with != t.access:
		return true, nil // another request has got a token since
	case status == http.StatusUnauthorized:
		t.access = nil
	case status == http.StatusForbidden && parameter(challenges, "error") == "insufficient_scope":
		if !slices.ContainsFunc(wanted, func(s string) bool { return !slices.Contains(t.scope, s) }) {
			return with != t.access, nil // asked for before, and not enough
		}
		t.access = nil
	default:
		return false, nil
	}
	if t.resource == nil {
		if t.resource, err = t.findResource(ctx, parameter(challenges, "resource_metadata")); err != nil {
			return false, fmt.Errorf("find who gives tokens for %s: %w", t.o.Resource, err)
		}
		if len(wanted) == 0 {
			wanted = t.resource.Scopes
		}
	}
	t.scope = append(t.scope, slices.DeleteFunc(wanted, func(s string) bool { return slices.Contains(t.scope, s) })...)
	return true, nil // Token gets it
}

// renew gets a token with the grant that the options say.
func (t *Tokens) renew(ctx context.Context) error {
	if t.server == nil {
		found, err := t.findServer(ctx, t.resource.Servers[0])
		if err != nil {
			return fmt.Errorf("find the authorization server %.200q: %w", t.resource.Servers[0], err)
		}
		t.server = found
	}
	client, err := t.client()
	if err != nil {
		return err
	}
	form := url.Values{"resource": {t.resource.Resource}}
	if len(t.scope) > 0 {
		form.Set("scope", strings.Join(t.scope, " "))
	}
	switch {
	case t.o.Login != nil:
		t.access, err = t.login(ctx, client, form)
	case t.o.Assertion != nil:
		t.access, err = t.assert(ctx, client, form)
	default:
		form.Set("grant_type", "client_credentials")
		t.access, err = client.Grant(ctx, form)
	}
	if err != nil {
		return fmt.Errorf("get a token from %s: %w", t.server.Issuer, err)
	}
	return nil
}

// assert presents a JWT (RFC 7523 §2.1). What is refused is not tried in another way.
func (t *Tokens) assert(ctx context.Context, client *token.Client, form url.Values) (*token.Access, error) {
	assertion, err := t.o.Assertion()
	if err != nil {
		return nil, fmt.Errorf("assertion: %w", err)
	}
	form.Set("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")
	form.Set("assertion", assertion)
	return client.Grant(ctx, form)
}

// client gives one of the server's token endpoint.
func (t *Tokens) client() (*token.Client, error) {
	client := &token.Client{HTTP: t.o.HTTP, Endpoint: t.server.Token, Proofs: t.o.Proofs, Now: t.o.Now, ID: t.o.ClientID}
	if !slices.Contains(t.server.Proofs, t.o.Proofs.Algorithm()) {
		if !t.o.Bearer {
			return nil, fmt.Errorf("%s binds no tokens to a key of ours (%s); whoever gets hold of one could use it", t.server.Issuer, t.o.Proofs.Algorithm())
		}
		client.Proofs = nil
	}
	if t.o.Secret != nil {
		secret, err := t.o.Secret()
		if err != nil {
			return nil, fmt.Errorf("client secret: %w", err)
		}
		client.Secret, client.Post = secret, !t.supports("client_secret_basic") && t.supports("client_secret_post")
	}
	return client, nil
}

// supports says whether clients may authenticate so; client_secret_basic where the server says nothing (RFC 8414 §2).
func (t *Tokens) supports(method string) bool {
	if len(t.server.Methods) == 0 {
		return method == "client_secret_basic"
	}
	return slices.Contains(t.server.Methods, method)
}
