package dpop

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/json"

	"github.com/agentward/terraform-provider-agent/internal/gateway/compact"
)

// Signer makes proofs with one key, for a client. It is safe for concurrent use.
type Signer struct {
	signer     jose.Signer
	algorithm  jose.SignatureAlgorithm
	thumbprint string
	now        func() time.Time
}

// NewKey gives a new private key as NewSigner takes it: ECDSA on P-256.
func NewKey() (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("dpop: key: %w", err)
	}
	return key, nil
}

// NewSigner gives a signer of an ECDSA, Ed25519 or RSA private key.
func NewSigner(key crypto.Signer, now func() time.Time) (*Signer, error) {
	algorithm, err := algorithmOf(key)
	if err != nil {
		return nil, err
	}
	thumbprint, err := compact.Thumbprint(key.Public())
	if err != nil {
		return nil, fmt.Errorf("dpop: %w", err)
	}
	o := (&jose.SignerOptions{}).WithType(Type).WithHeader("jwk", jose.JSONWebKey{Key: key.Public()})
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, o)
	if err != nil {
		return nil, fmt.Errorf("dpop: %w", err)
	}
	return &Signer{signer: signer, algorithm: algorithm, thumbprint: thumbprint, now: now}, nil
}

// Thumbprint gives the JWK thumbprint of the signer's key, which tokens are bound to.
func (s *Signer) Thumbprint() string { return s.thumbprint }

// Algorithm names what the signer signs with, as metadata lists it (RFC 9449 §5.1).
func (s *Signer) Algorithm() string { return string(s.algorithm) }

// Proof makes a proof for one request. token is the access token that goes with it and nonce the server's; either may be "".
func (s *Signer) Proof(method, url, token, nonce string) (string, error) {
	target, err := Target(url)
	if err != nil {
		return "", fmt.Errorf("dpop: url: %w", err)
	}
	date := compact.NewDate(s.now())
	jti := rand.Text()
	c := claims{JTI: &jti, HTM: &method, HTU: &target, IAT: &date}
	if token != "" {
		hash := TokenHash(token)
		c.ATH = &hash
	}
	if nonce != "" {
		c.Nonce = &nonce
	}
	payload, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("dpop: %w", err)
	}
	jws, err := s.signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("dpop: sign: %w", err)
	}
	return jws.CompactSerialize()
}

func algorithmOf(key crypto.Signer) (jose.SignatureAlgorithm, error) {
	for _, algorithm := range []jose.SignatureAlgorithm{jose.ES256, jose.ES384, jose.ES512, jose.EdDSA, jose.PS256} {
		if compact.Fits(algorithm, publicOf(key)) == nil {
			return algorithm, nil
		}
	}
	return "", fmt.Errorf("dpop: no algorithm for a key of type %T", key)
}

// publicOf gives a public key of the types that go-jose knows.
func publicOf(key crypto.Signer) any {
	switch key.(type) {
	case *ecdsa.PrivateKey, ed25519.PrivateKey, *rsa.PrivateKey:
		return key.Public()
	}
	return nil
}
