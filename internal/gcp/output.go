package gcp

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// filled gives desired with what the server sets in other objects in its place. Those that have it not yet are given too. briefly is as
// in ask.
func (c *Client) filled(ctx context.Context, desired stack.Object, briefly bool) (stack.Object, []stack.Key, error) {
	body, unknown, err := stack.Fill(desired.Body, func(key stack.Key, path string) (string, error) {
		b, err := c.bind(key)
		if err != nil {
			return "", err
		}
		there, err := c.look(ctx, b.calls, b.at, briefly)
		if err != nil || !b.kept(there) {
			return "", err
		}
		text, _ := at(there, path).(string)
		return text, nil
	})
	desired.Body = body
	return desired, unknown, err
}

// awaited is filled, once nothing is missing any more: an object's own fields may show later than the object.
func (c *Client) awaited(ctx context.Context, desired stack.Object) (stack.Object, error) {
	b := c.config.Pace.start()
	for {
		object, unknown, err := c.filled(ctx, desired, false)
		if err != nil || len(unknown) == 0 {
			return object, err
		}
		missing := missingOutput(unknown)
		if b.waited >= c.config.Pace.Settle {
			return object, missing
		}
		if end := b.again(ctx, missing); end != nil {
			return object, end
		}
	}
}

// missingOutput says whose fields are not there.
func missingOutput(keys []stack.Key) error {
	names := make([]string, len(keys))
	for i, key := range keys {
		names[i] = key.Describe()
	}
	return fmt.Errorf("%w: %s", errNoOutput, strings.Join(names, ", "))
}

var errNoOutput = errors.New("a field that Google sets, and that this object names, is not there yet")
