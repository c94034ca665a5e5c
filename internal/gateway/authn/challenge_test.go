package authn_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/agentward/terraform-provider-agent/internal/gateway/authn"
	"github.com/agentward/terraform-provider-agent/internal/gateway/dpop"
	"github.com/agentward/terraform-provider-agent/internal/gateway/shared"
	"github.com/agentward/terraform-provider-agent/internal/gateway/store"
	"github.com/agentward/terraform-provider-agent/internal/gateway/token"
)

func TestNonceIsAskedFor(t *testing.T) {
	nonces, err := dpop.NewNonces(shared.Of([]byte(strings.Repeat("n", dpop.MinSecret))), time.Minute, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	memory, err := store.NewMemory(10, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	proofs, err := dpop.NewVerifier(dpop.Options{Store: memory, Now: time.Now, Nonces: nonces})
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t, func(_ *bench, o *authn.Options) { o.Proofs = proofs })
	key := prover(t, newKey(t))
	access := b.token(t, bound(map[string]any{"jkt": key.Thumbprint()}))
	got := b.ask(t, b.plain(t), b.headers(t, "DPoP", access, key))
	nonce := got.header.Get(dpop.NonceHeader)
	if got.status != http.StatusUnauthorized || nonce == "" || !strings.HasPrefix(got.header.Get("WWW-Authenticate"), `DPoP error="use_dpop_nonce"`) {
		t.Fatalf("got %d %v", got.status, got.header)
	}
	proof, err := key.Proof(http.MethodPost, b.resource, access, nonce)
	if err != nil {
		t.Fatal(err)
	}
	if got := b.ask(t, b.plain(t), http.Header{"Authorization": {"DPoP " + access}, "Dpop": {proof}}); got.status != http.StatusOK {
		t.Errorf("with the nonce: %d %s", got.status, got.body)
	}
	if b.guard.Nonce() == "" {
		t.Error("no nonce for the next answer")
	}
}

// scoped takes tokens of the OpenID provider that have two scopes.
func scoped(t *testing.T, b *bench) *token.Verifier {
	t.Helper()
	v, err := token.NewVerifier([]token.Trust{{Issuer: oidc, Keys: jwks(t, b.issuerKey), Scopes: []string{"files:write", "files:read"}}}, 0, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

var errAway = errors.New("10.0.0.7 refused the connection")

// away is a store, and keys, that cannot be reached.
type away struct{}

func (away) Seen(context.Context, string, time.Time) (bool, error) { return false, errAway }

func (away) Key(context.Context, string) (*jose.JSONWebKey, error) { return nil, errAway }

func TestWhatCannotBeCheckedIsRefused(t *testing.T) {
	proofs, err := dpop.NewVerifier(dpop.Options{Store: away{}, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := token.NewVerifier([]token.Trust{{Issuer: agents, Keys: away{}, TrustDomains: []string{"dev.example"}}}, 0, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*bench, *authn.Options){
		"the store is away": func(_ *bench, o *authn.Options) { o.Proofs = proofs },
		"the keys are away": func(_ *bench, o *authn.Options) { o.Tokens = tokens },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, change)
			key := prover(t, newKey(t))
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/mcp", nil)
			r.Header = b.headers(t, "DPoP", b.token(t, bound(map[string]any{"jkt": key.Thumbprint()})), key)
			_, err := b.guard.Authenticate(r, b.resource)
			var c *authn.Challenge
			if !errors.As(err, &c) || c.Status != http.StatusServiceUnavailable || !errors.Is(err, errAway) {
				t.Fatalf("got %v, want a 503 with its cause", err)
			}
			w := httptest.NewRecorder()
			c.Write(w)
			if w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "10.0.0.7") {
				t.Errorf("the caller is told %d %s", w.Code, w.Body)
			}
		})
	}
}

func TestInsufficientScope(t *testing.T) {
	b := newBench(t, func(b *bench, o *authn.Options) { o.Tokens = scoped(t, b) })
	got := b.ask(t, b.plain(t), b.headers(t, "Bearer", b.token(t, map[string]any{"iss": oidc, "sub": "alice", "scope": "files:read"}), nil))
	want := `Bearer error="insufficient_scope", error_description="token lacks scope", scope="files:write", ` +
		`resource_metadata="` + b.origin + `/.well-known/oauth-protected-resource/mcp"`
	if challenge := got.header.Get("WWW-Authenticate"); got.status != http.StatusForbidden || challenge != want {
		t.Errorf("got %d\n%s, want\n%s", got.status, challenge, want)
	}
	if got := b.ask(t, b.plain(t), b.headers(t, "Bearer", b.token(t, map[string]any{"iss": oidc, "sub": "alice", "scope": "files:write x files:read"}), nil)); got.status != http.StatusOK {
		t.Errorf("with the scopes: %d %s", got.status, got.body)
	}
	if got := b.ask(t, b.plain(t), nil); !strings.Contains(got.header.Get("WWW-Authenticate"), `scope="files:read files:write"`) {
		t.Errorf("without a token a client is not told what to ask for: %v", got.header)
	}
}

// A caller writes the token, and parts of it may reach the description of what is wrong with it.
func TestChallengeIsOneHeaderWhateverATokenHolds(t *testing.T) {
	b := newBench(t, nil)
	algorithm := `x", error="none\r\nSet-Cookie: a=b` // in a JWT's header, before any signature
	header := `{"alg":"` + algorithm + `","typ":"at+jwt"}`
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/mcp", nil)
	r.Header.Set("Authorization", "Bearer "+encode(strings.ReplaceAll(header, `x", error="`, `x\", error=\"`))+"."+encode(`{"iss":"`+agents+`"}`)+".YQ")
	_, err := b.guard.Authenticate(r, b.resource)
	var c *authn.Challenge
	if !errors.As(err, &c) {
		t.Fatal(err)
	}
	for _, value := range c.Header.Values("WWW-Authenticate") {
		if strings.ContainsAny(value, "\r\n\\") || strings.Count(value, "error=\"") > 1 {
			t.Errorf("the challenge is %q", value)
		}
	}
}
