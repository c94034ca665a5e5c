package gcp

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// Delete removes the object of this UID, and waits until it is gone. What refers to it still holds it: that is waited for, because
// Google sees late that a reference has gone.
func (c *Client) Delete(ctx context.Context, key stack.Key, uid string) error {
	b, err := c.bind(key)
	if err != nil {
		return named(key, err)
	}
	turn, err := c.queues.take(ctx, b.queueOf(key.Name))
	if err != nil {
		return named(key, err)
	}
	defer turn.end()
	there, err := c.look(ctx, b.calls, b.at, false)
	switch {
	case err != nil:
		return named(key, err)
	case !b.kept(there) || b.unclaimed(there) || uid != "" && b.uid(there) != uid:
		return nil
	}
	if err := c.vanish(ctx, b, turn, there, forever); err != nil {
		return named(key, err)
	}
	return nil
}

// Await waits until an object shows whose creation was begun and not seen to its end.
func (c *Client) Await(ctx context.Context, key stack.Key) error {
	b, err := c.bind(key)
	if err != nil {
		return named(key, err)
	}
	for pauses := c.config.Pace.start(); ; {
		there, err := c.look(ctx, b.calls, b.at, false)
		switch {
		case err != nil:
			return named(key, err)
		case b.kept(there), pauses.waited >= c.config.Pace.Settle:
			return nil
		}
		if end := pauses.again(ctx, errNotShown); end != nil {
			return named(key, end)
		}
	}
}

const forever = time.Duration(1<<63 - 1)

// heldError says what keeps an object from being deleted, in Google's words.
type heldError struct {
	refusal error
	filled  string // of its kind
}

func (e *heldError) Error() string {
	if e.filled != "" {
		return fmt.Sprintf("it is not empty: %v", e.refusal)
	}
	return fmt.Sprintf("something refers to it still: %v", e.refusal)
}

func (e *heldError) Unwrap() error { return e.refusal }

// Hint says what to do.
func (e *heldError) Hint() string {
	if e.filled != "" {
		return e.filled
	}
	return "Delete what is named there, or take the reference out of it, and apply again. What Agentward made goes in the right order by itself."
}

// vanish deletes an object that is there and waits until it is not. patience is how long to bear that something holds it.
func (c *Client) vanish(ctx context.Context, b bound, turn *turn, there map[string]any, patience time.Duration) error {
	pauses := c.config.Pace.start()
	asked := false
	for {
		var err error
		if !asked {
			err = c.remove(ctx, b, there)
			asked = err == nil
		}
		var held *heldError
		var overdue *overdueError
		switch {
		case errors.As(err, &overdue):
			return err
		case err == nil:
			err = errStillThere
		case ctx.Err() != nil:
			return pauses.end(ctx, err)
		case errors.As(err, &held) && (held.filled != "" || pauses.waited >= patience), !errors.As(err, &held) && !transient(err):
			return err
		}
		left, lookErr := c.look(ctx, b.calls, b.at, false)
		if lookErr != nil {
			return pauses.end(ctx, lookErr)
		}
		if !b.kept(left) || b.unclaimed(left) || b.uid(left) != b.uid(there) {
			return nil
		}
		if end := turn.aside(ctx, func() error { return pauses.again(ctx, err) }); end != nil {
			return end
		}
	}
}

var errStillThere = errors.New("it was asked to go, and is still there")

// remove asks for the deletion and waits for the operation. What is gone is no error.
func (c *Client) remove(ctx context.Context, b bound, there map[string]any) error {
	op, err := b.delete(ctx, b.of(there))
	if err == nil {
		_, err = c.finish(ctx, b.calls, op)
	}
	err = answered(err)
	switch {
	case refusedWith(err, codes.NotFound):
		return nil
	case refusedWith(err, codes.FailedPrecondition):
		return &heldError{refusal: err, filled: b.filled}
	}
	return err
}
