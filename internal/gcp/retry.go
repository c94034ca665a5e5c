package gcp

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"time"

	"cloud.google.com/go/auth"
	"google.golang.org/grpc/codes"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// transient says that the same request may well succeed later, without anybody doing anything.
func transient(err error) bool {
	var overdue *overdueError
	if errors.As(err, &overdue) {
		return false
	}
	var token *auth.Error
	if errors.As(err, &token) { // the request was never sent: there was no token to send with it
		return token.Temporary()
	}
	var refused *refusal
	if errors.As(err, &refused) {
		return refusedWith(err, codes.Aborted, codes.ResourceExhausted, codes.Unavailable, codes.Internal, codes.DeadlineExceeded)
	}
	return dropped(err)
}

// dropped says that a request got no answer, or half of one: what it asked for may have been done.
func dropped(err error) bool {
	var untrusted *tls.CertificateVerificationError
	if errors.As(err, &untrusted) {
		return false
	}
	var failed net.Error
	var halved *json.SyntaxError
	var request *url.Error
	return errors.As(err, &failed) || errors.As(err, &halved) || errors.As(err, &request) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// mayBeDone says of the error of a request that what it asked for may have been done: there was no answer, also because nobody waited for
// it any more, or one that says nothing of it.
func mayBeDone(err error) bool {
	var connecting *net.OpError
	if errors.As(err, &connecting) && (connecting.Op == "dial" || connecting.Op == "proxyconnect") {
		return false // it was never sent
	}
	return dropped(err) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) ||
		refusedWith(err, codes.Internal, codes.Unavailable, codes.DeadlineExceeded, codes.Canceled, codes.Unknown)
}

// retryAfter is how long the server asked to wait.
func retryAfter(err error) time.Duration {
	var refused *refusal
	if errors.As(err, &refused) {
		return refused.retryAfter
	}
	return 0
}

// overdueError says that time was over while a request was being tried again, and what it was told last.
type overdueError struct {
	last error
}

func (e *overdueError) Error() string {
	return fmt.Sprintf("it was tried until the time for it was over, and at last: %v", e.last)
}

func (e *overdueError) Unwrap() error { return e.last }

// Hint says what to do.
func (e *overdueError) Hint() string {
	var hinted interface{ Hint() string }
	if errors.As(e.last, &hinted) && hinted.Hint() != "" {
		return hinted.Hint()
	}
	return "Raise the resource's timeouts, or apply again: what is done stays done."
}

// again waits before the next try. It gives the error to end with where there is none: the context has ended, or knows no end and
// has had its few tries.
func (b *backoff) again(ctx context.Context, last error) error {
	if ctx.Err() == nil {
		b.said = last
	}
	if _, bounded := ctx.Deadline(); !bounded && b.tries+1 >= b.pace.Tries {
		return last
	}
	switch err := b.wait(ctx, retryAfter(last)); {
	case errors.Is(err, context.Canceled):
		return err
	case err != nil:
		return b.overdue(last)
	}
	return nil
}

// end gives the error to end with. What a context cut off says nothing of what was the matter.
func (b *backoff) end(ctx context.Context, last error) error {
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return ctx.Err()
	case ctx.Err() != nil:
		return b.overdue(last)
	}
	return last
}

func (b *backoff) overdue(last error) error {
	var already *overdueError
	if errors.As(last, &already) && already.last != nil && !errors.Is(already.last, context.DeadlineExceeded) {
		return last
	}
	if b.said != nil {
		last = b.said
	}
	return &overdueError{last: last}
}

// ask reads something: briefly, as a plan does, or for as long as the context lets it.
func ask[T any](ctx context.Context, pace Pace, briefly bool, read func(context.Context) (T, error)) (T, error) {
	b := pace.start()
	for {
		value, err := read(ctx)
		err = answered(err)
		if err == nil || !transient(err) || ctx.Err() != nil || briefly && b.tries+1 >= pace.Tries {
			return value, err
		}
		if end := b.again(ctx, err); end != nil {
			return value, end
		}
	}
}

// look reads the object; nil where there is none.
func (c *Client) look(ctx context.Context, calls calls, at target, briefly bool) (map[string]any, error) {
	body, err := ask(ctx, c.config.Pace, briefly, func(ctx context.Context) (map[string]any, error) { return calls.get(ctx, at) })
	if refusedWith(err, codes.NotFound) || errors.Is(err, stack.ErrNotFound) {
		return nil, nil
	}
	return body, err
}

// longestPoll bounds the pause between two looks at an operation: those take minutes, and whoever waits for one wants to know.
const longestPoll = 10 * time.Second

// finish waits until an operation is done, and gives it as it was seen last and the error that it ended with.
func (c *Client) finish(ctx context.Context, calls calls, op operation) (operation, error) {
	b := c.config.Pace.start()
	b.longest = min(b.longest, longestPoll)
	for !op.Done {
		if err := b.again(ctx, errUnfinished); err != nil {
			return op, err
		}
		next, err := calls.poll(ctx, op.Name)
		err = answered(err)
		switch {
		case err == nil:
			op = next
		case transient(err), refusedWith(err, codes.NotFound) && b.waited < c.config.Pace.Settle: // not seen everywhere yet
		default:
			return op, fmt.Errorf("operation %s: %w", op.Name, err)
		}
	}
	return op, op.refusal()
}

var errUnfinished = errors.New("the operation that Google began has not ended yet")
