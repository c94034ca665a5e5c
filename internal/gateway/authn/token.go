package authn

import (
	"context"
	"errors"
	"strings"

	"github.com/spiffe/go-spiffe/v2/svid/jwtsvid"

	"github.com/agentward/terraform-provider-agent/internal/gateway/compact"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
	"github.com/agentward/terraform-provider-agent/internal/gateway/token"
)

// maxToken is the longest JWT-SVID that is read, in bytes.
const maxToken = 16 << 10

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
	p.Subject, p.Issuer, p.Claims = t.Subject, t.Issuer, t.Claims
	if len(t.Actors) > 0 {
		p.User = t.Subject
	}
	p.Methods = append(p.Methods, "jwt")
	if t.Confirmation.Key != "" {
		p.Methods = append(p.Methods, "dpop")
	}
	if t.Confirmation.Certificate != "" {
		p.Methods = append(p.Methods, "cert-bound")
	}
	return p, nil
}

// jwtSVID authenticates by a JWT-SVID (SPIFFE JWT-SVID §5).
func (a *Authenticator) jwtSVID(q *request) (principal.Principal, error) {
	if _, err := compact.Parse(q.value, maxToken, compact.Asymmetric); err != nil {
		return principal.Principal{}, a.challenge(q, "invalid_token", err.Error(), nil)
	}
	s, err := jwtsvid.ParseAndValidate(q.value, a.o.JWTSVIDs, []string{q.resource})
	if err != nil {
		return principal.Principal{}, a.challenge(q, "invalid_token", "JWT-SVID is not one for this resource by a trusted domain", err)
	}
	if s.ID.Path() == "" {
		return principal.Principal{}, a.challenge(q, "invalid_token", "JWT-SVID names a trust domain, not a workload", nil)
	}
	p, err := a.as(q, s.ID.String())
	if err != nil {
		return p, err
	}
	p.Subject = s.ID.String()
	p.Methods = append(p.Methods, "jwt-svid")
	return p, nil
}
