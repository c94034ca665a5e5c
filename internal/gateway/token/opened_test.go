package token_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/agentward/terraform-provider-agent/internal/gateway/token"
)

// changing are keys that others can take the place of.
type changing struct{ token.Keys }

func (c *changing) Key(ctx context.Context, id string) (*jose.JSONWebKey, error) {
	return c.Keys.Key(ctx, id)
}

func TestATokenThatWasTakenIsJudgedAgain(t *testing.T) {
	s := newSigner(t, "1")
	for name, c := range map[string]struct {
		change   func(keys *changing, clock *time.Time)
		resource string
		good     bool
	}{
		"and taken again":                             {func(*changing, *time.Time) {}, resource, true},
		"when it has expired":                         {func(_ *changing, clock *time.Time) { *clock = at.Add(2 * time.Minute) }, resource, false},
		"for another resource":                        {func(*changing, *time.Time) {}, resource + "/other", false},
		"when its issuer has given up the key":        {func(k *changing, _ *time.Time) { k.Keys = static(t, newSigner(t, "2")) }, resource, false},
		"when its issuer has another key of that id":  {func(k *changing, _ *time.Time) { k.Keys = static(t, newSigner(t, "1")) }, resource, false},
		"when its issuer's keys have been read again": {func(k *changing, _ *time.Time) { k.Keys = static(t, s) }, resource, true},
	} {
		t.Run(name, func(t *testing.T) {
			keys, clock := &changing{static(t, s)}, at
			v, err := token.NewVerifier([]token.Trust{trust(keys)}, 0, func() time.Time { return clock })
			if err != nil {
				t.Fatal(err)
			}
			raw := s.sign(t, claims(nil))
			first, err := v.Verify(t.Context(), raw, resource)
			if err != nil {
				t.Fatal(err)
			}
			first.Claims["team"] = "other" // what a caller does with its own
			c.change(keys, &clock)
			again, err := v.Verify(t.Context(), raw, c.resource)
			if (err == nil) != c.good || err != nil && !errors.Is(err, token.ErrInvalid) {
				t.Fatalf("got %v", err)
			}
			if err == nil && again.Claims["team"] != "red" {
				t.Errorf("got %v", again.Claims)
			}
			if _, err := v.Verify(t.Context(), raw[:len(raw)-4]+"AAAA", resource); !errors.Is(err, token.ErrInvalid) {
				t.Errorf("with another signature: %v", err)
			}
		})
	}
}
