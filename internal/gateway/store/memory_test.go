package store_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/store"
)

// clock is a time that a test moves.
type clock struct{ atomic.Int64 }

func (c *clock) now() time.Time { return time.Unix(c.Load(), 0) }

func memory(t *testing.T, capacity int) (*store.Memory, *clock) {
	t.Helper()
	c := &clock{}
	c.Store(1_700_000_000)
	m, err := store.NewMemory(capacity, c.now)
	if err != nil {
		t.Fatal(err)
	}
	return m, c
}

func seen(t *testing.T, m *store.Memory, key string, until time.Time) bool {
	t.Helper()
	got, err := m.Seen(t.Context(), key, until)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestMemoryRemembersUntilTheTimeGiven(t *testing.T) {
	m, c := memory(t, 10)
	until := c.now().Add(60 * time.Second)
	if seen(t, m, "a", until) {
		t.Error("a new key was seen before")
	}
	if !seen(t, m, "a", until) {
		t.Error("a key was forgotten at once")
	}
	if seen(t, m, "b", until) {
		t.Error("another key was seen before")
	}
	c.Add(60)
	if !seen(t, m, "a", until) {
		t.Error("a key was forgotten in its last second")
	}
	c.Add(1)
	if seen(t, m, "a", c.now().Add(time.Minute)) {
		t.Error("an expired key was still remembered")
	}
	if got := m.Len(); got != 1 {
		t.Errorf("%d entries are kept, want only the renewed one", got)
	}
}

func TestMemoryKeepsAnEntryWhoseTimeIsAFractionOfASecond(t *testing.T) {
	m, c := memory(t, 10)
	until := c.now().Add(1500 * time.Millisecond)
	seen(t, m, "a", until)
	c.Add(1)
	if !seen(t, m, "a", until) {
		t.Error("the key was forgotten half a second early")
	}
}

func TestMemoryRefusesWhatItHasNoRoomFor(t *testing.T) {
	m, c := memory(t, 2)
	until := c.now().Add(time.Minute)
	seen(t, m, "a", until)
	seen(t, m, "b", until)
	if _, err := m.Seen(t.Context(), "c", until); !errors.Is(err, store.ErrFull) {
		t.Errorf("a third key gave %v, want %v", err, store.ErrFull)
	}
	if !seen(t, m, "a", until) {
		t.Error("a full store forgot a key")
	}
	c.Add(62)
	if seen(t, m, "c", c.now().Add(time.Minute)) {
		t.Error("a key that was refused had been remembered")
	}
}

func TestMemoryRefusesOnceTheRequestIsOver(t *testing.T) {
	m, c := memory(t, 2)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Seen(ctx, "a", c.now()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

func TestMemoryNeedsRoom(t *testing.T) {
	if _, err := store.NewMemory(0, time.Now); err == nil {
		t.Error("a store without room was made")
	}
}

func TestMemoryLetsOneOfManyPass(t *testing.T) {
	m, c := memory(t, 1000)
	until := c.now().Add(time.Minute)
	var first atomic.Int64
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for i := range 100 {
				if again, err := m.Seen(t.Context(), strconv.Itoa(i), until); err == nil && !again {
					first.Add(1)
				}
			}
		})
	}
	group.Wait()
	if got := first.Load(); got != 100 {
		t.Errorf("%d callers were first to bring one of 100 keys", got)
	}
}
