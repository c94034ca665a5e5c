package token

import (
	"context"
	"errors"

	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
)

// The grants that the service knows.
const (
	clientCredentials = "client_credentials"
	tokenExchange     = "urn:ietf:params:oauth:grant-type:token-exchange"
)

// The token types of RFC 8693 §3 that the service knows. An ID token says who logged in at a client, not what that client may do
// for them, so it is not taken.
const (
	typeAccessToken = "urn:ietf:params:oauth:token-type:access_token"
	typeJWT         = "urn:ietf:params:oauth:token-type:jwt"
)

// exchange gives the agent a token in which it acts for the subject of another (RFC 8693 §1.1, delegation).
func (s *Service) exchange(ctx context.Context, a *asked) (*response, error) {
	if s.o.Subjects == nil {
		return nil, fail("unauthorized_client", "no issuer's tokens may be exchanged")
	}
	form := a.form
	if form.Has("actor_token") || form.Has("actor_token_type") {
		return nil, fail("invalid_request", "the actor is who the certificate names, actor_token is not supported")
	}
	for _, name := range []string{"subject_token_type", "requested_token_type"} {
		switch form.Get(name) {
		case typeAccessToken, typeJWT:
		case "":
			if name == "subject_token_type" {
				return nil, fail("invalid_request", "subject_token_type is missing")
			}
		default:
			return nil, fail("invalid_request", name+" is not supported")
		}
	}
	subject, err := s.o.Subjects.Verify(ctx, form.Get("subject_token"), s.o.Issuer)
	switch {
	case errors.Is(err, ErrUnavailable):
		return nil, err
	case err != nil:
		return nil, fail("invalid_request", "subject_token: "+err.Error())
	}
	if err := s.mayExchange(subject, a); err != nil {
		return nil, err
	}
	end := a.client.NotAfter
	if subject.Expiry.Before(end) {
		end = subject.Expiry
	}
	chain := append([]string{a.client.ID.String()}, subject.Actors...)
	answer, err := s.issue(a, &issued{Subject: subject.User, SubjectIssuer: subject.UserIssuer, Act: acting(chain)}, end)
	if err != nil {
		return nil, err
	}
	answer.IssuedType = typeAccessToken
	return answer, nil
}

// mayExchange says why an agent may not act for a subject: its token is bound to somebody else, it names others who may act, the chain of actors is too
// long, or one of the two is suspended.
func (s *Service) mayExchange(subject *Token, a *asked) error {
	presented := Presented{DPoP: subject.Confirmation.Key != "", Certificate: a.client.Thumbprint}
	if a.proof != nil {
		presented.Key = a.proof.Thumbprint
	}
	if err := subject.Held(presented); err != nil {
		return fail("invalid_request", "subject_token: "+err.Error())
	}
	agent := a.client.ID.String()
	if allowed, ok := subject.Claims["may_act"]; ok { // RFC 8693 §4.4
		members, ok := allowed.(map[string]any)
		if !ok || members["sub"] != agent {
			return fail("invalid_request", "subject_token: may_act does not name the agent")
		}
	}
	if subject.Lacks != "" {
		return fail("invalid_request", "subject_token: it lacks scope "+subject.Lacks)
	}
	if len(subject.Actors) >= maxActors {
		return fail("invalid_request", "subject_token: too many actors")
	}
	p := principal.FromSPIFFEID(agent)
	p.User, p.UserIssuer, p.Subject, p.Issuer = subject.User, subject.UserIssuer, subject.User, subject.Issuer
	if s.o.Suspended(p) {
		return fail("unauthorized_client", "agent or user is suspended")
	}
	return nil
}
