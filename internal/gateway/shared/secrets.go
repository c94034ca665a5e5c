// Package shared has the secrets that all replicas of a gateway have, so that each knows what another has signed without asking it.
package shared

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"
)

// MinSecret is the shortest secret, in bytes.
const MinSecret = 32

// SettleTime is how long a secret that newly comes first waits until it signs: so long the other replicas have to learn of it.
const SettleTime = 10 * time.Second

// Secrets are one or more secrets, of which one signs and all verify. They are safe for concurrent use.
type Secrets struct {
	texts  [][]byte
	before int       // of texts, the one that signs until from
	from   time.Time // zero where the first signs already
	now    func() time.Time
}

// Of gives secrets of which the first signs.
func Of(texts ...[]byte) *Secrets { return &Secrets{texts: texts} }

// Follow gives the secrets that take the place of others, which are nil where there were none. The first of them signs at once, unless another one of
// them has signed until now: then that one goes on for SettleTime, counted from when it was first followed by this one.
func Follow(before *Secrets, texts [][]byte, now func() time.Time) *Secrets {
	s := &Secrets{now: now}
	for _, text := range texts {
		if s.index(text) < 0 { // one that is there twice is one
			s.texts = append(s.texts, text)
		}
	}
	if before == nil || len(s.texts) == 0 || len(before.texts) == 0 {
		return s
	}
	signing := s.index(before.Signing())
	if signing <= 0 {
		return s
	}
	s.before, s.from = signing, now().Add(SettleTime)
	if bytes.Equal(before.texts[0], s.texts[0]) {
		s.from = before.from
	}
	return s
}

func (s *Secrets) index(text []byte) int {
	return slices.IndexFunc(s.texts, func(other []byte) bool { return bytes.Equal(text, other) })
}

// All gives the secrets, which are not to be changed.
func (s *Secrets) All() [][]byte { return s.texts }

// First says which of the secrets signs now.
func (s *Secrets) First() int {
	if !s.from.IsZero() && s.now().Before(s.from) {
		return s.before
	}
	return 0
}

// Signing gives the secret that signs now. There must be one.
func (s *Secrets) Signing() []byte { return s.texts[s.First()] }

// For gives secrets for one purpose alone, derived from each of these (HKDF-SHA-256): what is signed for one purpose is nothing for another.
func (s *Secrets) For(purpose string) (*Secrets, error) {
	derived := &Secrets{before: s.before, from: s.from, now: s.now}
	for _, text := range s.texts {
		key, err := hkdf.Key(sha256.New, text, nil, "agent-gateway "+purpose, sha256.Size)
		if err != nil {
			return nil, fmt.Errorf("secrets for %s: %w", purpose, err)
		}
		derived.texts = append(derived.texts, key)
	}
	return derived, nil
}

// Check says what is wrong with secrets, nil where each is long enough and there is one.
func (s *Secrets) Check() error {
	if s == nil || len(s.texts) == 0 {
		return errors.New("a secret is required")
	}
	for i, text := range s.texts {
		if len(text) < MinSecret {
			return fmt.Errorf("secret %d is shorter than %d bytes", i, MinSecret)
		}
	}
	return nil
}
