package authn_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spiffe/go-spiffe/v2/bundle/jwtbundle"

	"github.com/agentward/terraform-provider-agent/internal/gateway/authn"
	"github.com/agentward/terraform-provider-agent/internal/gateway/devauthority"
	"github.com/agentward/terraform-provider-agent/internal/gateway/dpop"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
	"github.com/agentward/terraform-provider-agent/internal/gateway/svid"
	"github.com/agentward/terraform-provider-agent/internal/gateway/token"
)

func x5t(t *testing.T, source *devauthority.Source) string {
	t.Helper()
	s, err := source.GetX509SVID()
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(s.Certificates[0].Raw)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func newDID(t *testing.T) (string, *dpop.Signer) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return authn.DID(public), prover(t, private)
}

func TestWhoIsKnown(t *testing.T) {
	b := newBench(t, nil)
	source := b.source(t, "planner")
	key := prover(t, newKey(t))
	jkt, cert := key.Thumbprint(), x5t(t, source)
	did, didKey := newDID(t)
	b.dids[did] = true
	agent := principal.FromSPIFFEID(plannerID)
	with := func(change func(*principal.Principal), methods ...string) principal.Principal {
		p := agent
		p.Methods = methods
		change(&p)
		return p
	}
	tests := []struct {
		name   string
		mutual bool
		header http.Header
		want   principal.Principal
	}{
		{"an SVID alone", true, nil, with(func(*principal.Principal) {}, "mtls")},
		{"a token bound to a key", false, b.headers(t, "DPoP", b.token(t, bound(map[string]any{"jkt": jkt})), key), with(func(p *principal.Principal) {
			p.Subject, p.Issuer = plannerID, agents
		}, "dpop", "jwt")},
		{"a token bound to a certificate", true, b.headers(t, "Bearer", b.token(t, bound(map[string]any{"x5t#S256": cert})), nil), with(func(p *principal.Principal) {
			p.Subject, p.Issuer = plannerID, agents
		}, "cert-bound", "jwt", "mtls")},
		{"a token bound to both", true, b.headers(t, "dpop", b.token(t, bound(map[string]any{"jkt": jkt, "x5t#S256": cert})), key), with(func(p *principal.Principal) {
			p.Subject, p.Issuer = plannerID, agents
		}, "cert-bound", "dpop", "jwt", "mtls")},
		{"an agent that acts for a user", true, b.headers(t, "DPoP", b.token(t, map[string]any{
			"sub": "alice", "act": map[string]any{"sub": plannerID}, "cnf": map[string]any{"jkt": jkt}, "subject_issuer": oidc,
		}), key), with(func(p *principal.Principal) {
			p.Subject, p.Issuer, p.User, p.UserIssuer, p.Claims = "alice", agents, "alice", oidc, map[string]any{"subject_issuer": oidc}
		}, "dpop", "jwt", "mtls")},
		{"a person", false, b.headers(t, "Bearer", b.token(t, map[string]any{"iss": oidc, "sub": "alice", "groups": []string{"g"}}), nil), principal.Principal{
			Subject: "alice", Issuer: oidc, Methods: []string{"jwt"}, Claims: map[string]any{"groups": []any{"g"}},
		}},
		{"a person's token at an agent", true, b.headers(t, "Bearer", b.token(t, map[string]any{"iss": oidc, "sub": "alice"}), nil), with(func(p *principal.Principal) {
			p.Subject, p.Issuer, p.User, p.UserIssuer = "alice", oidc, "alice", oidc
		}, "jwt", "mtls")},
		{"a JWT-SVID", false, b.headers(t, "Bearer", b.jwtSVID(t, nil), nil), with(func(p *principal.Principal) { p.Subject = plannerID }, "jwt-svid")},
		{"a JWT-SVID with the SVID", true, b.headers(t, "Bearer", b.jwtSVID(t, nil), nil), with(func(p *principal.Principal) { p.Subject = plannerID }, "jwt-svid", "mtls")},
		{"a DID", false, b.headers(t, "DID", did, didKey), principal.Principal{Subject: did, Methods: []string{"did"}}},
		{"a DID with an SVID", true, b.headers(t, "DID", did, didKey), with(func(p *principal.Principal) { p.Subject = did }, "did", "mtls")},
		{"whatever Host says", false, func() http.Header {
			h := b.headers(t, "DPoP", b.token(t, bound(map[string]any{"jkt": jkt})), key)
			h.Set("Host", "other.example")
			return h
		}(), with(func(p *principal.Principal) { p.Subject, p.Issuer = plannerID, agents }, "dpop", "jwt")},
	}
	plain, mutual := b.plain(t), b.mutual(t, source)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := plain
			if test.mutual {
				c = mutual
			}
			got := b.ask(t, c, test.header)
			if got.status != http.StatusOK {
				t.Fatalf("%d: %s", got.status, got.body)
			}
			if len(got.principal.Claims) == 0 {
				got.principal.Claims = nil
			}
			if !reflect.DeepEqual(got.principal, test.want) {
				t.Errorf("got  %+v\nwant %+v", got.principal, test.want)
			}
		})
	}
}

func TestWhoIsRefused(t *testing.T) {
	b := newBench(t, nil)
	source := b.source(t, "planner")
	key, other := prover(t, newKey(t)), prover(t, newKey(t))
	keyBound := b.token(t, bound(map[string]any{"jkt": key.Thumbprint()}))
	certBound := b.token(t, bound(map[string]any{"x5t#S256": x5t(t, source)}))
	person := b.token(t, map[string]any{"iss": oidc, "sub": "alice"})
	did, didKey := newDID(t)
	b.dids[did] = true
	stranger, strangerKey := newDID(t)
	replayed := b.headers(t, "DPoP", keyBound, key)
	if got := b.ask(t, b.plain(t), replayed); got.status != http.StatusOK {
		t.Fatalf("the first use: %d %s", got.status, got.body)
	}
	elsewhere := func() http.Header {
		h := b.headers(t, "DPoP", keyBound, nil)
		proof, err := key.Proof(http.MethodPost, "https://other.example/mcp", keyBound, "")
		if err != nil {
			t.Fatal(err)
		}
		h.Set(dpop.Header, proof)
		h.Set("Host", "other.example")
		return h
	}()
	twice := b.headers(t, "DPoP", keyBound, key)
	twice.Add("Authorization", "Bearer "+person)
	mixed := b.headers(t, "DPoP", b.token(t, map[string]any{"sub": "spiffe://dev.example/ns/default/agent/other", "cnf": map[string]any{"jkt": key.Thumbprint()}}), key)

	tests := []struct {
		name   string
		mutual bool
		header http.Header
		status int
		scheme string // whose challenge holds the error
		code   string
	}{
		{"nothing brought", false, nil, 401, "", ""},
		{"bound to a key, as Bearer", false, b.headers(t, "Bearer", keyBound, nil), 401, "Bearer", "invalid_token"},
		{"bound to a key, as Bearer with a proof", false, b.headers(t, "Bearer", keyBound, key), 401, "Bearer", "invalid_token"},
		{"bound to a key, without a proof", false, b.headers(t, "DPoP", keyBound, nil), 401, "DPoP", "invalid_dpop_proof"},
		{"bound to a key, proven with another", false, b.headers(t, "DPoP", keyBound, other), 401, "DPoP", "invalid_token"},
		{"a proof that was used", false, replayed, 401, "DPoP", "invalid_dpop_proof"},
		{"a proof for another server, and its Host", false, elsewhere, 401, "DPoP", "invalid_dpop_proof"},
		{"unbound, as DPoP", false, b.headers(t, "DPoP", person, key), 401, "DPoP", "invalid_token"},
		{"unbound, of an issuer that binds", false, b.headers(t, "Bearer", b.token(t, nil), nil), 401, "Bearer", "invalid_token"},
		{"bound to a certificate, without one", false, b.headers(t, "Bearer", certBound, nil), 401, "Bearer", "invalid_token"},
		{"bound to another certificate", true, b.headers(t, "Bearer", b.token(t, bound(map[string]any{"x5t#S256": "other"})), nil), 401, "Bearer", "invalid_token"},
		{"another agent's token", true, mixed, 401, "DPoP", "invalid_token"},
		{"another agent's JWT-SVID", true, b.headers(t, "Bearer", b.jwtSVID(t, map[string]any{"sub": "spiffe://dev.example/other"}), nil), 401, "Bearer", "invalid_token"},
		{"a token for another resource", false, b.headers(t, "Bearer", b.token(t, map[string]any{"iss": oidc, "aud": "https://other.example"}), nil), 401, "Bearer", "invalid_token"},
		{"a person's issuer that names an agent", false, b.headers(t, "Bearer", b.token(t, map[string]any{"iss": oidc}), nil), 401, "Bearer", "invalid_token"},
		{"an issuer that nobody knows", false, b.headers(t, "Bearer", b.token(t, map[string]any{"iss": "https://evil.example"}), nil), 401, "Bearer", "invalid_token"},
		{"no token", false, b.headers(t, "Bearer", "x", nil), 401, "Bearer", "invalid_token"},
		{"a JWT-SVID for another resource", false, b.headers(t, "Bearer", b.jwtSVID(t, map[string]any{"aud": "other"}), nil), 401, "Bearer", "invalid_token"},
		{"a JWT-SVID of another trust domain", false, b.headers(t, "Bearer", b.jwtSVID(t, map[string]any{"sub": "spiffe://evil.example/x"}), nil), 401, "Bearer", "invalid_token"},
		{"a JWT-SVID that expired", false, b.headers(t, "Bearer", b.jwtSVID(t, map[string]any{"exp": time.Now().Add(-time.Hour).Unix()}), nil), 401, "Bearer", "invalid_token"},
		{"a JWT-SVID of the trust domain itself", false, b.headers(t, "Bearer", b.jwtSVID(t, map[string]any{"sub": "spiffe://dev.example"}), nil), 401, "Bearer", "invalid_token"},
		{"a JWT-SVID as DPoP", false, b.headers(t, "DPoP", b.jwtSVID(t, nil), key), 401, "DPoP", "invalid_token"},
		{"a DID that may not call", false, b.headers(t, "DID", stranger, strangerKey), 401, "DID", "invalid_token"},
		{"a DID without a proof", false, b.headers(t, "DID", did, nil), 401, "DID", "invalid_dpop_proof"},
		{"a DID proven with another key", false, b.headers(t, "DID", did, strangerKey), 401, "DID", "invalid_token"},
		{"something that is no DID", false, b.headers(t, "DID", "did:web:example.org", didKey), 401, "DID", "invalid_token"},
		{"a JWT-SVID without an end", false, b.headers(t, "Bearer", b.jwtSVID(t, map[string]any{"exp": nil}), nil), 401, "Bearer", "invalid_token"},
		{"a JWT-SVID that is not yet one", false, b.headers(t, "Bearer", b.jwtSVID(t, map[string]any{"nbf": time.Now().Add(time.Hour).Unix()}), nil), 401, "Bearer", "invalid_token"},
		{"a JWT-SVID without a SPIFFE ID", false, b.headers(t, "Bearer", b.jwtSVID(t, map[string]any{"sub": "planner"}), nil), 401, "Bearer", "invalid_token"},
		{"a JWT-SVID of a key that is not the domain's", false, b.headers(t, "Bearer", sign(t, newKey(t), "s", "JWT", map[string]any{"sub": plannerID, "aud": b.resource, "exp": time.Now().Add(time.Minute).Unix()}), nil), 401, "Bearer", "invalid_token"},
		{"a scheme that is not taken", false, b.headers(t, "Basic", "YTpi", nil), 401, "", ""},
		{"two Authorization headers", false, twice, 400, "", "invalid_request"},
		{"a scheme alone", false, http.Header{"Authorization": {"Bearer"}}, 400, "", "invalid_request"},
		{"two tokens", false, http.Header{"Authorization": {"Bearer " + person + " " + person}}, 400, "", "invalid_request"},
		{"two tokens with a comma", false, http.Header{"Authorization": {"Bearer " + person + ",DPoP"}}, 400, "", "invalid_request"},
	}
	plain, mutual := b.plain(t), b.mutual(t, source)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := plain
			if test.mutual {
				c = mutual
			}
			got := b.ask(t, c, test.header)
			if got.status != test.status {
				t.Fatalf("got %d %s, want %d", got.status, got.body, test.status)
			}
			challenges := got.header.Values("WWW-Authenticate")
			if test.status == http.StatusUnauthorized {
				checkChallenges(t, b, challenges, test.scheme, test.code)
			} else if !strings.Contains(got.body, test.code) {
				t.Errorf("the body is %s", got.body)
			}
			for _, value := range test.header["Authorization"] {
				_, credential, _ := strings.Cut(value, " ")
				if said := got.body + strings.Join(challenges, " "); len(credential) > 20 && strings.Contains(said, credential) {
					t.Errorf("the answer holds the credential: %s", said)
				}
			}
		})
	}
}

// checkChallenges wants one challenge per scheme, each with the place of the metadata, and the error in that of the scheme that was used.
func checkChallenges(t *testing.T, b *bench, challenges []string, scheme, code string) {
	t.Helper()
	metadata := `resource_metadata="` + b.origin + `/.well-known/oauth-protected-resource/mcp"`
	var schemes []string
	for _, c := range challenges {
		name, parameters, _ := strings.Cut(c, " ")
		schemes = append(schemes, name)
		if !strings.Contains(parameters, metadata) {
			t.Errorf("%s does not hold %s", c, metadata)
		}
		if name == "DPoP" && !strings.Contains(parameters, `algs="ES256 EdDSA"`) {
			t.Errorf("%s does not say which algorithms are taken", c)
		}
		wantError := name == scheme && code != ""
		if got := strings.Contains(parameters, "error="); got != wantError || wantError && !strings.HasPrefix(parameters, `error="`+code+`", error_description="`) {
			t.Errorf("%s, want the error %q for scheme %q", c, code, scheme)
		}
	}
	if want := []string{"DPoP", "Bearer", "DID"}; !slices.Equal(schemes, want) {
		t.Errorf("challenges are %q, want the schemes %v", challenges, want)
	}
}

func TestBadCertificateRefusesWhateverElseIsGood(t *testing.T) {
	b := newBench(t, nil)
	foreign := newBench(t, nil).source(t, "planner")
	person := b.headers(t, "Bearer", b.token(t, map[string]any{"iss": oidc, "sub": "alice"}), nil)
	if got := b.ask(t, b.plain(t), person); got.status != http.StatusOK {
		t.Fatalf("the control was refused: %d %s", got.status, got.body)
	}
	if got := b.ask(t, b.mutual(t, foreign), person); got.status != http.StatusUnauthorized {
		t.Errorf("got %d %s, want it refused", got.status, got.body)
	}
}

func TestWhereACertificateIsAllThatIsTaken(t *testing.T) {
	b := newBench(t, func(_ *bench, o *authn.Options) { o.Enough = combinations(t, "mtls") })
	if got := b.ask(t, b.mutual(t, b.source(t, "planner")), nil); got.principal.SPIFFEID != plannerID {
		t.Errorf("got %d %s", got.status, got.body)
	}
	got := b.ask(t, b.plain(t), nil)
	if got.status != http.StatusForbidden || got.header.Get("WWW-Authenticate") != "" {
		t.Errorf("without one: got %d %v, want a 403 that asks for no token", got.status, got.header)
	}
	if b.guard.Nonce() != "" {
		t.Error("a nonce without proofs")
	}
}

func TestSuspendedAreShutOut(t *testing.T) {
	b := newBench(t, nil)
	source := b.source(t, "planner")
	key := prover(t, newKey(t))
	token := b.token(t, map[string]any{"sub": "alice", "act": map[string]any{"sub": plannerID}, "cnf": map[string]any{"jkt": key.Thumbprint()}})
	for name, suspended := range map[string]func(principal.Principal) bool{
		"the instance": func(p principal.Principal) bool { return p.Instance == "1" },
		"the user":     func(p principal.Principal) bool { return p.User == "alice" },
	} {
		t.Run(name, func(t *testing.T) {
			c := b.mutual(t, source)
			b.suspended = func(principal.Principal) bool { return false }
			if got := b.ask(t, c, b.headers(t, "DPoP", token, key)); got.status != http.StatusOK {
				t.Fatalf("the control was refused: %d %s", got.status, got.body)
			}
			b.suspended = suspended
			got := b.ask(t, c, b.headers(t, "DPoP", token, key))
			if got.status != http.StatusForbidden || !strings.Contains(got.body, "access_denied") {
				t.Errorf("got %d %s, want 403", got.status, got.body)
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	nobody := func(principal.Principal) bool { return false }
	mtls, clients := combinations(t, "mtls"), &svid.Verifier{}
	for name, o := range map[string]authn.Options{
		"no origin":                      {Suspended: nobody, Enough: mtls, Clients: clients},
		"an origin with a path":          {Origin: "https://gateway.example/", Suspended: nobody, Enough: mtls, Clients: clients},
		"nobody to suspend":              {Origin: "https://gateway.example", Enough: mtls, Clients: clients},
		"nothing that is enough":         {Origin: "https://gateway.example", Suspended: nobody, Clients: clients},
		"certificates and no bundles":    {Origin: "https://gateway.example", Suspended: nobody, Enough: mtls},
		"tokens and no issuer":           {Origin: "https://gateway.example", Suspended: nobody, Enough: combinations(t, "jwt")},
		"bound to what nobody verifies":  {Origin: "https://gateway.example", Suspended: nobody, Enough: combinations(t, "cert-bound"), Tokens: &token.Verifier{}, Proofs: &dpop.Verifier{}},
		"JWT-SVIDs without a clock":      {Origin: "https://gateway.example", Suspended: nobody, Enough: combinations(t, "jwt-svid"), JWTSVIDs: jwtbundle.NewSet()},
		"DIDs without proofs":            {Origin: "https://gateway.example", Suspended: nobody, Enough: combinations(t, "did"), DIDs: func(string) bool { return true }},
		"loopback that is nobody's":      {Origin: "http://127.0.0.1:1", Suspended: nobody, Enough: combinations(t, "loopback")},
		"one of two that cannot be seen": {Origin: "https://gateway.example", Suspended: nobody, Enough: combinations(t, "mtls", "jwt-svid"), Clients: clients},
	} {
		if _, err := authn.New(o); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := authn.New(authn.Options{Origin: "https://gateway.example", Suspended: nobody, Enough: mtls, Clients: clients}); err != nil {
		t.Errorf("the control was refused: %v", err)
	}
}

func TestStrip(t *testing.T) {
	h := http.Header{"Authorization": {"a", "b"}, "Dpop": {"c"}, "Proxy-Authorization": {"d"}, "Accept": {"e"}}
	authn.Strip(h)
	if want := (http.Header{"Accept": {"e"}}); !reflect.DeepEqual(h, want) {
		t.Errorf("left is %v, want %v", h, want)
	}
}
