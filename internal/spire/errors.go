package spire

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// ErrUnreachable says that the server did not answer: it is not there, it is starting, or it took longer than a call may.
var ErrUnreachable = errors.New("the SPIRE server does not answer")

// errTimeout is the case of ErrUnreachable in which a call took too long.
var errTimeout = fmt.Errorf("%w in time", ErrUnreachable)

// unanswered says that no answer came, or that nobody waited for it.
func unanswered(err error) bool {
	return errors.Is(err, ErrUnreachable) || errors.Is(err, context.Canceled)
}

// ConflictError says that another entry already gives the same workload the same SPIFFE ID.
type ConflictError struct {
	ID, OtherID string // entry ids, ours and the other
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf(
		"spiffe_id, parent_id and selectors are those of the entry %q, and the server keeps one entry for them: delete that one (spire-server entry delete -entryID %s) and apply again, or give this instance other selectors",
		e.OtherID, e.OtherID)
}

// MissingBundleError says that an entry federates with a trust domain whose bundle the server does not hold.
type MissingBundleError struct {
	TrustDomain string
	// Why says why the server could not fetch it; it is empty where no federation relationship says from where.
	Why string
}

func (e *MissingBundleError) Error() string {
	if e.Why == "" {
		return fmt.Sprintf(
			"federates_with: the server has no bundle of %q and no federation relationship with it: give its bundle_endpoint_url here, or create the relationship first", e.TrustDomain)
	}
	return fmt.Sprintf("federates_with: the server has no bundle of %q and could not fetch one from its endpoint: give a trust_domain_bundle, or correct the endpoint: %s",
		e.TrustDomain, e.Why)
}

// refusal is the server's answer to one item of a batch, or to a whole call.
type refusal struct {
	code    codes.Code
	message string
}

func (e *refusal) Error() string {
	switch e.code {
	case codes.PermissionDenied, codes.Unauthenticated:
		return fmt.Sprintf("the SPIRE server denies it: use its admin socket, or an X509-SVID whose entry is marked admin: %s", e.message)
	default:
		return fmt.Sprintf("the SPIRE server refuses it (%s): %s", e.code, e.message)
	}
}

func refused(err error, code codes.Code) bool {
	var r *refusal
	return errors.As(err, &r) && r.code == code
}

// answered turns the error of a call into one of ours.
func answered(server string, err error) error {
	if err == nil {
		return nil
	}
	s, ok := status.FromError(err)
	if !ok {
		return err
	}
	switch s.Code() {
	case codes.Unavailable:
		return fmt.Errorf("%w at %s: %s", ErrUnreachable, server, s.Message())
	case codes.DeadlineExceeded:
		return fmt.Errorf("%w at %s: %s", errTimeout, server, s.Message())
	case codes.Canceled:
		return fmt.Errorf("%w: %s", context.Canceled, s.Message())
	case codes.NotFound:
		return fmt.Errorf("%w: %s", stack.ErrNotFound, s.Message())
	}
	return &refusal{code: s.Code(), message: s.Message()}
}

// item turns the status of one item of a batch into an error.
func item(code int32, message string) error {
	switch c := codes.Code(code); c {
	case codes.OK:
		return nil
	case codes.NotFound:
		return fmt.Errorf("%w: %s", stack.ErrNotFound, message)
	default:
		return &refusal{code: c, message: message}
	}
}

func named(key stack.Key, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", key.Describe(), err)
}

func unknownIfAway(key stack.Key, err error) error {
	if errors.Is(err, ErrUnreachable) {
		return &stack.UnknownError{Key: key, Unreachable: true, Err: err}
	}
	return named(key, err)
}

// patience says how often to try while the server is away.
type patience int

const (
	briefly       patience = 3 // a plan goes on without the server, and only sits out a restart
	untilDeadline patience = 0
)

const (
	firstPause = 100 * time.Millisecond
	maxPause   = 5 * time.Second
)

// attempt calls f until it gives something other than ErrUnreachable. All that f does may be done twice. A context without a
// deadline gets no more than a brief try, so that nothing waits for ever.
func attempt(ctx context.Context, p patience, f func() (stack.Live, error)) (stack.Live, error) {
	deadline, bounded := ctx.Deadline()
	if !bounded {
		p = briefly
	}
	pause := firstPause
	for n := 1; ; n++ {
		live, err := f()
		if !errors.Is(err, ErrUnreachable) || n == int(p) || (bounded && time.Until(deadline) <= pause) {
			return live, err
		}
		if p == briefly && errors.Is(err, errTimeout) {
			return live, err // it has been waited for already
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return live, err
		case <-timer.C:
		}
		pause = min(2*pause, maxPause)
	}
}
