package gcp

import (
	"context"
	"fmt"
	"strings"
	"sync"
)

// queues lets one change at a time through, of those that Google would refuse to make at once. The zero value is ready.
type queues struct {
	mu    sync.Mutex
	turns map[string]chan struct{}
}

// enter waits for the turn of a change, and gives what ends it.
func (q *queues) enter(ctx context.Context, name string) (leave func(), err error) {
	q.mu.Lock()
	if q.turns == nil {
		q.turns = map[string]chan struct{}{}
	}
	turn, ok := q.turns[name]
	if !ok {
		turn = make(chan struct{}, 1)
		q.turns[name] = turn
	}
	q.mu.Unlock()
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// turn is a place at the head of a queue.
type turn struct {
	queues *queues
	name   string
	leave  func()
}

// take waits for the turn.
func (q *queues) take(ctx context.Context, name string) (*turn, error) {
	leave, err := q.enter(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("wait for other changes of the gateway: %w", err)
	}
	return &turn{queues: q, name: name, leave: leave}, nil
}

// end lets the next one through.
func (t *turn) end() {
	if t.leave != nil {
		t.leave()
		t.leave = nil
	}
}

// aside lets others through while this one pauses: what it waits for may be for one of them to do.
func (t *turn) aside(ctx context.Context, pause func() error) error {
	t.end()
	if err := pause(); err != nil {
		return err
	}
	next, err := t.queues.take(ctx, t.name)
	if err != nil {
		return err
	}
	t.leave = next.leave
	return nil
}

// queueOf names what a change of the object waits for: the other changes in its project and location where the kind belongs to a
// gateway, else those of the same object.
func (k *kind) queueOf(name string) string {
	if !k.gateway {
		return k.service + "/" + name
	}
	segments := strings.SplitN(name, "/", 5)
	return strings.Join(segments[:min(4, len(segments))], "/")
}
