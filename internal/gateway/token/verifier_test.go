package token_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/agentward/terraform-provider-agent/internal/gateway/token"
)

func trust(keys token.Keys) token.Trust {
	return token.Trust{Issuer: issuer, Keys: keys, TrustDomains: []string{"a.example"}, Bound: true}
}

func TestVerify(t *testing.T) {
	s := newSigner(t, "1")
	v := verifier(t, trust(static(t, s)))
	got, err := v.Verify(t.Context(), s.sign(t, claims(map[string]any{"act": map[string]any{"sub": "spiffe://a.example/b", "act": map[string]any{"sub": "c"}}})), resource)
	if err != nil {
		t.Fatal(err)
	}
	want := &token.Token{
		Issuer: issuer, Subject: agentID, User: agentID, UserIssuer: issuer, ClientID: agentID, Scope: "a b", Audience: []string{resource}, Expiry: at.Add(time.Minute),
		Actors: []string{"spiffe://a.example/b", "c"}, Confirmation: token.Confirmation{Key: "key", Certificate: "certificate"},
		Claims: map[string]any{"team": "red"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestVerifyTakes(t *testing.T) {
	s := newSigner(t, "1")
	v := verifier(t, trust(static(t, s)))
	for name, change := range map[string]map[string]any{
		"one of several audiences":         {"aud": []string{"https://other.example", resource}},
		"one that expired within the skew": {"exp": at.Unix() - 29},
		"one that holds within the skew":   {"nbf": at.Unix() + 30},
		"a subject that is a person":       {"sub": "alice"},
		"a certificate alone":              {"cnf": map[string]any{"x5t#S256": "certificate"}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := v.Verify(t.Context(), s.sign(t, claims(change)), resource); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestVerifyRefuses(t *testing.T) {
	s := newSigner(t, "1")
	act := map[string]any{"sub": "agent"}
	for range 8 {
		act = map[string]any{"sub": "agent", "act": act}
	}
	for name, test := range map[string]struct {
		change map[string]any
		want   string
	}{
		"another issuer":                         {map[string]any{"iss": "https://evil.example"}, "issuer is not trusted"},
		"the issuer with a slash":                {map[string]any{"iss": issuer + "/"}, "issuer is not trusted"},
		"no issuer":                              {map[string]any{"iss": absent}, "issuer is not trusted"},
		"an issuer in another case":              {map[string]any{"iss": absent, "ISS": issuer}, "issuer is not trusted"},
		"no subject":                             {map[string]any{"sub": absent}, "sub is missing"},
		"another audience":                       {map[string]any{"aud": "https://other.example"}, "audience"},
		"an audience that is a prefix":           {map[string]any{"aud": "https://gateway.example"}, "audience"},
		"an audience that is longer":             {map[string]any{"aud": resource + "/x"}, "audience"},
		"no audience":                            {map[string]any{"aud": absent}, "audience"},
		"an empty audience":                      {map[string]any{"aud": ""}, "audience"},
		"an audience that is an object":          {map[string]any{"aud": map[string]any{resource: 1}}, "aud"},
		"no end":                                 {map[string]any{"exp": absent}, "exp is missing"},
		"an end that is null":                    {map[string]any{"exp": nil}, "exp is missing"},
		"an end that is a string":                {map[string]any{"exp": "1760000060"}, "seconds"},
		"an end beyond all times":                {map[string]any{"exp": 1e18}, "seconds"},
		"one that expired":                       {map[string]any{"exp": at.Unix() - 30}, "expired"},
		"one that does not hold yet":             {map[string]any{"nbf": at.Unix() + 31}, "not valid yet"},
		"one bound to nothing":                   {map[string]any{"cnf": absent}, "bound to nothing"},
		"an empty cnf":                           {map[string]any{"cnf": map[string]any{}}, "cnf is empty"},
		"an empty thumbprint":                    {map[string]any{"cnf": map[string]any{"jkt": ""}}, "thumbprint"},
		"a thumbprint that is none":              {map[string]any{"cnf": map[string]any{"jkt": 1}}, "thumbprint"},
		"a way to be bound that is not known":    {map[string]any{"cnf": map[string]any{"jkt": "key", "kid": "1"}}, "not known"},
		"an agent of another trust domain":       {map[string]any{"sub": "spiffe://b.example/ns/x/agent/y"}, "trust domain"},
		"an actor of another trust domain":       {map[string]any{"act": map[string]any{"sub": "spiffe://b.example/y"}}, "trust domain"},
		"an earlier actor of another one":        {map[string]any{"act": map[string]any{"sub": "a", "act": map[string]any{"sub": "spiffe://b.example/y"}}}, "trust domain"},
		"a SPIFFE ID in another case":            {map[string]any{"sub": "SPIFFE://a.example/ns/x/agent/y"}, "trust domain"},
		"a trust domain alone":                   {map[string]any{"sub": "spiffe://a.example"}, "trust domain"},
		"a trust domain that begins alike":       {map[string]any{"sub": "spiffe://a.example.evil/y"}, "trust domain"},
		"an actor without a name":                {map[string]any{"act": map[string]any{"iss": issuer}}, "act names nobody"},
		"more actors than anyone needs":          {map[string]any{"act": act}, "act names more"},
		"an actor that is a string":              {map[string]any{"act": "agent"}, "JSON"},
		"a subject that is a number":             {map[string]any{"sub": 1}, "JSON"},
		"a scope that is a list":                 {map[string]any{"scope": []string{"a"}}, "JSON"},
		"a client id that is an object":          {map[string]any{"client_id": map[string]any{}}, "JSON"},
		"a cnf that is a string":                 {map[string]any{"cnf": "key"}, "JSON"},
		"longer than a token may be":             {map[string]any{"pad": strings.Repeat("a", 16<<10)}, "longer than"},
		"an audience list with something in it":  {map[string]any{"aud": []any{resource, 1}}, "aud"},
		"not before a time that is not a number": {map[string]any{"nbf": true}, "seconds"},
	} {
		t.Run(name, func(t *testing.T) {
			v := verifier(t, trust(static(t, s)))
			if _, err := v.Verify(t.Context(), s.sign(t, claims(nil)), resource); err != nil {
				t.Fatalf("the control was refused: %v", err)
			}
			raw := s.sign(t, claims(test.change))
			_, err := v.Verify(t.Context(), raw, resource)
			if !errors.Is(err, token.ErrInvalid) {
				t.Fatalf("got %v, want it refused as invalid", err)
			}
			contains(t, err, test.want)
			if strings.Contains(err.Error(), raw) {
				t.Error("the error holds the token")
			}
		})
	}
}

func TestVerifyRefusesWhatIsNotSignedByTheIssuer(t *testing.T) {
	s, other := newSigner(t, "1"), newSigner(t, "1")
	unknown, nameless := newSigner(t, "2"), newSigner(t, "")
	proof := newSigner(t, "1")
	proof.key, proof.typ = s.key, "dpop+jwt"
	older := newSigner(t, "1")
	older.key, older.typ = s.key, "JWT"
	good := s.sign(t, claims(nil))
	parts := strings.Split(good, ".")
	symmetric, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: document(t, s)}, (&jose.SignerOptions{}).WithType("at+jwt").WithHeader("kid", "1"))
	if err != nil {
		t.Fatal(err)
	}
	jws, err := symmetric.Sign(mustJSON(t, claims(nil)))
	if err != nil {
		t.Fatal(err)
	}
	confused, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	twice := string(mustJSON(t, claims(nil)))
	for name, raw := range map[string]string{
		"another key under its id":          other.sign(t, claims(nil)),
		"an id that is not known":           unknown.sign(t, claims(nil)),
		"no id where there are two keys":    nameless.sign(t, claims(nil)),
		"a proof for a token":               proof.sign(t, claims(nil)),
		"a token of an older kind":          older.sign(t, claims(nil)),
		"alg none":                          base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"at+jwt","kid":"1"}`)) + "." + parts[1] + ".",
		"a MAC under the public keys":       confused,
		"another's claims":                  parts[0] + "." + strings.Split(other.sign(t, claims(map[string]any{"sub": "root"})), ".")[1] + "." + parts[2],
		"a claim twice":                     s.signRaw(t, []byte(`{"sub":"alice",`+twice[1:])),
		"a claim twice, deep inside":        s.signRaw(t, []byte(`{"x":{"a":1,"a":2},`+twice[1:])),
		"data behind the claims":            s.signRaw(t, []byte(twice+"{}")),
		"nothing":                           "",
		"two parts":                         parts[0] + "." + parts[1],
		"a token with white space about it": " " + good,
	} {
		t.Run(name, func(t *testing.T) {
			v := verifier(t, trust(static(t, s, newSigner(t, "3"))))
			if _, err := v.Verify(t.Context(), good, resource); err != nil {
				t.Fatalf("the control was refused: %v", err)
			}
			if _, err := v.Verify(t.Context(), raw, resource); !errors.Is(err, token.ErrInvalid) {
				t.Errorf("got %v, want it refused as invalid", err)
			}
		})
	}
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTrustSaysWhatItsIssuerMayDo(t *testing.T) {
	s := newSigner(t, "1")
	person := claims(map[string]any{"sub": "alice", "cnf": absent, "aud": "client-1"})
	older := *s
	older.typ = "JWT"
	if _, err := verifier(t, trust(static(t, s))).Verify(t.Context(), older.sign(t, person), resource); err == nil {
		t.Error("an unbound token of an older kind for a client was taken where nothing says so")
	}
	open := token.Trust{Issuer: issuer, Keys: static(t, s), Types: []string{"JWT", ""}, Audiences: []string{"client-1"}, Algorithms: []jose.SignatureAlgorithm{jose.ES256}}
	if _, err := verifier(t, open).Verify(t.Context(), older.sign(t, person), resource); err != nil {
		t.Error(err)
	}
	open.Algorithms = []jose.SignatureAlgorithm{jose.RS256}
	_, err := verifier(t, open).Verify(t.Context(), older.sign(t, person), resource)
	contains(t, err, "not one of the issuer's")

	for name, bad := range map[string][]token.Trust{
		"twice":               {trust(static(t, s)), trust(static(t, s))},
		"without keys":        {{Issuer: issuer}},
		"without a name":      {{Keys: static(t, s)}},
		"symmetric algorithm": {{Issuer: issuer, Keys: static(t, s), Algorithms: []jose.SignatureAlgorithm{jose.HS256}}},
	} {
		if _, err := token.NewVerifier(bad, 0, now); err == nil {
			t.Errorf("%s: trusted", name)
		}
	}
	if got := verifier(t, trust(static(t, s))).Issuers(); !reflect.DeepEqual(got, []string{issuer}) {
		t.Errorf("issuers are %v", got)
	}
}

// gone are keys that cannot be had.
type gone struct{}

func (gone) Key(context.Context, string) (*jose.JSONWebKey, error) {
	return nil, errors.New("no route")
}

func TestVerifyTellsKeysThatAreAwayFromBadTokens(t *testing.T) {
	s := newSigner(t, "1")
	_, err := verifier(t, trust(gone{})).Verify(t.Context(), s.sign(t, claims(nil)), resource)
	if !errors.Is(err, token.ErrUnavailable) || errors.Is(err, token.ErrInvalid) {
		t.Errorf("got %v, want %v", err, token.ErrUnavailable)
	}
}

func TestHeld(t *testing.T) {
	key, certificate := token.Confirmation{Key: "k"}, token.Confirmation{Certificate: "c"}
	both := token.Confirmation{Key: "k", Certificate: "c"}
	for _, test := range []struct {
		name string
		by   token.Confirmation
		as   token.Presented
		ok   bool
	}{
		{"unbound as Bearer", token.Confirmation{}, token.Presented{}, true},
		{"unbound as Bearer with a certificate", token.Confirmation{}, token.Presented{Certificate: "c"}, true},
		{"unbound as DPoP", token.Confirmation{}, token.Presented{DPoP: true, Key: "k"}, false},
		{"key as DPoP", key, token.Presented{DPoP: true, Key: "k"}, true},
		{"key as Bearer", key, token.Presented{}, false},
		{"key as Bearer with a proof", key, token.Presented{Key: "k"}, false},
		{"key as DPoP with another key", key, token.Presented{DPoP: true, Key: "x"}, false},
		{"key as DPoP without a proof", key, token.Presented{DPoP: true}, false},
		{"certificate as Bearer", certificate, token.Presented{Certificate: "c"}, true},
		{"certificate without one", certificate, token.Presented{}, false},
		{"certificate with another", certificate, token.Presented{Certificate: "x"}, false},
		{"certificate as DPoP", certificate, token.Presented{DPoP: true, Key: "k", Certificate: "c"}, false},
		{"both with both", both, token.Presented{DPoP: true, Key: "k", Certificate: "c"}, true},
		{"both without the certificate", both, token.Presented{DPoP: true, Key: "k"}, false},
		{"both with another key", both, token.Presented{DPoP: true, Key: "x", Certificate: "c"}, false},
		{"both as Bearer", both, token.Presented{Certificate: "c"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := (&token.Token{Confirmation: test.by}).Held(test.as)
			if (err == nil) != test.ok || err != nil && !errors.Is(err, token.ErrInvalid) {
				t.Errorf("got %v, want it held: %v", err, test.ok)
			}
		})
	}
}

func FuzzVerify(f *testing.F) {
	s := newSigner(f, "1")
	good := s.sign(f, claims(nil))
	v := verifier(f, trust(static(f, s)))
	f.Add(good)
	f.Add("e30.e30.e30")
	f.Add("")
	f.Fuzz(func(t *testing.T, raw string) {
		switch _, err := v.Verify(t.Context(), raw, resource); {
		case err == nil && raw != good:
			t.Errorf("took %q", raw)
		case err != nil && !errors.Is(err, token.ErrInvalid):
			t.Errorf("refused as something else than invalid: %v", err)
		}
	})
}

func TestUserIsNamedByTheClaimThatIsConfigured(t *testing.T) {
	s := newSigner(t, "1")
	by := trust(static(t, s))
	by.User = "email"
	v := verifier(t, by)
	for name, c := range map[string]struct {
		change     map[string]any
		user, says string
	}{
		"a person":                   {map[string]any{"sub": "17", "email": "alice@example.org"}, "alice@example.org", ""},
		"an agent":                   {nil, agentID, ""},
		"a person without the claim": {map[string]any{"sub": "17"}, "", "claim email"},
		"a claim of another type":    {map[string]any{"sub": "17", "email": []string{"a"}}, "", "claim email"},
		"an empty claim":             {map[string]any{"sub": "17", "email": ""}, "", "claim email"},
		"a person named as an agent": {map[string]any{"sub": "17", "email": "SPIFFE://a.example/b"}, "", "names an agent"},
	} {
		got, err := v.Verify(t.Context(), s.sign(t, claims(c.change)), resource)
		switch {
		case c.says != "":
			if !errors.Is(err, token.ErrInvalid) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v", name, err)
			}
		case err != nil || got.User != c.user:
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

func TestOnlyAnIssuerThatExchangesSpeaksForAnother(t *testing.T) {
	s := newSigner(t, "1")
	raw := s.sign(t, claims(map[string]any{"sub": "alice", token.SubjectIssuer: "https://other.example"}))
	for exchanges, want := range map[bool]string{false: issuer, true: "https://other.example"} {
		by := trust(static(t, s))
		by.Exchanges = exchanges
		got, err := verifier(t, by).Verify(t.Context(), raw, resource)
		if err != nil || got.UserIssuer != want {
			t.Errorf("exchanges %v: got %+v, %v, want %s", exchanges, got, err, want)
		}
	}
}

func TestScopesThatATokenLacks(t *testing.T) {
	s := newSigner(t, "1")
	by := trust(static(t, s))
	by.Scopes = []string{"b", "c"}
	v := verifier(t, by)
	for scope, want := range map[string]string{"": "b c", "a b": "c", "c b": "", "bc": "b c", "b  c": ""} {
		got, err := v.Verify(t.Context(), s.sign(t, claims(map[string]any{"scope": scope})), resource)
		if err != nil || got.Lacks != want {
			t.Errorf("%q: got %+v, %v, want that it lacks %q", scope, got, err, want)
		}
	}
	if got := v.Scopes(); !reflect.DeepEqual(got, []string{"b", "c"}) {
		t.Errorf("the verifier needs %v", got)
	}
}
