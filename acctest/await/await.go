// Package await waits in tests for what comes about in its own time: a watch that delivers, a cache that learns, a process that ends.
package await

import (
	"errors"
	"testing"
	"time"
)

const (
	// patience is far longer than anything takes that comes at all, on a machine that is slow and busy with other tests, too: only what
	// never comes uses it up.
	patience = 2 * time.Minute
	// Looks follow each other more and more slowly: what takes a moment is seen at once, and what takes long is not held up by being asked.
	firstPause, lastPause = time.Millisecond, 100 * time.Millisecond
)

var errNotSo = errors.New("it is still not so")

// True waits until something is so. Where it never is, the test ends with what was waited for. It may be used in cleanups.
func True(tb testing.TB, what string, is func() bool) {
	tb.Helper()
	NoError(tb, what, func() error {
		if is() {
			return nil
		}
		return errNotSo
	})
}

// NoError tries something until it gives no error. Where it always gives one, the test ends with the last. It may be used in cleanups.
func NoError(tb testing.TB, what string, try func() error) {
	tb.Helper()
	deadline := time.Now().Add(patience)
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			tb.Fatalf("waited %s for %s: %v", patience, what, err)
		}
		time.Sleep(pause)
	}
}
