package credential

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Of the cache.
const (
	maxEntries   = 4096 // callers that tokens are kept for
	minBackoff   = time.Second
	maxBackoff   = time.Minute
	fetchTimeout = 15 * time.Second
	margin       = 5 * time.Second  // before its end from which a token is not used
	settled      = 10 * time.Second // after which a token that the target refuses is fetched again
)

// access is a token and when it ends.
type access struct {
	token  string
	expiry time.Time
	early  time.Time // from when on another is fetched while this one is used
	got    time.Time
}

// entry is what is known for one key. Its fields are the cache's to lock.
type entry struct {
	access   access
	fetching chan struct{} // closed when the fetch under way has ended; nil without one
	err      error         // of the last fetch
	failures int
	retry    time.Time // not before which another fetch begins after a failure
	used     time.Time
}

// cache keeps tokens by key. For each key one fetch at most is under way; after a failure it waits, longer each time.
type cache struct {
	now func() time.Time

	mu      sync.Mutex
	entries map[string]*entry
}

// get gives a token. A caller waits for a fetch only where there is no token that holds.
func (c *cache) get(ctx context.Context, key string, fetch func(context.Context) (access, error)) (string, error) {
	c.mu.Lock()
	e := c.entry(key)
	now := c.now()
	e.used = now
	valid := e.access.token != "" && now.Before(e.access.expiry.Add(-margin))
	if valid && now.Before(e.access.early) {
		defer c.mu.Unlock()
		return e.access.token, nil
	}
	if e.fetching == nil && !now.Before(e.retry) {
		e.fetching = make(chan struct{})
		go c.run(e, e.fetching, fetch)
	}
	token, wait, err := e.access.token, e.fetching, e.err
	c.mu.Unlock()
	if valid {
		return token, nil
	}
	if wait == nil {
		return "", fmt.Errorf("not tried again yet: %w", err)
	}
	select {
	case <-wait:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if e.access.token != "" && c.now().Before(e.access.expiry) {
		return e.access.token, nil
	}
	if e.err == nil {
		return "", errors.New("the token has ended already")
	}
	return "", e.err
}

// entry gives that of a key, and makes room for it. The least used of those that nobody waits for goes first.
func (c *cache) entry(key string) *entry {
	if e, ok := c.entries[key]; ok {
		return e
	}
	if c.entries == nil {
		c.entries = map[string]*entry{}
	}
	if len(c.entries) >= maxEntries {
		c.evict()
	}
	e := &entry{}
	c.entries[key] = e
	return e
}

func (c *cache) evict() {
	now := c.now()
	oldest := ""
	for key, e := range c.entries {
		switch {
		case e.fetching != nil:
		case now.After(e.access.expiry) && now.After(e.retry):
			delete(c.entries, key)
		case oldest == "" || e.used.Before(c.entries[oldest].used):
			oldest = key
		}
	}
	if len(c.entries) >= maxEntries {
		delete(c.entries, oldest)
	}
}

// run fetches once. It is not bound to the caller that began it, since others wait for it too; the timeout ends it.
func (c *cache) run(e *entry, done chan struct{}, fetch func(context.Context) (access, error)) {
	ctx, cancel := context.WithTimeout(context.Background(), fetchTimeout)
	defer cancel()
	got, err := fetch(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	defer close(done)
	e.fetching, e.err = nil, err
	if err != nil {
		e.retry = c.now().Add(min(maxBackoff, minBackoff<<min(e.failures, 6)))
		e.failures++
		return
	}
	e.access, e.failures, e.retry = got, 0, time.Time{}
}

// refused drops a token that the target did not take. It says whether another may be had: a target that refuses fresh tokens must not make a
// fetch of every call.
func (c *cache) refused(key, token string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[key]
	if !ok || e.access.token != token {
		return true
	}
	if c.now().Sub(e.access.got) < settled {
		return false
	}
	e.access = access{}
	return true
}
