package authn_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/authn"
	"github.com/agentward/terraform-provider-agent/internal/gateway/devauthority"
	"github.com/agentward/terraform-provider-agent/internal/gateway/dpop"
	"github.com/agentward/terraform-provider-agent/internal/gateway/store"
	"github.com/agentward/terraform-provider-agent/internal/gateway/svid"
	"github.com/agentward/terraform-provider-agent/internal/gateway/token"
)

// How far the gateway's clock may be from the one that made a credential, pinned: tokens and JWT-SVIDs by 30 s, proofs by 5 min, certificates not at all.
func TestHowFarClocksMayDiffer(t *testing.T) {
	var ahead atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	b := newBench(t, func(b *bench, o *authn.Options) {
		memory, err := store.NewMemory(1000, now)
		if err != nil {
			t.Fatal(err)
		}
		if o.Proofs, err = dpop.NewVerifier(dpop.Options{Store: memory, Now: now}); err != nil {
			t.Fatal(err)
		}
		trusts := []token.Trust{{Issuer: agents, Keys: jwks(t, b.issuerKey), TrustDomains: []string{"dev.example"}}}
		if o.Tokens, err = token.NewVerifier(trusts, 0, now); err != nil {
			t.Fatal(err)
		}
		o.Clients, o.Now = svid.NewVerifier(b.authority.Bundle(), now), now
	})
	key := prover(t, newKey(t))
	plain, mutual := b.plain(t), b.mutual(t, b.source(t, "planner"))
	begin, lasting := time.Now(), time.Now().Add(24*time.Hour).Unix()
	bearer := func(claims map[string]any) func() (*http.Client, http.Header) {
		raw := b.token(t, claims)
		return func() (*http.Client, http.Header) { return plain, b.headers(t, "Bearer", raw, nil) }
	}
	workload := func(claims map[string]any) func() (*http.Client, http.Header) {
		raw := b.jwtSVID(t, claims)
		return func() (*http.Client, http.Header) { return plain, b.headers(t, "Bearer", raw, nil) }
	}
	proof := func() (*http.Client, http.Header) {
		return plain, b.headers(t, "DPoP", b.token(t, map[string]any{"exp": lasting, "cnf": map[string]any{"jkt": key.Thumbprint()}}), key)
	}
	certificate := func() (*http.Client, http.Header) { return mutual, nil }
	const second = time.Second // rows keep 5 s from their bounds, for what the test itself takes
	for _, c := range []struct {
		credential string
		bring      func() (*http.Client, http.Header)
		at         time.Duration
		want       bool
	}{
		{"a token at its end", bearer(map[string]any{"exp": begin.Unix()}), 20 * second, true},
		{"a token past the skew", bearer(map[string]any{"exp": begin.Unix()}), 35 * second, false},
		{"a token before its beginning", bearer(map[string]any{"exp": lasting, "nbf": begin.Unix()}), -20 * second, true},
		{"a token further before it", bearer(map[string]any{"exp": lasting, "nbf": begin.Unix()}), -40 * second, false},
		{"a JWT-SVID at its end", workload(map[string]any{"exp": begin.Unix()}), 20 * second, true},
		{"a JWT-SVID past the skew", workload(map[string]any{"exp": begin.Unix()}), 35 * second, false},
		{"a JWT-SVID before its beginning", workload(map[string]any{"exp": lasting, "nbf": begin.Unix()}), -20 * second, true},
		{"a JWT-SVID further before it", workload(map[string]any{"exp": lasting, "nbf": begin.Unix()}), -40 * second, false},
		{"a proof that is old", proof, 4*time.Minute + 50*second, true},
		{"a proof that is too old", proof, 5*time.Minute + 10*second, false},
		{"a proof of later", proof, -4*time.Minute - 50*second, true},
		{"a proof of much later", proof, -5*time.Minute - 10*second, false},
		{"a certificate before its end", certificate, devauthority.SVIDLifetime - 30*second, true},
		{"a certificate after its end", certificate, devauthority.SVIDLifetime + 5*second, false},
		{"a certificate before its beginning", certificate, -2 * time.Minute, false},
	} {
		ahead.Store(int64(c.at))
		client, header := c.bring()
		if got := b.ask(t, client, header); (got.status == http.StatusOK) != c.want {
			t.Errorf("%s: %d %s", c.credential, got.status, got.body)
		}
	}
}
