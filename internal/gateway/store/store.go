// Package store keeps what replicas of the gateway may have to share.
package store

import (
	"context"
	"errors"
	"time"
)

// ErrFull says that a store has no room for what it would have to remember.
var ErrFull = errors.New("store is full")

// ErrAway says that a store could not be asked in time, or gave no answer that can be used.
var ErrAway = errors.New("store is away")

// Store is state that replicas share. It is safe for concurrent use. Whoever asks it treats an error as a refusal: what cannot be
// remembered cannot be allowed.
type Store interface {
	Replays
	Rates
	// Alive says whether the store can be asked; nil where it can.
	Alive(ctx context.Context) error
	// Close ends the store. What is asked later is an error.
	Close() error
}

// Replays remembers what may be used once.
type Replays interface {
	// Seen remembers key until a time and says whether it was remembered already. Asking and remembering are one step: of
	// concurrent callers with one key exactly one is told false.
	Seen(ctx context.Context, key string, until time.Time) (bool, error)
}

// Rates counts what may be done so often. Its keys have nothing to do with those of Replays.
type Rates interface {
	// Take takes n tokens, of which the bucket can hold at least as many, out of the bucket of key, and gives 0; or takes none, and gives how
	// long it is until they are there.
	Take(ctx context.Context, key string, r Rate, n int64) (time.Duration, error)
}
