package token

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/json"

	"github.com/agentward/terraform-provider-agent/internal/gateway/compact"
	"github.com/agentward/terraform-provider-agent/internal/gateway/shared"
)

// MinSecret is the shortest secret that signing keys are derived from, in bytes.
const MinSecret = shared.MinSecret

// DefaultRotation is how long a signing key signs unless said otherwise.
const DefaultRotation = 24 * time.Hour

// Ring is an issuer's signing keys: ES256, a new one every so often. A key is published one rotation before it signs and one after it did,
// so that whoever caches the JWK Set knows it in time, and tokens outlive the change. It is safe for concurrent use.
//
// Keys are derived (HKDF-SHA-256, then FIPS 186-5 §A.2.1) from secrets and the number of the rotation, so replicas with the same
// secrets have the same keys without talking to each other, and nothing is stored.
type Ring struct {
	secrets *shared.Secrets
	every   time.Duration
	now     func() time.Time

	mu     sync.Mutex
	period int64
	keys   []ringKey // of the last, this and the next rotation, for each secret
}

type ringKey struct {
	public jose.JSONWebKey
	period int64
	secret int
	signer jose.Signer
	// assertions signs what the gateway says to other authorization servers, of a type that is no access token's.
	assertions jose.Signer
}

// NewRing gives a ring. One of the secrets signs, all are published: to replace a secret, first add the new one behind the old, then swap them,
// and at last drop the old. every is how long a key signs, DefaultRotation where 0; no token may live longer.
func NewRing(secrets *shared.Secrets, every time.Duration, now func() time.Time) (*Ring, error) {
	if every == 0 {
		every = DefaultRotation
	}
	if every < time.Minute {
		return nil, errors.New("token: keys rotate at most once a minute")
	}
	if now == nil {
		return nil, errors.New("token: a clock is required")
	}
	if err := secrets.Check(); err != nil {
		return nil, fmt.Errorf("token: %w", err)
	}
	r := &Ring{secrets: secrets, every: every, now: now}
	if _, _, err := r.current(); err != nil {
		return nil, err
	}
	return r, nil
}

// Key gives a published key.
func (r *Ring) Key(_ context.Context, id string) (*jose.JSONWebKey, error) {
	keys, _, err := r.current()
	if err != nil {
		return nil, err
	}
	for i := range keys {
		if keys[i].public.KeyID == id {
			return &keys[i].public, nil
		}
	}
	return nil, ErrNoKey
}

// JWKS gives the JWK Set that is published now.
func (r *Ring) JWKS() ([]byte, error) {
	keys, _, err := r.current()
	if err != nil {
		return nil, err
	}
	var set jose.JSONWebKeySet
	for _, key := range keys {
		set.Keys = append(set.Keys, key.public)
	}
	return json.Marshal(set)
}

// ServeHTTP answers with the JWK Set.
func (r *Ring) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	document, err := r.JWKS()
	if err != nil {
		http.Error(w, "keys are not available", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/jwk-set+json")
	w.Header().Set("Cache-Control", "public, max-age=300")
	_, _ = w.Write(document) // the caller is gone
}

// sign makes an access token of claims.
func (r *Ring) sign(claims any) (string, error) {
	return r.signBy(claims, func(k *ringKey) jose.Signer { return k.signer })
}

func (r *Ring) signBy(claims any, by func(*ringKey) jose.Signer) (string, error) {
	keys, period, err := r.current()
	if err != nil {
		return "", err
	}
	for _, key := range keys {
		if key.period != period || key.secret != r.secrets.First() {
			continue
		}
		payload, err := json.Marshal(claims)
		if err != nil {
			return "", fmt.Errorf("token: %w", err)
		}
		jws, err := by(&key).Sign(payload)
		if err != nil {
			return "", fmt.Errorf("token: sign: %w", err)
		}
		return jws.CompactSerialize()
	}
	return "", errors.New("token: no signing key")
}

// current gives the keys around this rotation, and its number.
func (r *Ring) current() ([]ringKey, int64, error) {
	period := r.now().Unix() / int64(r.every/time.Second)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.keys != nil && r.period == period {
		return r.keys, period, nil
	}
	var keys []ringKey
	for i, secret := range r.secrets.All() {
		for _, p := range []int64{period - 1, period, period + 1} {
			key, err := derive(secret, p)
			if err != nil {
				return nil, 0, err
			}
			key.secret = i
			keys = append(keys, *key)
		}
	}
	r.keys, r.period = keys, period
	return keys, period, nil
}

func derive(secret []byte, period int64) (*ringKey, error) {
	// 64 bits more than the order has, so that what is left of the bias is out of reach.
	seed, err := hkdf.Key(sha256.New, secret, nil, fmt.Sprintf("access token ES256 %d", period), 40)
	if err != nil {
		return nil, fmt.Errorf("token: signing key: %w", err)
	}
	order := new(big.Int).Sub(elliptic.P256().Params().N, big.NewInt(1))
	scalar := new(big.Int).SetBytes(seed)
	scalar.Mod(scalar, order).Add(scalar, big.NewInt(1))
	private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar.FillBytes(make([]byte, 32)))
	if err != nil {
		return nil, fmt.Errorf("token: signing key: %w", err)
	}
	id, err := compact.Thumbprint(private.Public())
	if err != nil {
		return nil, fmt.Errorf("token: signing key: %w", err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: private}, (&jose.SignerOptions{}).WithType(Type).WithHeader("kid", id))
	if err != nil {
		return nil, fmt.Errorf("token: signing key: %w", err)
	}
	assertions, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: private}, (&jose.SignerOptions{}).WithType("JWT").WithHeader("kid", id))
	if err != nil {
		return nil, fmt.Errorf("token: signing key: %w", err)
	}
	public := jose.JSONWebKey{Key: private.Public(), KeyID: id, Algorithm: string(jose.ES256), Use: "sig"}
	return &ringKey{public: public, period: period, signer: signer, assertions: assertions}, nil
}
