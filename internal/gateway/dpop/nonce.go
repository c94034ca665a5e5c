package dpop

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/shared"
)

// MinSecret is the shortest secret that nonces are made from, in bytes.
const MinSecret = shared.MinSecret

// A nonce is the time it was made, and that under a key of its hour. Nothing is stored: replicas with one secret know each other's.
const (
	keyPeriod  = time.Hour
	stampBytes = 8
	tagBytes   = 16
)

// Nonces makes and knows server nonces (RFC 9449 §8). It is safe for concurrent use.
type Nonces struct {
	secrets  *shared.Secrets
	lifetime time.Duration
	now      func() time.Time
}

// NewNonces gives nonces that hold for a lifetime, at most an hour. Replicas share the secrets: with one nonces are made, those of all are known.
// The key that they are made with is derived from it anew each hour.
func NewNonces(secrets *shared.Secrets, lifetime time.Duration, now func() time.Time) (*Nonces, error) {
	if err := secrets.Check(); err != nil {
		return nil, fmt.Errorf("nonces: %w", err)
	}
	if lifetime < time.Second || lifetime > keyPeriod {
		return nil, fmt.Errorf("nonces: lifetime is not between 1s and %s", keyPeriod)
	}
	if now == nil {
		return nil, errors.New("nonces: clock is required")
	}
	return &Nonces{secrets: secrets, lifetime: lifetime, now: now}, nil
}

// New gives a nonce of this second.
func (n *Nonces) New() string {
	stamp := n.now().Unix()
	return base64.RawURLEncoding.EncodeToString(seal(n.secrets.Signing(), stamp))
}

// Valid says whether a nonce is ours and has not expired. A nonce of a replica whose clock is ahead holds as long as it is ahead by no more
// than the lifetime.
func (n *Nonces) Valid(nonce string) bool {
	if len(nonce) > 2*(stampBytes+tagBytes) {
		return false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(nonce)
	if err != nil || len(b) != stampBytes+tagBytes {
		return false
	}
	stamp := int64(binary.BigEndian.Uint64(b)) // a time that overflows is out of the lifetime
	age := n.now().Sub(time.Unix(stamp, 0))
	if age > n.lifetime || age < -n.lifetime {
		return false
	}
	return slices.ContainsFunc(n.secrets.All(), func(secret []byte) bool { return hmac.Equal(b, seal(secret, stamp)) })
}

func seal(secret []byte, stamp int64) []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(stamp))
	period := fmt.Sprintf("dpop nonce %d", stamp/int64(keyPeriod/time.Second))
	key, err := hkdf.Key(sha256.New, secret, nil, period, sha256.Size)
	if err != nil {
		panic(err) // only a length that HKDF cannot give fails, and ours is fixed
	}
	mac := hmac.New(sha256.New, key)
	mac.Write(b)
	return append(b, mac.Sum(nil)[:tagBytes]...)
}
