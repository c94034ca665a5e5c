// Package principal says on whose behalf a call is made, once authentication is done.
package principal

import "strings"

// Principal is an authenticated caller. Its zero value is nobody.
type Principal struct {
	// SPIFFEID is the caller's own, "" where it has none (a person behind OIDC, a DID).
	SPIFFEID string
	// TrustDomain, Namespace, Agent and Instance are the parts of a SPIFFE ID of the form
	// spiffe://<trust domain>/ns/<namespace>/agent/<agent>[/instance/<instance>]; "" where it has another form.
	TrustDomain, Namespace, Agent, Instance string
	// Subject is the token's sub, or the DID.
	Subject string
	// Issuer is the token's iss, "" without a token.
	Issuer string
	// User is who the agent acts for (RFC 8693: sub of a token whose act is the agent), "" for nobody.
	User string
	// UserIssuer is the issuer that gave User that name: a name is one person only together with it. "" without a user.
	UserIssuer string
	// Methods say what was proven, sorted: MTLS, DPoP and the others.
	Methods []string
	// Labels are what the configuration says of the agent, nil for nothing.
	Labels map[string]string
	// Claims are the token's further claims as JSON values.
	Claims map[string]any
}

// Known says that somebody was authenticated.
func (p Principal) Known() bool { return p.SPIFFEID != "" || p.Subject != "" }

// FromSPIFFEID gives the principal of a SPIFFE ID that has been verified.
func FromSPIFFEID(id string) Principal {
	p := Principal{SPIFFEID: id}
	rest, ok := strings.CutPrefix(id, "spiffe://")
	if !ok {
		return p
	}
	var path string
	p.TrustDomain, path, _ = strings.Cut(rest, "/")
	parts := strings.Split(path, "/")
	if len(parts) >= 4 && parts[0] == "ns" && parts[2] == "agent" && (len(parts) == 4 || len(parts) == 6 && parts[4] == "instance") {
		p.Namespace, p.Agent = parts[1], parts[3]
		if len(parts) == 6 {
			p.Instance = parts[5]
		}
	}
	return p
}
