package gcp

import (
	"context"
	"errors"
	"strings"
)

// typedCalls are Google's own calls of one kind, T being Google's type of its objects. What a mutation returns is either the object,
// when it is done at once, or the service's own type of operation. A call that a kind lacks is nil.
type typedCalls[T any] struct {
	read     func(ctx context.Context, name string) (*T, error)
	insert   func(ctx context.Context, at target, object *T) (any, error)
	change   func(ctx context.Context, name string, object *T, mask string) (any, error)
	remove   func(ctx context.Context, name string) (any, error)
	restore  func(ctx context.Context, name string) (any, error)
	progress func(ctx context.Context, operation string) (any, error)
	// etag is the name of the field, in a change, that holds the etag of what was read; "" where there is none.
	etag string
	// named says that the body carries the object's own name.
	named bool
}

func (t typedCalls[T]) get(ctx context.Context, at target) (map[string]any, error) {
	object, err := t.read(ctx, at.name)
	if err != nil {
		return nil, err
	}
	return bodyOf(object)
}

func (t typedCalls[T]) create(ctx context.Context, at target, body map[string]any) (operation, error) {
	object, err := typed[T](t.withName(at, body))
	if err != nil {
		return operation{}, err
	}
	return outcome[T](t.insert(ctx, at, object))
}

func (t typedCalls[T]) patch(ctx context.Context, at target, body map[string]any, mask []string, etag string) (operation, error) {
	if t.change == nil {
		return operation{}, errNoPatch
	}
	sent := t.withName(at, body)
	if t.etag != "" && etag != "" {
		sent[t.etag] = etag
	}
	object, err := typed[T](sent)
	if err != nil {
		return operation{}, err
	}
	return outcome[T](t.change(ctx, at.name, object, strings.Join(mask, ",")))
}

func (t typedCalls[T]) delete(ctx context.Context, at target) (operation, error) {
	return outcome[T](t.remove(ctx, at.name))
}

func (t typedCalls[T]) undelete(ctx context.Context, at target) (operation, error) {
	return outcome[T](t.restore(ctx, at.name))
}

func (t typedCalls[T]) poll(ctx context.Context, name string) (operation, error) {
	return outcome[T](t.progress(ctx, name))
}

func (t typedCalls[T]) withName(at target, body map[string]any) map[string]any {
	sent := make(map[string]any, len(body)+2)
	for field, value := range body {
		sent[field] = value
	}
	if t.named {
		sent["name"] = at.name
	}
	return sent
}

// errNoPatch says that nothing of an object of this kind can be changed.
var errNoPatch = errors.New("an object of this kind cannot be changed: give it another name, or delete it first")
