package token

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/json"

	"github.com/agentward/terraform-provider-agent/internal/gateway/compact"
)

// ErrNoKey says that a source has no key of an id.
var ErrNoKey = errors.New("no such key")

// maxKeys is how many keys a set may hold.
const maxKeys = 64

// Keys are an issuer's public keys. They are safe for concurrent use.
type Keys interface {
	// Key gives the public key of an id, ErrNoKey where there is none. The id "" asks for the only key of a set that has one.
	Key(ctx context.Context, id string) (*jose.JSONWebKey, error)
}

// Static is a set of keys that does not change.
type Static struct{ keys []jose.JSONWebKey }

// ParseJWKS reads a JWK Set (RFC 7517 §5). Keys that are not for signatures or of a kind that is not known are left out; a private or symmetric
// key is an error, since then the document is not one to be handed around.
func ParseJWKS(document []byte) (*Static, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(document, &set); err != nil {
		return nil, fmt.Errorf("jwks: %w", err)
	}
	if len(set.Keys) > maxKeys {
		return nil, fmt.Errorf("jwks: %d keys, allowed are %d", len(set.Keys), maxKeys)
	}
	s := &Static{}
	for i, raw := range set.Keys {
		var kind struct {
			Type string `json:"kty"`
			Use  string `json:"use"`
		}
		if err := json.Unmarshal(raw, &kind); err != nil {
			return nil, fmt.Errorf("jwks: key %d: %w", i, err)
		}
		switch {
		case kind.Type == "oct":
			return nil, fmt.Errorf("jwks: key %d is symmetric", i)
		case kind.Type != "EC" && kind.Type != "RSA" && kind.Type != "OKP", kind.Use != "" && kind.Use != "sig":
			continue // RFC 7517 §5: ignore what is not understood
		}
		key, err := compact.PublicJWK(raw)
		if err != nil {
			return nil, fmt.Errorf("jwks: key %d: %w", i, err)
		}
		s.keys = append(s.keys, *key)
	}
	if len(s.keys) == 0 {
		return nil, errors.New("jwks: no key for signatures")
	}
	return s, nil
}

// Key gives the public key of an id. Two keys of one id are none: which of them was meant cannot be said.
func (s *Static) Key(_ context.Context, id string) (*jose.JSONWebKey, error) {
	var found *jose.JSONWebKey
	for i := range s.keys {
		if id != "" && s.keys[i].KeyID != id {
			continue
		}
		if found != nil {
			return nil, ErrNoKey
		}
		found = &s.keys[i]
	}
	if found == nil {
		return nil, ErrNoKey
	}
	return found, nil
}
