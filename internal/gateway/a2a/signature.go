package a2a

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/json"

	"github.com/agentward/terraform-provider-agent/internal/gateway/compact"
	"github.com/agentward/terraform-provider-agent/internal/gateway/shared"
)

// Keys are those that may have signed a card. The URL of keys that a signature names (jku) is never asked: whoever can change a card could
// name keys of their own.
type Keys interface {
	// Key gives the public key of an id.
	Key(ctx context.Context, id string) (*jose.JSONWebKey, error)
}

const (
	maxSignatures = 16
	maxSigned     = 8 << 20 // bytes of a card and its signature in base64url
)

// verified gives what one of the keys signed of a card (1.0 §8.4.3): its canonical form, or that without what is empty.
func verified(members map[string]any, keys Keys) (map[string]any, error) {
	list, _ := members["signatures"].([]any)
	if len(list) == 0 {
		return nil, errors.New("agent card: has no signature, and its keys are configured")
	}
	if len(list) > maxSignatures {
		return nil, fmt.Errorf("agent card: has more than %d signatures", maxSignatures)
	}
	bare := make(map[string]any, len(members))
	for name, v := range members {
		if name != "signatures" {
			bare[name] = v
		}
	}
	candidates := []map[string]any{bare}
	if n, err := normal(bare); err == nil {
		candidates = append(candidates, n)
	}
	if full, ok := filled(bare).(map[string]any); ok {
		candidates = append(candidates, full)
	}
	last := errors.New("no signature is of a key that is configured")
	for _, e := range list {
		for _, content := range candidates {
			payload, err := canonical(content)
			if err == nil {
				err = verify(e, payload, keys)
			}
			if err == nil {
				return content, nil
			}
			last = err
		}
	}
	return nil, fmt.Errorf("agent card: the signature is not valid: %w", last)
}

func verify(signature any, payload []byte, keys Keys) error {
	one, _ := signature.(map[string]any)
	protected, _ := one["protected"].(string)
	value, _ := one["signature"].(string)
	if strings.ContainsAny(protected+value, ".") {
		return errors.New("not base64url")
	}
	j, err := compact.Parse(strings.Join([]string{protected, base64.RawURLEncoding.EncodeToString(payload), value}, "."), maxSigned, compact.Asymmetric)
	if err != nil {
		return err
	}
	if j.Header.KeyID == "" {
		return errors.New("header: kid is missing")
	}
	key, err := keys.Key(context.Background(), j.Header.KeyID)
	if err != nil {
		return fmt.Errorf("key %.40q: %w", j.Header.KeyID, err)
	}
	var content map[string]json.RawMessage
	return j.Verify(key.Key, &content)
}

// Signer signs cards with a key of the gateway's (ES256). It is safe for concurrent use.
type Signer struct {
	secrets *shared.Secrets
	keys    []signingKey // of the secrets, in their order
	set     string       // URL of the JWK Set, "" for none
}

type signingKey struct {
	public  jose.JSONWebKey
	private *ecdsa.PrivateKey
}

// MinSecret is the shortest secret that a signing key is derived from, in bytes.
const MinSecret = shared.MinSecret

// NewSigner derives a key from each secret (HKDF-SHA-256, then FIPS 186-5 §A.2.1), so that replicas with the same secrets have the same keys. One
// signs, all are published. set is the URL where they are, which signatures name.
func NewSigner(secrets *shared.Secrets, set string) (*Signer, error) {
	if err := secrets.Check(); err != nil {
		return nil, fmt.Errorf("agent cards: %w", err)
	}
	s := &Signer{secrets: secrets, set: set}
	for _, secret := range secrets.All() {
		key, err := derive(secret)
		if err != nil {
			return nil, fmt.Errorf("agent cards: %w", err)
		}
		s.keys = append(s.keys, key)
	}
	return s, nil
}

func derive(secret []byte) (signingKey, error) {
	curve := elliptic.P256()
	wide, err := hkdf.Key(sha256.New, secret, nil, "agent card signing key", 40)
	if err != nil {
		return signingKey{}, err
	}
	order := new(big.Int).Sub(curve.Params().N, big.NewInt(1))
	scalar := new(big.Int).Mod(new(big.Int).SetBytes(wide), order)
	scalar.Add(scalar, big.NewInt(1))
	key, err := ecdsa.ParseRawPrivateKey(curve, scalar.FillBytes(make([]byte, 32)))
	if err != nil {
		return signingKey{}, err
	}
	public := jose.JSONWebKey{Key: key.Public(), Algorithm: string(jose.ES256), Use: "sig"}
	thumbprint, err := public.Thumbprint(crypto.SHA256)
	if err != nil {
		return signingKey{}, err
	}
	public.KeyID = base64.RawURLEncoding.EncodeToString(thumbprint)
	return signingKey{public: public, private: key}, nil
}

// JWKS is the JWK Set with the public keys.
func (s *Signer) JWKS() ([]byte, error) {
	var set jose.JSONWebKeySet
	for _, key := range s.keys {
		set.Keys = append(set.Keys, key.public)
	}
	return json.Marshal(set)
}

// signing gives the key that signs now.
func (s *Signer) signing() signingKey { return s.keys[s.secrets.First()] }

// sign gives the signatures of a card by a key: one of the form that SDKs verify, and, where that differs, one of all that is there.
func (s *Signer) sign(members map[string]any, key signingKey) ([]any, error) {
	all, err := canonical(members)
	if err != nil {
		return nil, err
	}
	var payloads [][]byte
	if n, err := normal(members); err == nil && members["supportedInterfaces"] != nil {
		known, err := canonical(n)
		if err != nil {
			return nil, err
		}
		payloads = append(payloads, known)
	}
	if len(payloads) == 0 || !bytes.Equal(payloads[0], all) {
		payloads = append(payloads, all)
	}
	o := (&jose.SignerOptions{}).WithType("JOSE")
	if s.set != "" {
		o = o.WithHeader("jku", s.set)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key.private, KeyID: key.public.KeyID}}, o)
	if err != nil {
		return nil, err
	}
	var signatures []any
	for _, payload := range payloads {
		signed, err := signer.Sign(payload)
		if err != nil {
			return nil, err
		}
		text, err := signed.CompactSerialize()
		if err != nil {
			return nil, err
		}
		parts := strings.Split(text, ".")
		signatures = append(signatures, map[string]any{"protected": parts[0], "signature": parts[2]})
	}
	return signatures, nil
}
