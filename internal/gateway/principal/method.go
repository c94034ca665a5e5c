package principal

import (
	"fmt"
	"slices"
	"strings"
)

// The methods by which a caller proves who it is, as Principal.Methods has them.
const (
	MTLS      = "mtls"       // an X.509-SVID on the connection
	DPoP      = "dpop"       // an access token bound to a key, and a proof with it (RFC 9449)
	CertBound = "cert-bound" // an access token bound to the connection's certificate (RFC 8705)
	JWT       = "jwt"        // an access token, whatever it is bound to
	JWTSVID   = "jwt-svid"   // a JWT-SVID
	DID       = "did"        // a did:key, and a proof with it
	Loopback  = "loopback"   // a connection to a listener of this machine that one agent alone reaches
)

var methods = []string{MTLS, DPoP, CertBound, JWT, JWTSVID, DID, Loopback}

// Combination is a set of methods that together are enough, sorted.
type Combination []string

// ParseCombination reads a combination such as "mtls+dpop". One that no request can fulfil is an error.
func ParseCombination(text string) (Combination, error) {
	var c Combination
	for part := range strings.SplitSeq(text, "+") {
		switch {
		case !slices.Contains(methods, part):
			return nil, fmt.Errorf("%q is no way to authenticate: there are %s, and combinations such as \"mtls+dpop\"", part, strings.Join(methods, ", "))
		case slices.Contains(c, part):
			return nil, fmt.Errorf("%q names %s twice", text, part)
		}
		c = append(c, part)
	}
	tokens := c.Has(DPoP) || c.Has(CertBound) || c.Has(JWT)
	switch {
	case tokens && c.Has(JWTSVID), tokens && c.Has(DID), c.Has(JWTSVID) && c.Has(DID):
		return nil, fmt.Errorf("%q cannot be: a request has one Authorization header, for an access token, a JWT-SVID or a DID", text)
	case c.Has(Loopback) && (c.Has(MTLS) || c.Has(CertBound)):
		return nil, fmt.Errorf("%q cannot be: there are no certificates without TLS", text)
	}
	slices.Sort(c)
	return c, nil
}

// Has says whether a method is part of the combination.
func (c Combination) Has(method string) bool { return slices.Contains(c, method) }

// Proven says whether every part of the combination is among what was proven. An empty combination never is.
func (c Combination) Proven(methods []string) bool {
	return len(c) > 0 && !slices.ContainsFunc(c, func(part string) bool { return !slices.Contains(methods, part) })
}

// Connects says whether a connection on which these methods were proven can fulfil the combination, if the right header comes.
func (c Combination) Connects(methods []string) bool {
	return (!c.Has(MTLS) && !c.Has(CertBound) || slices.Contains(methods, MTLS)) && (!c.Has(Loopback) || slices.Contains(methods, Loopback))
}

// Schemes are the authorization schemes by which the combination can be fulfilled: DPoP, Bearer, DID. There are none where the connection says it all.
func (c Combination) Schemes() []string {
	switch {
	case c.Has(DPoP):
		return []string{"DPoP"}
	case c.Has(JWT), c.Has(CertBound):
		return []string{"DPoP", "Bearer"}
	case c.Has(JWTSVID):
		return []string{"Bearer"}
	case c.Has(DID):
		return []string{"DID"}
	}
	return nil
}

// String gives the combination as ParseCombination reads it.
func (c Combination) String() string { return strings.Join(c, "+") }
