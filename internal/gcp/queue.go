package gcp

import (
	"context"
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

// queueOf names what a change of the object waits for: the other changes in its project and location where the kind belongs to a
// gateway, else those of the same object.
func (k *kind) queueOf(name string) string {
	if !k.gateway {
		return k.service + "/" + name
	}
	segments := strings.SplitN(name, "/", 5)
	return strings.Join(segments[:min(4, len(segments))], "/")
}
