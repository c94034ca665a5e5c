package token_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
	"github.com/agentward/terraform-provider-agent/internal/gateway/shared"
	"github.com/agentward/terraform-provider-agent/internal/gateway/svid"
	"github.com/agentward/terraform-provider-agent/internal/gateway/token"
)

func secretOf(c string) []byte { return []byte(strings.Repeat(c, token.MinSecret)) }

func ring(t *testing.T, clock func() time.Time, secrets ...[]byte) *token.Ring {
	t.Helper()
	r, err := token.NewRing(shared.Of(secrets...), time.Hour, clock)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// ids gives the key ids of a JWK Set, which must hold public keys alone.
func ids(t *testing.T, r *token.Ring) []string {
	t.Helper()
	document, err := r.JWKS()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := token.ParseJWKS(document); err != nil {
		t.Fatalf("%v: %s", err, document)
	}
	var set struct {
		Keys []struct {
			ID        string `json:"kid"`
			Algorithm string `json:"alg"`
			Use       string `json:"use"`
		} `json:"keys"`
	}
	if err := json.Unmarshal(document, &set); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, k := range set.Keys {
		if k.Algorithm != "ES256" || k.Use != "sig" {
			t.Errorf("key %+v is not one for ES256 signatures", k)
		}
		all = append(all, k.ID)
	}
	return all
}

func TestRingPublishesAKeyBeforeItSignsAndAfterItDid(t *testing.T) {
	clock := at
	r := ring(t, func() time.Time { return clock }, secretOf("a"))
	first := ids(t, r)
	if len(first) != 3 {
		t.Fatalf("%d keys are published, want the last, this and the next", len(first))
	}
	clock = clock.Add(time.Hour)
	second := ids(t, r)
	if second[0] != first[1] || second[1] != first[2] || second[2] == first[0] {
		t.Errorf("keys went from %v to %v", first, second)
	}
	if _, err := r.Key(t.Context(), first[0]); !errors.Is(err, token.ErrNoKey) {
		t.Errorf("a key of two rotations ago: %v", err)
	}
	if _, err := r.Key(t.Context(), first[1]); err != nil {
		t.Errorf("the last key: %v", err)
	}
}

func TestReplicasWithOneSecretHaveTheSameKeys(t *testing.T) {
	a, b := ids(t, ring(t, now, secretOf("a"))), ids(t, ring(t, now, secretOf("a")))
	if strings.Join(a, " ") != strings.Join(b, " ") {
		t.Errorf("one has %v, the other %v", a, b)
	}
	both := ids(t, ring(t, now, secretOf("b"), secretOf("a")))
	if len(both) != 6 || strings.Join(both[3:], " ") != strings.Join(a, " ") {
		t.Errorf("a ring of two secrets publishes %v, want those of the second last: %v", both, a)
	}
	if both[0] == a[0] {
		t.Error("two secrets have one key")
	}
}

func TestRingServesItsKeys(t *testing.T) {
	r := ring(t, now, secretOf("a"))
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/jwks", nil))
	document, err := r.JWKS()
	if err != nil {
		t.Fatal(err)
	}
	if got := w.Header().Get("Content-Type"); got != "application/jwk-set+json" || !bytes.Equal(w.Body.Bytes(), document) {
		t.Errorf("got %s: %s", got, w.Body)
	}
	if strings.Contains(w.Body.String(), `"d"`) {
		t.Error("a private key is published")
	}
}

func TestRingRefuses(t *testing.T) {
	for name, attempt := range map[string]func() error{
		"no secret":              func() error { _, err := token.NewRing(nil, 0, now); return err },
		"a short secret":         func() error { _, err := token.NewRing(shared.Of(secretOf("a")[1:]), 0, now); return err },
		"a short second secret":  func() error { _, err := token.NewRing(shared.Of(secretOf("a"), nil), 0, now); return err },
		"rotation every second":  func() error { _, err := token.NewRing(shared.Of(secretOf("a")), time.Second, now); return err },
		"no clock":               func() error { _, err := token.NewRing(shared.Of(secretOf("a")), 0, nil); return err },
		"rotation back in time":  func() error { _, err := token.NewRing(shared.Of(secretOf("a")), -time.Hour, now); return err },
		"an empty first secret ": func() error { _, err := token.NewRing(shared.Of([]byte{}), 0, now); return err },
	} {
		if attempt() == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestASecretThatNewlyComesFirstSignsOnceReplicasPublishIt(t *testing.T) {
	clock := at
	follow := func(before *shared.Secrets, texts ...[]byte) *shared.Secrets {
		return shared.Follow(before, texts, func() time.Time { return clock })
	}
	secrets := follow(follow(nil, secretOf("a")), secretOf("b"), secretOf("a"))
	r, err := token.NewRing(secrets, time.Hour, func() time.Time { return clock })
	if err != nil {
		t.Fatal(err)
	}
	published := ids(t, r) // three of b, then three of a
	for _, step := range []struct {
		after time.Duration
		want  string
	}{{0, published[4]}, {shared.SettleTime - time.Second, published[4]}, {shared.SettleTime, published[1]}} {
		clock = at.Add(step.after)
		if got := signing(t, r, func() time.Time { return clock }); got != step.want {
			t.Errorf("after %s the key %s signs, and %s should; all are %v", step.after, got, step.want, published)
		}
	}
}

// signing gives the id of the key that a ring signs with now.
func signing(t *testing.T, r *token.Ring, clock func() time.Time) string {
	t.Helper()
	s, err := token.NewService(token.ServiceOptions{
		Issuer: "https://issuer.example", Ring: r, Clients: svid.NewVerifier(nil, clock), Proofs: proofs(t, nil),
		Suspended: func(principal.Principal) bool { return false }, Now: clock, Lifetime: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := s.Assert("https://as.example", "somebody", "", "", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := jwt.ParseSigned(raw, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Headers[0].KeyID
}
