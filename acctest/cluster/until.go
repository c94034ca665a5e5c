package cluster

import (
	"context"
	"fmt"
	"testing"
	"time"
)

const (
	// Patience is how long tests wait for what a cluster does by itself. It is no promise of anybody's: it is for machines that are slow and
	// have much else to do, and costs nothing where things go as they should.
	Patience = 3 * time.Minute
	// lookTimeout bounds one look: one that hangs is taken again.
	lookTimeout = time.Minute
	// pause is what passes between two looks.
	pause = 250 * time.Millisecond
)

// Until looks until nothing is wrong. Where ctx ends before, the error is what was wrong last.
func Until(ctx context.Context, wrong func(context.Context) error) error {
	var last error
	for {
		looking, cancel := context.WithTimeout(ctx, lookTimeout)
		err := wrong(looking)
		cancel()
		if err == nil {
			return nil
		}
		// A look that was cut off says less than the one before it.
		if ctx.Err() == nil || last == nil {
			last = err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", context.Cause(ctx), last)
		case <-time.After(pause):
		}
	}
}

// Eventually waits until nothing is wrong any more, and gives how long that took. The test ends where Patience does. A look says by its error
// what it is that is wrong, that nobody answers included; it ends the test by itself only where no other look could find otherwise. The test
// may be over: what it made is removed then.
func Eventually(tb testing.TB, what string, wrong func(context.Context) error) time.Duration {
	tb.Helper()
	begun := time.Now()
	ctx, cancel := context.WithTimeoutCause(During(tb), Patience, fmt.Errorf("not within %s", Patience))
	defer cancel()
	if err := Until(ctx, wrong); err != nil {
		tb.Fatalf("%s: %v", what, err)
	}
	return time.Since(begun)
}

// During is the context of a test, or, while it cleans up, one that is not over.
func During(tb testing.TB) context.Context {
	ctx := tb.Context()
	if ctx.Err() != nil {
		return context.WithoutCancel(ctx)
	}
	return ctx
}
