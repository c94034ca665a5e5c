// Package dpop checks and makes proofs of possession (RFC 9449): a JWT for one request, signed with the key that an access token is
// bound to.
package dpop

import (
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/agentward/terraform-provider-agent/internal/gateway/compact"
	"github.com/agentward/terraform-provider-agent/internal/gateway/store"
)

// Header is the name of the header that carries a proof, and NonceHeader of the one that carries a nonce for the next (RFC 9449 §4.1, §8.1).
const (
	Header      = "DPoP"
	NonceHeader = "DPoP-Nonce"
)

// Type is the typ of a proof (RFC 9449 §4.2).
const Type = "dpop+jwt"

// DefaultWindow is how far a proof's iat may be from our clock, either way, unless said otherwise: what the MCP profile of DPoP asks for
// (SEP-1932).
const DefaultWindow = 5 * time.Minute

// The largest proof, jti and htu that are read, in bytes. An RSA key of 4096 bits makes a proof of about 2 KiB.
const (
	maxProof = 8 << 10
	maxJTI   = 256
	maxHTU   = 2 << 10
)

// Options are what a Verifier is made from.
type Options struct {
	// Store remembers proofs that were used. It is required.
	Store store.Replays
	// Now reads the clock. It is required.
	Now func() time.Time
	// Nonces are demanded of every proof; nil demands none.
	Nonces *Nonces
	// Algorithms that are allowed, compact.Asymmetric where empty.
	Algorithms []jose.SignatureAlgorithm
	// Window is how far iat may be from our clock, either way; DefaultWindow where 0.
	Window time.Duration
}

// Verifier checks proofs. It is safe for concurrent use.
type Verifier struct {
	options Options
}

// NewVerifier gives a verifier. It refuses algorithms that have no public key.
func NewVerifier(o Options) (*Verifier, error) {
	if o.Store == nil || o.Now == nil {
		return nil, errors.New("dpop: store and clock are required")
	}
	if o.Window < 0 {
		return nil, errors.New("dpop: window is negative")
	}
	if o.Window == 0 {
		o.Window = DefaultWindow
	}
	if len(o.Algorithms) == 0 {
		o.Algorithms = compact.Asymmetric
	}
	for _, algorithm := range o.Algorithms {
		if !slices.Contains(compact.Asymmetric, algorithm) {
			return nil, errors.New("dpop: algorithm " + string(algorithm) + " is not an asymmetric one")
		}
	}
	return &Verifier{options: o}, nil
}

// Algorithms gives the allowed algorithms, separated by spaces as WWW-Authenticate wants them (RFC 9449 §7.1).
func (v *Verifier) Algorithms() string { return strings.Join(v.AlgorithmNames(), " ") }

// AlgorithmNames gives the allowed algorithms as metadata lists them (RFC 9449 §5.1).
func (v *Verifier) AlgorithmNames() []string {
	names := make([]string, len(v.options.Algorithms))
	for i, algorithm := range v.options.Algorithms {
		names[i] = string(algorithm)
	}
	return names
}

// Nonce gives a nonce for the caller's next proof, "" where none are demanded.
func (v *Verifier) Nonce() string {
	if v.options.Nonces == nil {
		return ""
	}
	return v.options.Nonces.New()
}

// Request is what a proof must be about.
type Request struct {
	// Proofs are the values of the request's DPoP headers, as http.Header.Values(Header) gives them.
	Proofs []string
	Method string
	// URL is the request's, absolute and as the caller sees it from outside. Query and fragment do not matter.
	URL string
	// Token is what is presented with the proof: an access token. "" where there is none, as at the token endpoint; the proof's ath is then not looked at.
	Token string
	// Thumbprint is the one the token is bound to (cnf.jkt). It is required where there is a token.
	Thumbprint string
}

// Proof is a proof that was good.
type Proof struct {
	// Key is the caller's public key.
	Key crypto.PublicKey
	// Thumbprint is its JWK thumbprint (RFC 7638).
	Thumbprint string
}

// claims of a proof (RFC 9449 §4.2). Pointers tell an absent claim from an empty one.
type claims struct {
	JTI   *string       `json:"jti,omitempty"`
	HTM   *string       `json:"htm,omitempty"`
	HTU   *string       `json:"htu,omitempty"`
	IAT   *compact.Date `json:"iat,omitempty"`
	ATH   *string       `json:"ath,omitempty"`
	Nonce *string       `json:"nonce,omitempty"`
}

// Verify makes the checks of RFC 9449 §4.3. Errors are of type *Error. A proof is used up once it passed every other check, and only
// then, so that nobody fills the store with what is refused anyway.
func (v *Verifier) Verify(ctx context.Context, r Request) (*Proof, error) {
	proof, c, err := v.read(r.Proofs)
	if err != nil {
		return nil, err
	}
	target, err := c.matches(r)
	if err != nil {
		return nil, err
	}
	if err := v.fresh(c); err != nil {
		return nil, err
	}
	if r.Token != "" {
		if err := c.binds(r, proof.Thumbprint); err != nil {
			return nil, err
		}
	}
	key := proof.Thumbprint + "\x00" + target + "\x00" + *c.JTI
	until := c.IAT.Time().Add(v.options.Window)
	switch seen, err := v.options.Store.Seen(ctx, "dpop\x00"+key, until); {
	case err != nil:
		return nil, &Error{Code: Unavailable, Reason: "proofs cannot be checked for replay now", Err: err}
	case seen:
		return nil, refuse(InvalidProof, "proof was used before")
	}
	return proof, nil
}

// read takes the one proof apart and verifies its signature with the key that it brings.
func (v *Verifier) read(proofs []string) (*Proof, *claims, error) {
	if len(proofs) != 1 {
		return nil, nil, refuse(InvalidProof, "request has %d %s headers, must have one", len(proofs), Header)
	}
	jws, err := compact.Parse(proofs[0], maxProof, v.options.Algorithms)
	if err != nil {
		return nil, nil, refuse(InvalidProof, "%v", err)
	}
	if !jws.Header.IsType(Type) {
		return nil, nil, refuse(InvalidProof, "typ is not %s", Type)
	}
	if jws.Header.JWK == nil {
		return nil, nil, refuse(InvalidProof, "header has no jwk")
	}
	key, err := compact.PublicJWK(jws.Header.JWK)
	if err != nil {
		return nil, nil, refuse(InvalidProof, "%v", err)
	}
	var c claims
	if err := jws.Verify(key.Key, &c); err != nil {
		return nil, nil, refuse(InvalidProof, "%v", err)
	}
	thumbprint, err := compact.Thumbprint(key.Key)
	if err != nil {
		return nil, nil, refuse(InvalidProof, "%v", err)
	}
	return &Proof{Key: key.Key, Thumbprint: thumbprint}, &c, nil
}

// matches checks that the proof has all its claims and is for this request. It gives the request's URL in its normal form.
func (c *claims) matches(r Request) (string, error) {
	switch {
	case c.JTI == nil || *c.JTI == "":
		return "", refuse(InvalidProof, "proof has no jti")
	case len(*c.JTI) > maxJTI:
		return "", refuse(InvalidProof, "jti is longer than %d bytes", maxJTI)
	case c.HTM == nil:
		return "", refuse(InvalidProof, "proof has no htm")
	case c.HTU == nil:
		return "", refuse(InvalidProof, "proof has no htu")
	case c.IAT == nil:
		return "", refuse(InvalidProof, "proof has no iat")
	case *c.HTM != r.Method: // methods are case-sensitive (RFC 9110 §9.1)
		return "", refuse(InvalidProof, "htm is not the request's method")
	}
	claimed, err := Target(*c.HTU)
	if err != nil {
		return "", refuse(InvalidProof, "htu: %v", err)
	}
	actual, err := Target(r.URL)
	if err != nil {
		return "", &Error{Code: InvalidProof, Reason: "the request's URL cannot be proven", Err: err}
	}
	if claimed != actual {
		return "", refuse(InvalidProof, "htu is not the request's URL")
	}
	return actual, nil
}

// fresh checks when the proof was made.
func (v *Verifier) fresh(c *claims) error {
	if v.options.Nonces != nil {
		if c.Nonce == nil {
			return refuse(UseNonce, "proof has no nonce")
		}
		if !v.options.Nonces.Valid(*c.Nonce) {
			return refuse(UseNonce, "nonce is not one of ours or has expired")
		}
	}
	switch age := v.options.Now().Sub(c.IAT.Time()); {
	case age > v.options.Window:
		return refuse(InvalidProof, "iat is more than %s ago", v.options.Window)
	case age < -v.options.Window:
		return refuse(InvalidProof, "iat is more than %s ahead", v.options.Window)
	}
	return nil
}

// binds checks that proof and token belong together.
func (c *claims) binds(r Request, thumbprint string) error {
	if c.ATH == nil {
		return refuse(InvalidProof, "proof has no ath")
	}
	if subtle.ConstantTimeCompare([]byte(*c.ATH), []byte(TokenHash(r.Token))) != 1 {
		return refuse(InvalidProof, "ath is not the hash of the token")
	}
	if r.Thumbprint == "" {
		return refuse(InvalidToken, "token is not bound to a key")
	}
	if subtle.ConstantTimeCompare([]byte(r.Thumbprint), []byte(thumbprint)) != 1 {
		return refuse(InvalidToken, "token is bound to another key than the proof's")
	}
	return nil
}

// TokenHash gives the ath of a token (RFC 9449 §4.2).
func TokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
