package authn

import (
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/spiffe/go-spiffe/v2/spiffeid"

	"github.com/agentward/terraform-provider-agent/internal/gateway/compact"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
	"github.com/agentward/terraform-provider-agent/internal/gateway/token"
)

// maxToken is the longest JWT-SVID that is read, in bytes.
const maxToken = 16 << 10

// svidAlgorithms are those of SPIFFE JWT-SVID §2.1.
var svidAlgorithms = []jose.SignatureAlgorithm{jose.RS256, jose.RS384, jose.RS512, jose.ES256, jose.ES384, jose.ES512, jose.PS256, jose.PS384, jose.PS512}

// svidClaims are those that a JWT-SVID is judged by (SPIFFE JWT-SVID §3).
type svidClaims struct {
	Subject   string         `json:"sub"`
	Audience  token.Audience `json:"aud"`
	Expiry    *compact.Date  `json:"exp"`
	NotBefore *compact.Date  `json:"nbf"`
}

// jwtSVID authenticates by a JWT-SVID (SPIFFE JWT-SVID §5), with the keys of the trust domain that it names and no others.
func (a *Authenticator) jwtSVID(q *request) (principal.Principal, error) {
	refuse := func(reason string, err error) (principal.Principal, error) {
		return principal.Principal{}, a.challenge(q, "invalid_token", reason, err)
	}
	jws, err := compact.Parse(q.value, maxToken, svidAlgorithms)
	if err != nil {
		return refuse(err.Error(), nil)
	}
	if typ := jws.Header.Type; typ != "" && !jws.Header.IsType("JWT", "JOSE") {
		return refuse("typ is not a JWT-SVID's", nil)
	}
	var claims svidClaims
	if err := jws.Unverified(&claims); err != nil {
		return refuse(err.Error(), nil)
	}
	id, err := spiffeid.FromString(claims.Subject)
	if err != nil || id.Path() == "" {
		return refuse("sub is not the SPIFFE ID of a workload", err)
	}
	const foreign = "JWT-SVID is not one of a trusted domain"
	keys, err := a.o.JWTSVIDs.GetJWTBundleForTrustDomain(id.TrustDomain())
	if err != nil {
		return refuse(foreign, err)
	}
	key, ok := keys.FindJWTAuthority(jws.Header.KeyID)
	if !ok {
		return refuse(foreign, nil)
	}
	if err := jws.Verify(key, &claims); err != nil {
		return refuse(foreign, err)
	}
	if fault := claims.fault(a.o.Now(), q.resource); fault != "" {
		return refuse(fault, nil)
	}
	p, err := a.as(q, id.String())
	if err != nil {
		return p, err
	}
	p.Subject = id.String()
	p.Methods = append(p.Methods, principal.JWTSVID)
	return p, nil
}

// fault says what is wrong with the claims, "" for nothing. Clocks may differ as much as for access tokens.
func (c *svidClaims) fault(now time.Time, resource string) string {
	switch {
	case c.Expiry == nil:
		return "exp is missing"
	case !now.Before(c.Expiry.Time().Add(token.DefaultSkew)):
		return "expired"
	case c.NotBefore != nil && now.Add(token.DefaultSkew).Before(c.NotBefore.Time()):
		return "not valid yet"
	case resource == "" || !slices.Contains(c.Audience, resource):
		return "audience is another one"
	}
	return ""
}
