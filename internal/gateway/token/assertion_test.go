package token_test

import (
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/agentward/terraform-provider-agent/internal/gateway/token"
)

func TestAnAssertionIsForAnotherServerAlone(t *testing.T) {
	b := newBench(t, nil)
	for name, c := range map[string]struct{ named, agent string }{
		"of an agent": {"", ""}, "of a user that an agent acts for": {"https://idp.example", "spiffe://dev.example/ns/default/agent/planner"},
	} {
		t.Run(name, func(t *testing.T) {
			raw, err := b.service.Assert("https://as.example", "somebody", c.named, c.agent, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			parsed, err := jwt.ParseSigned(raw, []jose.SignatureAlgorithm{jose.ES256})
			if err != nil {
				t.Fatal(err)
			}
			key, err := b.service.Trust(nil).Keys.Key(t.Context(), parsed.Headers[0].KeyID)
			if err != nil {
				t.Fatal(err)
			}
			var claims struct {
				jwt.Claims
				Named string `json:"subject_issuer"`
				Act   struct {
					Sub string `json:"sub"`
				} `json:"act"`
			}
			if err := parsed.Claims(key.Key, &claims); err != nil {
				t.Fatal(err)
			}
			if err := claims.ValidateWithLeeway(jwt.Expected{Issuer: b.issuer, Subject: "somebody", AnyAudience: jwt.Audience{"https://as.example"}, Time: time.Now()}, time.Second); err != nil {
				t.Error(err)
			}
			if claims.Named != c.named || claims.Act.Sub != c.agent || claims.ID == "" {
				t.Errorf("claims %+v", claims)
			}
			v, err := token.NewVerifier([]token.Trust{b.service.Trust([]string{"dev.example"})}, 0, time.Now)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := v.Verify(t.Context(), raw, "https://as.example"); err == nil {
				t.Error("it is taken for an access token")
			}
		})
	}
}
