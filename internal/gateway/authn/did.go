package authn

import (
	"crypto/ed25519"
	"errors"
	"math/big"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/gateway/compact"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
)

// base58 is the alphabet of base58btc, and ed25519Code the multicodec of an Ed25519 public key as a varint (did:key §3.1.3).
const (
	base58      = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	ed25519Code = "\xed\x01"
	didPrefix   = "did:key:z"
	maxDID      = 64
)

// did authenticates by a did:key and a proof with its key. Only DIDs that are allowed make the gateway remember proofs.
func (a *Authenticator) did(q *request) (principal.Principal, error) {
	key, err := ParseDID(q.value)
	if err != nil {
		return principal.Principal{}, a.challenge(q, "invalid_token", err.Error(), nil)
	}
	if !a.o.DIDs(q.value) {
		return principal.Principal{}, a.challenge(q, "invalid_token", "DID is not one that is taken here", nil)
	}
	thumbprint, err := compact.Thumbprint(key)
	if err != nil {
		return principal.Principal{}, a.challenge(q, "invalid_token", err.Error(), nil)
	}
	if err := a.prove(q, q.value, thumbprint); err != nil {
		return principal.Principal{}, err
	}
	p := q.bare()
	p.Subject = q.value
	p.Methods = append(p.Methods, principal.DID)
	return p, nil
}

// DID gives the did:key of an Ed25519 public key.
func DID(key ed25519.PublicKey) string {
	n := new(big.Int).SetBytes([]byte(ed25519Code + string(key)))
	var digits []byte
	digit, radix := new(big.Int), big.NewInt(int64(len(base58)))
	for n.Sign() > 0 {
		n.DivMod(n, radix, digit)
		digits = append(digits, base58[digit.Int64()])
	}
	var b strings.Builder
	b.WriteString(didPrefix)
	for i := len(digits) - 1; i >= 0; i-- {
		b.WriteByte(digits[i])
	}
	return b.String()
}

// ParseDID gives the Ed25519 public key of a did:key. Keys of another kind are refused, and so is every spelling but the one that DID gives.
func ParseDID(did string) (ed25519.PublicKey, error) {
	rest, ok := strings.CutPrefix(did, didPrefix)
	if !ok || len(did) > maxDID {
		return nil, errors.New("not a did:key in base58btc")
	}
	n, radix := new(big.Int), big.NewInt(int64(len(base58)))
	for _, c := range []byte(rest) {
		digit := strings.IndexByte(base58, c)
		if digit < 0 {
			return nil, errors.New("not a did:key in base58btc")
		}
		n.Mul(n, radix).Add(n, big.NewInt(int64(digit)))
	}
	decoded := string(n.Bytes())
	raw, ok := strings.CutPrefix(decoded, ed25519Code)
	key := ed25519.PublicKey(raw)
	if !ok || len(key) != ed25519.PublicKeySize || DID(key) != did {
		return nil, errors.New("not a did:key of an Ed25519 key")
	}
	return key, nil
}
