// Package store keeps what replicas of the gateway may have to share.
package store

import (
	"context"
	"errors"
	"time"
)

// ErrFull says that a store has no room for what it would have to remember.
var ErrFull = errors.New("store is full")

// Store is state that replicas share. It is safe for concurrent use. Whoever asks it treats an error as a refusal: what cannot be
// remembered cannot be allowed.
type Store interface {
	// Seen remembers key until a time and says whether it was remembered already. Asking and remembering are one step: of
	// concurrent callers with one key exactly one is told false.
	Seen(ctx context.Context, key string, until time.Time) (bool, error)
}
