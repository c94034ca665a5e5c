package compact

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/json"
)

// Smallest and largest RSA modulus that is verified with, in bits: below, it is weak; above, it is a way to make us work.
const (
	minRSA = 2048
	maxRSA = 4096
)

// Ed25519 is the name that RFC 9864 §2.2 gives to what EdDSA is with such a key. go-jose does not know it yet.
const Ed25519 jose.SignatureAlgorithm = "Ed25519"

// Asymmetric are the signature algorithms that this package can be asked to allow: those with a public key, in the order in which they
// are advertised.
var Asymmetric = []jose.SignatureAlgorithm{
	jose.ES256, jose.ES384, jose.ES512, Ed25519, jose.EdDSA, jose.PS256, jose.PS384, jose.PS512, jose.RS256, jose.RS384, jose.RS512,
}

// curves are those of the ECDSA algorithms (RFC 7518 §3.4).
var curves = map[jose.SignatureAlgorithm]elliptic.Curve{jose.ES256: elliptic.P256(), jose.ES384: elliptic.P384(), jose.ES512: elliptic.P521()}

// Fits says why a public key cannot be one of an algorithm's.
func Fits(algorithm jose.SignatureAlgorithm, key any) error {
	switch key := key.(type) {
	case *ecdsa.PublicKey:
		if curve, ok := curves[algorithm]; ok && curve == key.Curve {
			return nil
		}
	case ed25519.PublicKey:
		if algorithm == jose.EdDSA || algorithm == Ed25519 {
			return nil
		}
	case *rsa.PublicKey:
		switch algorithm {
		case jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512:
			if bits := key.N.BitLen(); bits < minRSA || bits > maxRSA {
				return fmt.Errorf("RSA key of %d bits, allowed are %d to %d", bits, minRSA, maxRSA)
			}
			return nil
		}
	}
	return fmt.Errorf("key does not fit algorithm %.20q", algorithm)
}

// private are the members of a JWK that hold private or symmetric key material (RFC 7518 §6).
var private = []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"}

// PublicJWK reads a JWK that must be an asymmetric public key and carry nothing private.
func PublicJWK(raw []byte) (*jose.JSONWebKey, error) {
	var members map[string]json.RawMessage
	if err := decode(raw, &members); err != nil {
		return nil, fmt.Errorf("jwk: %w", err)
	}
	for _, name := range private {
		if _, ok := members[name]; ok {
			return nil, fmt.Errorf("jwk: holds %q, which is no part of a public key", name)
		}
	}
	var key jose.JSONWebKey
	if err := key.UnmarshalJSON(raw); err != nil {
		return nil, errors.New("jwk: not a public key")
	}
	if !key.IsPublic() || !key.Valid() {
		return nil, errors.New("jwk: not a public key")
	}
	return &key, nil
}

// Thumbprint gives the JWK thumbprint of a public key (RFC 7638) with SHA-256, in base64url.
func Thumbprint(public crypto.PublicKey) (string, error) {
	sum, err := (&jose.JSONWebKey{Key: public}).Thumbprint(crypto.SHA256)
	if err != nil {
		return "", fmt.Errorf("thumbprint: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(sum), nil
}
