package store

import (
	"sync"
	"time"
)

// sweepEvery is how often full buckets are looked for.
const sweepEvery = 10 * time.Second

// bucketKey names a bucket. Another rate has other buckets, since what is missing in one says nothing of the other.
type bucketKey struct {
	key  string
	rate Rate
}

// buckets are those of one process.
type buckets struct {
	capacity int
	began    time.Time

	mu    sync.Mutex
	full  map[bucketKey]time.Duration // when a bucket would be full, since began
	swept time.Duration
}

func (b *buckets) take(key bucketKey, n int64, at time.Time) (time.Duration, error) {
	now := at.Sub(b.began)
	b.mu.Lock()
	defer b.mu.Unlock()
	full, known := b.full[key]
	if !known && len(b.full) >= b.capacity || now-b.swept > sweepEvery {
		b.sweep(now)
	}
	if !known && len(b.full) >= b.capacity {
		return 0, ErrFull
	}
	after, missing := key.rate.take(full, now, n)
	if missing == 0 {
		b.full[key] = after
	}
	return missing, nil
}

// sweep forgets the buckets that are full.
func (b *buckets) sweep(now time.Duration) {
	if now == b.swept {
		return // a map that is too small is not walked through for every caller
	}
	b.swept = now
	for key, full := range b.full {
		if full <= now {
			delete(b.full, key)
		}
	}
}
