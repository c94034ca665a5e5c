package active

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	utilnet "k8s.io/apimachinery/pkg/util/net"
)

// look looks once whether something came about. What it says is what it waits for. An error ends the wait, unless it is one that may pass.
type look func(context.Context) (ok bool, waitingFor string, err error)

// until looks again and again until it is so, or for as long as a step may take. Its error is late where that is over and the last look was a
// whole one, which is an answer. Where nobody could look at last, or other steps had taken the time of this one, it is another, which is none.
func (a *arena) until(done look) error { return a.within(a.options.step(), done) }

// within is until for what takes longer than most.
func (a *arena) within(timeout time.Duration, done look) error {
	ctx, cancel := context.WithTimeout(a.ctx, timeout)
	defer cancel()
	last, blind := "", errNotOnce
	for {
		ok, waitingFor, err := done(ctx)
		switch {
		case ok:
			return nil
		case ctx.Err() != nil: // a look that was cut off says less than the one before it
		case err == nil:
			last, blind = waitingFor, nil
		case passes(err):
			blind = err
		default:
			return err
		}
		select {
		case <-ctx.Done():
			switch {
			case errors.Is(a.ctx.Err(), context.Canceled):
				return a.ctx.Err()
			case blind != nil:
				return fmt.Errorf("nobody could look: %w", blind)
			case a.ctx.Err() != nil:
				return fmt.Errorf("%w: %s", errNoTimeLeft, last)
			}
			return &late{last}
		case <-time.After(500 * time.Millisecond):
		}
	}
}

var (
	errNotOnce    = errors.New("not one look was finished in time")
	errNoTimeLeft = errors.New("other steps left no time to wait until it is so")
)

// unseen is why a look could not be made that is worth another try, such as that a pod does not answer.
type unseen struct{ error }

func (u unseen) Unwrap() error { return u.error }

// passes says whether an error may pass, so that it is worth another look.
func passes(err error) bool {
	var u unseen
	return errors.As(err, &u) || apierrors.IsServerTimeout(err) || apierrors.IsTimeout(err) || apierrors.IsTooManyRequests(err) ||
		apierrors.IsServiceUnavailable(err) || utilnet.IsConnectionRefused(err) || utilnet.IsConnectionReset(err) || utilnet.IsProbableEOF(err)
}

// late says that something did not happen in time.
type late struct{ what string }

func (l *late) Error() string { return "it did not come in time: " + l.what }

// tooLate says whether the error is that something did not happen, which is an answer, and not that nobody could look.
func tooLate(err error) (what string, yes bool) {
	var l *late
	if !errors.As(err, &l) {
		return "", false
	}
	return l.what, true
}

// asLongAs gives how long something that must not happen is watched, after the same took so long where it should: longer where all is slow.
func asLongAs(took time.Duration) time.Duration { return max(watched, 3*took) }

// watched is how long that is at least. What can start does within a second where nothing is slow.
const watched = 15 * time.Second
