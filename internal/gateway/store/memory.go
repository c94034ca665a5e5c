package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"sync"
	"time"
)

// digest stands for a key, so that an entry takes the same room whatever its key is made of.
type digest [sha256.Size]byte

// Memory is a Store of one process.
type Memory struct {
	now      func() time.Time
	capacity int

	mu      sync.Mutex
	entries map[digest]struct{}
	due     map[int64][]digest // by the Unix second that they may be forgotten in
	swept   int64              // the second that entries were last forgotten in

	buckets buckets
}

// NewMemory gives a store of at most capacity entries, and as many buckets. A full one refuses new keys until old ones expire, rather than
// forgetting what it promised to remember: an entry takes about 150 bytes, so a million take about 150 MB. It reads the clock now.
func NewMemory(capacity int, now func() time.Time) (*Memory, error) {
	if capacity < 1 {
		return nil, errors.New("capacity must be at least 1")
	}
	return &Memory{
		now: now, capacity: capacity, entries: map[digest]struct{}{}, due: map[int64][]digest{},
		buckets: buckets{capacity: capacity, full: map[bucketKey]time.Duration{}, began: now()},
	}, nil
}

// Seen implements Store. It returns ErrFull where there is no room.
func (m *Memory) Seen(ctx context.Context, key string, until time.Time) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	d := digest(sha256.Sum256([]byte(key)))
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forget(m.now().Unix())
	if _, ok := m.entries[d]; ok {
		return true, nil
	}
	if len(m.entries) >= m.capacity {
		return false, ErrFull
	}
	second := until.Unix() + 1 // a second is forgotten as a whole, so no entry goes before its time
	m.entries[d] = struct{}{}
	m.due[second] = append(m.due[second], d)
	return false, nil
}

// Take implements Store. It returns ErrFull where there is no room for another bucket.
func (m *Memory) Take(_ context.Context, key string, r Rate, n int64) (time.Duration, error) {
	return m.buckets.take(bucketKey{key, r}, n, m.now())
}

// Alive implements Store: memory is always there.
func (*Memory) Alive(context.Context) error { return nil }

// Close implements Store.
func (*Memory) Close() error { return nil }

// Len gives how many entries are remembered, expired ones that were not yet forgotten included.
func (m *Memory) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.entries)
}

// forget drops what is due, at most once a second.
func (m *Memory) forget(now int64) {
	if now == m.swept {
		return
	}
	m.swept = now
	for second, keys := range m.due {
		if second > now {
			continue
		}
		for _, key := range keys {
			delete(m.entries, key)
		}
		delete(m.due, second)
	}
}
