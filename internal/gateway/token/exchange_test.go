package token_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/token"
)

func TestAgentActsForAUser(t *testing.T) {
	b := newBench(t, nil)
	prover := newProver(t)
	ends := time.Now().Add(time.Minute).Truncate(time.Second)
	for _, test := range []struct {
		name   string
		change map[string]any
		actors []string
	}{
		{"whose token the agent was handed", nil, []string{clientID}},
		{"for whom others acted before", map[string]any{"act": map[string]any{"sub": "app"}}, []string{clientID, "app"}},
		{"who lets this agent act", map[string]any{"may_act": map[string]any{"sub": clientID}}, []string{clientID}},
		{"whose token is bound to the agent's key", map[string]any{"cnf": map[string]any{"jkt": prover.Thumbprint()}}, []string{clientID}},
		{"whose token ends soon", map[string]any{"exp": ends.Unix()}, []string{clientID}},
	} {
		t.Run(test.name, func(t *testing.T) {
			access, err := b.client(prover).User(t.Context(), resource, b.user(t, test.change))
			if err != nil {
				t.Fatal(err)
			}
			got := b.verify(t, access.Token)
			if got.Subject != "alice" || got.ClientID != clientID || !reflect.DeepEqual(got.Actors, test.actors) || got.Claims[token.SubjectIssuer] != issuer {
				t.Errorf("the token is %+v", got)
			}
			if test.change["exp"] != nil && !got.Expiry.Equal(ends) {
				t.Errorf("the token ends %s, the user's %s", got.Expiry, ends)
			}
		})
	}
}

func TestUserKeepsTheirIssuerThroughTokensOfTheServiceItself(t *testing.T) {
	users := newSigner(t, "u")
	b := newBench(t, func(o *token.ServiceOptions) {
		own := token.Trust{Issuer: o.Issuer, Keys: o.Ring, TrustDomains: []string{"dev.example"}, Bound: true, Exchanges: true}
		var err error
		if o.Subjects, err = token.NewVerifier([]token.Trust{own, {Issuer: issuer, Keys: static(t, users)}}, 0, time.Now); err != nil {
			t.Fatal(err)
		}
		o.Resources = append(o.Resources, o.Issuer)
	})
	b.users = users
	c := b.client(newProver(t))
	first, err := c.User(t.Context(), b.issuer, b.user(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	second, err := c.User(t.Context(), resource, first.Token)
	if err != nil {
		t.Fatal(err)
	}
	if got := b.verify(t, second.Token); got.Subject != "alice" || got.Claims[token.SubjectIssuer] != issuer {
		t.Errorf("the token is %+v", got)
	}
	if _, err := b.client(newProver(t)).User(t.Context(), resource, first.Token); err == nil {
		t.Error("the token was exchanged with another key than it is bound to")
	}
}
