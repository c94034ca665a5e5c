package kube

import (
	"context"
	"sync"
)

// loader keeps what was loaded for each key. Concurrent calls for one key load once; an error is not kept.
type loader[K comparable, V any] struct {
	load func(context.Context, K) (V, error)

	mu    sync.Mutex
	slots map[K]*slot[V]
}

type slot[V any] struct {
	mu     sync.Mutex
	loaded bool
	value  V
}

// get gives the value of a key, and whether this call loaded it.
func (l *loader[K, V]) get(ctx context.Context, key K) (value V, fresh bool, err error) {
	l.mu.Lock()
	if l.slots == nil {
		l.slots = map[K]*slot[V]{}
	}
	s := l.slots[key]
	if s == nil {
		s = &slot[V]{}
		l.slots[key] = s
	}
	l.mu.Unlock()

	s.mu.Lock()
	defer s.mu.Unlock()
	if s.loaded {
		return s.value, false, nil
	}
	if s.value, err = l.load(ctx, key); err != nil {
		return value, true, err
	}
	s.loaded = true
	return s.value, true, nil
}

// forget makes the next get load again.
func (l *loader[K, V]) forget(key K) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.slots, key)
}
