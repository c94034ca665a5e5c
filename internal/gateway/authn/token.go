package authn

import (
	"context"
	"errors"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
	"github.com/agentward/terraform-provider-agent/internal/gateway/token"
)

// token authenticates by an access token or, where no issuer of those made it, a JWT-SVID. The token is judged before the proof, so that
// only holders of good tokens make the gateway remember proofs.
func (a *Authenticator) token(q *request) (principal.Principal, error) {
	t, err := a.verify(q.r.Context(), q)
	switch {
	case errors.Is(err, token.ErrIssuer) && q.scheme == "bearer" && a.o.JWTSVIDs != nil:
		return a.jwtSVID(q)
	case errors.Is(err, token.ErrInvalid):
		return principal.Principal{}, a.challenge(q, "invalid_token", err.Error(), nil)
	case err != nil:
		return principal.Principal{}, unavailable(err)
	}
	presented := token.Presented{DPoP: q.scheme == "dpop"}
	if q.svid != nil {
		presented.Certificate = q.svid.Thumbprint
	}
	if key := t.Confirmation.Key; key != "" && presented.DPoP {
		if err := a.prove(q, q.value, key); err != nil {
			return principal.Principal{}, err
		}
		presented.Key = key
	}
	if err := t.Held(presented); err != nil {
		return principal.Principal{}, a.challenge(q, "invalid_token", err.Error(), nil)
	}
	if lacks := t.Lacks; lacks != "" {
		return principal.Principal{}, a.insufficient(q, lacks)
	}
	return a.holder(q, t)
}

func (a *Authenticator) verify(ctx context.Context, q *request) (*token.Token, error) {
	if a.o.Tokens == nil {
		return nil, token.ErrIssuer
	}
	return a.o.Tokens.Verify(ctx, q.value, q.resource)
}

// holder gives the principal of a token that was presented by who it is bound to.
func (a *Authenticator) holder(q *request, t *token.Token) (principal.Principal, error) {
	acting := t.Subject
	if len(t.Actors) > 0 {
		acting = t.Actors[0]
	}
	agent := ""
	if strings.HasPrefix(acting, "spiffe://") { // the verifier made sure that the issuer may name it
		agent = acting
	}
	p, err := a.as(q, agent)
	if err != nil {
		return p, err
	}
	p.Subject, p.Issuer, p.Claims = t.User, t.Issuer, t.Claims
	if len(t.Actors) > 0 || agent == "" && p.SPIFFEID != "" { // the agent brings a token of somebody who is no agent
		p.User, p.UserIssuer = t.User, t.UserIssuer
	}
	p.Methods = append(p.Methods, principal.JWT)
	if t.Confirmation.Key != "" {
		p.Methods = append(p.Methods, principal.DPoP)
	}
	if t.Confirmation.Certificate != "" {
		p.Methods = append(p.Methods, principal.CertBound)
	}
	return p, nil
}
