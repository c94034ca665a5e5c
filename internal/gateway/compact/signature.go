package compact

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	_ "crypto/sha256" // hashes that the algorithms name
	_ "crypto/sha512"
	"math/big"

	"github.com/go-jose/go-jose/v4"
)

// hashes are those of the algorithms that sign a digest (RFC 7518 §3.1).
var hashes = map[jose.SignatureAlgorithm]crypto.Hash{
	jose.ES256: crypto.SHA256, jose.ES384: crypto.SHA384, jose.ES512: crypto.SHA512,
	jose.PS256: crypto.SHA256, jose.PS384: crypto.SHA384, jose.PS512: crypto.SHA512,
	jose.RS256: crypto.SHA256, jose.RS384: crypto.SHA384, jose.RS512: crypto.SHA512,
}

// verified says whether a signature is a key's, which must fit the algorithm. It is done here, on the very bytes that were parsed, and
// not by a library that would parse them a second time.
func verified(algorithm jose.SignatureAlgorithm, key any, input, signature []byte) bool {
	if key, ok := key.(ed25519.PublicKey); ok {
		return ed25519.Verify(key, input, signature)
	}
	hash, ok := hashes[algorithm]
	if !ok {
		return false
	}
	h := hash.New()
	h.Write(input)
	digest := h.Sum(nil)
	switch key := key.(type) {
	case *ecdsa.PublicKey: // r and s, each as long as the curve's order (RFC 7518 §3.4)
		size := (key.Params().BitSize + 7) / 8
		if len(signature) != 2*size {
			return false
		}
		return ecdsa.Verify(key, digest, new(big.Int).SetBytes(signature[:size]), new(big.Int).SetBytes(signature[size:]))
	case *rsa.PublicKey:
		switch algorithm {
		case jose.PS256, jose.PS384, jose.PS512: // the salt is as long as the hash (RFC 7518 §3.5)
			return rsa.VerifyPSS(key, hash, digest, signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
		}
		return rsa.VerifyPKCS1v15(key, hash, digest, signature) == nil
	}
	return false
}
