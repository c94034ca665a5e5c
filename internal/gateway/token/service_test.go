package token_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"

	"github.com/agentward/terraform-provider-agent/internal/gateway/dpop"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
	"github.com/agentward/terraform-provider-agent/internal/gateway/shared"
	"github.com/agentward/terraform-provider-agent/internal/gateway/svid"
	"github.com/agentward/terraform-provider-agent/internal/gateway/token"
)

func TestAgentGetsATokenBoundToItsKeyAndCertificate(t *testing.T) {
	b := newBench(t, nil)
	prover := newProver(t)
	access, err := b.client(prover).Agent(t.Context(), resource)
	if err != nil {
		t.Fatal(err)
	}
	got := b.verify(t, access.Token)
	if got.Subject != clientID || got.ClientID != clientID || !slices.Equal(got.Audience, []string{resource}) || len(got.Actors) != 0 {
		t.Errorf("the token is %+v", got)
	}
	if access.Scheme != "DPoP" || got.Confirmation.Key != prover.Thumbprint() || got.Confirmation.Certificate == "" {
		t.Errorf("bound as %s to %+v", access.Scheme, got.Confirmation)
	}
	if left := time.Until(got.Expiry); left > token.DefaultLifetime || left < token.DefaultLifetime-time.Minute {
		t.Errorf("the token lives %s", left)
	}
	bearer, err := b.client(nil).Agent(t.Context(), resource)
	if err != nil {
		t.Fatal(err)
	}
	if c := b.verify(t, bearer.Token).Confirmation; bearer.Scheme != "Bearer" || c.Key != "" || c.Certificate != got.Confirmation.Certificate {
		t.Errorf("without a proof, bound as %s to %+v", bearer.Scheme, c)
	}
}

func TestTokenIsBoundToTheKeyAloneWhereThatIsWanted(t *testing.T) {
	b := newBench(t, func(o *token.ServiceOptions) { o.KeyAlone = true })
	prover := newProver(t)
	access, err := b.client(prover).Agent(t.Context(), resource)
	if err != nil {
		t.Fatal(err)
	}
	if got := b.verify(t, access.Token).Confirmation; got != (token.Confirmation{Key: prover.Thumbprint()}) {
		t.Errorf("with a proof, bound to %+v", got)
	}
	if access, err = b.client(nil).Agent(t.Context(), resource); err != nil {
		t.Fatal(err)
	}
	if got := b.verify(t, access.Token).Confirmation; got.Key != "" || got.Certificate == "" {
		t.Errorf("without a proof, bound to %+v", got)
	}
}

func TestNonceOfTheTokenEndpointIsFetchedByTheClient(t *testing.T) {
	nonces, err := dpop.NewNonces(shared.Of(secretOf("n")), time.Minute, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t, func(o *token.ServiceOptions) { o.Proofs = proofs(t, nonces) })
	if _, err := b.client(newProver(t)).Agent(t.Context(), resource); err != nil {
		t.Error(err)
	}
}

func TestTokenEndsWithTheSVID(t *testing.T) {
	b := newBench(t, func(o *token.ServiceOptions) { o.Lifetime = 10 * time.Hour })
	access, err := b.client(nil).Agent(t.Context(), resource)
	if err != nil {
		t.Fatal(err)
	}
	if got := b.verify(t, access.Token).Expiry; got.After(b.svidEnds) || got.Before(b.svidEnds.Add(-time.Minute)) {
		t.Errorf("the token ends %s, the SVID %s", got, b.svidEnds)
	}
}

func TestTokenEndpointRefuses(t *testing.T) {
	b := newBench(t, nil)
	form := func(pairs ...string) url.Values {
		f := url.Values{"grant_type": {"client_credentials"}, "resource": {resource}}
		for i := 0; i < len(pairs); i += 2 {
			f.Set(pairs[i], pairs[i+1])
		}
		return f
	}
	acting := func(change map[string]any) url.Values {
		return form("grant_type", exchange, "subject_token_type", anyToken, "subject_token", b.user(t, change))
	}
	drop := func(f url.Values, name string) url.Values { f.Del(name); return f }
	chain := map[string]any{"sub": "a"}
	for range 7 {
		chain = map[string]any{"sub": "a", "act": chain}
	}
	for _, test := range []struct {
		name string
		form url.Values
		want string
	}{
		{"no grant type", drop(form(), "grant_type"), "invalid_request"},
		{"another grant type", form("grant_type", "authorization_code"), "unsupported_grant_type"},
		{"no resource", drop(form(), "resource"), "invalid_target"},
		{"two resources", url.Values{"grant_type": {"client_credentials"}, "resource": {resource, "https://other.example"}}, "invalid_target"},
		{"a resource that is not known", form("resource", "https://evil.example"), "invalid_target"},
		{"a resource with a slash more", form("resource", resource+"/"), "invalid_target"},
		{"an audience", form("audience", "a"), "invalid_target"},
		{"a scope", form("scope", "a"), "invalid_scope"},
		{"a parameter twice", url.Values{"grant_type": {"client_credentials", "client_credentials"}, "resource": {resource}}, "invalid_request"},
		{"another client's id", form("client_id", "spiffe://dev.example/ns/default/agent/other"), "invalid_client"},
		{"exchange without a token", drop(acting(nil), "subject_token"), "invalid_request"},
		{"exchange without its type", drop(acting(nil), "subject_token_type"), "invalid_request"},
		{"exchange of an ID token", form("grant_type", exchange, "subject_token_type", "urn:ietf:params:oauth:token-type:id_token", "subject_token", b.user(t, nil)), "invalid_request"},
		{"exchange for a refresh token", form("grant_type", exchange, "subject_token_type", anyToken, "subject_token", b.user(t, nil), "requested_token_type", "urn:ietf:params:oauth:token-type:refresh_token"), "invalid_request"},
		{"exchange with an actor token", form("grant_type", exchange, "subject_token_type", anyToken, "subject_token", b.user(t, nil), "actor_token", "a"), "invalid_request"},
		{"exchange of an expired token", acting(map[string]any{"exp": time.Now().Add(-time.Hour).Unix()}), "invalid_request"},
		{"exchange of a token for somebody else", acting(map[string]any{"aud": "https://other.example"}), "invalid_request"},
		{"exchange of a token of an issuer that is not trusted", acting(map[string]any{"iss": "https://evil.example"}), "invalid_request"},
		{"exchange of a token that names an agent", acting(map[string]any{"sub": "spiffe://dev.example/ns/default/agent/other"}), "invalid_request"},
		{"exchange of a token bound to another's key", acting(map[string]any{"cnf": map[string]any{"jkt": "other"}}), "invalid_request"},
		{"exchange of a token bound to another's certificate", acting(map[string]any{"cnf": map[string]any{"x5t#S256": "other"}}), "invalid_request"},
		{"exchange of a token that another may act on", acting(map[string]any{"may_act": map[string]any{"sub": "other"}}), "invalid_request"},
		{"exchange of a token with a may_act that is not understood", acting(map[string]any{"may_act": clientID}), "invalid_request"},
		{"exchange of a token with too many actors", acting(map[string]any{"act": chain}), "invalid_request"},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, body := b.post(t, test.form, nil)
			wantStatus := http.StatusBadRequest
			if test.want == "invalid_client" {
				wantStatus = http.StatusUnauthorized
			}
			refusal(t, status, body, wantStatus, test.want)
			if raw := test.form.Get("subject_token"); raw != "" && strings.Contains(string(body), raw) {
				t.Error("the answer holds the token")
			}
		})
	}
	t.Run("the control passes", func(t *testing.T) {
		for _, f := range []url.Values{form(), acting(nil), form("client_id", clientID)} {
			if status, body := b.post(t, f, nil); status != http.StatusOK {
				t.Errorf("%d: %s", status, body)
			}
		}
	})
	t.Run("a proof for another URL", func(t *testing.T) {
		proof, err := newProver(t).Proof("POST", b.issuer+"/other", "", "")
		if err != nil {
			t.Fatal(err)
		}
		status, body := b.post(t, form(), http.Header{"Dpop": {proof}})
		refusal(t, status, body, 400, "invalid_dpop_proof")
	})
	t.Run("a body that is no form", func(t *testing.T) {
		status, body := b.post(t, form(), http.Header{"Content-Type": {"application/json"}})
		refusal(t, status, body, 400, "invalid_request")
	})
	t.Run("a body that is too long", func(t *testing.T) {
		status, body := b.post(t, form("pad", strings.Repeat("a", 64<<10)), nil)
		refusal(t, status, body, 400, "invalid_request")
	})
}

func TestOnlyAgentsOfTrustedDomainsGetTokens(t *testing.T) {
	b := newBench(t, nil)
	form := url.Values{"grant_type": {"client_credentials"}, "resource": {resource}}
	gateway := b.source(t, "gateway")
	t.Run("no certificate", func(t *testing.T) {
		c := client(t, tlsconfig.TLSClientConfig(gateway, tlsconfig.AuthorizeAny()))
		status, body := post(t, c, b.issuer+"/token", form, nil)
		refusal(t, status, body, 401, "invalid_client")
	})
	t.Run("a certificate of another authority for the same domain", func(t *testing.T) {
		other := newBench(t, nil).source(t, "planner")
		c := client(t, tlsconfig.MTLSClientConfig(other, gateway, tlsconfig.AuthorizeAny()))
		status, body := post(t, c, b.issuer+"/token", form, nil)
		refusal(t, status, body, 401, "invalid_client")
	})
}

func TestSuspendedGetNoToken(t *testing.T) {
	b := newBench(t, nil)
	c := b.client(newProver(t))
	var refused *token.RefusedError
	b.suspended = func(p principal.Principal) bool { return p.Agent == "planner" && p.Instance == "1" }
	if _, err := c.Agent(t.Context(), resource); !errors.As(err, &refused) || refused.Code != "unauthorized_client" {
		t.Errorf("a suspended instance got %v", err)
	}
	b.suspended = func(p principal.Principal) bool { return p.User == "alice" }
	if _, err := c.User(t.Context(), resource, b.user(t, nil)); !errors.As(err, &refused) || refused.Code != "unauthorized_client" {
		t.Errorf("a suspended user got %v", err)
	}
	if _, err := c.Agent(t.Context(), resource); err != nil {
		t.Errorf("the agent alone: %v", err)
	}
}

func TestServiceIsDescribed(t *testing.T) {
	b := newBench(t, nil)
	// Anyone may read it, without a certificate.
	c := client(t, tlsconfig.TLSClientConfig(b.source(t, "gateway"), tlsconfig.AuthorizeAny()))
	var m map[string]any
	fetch(t, c, b.issuer+"/.well-known/oauth-authorization-server", &m)
	want := map[string]any{
		"issuer": b.issuer, "token_endpoint": b.issuer + "/token", "jwks_uri": b.issuer + "/jwks",
		"response_types_supported": []any{}, "grant_types_supported": []any{"client_credentials", exchange},
		"token_endpoint_auth_methods_supported":      []any{"tls_client_auth"},
		"tls_client_certificate_bound_access_tokens": true,
		"dpop_signing_alg_values_supported":          []any{"ES256", "ES384", "ES512", "Ed25519", "EdDSA", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"},
	}
	if !reflect.DeepEqual(m, want) {
		t.Errorf("metadata is\n%v, want\n%v", m, want)
	}
	r, err := token.NewRemote(token.RemoteOptions{URL: b.issuer + "/jwks", Client: c, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	access, err := b.client(nil).Agent(t.Context(), resource)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, err := token.NewVerifier([]token.Trust{{Issuer: b.issuer, Keys: r, TrustDomains: []string{"dev.example"}, Bound: true}}, 0, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := elsewhere.Verify(t.Context(), access.Token, resource); err != nil {
		t.Errorf("who has the keys by HTTP says: %v", err)
	}
}

func fetch(t *testing.T, c *http.Client, from string, into any) {
	t.Helper()
	response, err := c.Get(from)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s", from, response.Status)
	}
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		t.Fatal(err)
	}
}

func TestServiceBelowAPath(t *testing.T) {
	b := newBench(t, func(o *token.ServiceOptions) { o.Issuer += "/agents" })
	want := []string{"/agents/token", "/agents/jwks", "/.well-known/oauth-authorization-server/agents"}
	if got := b.service.Paths(); !slices.Equal(got, want) {
		t.Errorf("paths are %v, want %v", got, want)
	}
	c := b.client(newProver(t))
	c.Endpoint = b.issuer + "/agents/token"
	if _, err := c.Agent(t.Context(), resource); err != nil {
		t.Error(err)
	}
	var m map[string]any
	fetch(t, b.agent, b.issuer+want[2], &m)
	if m["token_endpoint"] != c.Endpoint {
		t.Errorf("metadata is %v", m)
	}
}

func TestServiceIsNotMadeHalf(t *testing.T) {
	for name, change := range map[string]func(*token.ServiceOptions){
		"plain HTTP":            func(o *token.ServiceOptions) { o.Issuer = "http://127.0.0.1" },
		"a slash at its end":    func(o *token.ServiceOptions) { o.Issuer += "/" },
		"a query":               func(o *token.ServiceOptions) { o.Issuer += "?a" },
		"no ring":               func(o *token.ServiceOptions) { o.Ring = nil },
		"no clients":            func(o *token.ServiceOptions) { o.Clients = nil },
		"no proofs":             func(o *token.ServiceOptions) { o.Proofs = nil },
		"nobody to suspend":     func(o *token.ServiceOptions) { o.Suspended = nil },
		"tokens beyond a key":   func(o *token.ServiceOptions) { o.Lifetime = 25 * time.Hour },
		"tokens without a life": func(o *token.ServiceOptions) { o.Lifetime = -time.Minute },
	} {
		o := token.ServiceOptions{
			Issuer: "https://issuer.example", Ring: ring(t, now, secretOf("a")), Clients: svid.NewVerifier(nil, now), Proofs: proofs(t, nil),
			Suspended: func(principal.Principal) bool { return false }, Now: now,
		}
		if name == "tokens beyond a key" {
			o.Lifetime = time.Hour // as long as a key signs, which is the longest
		}
		if _, err := token.NewService(o); err != nil {
			t.Fatalf("the control was refused: %v", err)
		}
		change(&o)
		if _, err := token.NewService(o); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
