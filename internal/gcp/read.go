package gcp

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// bound is what is needed to work on one object.
type bound struct {
	*kind
	calls
	lens
	key stack.Key
	at  target
}

func (c *Client) bind(key stack.Key) (bound, error) {
	k, connected, err := c.kindOf(key)
	if err != nil {
		return bound{}, err
	}
	return bound{
		kind: k, calls: connected, key: key,
		lens: lens{kind: k, same: c.sameText},
		at:   target{name: key.Name, part: key.Part},
	}, nil
}

// kept says that live is there, and not merely kept for a while after its deletion.
func (b bound) kept(live map[string]any) bool {
	return live != nil && (b.deleted == nil || !b.deleted(live))
}

// unclaimed says that live is as Google made it, so that nobody minds who sets it.
func (b bound) unclaimed(live map[string]any) bool {
	return b.vacant != nil && live != nil && b.vacant(b.at, live)
}

// asMade says that live is what a creation of the desired object gives: all of it but what only a change can set.
func (b bound) asMade(live, projected map[string]any) bool {
	made := maps.Clone(projected)
	for _, field := range b.later {
		delete(made, field)
	}
	return b.equal("", live, made)
}

// of gives the target of a live object, which has its real name where the server chose it.
func (b bound) of(live map[string]any) target {
	at := b.at
	if name, ok := live["name"].(string); ok && b.found {
		at.name = name
	}
	_, at.forced = fieldsOf(live["labels"])[stack.ForceDeleteLabel]
	return at
}

func (b bound) uid(live map[string]any) string {
	if uid, ok := live["uid"].(string); ok {
		return uid
	}
	if b.found {
		return b.of(live).name
	}
	return ""
}

// Plan says what Apply would give. Of an object that is in state that is known without a request, and where what is desired says no
// other than what is in state, it stays as it is written there. Any other object must not be there yet, or be as desired already, which
// is what an apply that was cut off leaves.
func (c *Client) Plan(ctx context.Context, desired stack.Object, prior string) (stack.Live, error) {
	b, err := c.bind(desired.Key)
	if err != nil {
		return stack.Live{}, c.unknown(desired.Key, err)
	}
	desired, unknown, err := c.filled(ctx, desired, true)
	switch {
	case err != nil:
		return stack.Live{}, c.unknown(desired.Key, err)
	case len(unknown) > 0:
		return stack.Live{}, &stack.UnknownError{Key: desired.Key, Err: missingOutput(unknown)}
	}
	projected := stack.HashGoogleSecrets(desired.Key, desired.Body)
	live := stack.Live{}
	if live.Projection, err = stack.CanonicalJSON(projected); err != nil {
		return stack.Live{}, named(desired.Key, err)
	}
	if prior != "" {
		had, err := parseBody([]byte(prior))
		if err != nil {
			return stack.Live{}, named(desired.Key, err)
		}
		c := b.change(had, had, desired.Body, projected)
		if live.Replaced = c.immutable; c.nothing() {
			live.Projection = prior
		}
		return live, nil
	}
	there, err := c.look(ctx, b.calls, b.at, true)
	switch {
	case err != nil:
		return stack.Live{}, c.unknown(desired.Key, err)
	case !b.kept(there), b.unclaimed(there):
	case b.asMade(there, projected):
		live.Adopted = []string{"nobody that Google's API could name: an earlier apply that was cut off, or somebody else"}
	case desired.Adopt:
		was, err := stack.CanonicalJSON(stack.HashGoogleSecrets(desired.Key, there))
		if err != nil {
			return stack.Live{}, named(desired.Key, err)
		}
		live.Adopted = []string{"somebody else, as " + strings.Join(b.differing(there, projected), ", ") + " of it shows; it is " + was + " before that"}
	default:
		return stack.Live{}, &existsError{key: desired.Key, fields: b.differing(there, projected)}
	}
	return live, nil
}

// Read looks at the fields of prior; without one, at all that somebody may have set, which is what an import begins with.
func (c *Client) Read(ctx context.Context, key stack.Key, prior string) (stack.Live, error) {
	b, err := c.bind(key)
	if err != nil {
		return stack.Live{}, c.unknown(key, err)
	}
	there, err := c.look(ctx, b.calls, b.at, true)
	if err != nil {
		return stack.Live{}, c.unknown(key, err)
	}
	if !b.kept(there) || prior == "" && b.unclaimed(there) {
		return stack.Live{}, named(key, stack.ErrNotFound)
	}
	if prior == "" {
		return b.seen(there, b.importable(there))
	}
	ours, err := parseBody([]byte(prior))
	if err != nil {
		return stack.Live{}, named(key, err)
	}
	return b.seen(there, b.project(there, ours))
}

func (b bound) seen(there, projection map[string]any) (stack.Live, error) {
	text, err := stack.CanonicalJSON(projection)
	if err != nil {
		return stack.Live{}, named(b.key, err)
	}
	return stack.Live{Projection: text, UID: b.uid(there), Body: there}, nil
}

// differing names the fields in which an object is not as desired.
func (b bound) differing(there, desired map[string]any) []string {
	c := b.change(there, nil, desired, desired)
	return append(c.immutable, c.mask...)
}

// unknown gives the error of a plan or a refresh: an API that does not answer, or for which there are no credentials, leaves it open
// what is there.
func (c *Client) unknown(key stack.Key, err error) error {
	var missing *credentialsError
	if errors.As(err, &missing) || transient(err) {
		return &stack.UnknownError{Key: key, Unreachable: true, Err: err}
	}
	return named(key, err)
}

func named(key stack.Key, err error) error { return fmt.Errorf("%s: %w", key.Describe(), err) }

// existsError says that an object of the name is there that is not what is desired.
type existsError struct {
	key    stack.Key
	fields []string
}

func (e *existsError) Error() string {
	return fmt.Sprintf("%s exists already and is another: it differs in %s", e.key.Describe(), strings.Join(e.fields, ", "))
}

// Hint says what to do.
func (e *existsError) Hint() string {
	if e.key.Part != "" {
		return "It is a part of an object that others share. Set adopt = true to take it over, which loses what it is now; or leave it to whom it belongs."
	}
	return "Import it with `terraform import` and its full name " + e.key.String() + " (or an import block), so that an apply may change it; or give what is declared here another name."
}
