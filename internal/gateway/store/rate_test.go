package store_test

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/store"
)

// both runs a test on each kind of store.
func both(t *testing.T, test func(t *testing.T, s store.Store)) {
	t.Run("memory", func(t *testing.T) {
		m, err := store.NewMemory(100, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		test(t, m)
	})
	t.Run("redis", func(t *testing.T) {
		r, _ := redis(t, nil)
		test(t, r)
	})
}

func TestABucketGivesItsBurstAndNoMore(t *testing.T) {
	both(t, func(t *testing.T, s store.Store) {
		rate := store.Rate{PerSecond: 1, Burst: 3}
		for i := range 3 {
			if wait, err := s.Take(t.Context(), "a", rate, 1); err != nil || wait != 0 {
				t.Errorf("token %d: %s, %v", i+1, wait, err)
			}
		}
		if wait, err := s.Take(t.Context(), "a", rate, 1); err != nil || wait <= 0 || wait > time.Second {
			t.Errorf("a token that is not there comes in %s, %v", wait, err)
		}
		if wait, err := s.Take(t.Context(), "a", store.Rate{PerSecond: 2, Burst: 4}, 1); err != nil || wait != 0 {
			t.Errorf("with another rate: %s, %v", wait, err)
		}
		if wait, err := s.Take(t.Context(), "b", rate, 3); err != nil || wait != 0 {
			t.Errorf("another bucket: %s, %v", wait, err)
		}
		if wait, err := s.Take(t.Context(), "b", rate, 2); err != nil || wait <= time.Second || wait > 2*time.Second {
			t.Errorf("two tokens that are not there come in %s, %v", wait, err)
		}
	})
}

func TestABucketFillsUp(t *testing.T) {
	both(t, func(t *testing.T, s store.Store) {
		rate := store.Rate{PerSecond: 20, Burst: 1}
		if wait, err := s.Take(t.Context(), "a", rate, 1); err != nil || wait != 0 {
			t.Fatal(wait, err)
		}
		wait, err := s.Take(t.Context(), "a", rate, 1)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(wait)
		if wait, err = s.Take(t.Context(), "a", rate, 1); err != nil || wait != 0 {
			t.Errorf("a token that should have come is %s away, %v", wait, err)
		}
	})
}

func TestMemoryForgetsFullBuckets(t *testing.T) {
	m, c := memory(t, 2)
	rate := store.Rate{PerSecond: 1, Burst: 5}
	for i := range 2 {
		if _, err := m.Take(t.Context(), strconv.Itoa(i), rate, 5); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := m.Take(t.Context(), "c", rate, 1); !errors.Is(err, store.ErrFull) {
		t.Errorf("a bucket that there is no room for gives %v", err)
	}
	c.Add(5)
	if wait, err := m.Take(t.Context(), "c", rate, 1); err != nil || wait != 0 {
		t.Errorf("when the others are full there is still no room: %s, %v", wait, err)
	}
}
