package dpop_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/dpop"
	"github.com/agentward/terraform-provider-agent/internal/gateway/shared"
)

var secret = []byte("a secret of thirty-two bytes....")

func nonces(t *testing.T, secret []byte, clock func() time.Time) *dpop.Nonces {
	t.Helper()
	n, err := dpop.NewNonces(shared.Of(secret), 2*time.Minute, clock)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestNonces(t *testing.T) {
	clock := at
	n := nonces(t, secret, func() time.Time { return clock })
	nonce := n.New()
	raw, err := base64.RawURLEncoding.DecodeString(nonce)
	if err != nil {
		t.Fatal(err)
	}
	later := append([]byte(nil), raw...)
	later[7]++

	tests := []struct {
		name  string
		nonce string
		after time.Duration
		want  bool
	}{
		{"at once", nonce, 0, true},
		{"as old as it may get", nonce, 2 * time.Minute, true},
		{"older", nonce, 2*time.Minute + time.Second, false},
		{"of a replica whose clock is ahead", nonce, -2 * time.Minute, true},
		{"of a time far ahead", nonce, -time.Hour, false},
		{"with another time", base64.RawURLEncoding.EncodeToString(later), 0, false},
		{"cut short", nonce[:len(nonce)-4], 0, false},
		{"longer", nonce + "AAAA", 0, false},
		{"very long", nonce + nonce + nonce, 0, false},
		{"not base64url", "!" + nonce[1:], 0, false},
		{"of another secret", nonces(t, append(secret, 'x'), now).New(), 0, false},
		{"of a replica with the secret", nonces(t, secret, now).New(), 0, true},
		{"empty", "", 0, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			clock = at.Add(test.after)
			if got := n.Valid(test.nonce); got != test.want {
				t.Errorf("valid is %v, want %v", got, test.want)
			}
		})
	}
}

func TestNonceHoldsWhenItsKeyIsReplaced(t *testing.T) {
	clock := at.Truncate(time.Hour).Add(-time.Second)
	n := nonces(t, secret, func() time.Time { return clock })
	nonce := n.New()
	clock = clock.Add(2 * time.Second)
	if !n.Valid(nonce) {
		t.Error("a nonce of the hour before is refused")
	}
}

func TestNoncesAreRefusedWhereTheyWouldBeWeak(t *testing.T) {
	for name, attempt := range map[string]func() error{
		"a short secret":   func() error { _, err := dpop.NewNonces(shared.Of(secret[1:]), time.Minute, now); return err },
		"no lifetime":      func() error { _, err := dpop.NewNonces(shared.Of(secret), 0, now); return err },
		"a long lifetime":  func() error { _, err := dpop.NewNonces(shared.Of(secret), 2*time.Hour, now); return err },
		"no clock":         func() error { _, err := dpop.NewNonces(shared.Of(secret), time.Minute, nil); return err },
		"a negative one":   func() error { _, err := dpop.NewNonces(shared.Of(secret), -time.Minute, now); return err },
		"nothing whatever": func() error { _, err := dpop.NewNonces(nil, 0, nil); return err },
	} {
		if attempt() == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func TestNonceIsDemanded(t *testing.T) {
	n := nonces(t, secret, now)
	v := verifier(t, func(o *dpop.Options) { o.Nonces = n })
	_, err := v.Verify(t.Context(), newForge(t).present(t))
	refused(t, err, dpop.UseNonce)

	f := newForge(t)
	f.claims["nonce"] = "made up"
	_, err = v.Verify(t.Context(), f.present(t))
	refused(t, err, dpop.UseNonce)

	f = newForge(t)
	f.claims["nonce"] = v.Nonce()
	if _, err := v.Verify(t.Context(), f.present(t)); err != nil {
		t.Errorf("a proof with our nonce was refused: %v", err)
	}
	if got := verifier(t, nil).Nonce(); got != "" {
		t.Errorf("a verifier that demands none gives the nonce %q", got)
	}
}

func TestNoncesOfEverySecretAreKnownAndOneMakesThem(t *testing.T) {
	other := []byte(strings.Repeat("o", dpop.MinSecret))
	clock := at
	tick := func() time.Time { return clock }
	secrets := shared.Follow(shared.Of(secret), [][]byte{other, secret}, tick)
	n, err := dpop.NewNonces(secrets, 2*time.Minute, tick)
	if err != nil {
		t.Fatal(err)
	}
	before, after := nonces(t, secret, tick), nonces(t, other, tick)
	if !n.Valid(before.New()) || !n.Valid(after.New()) {
		t.Error("a nonce of one of the secrets is refused")
	}
	if !before.Valid(n.New()) {
		t.Error("a replica that does not know the new secret yet refuses what is made with it")
	}
	clock = at.Add(shared.SettleTime)
	if !after.Valid(n.New()) {
		t.Error("the secret that comes first makes no nonces")
	}
}
