package server

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
	"github.com/agentward/terraform-provider-agent/internal/gateway/store"
)

// replayCapacity is how many DPoP proofs are remembered in memory, and of how many agents the rates; at 150 bytes each.
const replayCapacity = 1 << 20

// sourceCapacity is of how many sources of requests that were refused the rates are known.
const sourceCapacity = 1 << 16

// openStore gives the state that replicas share, or that of this process alone.
func (s *Server) openStore(c config.Store) (store.Store, error) {
	if !c.Shared() {
		return store.NewMemory(replayCapacity, s.options.Now)
	}
	shared, err := store.NewRedis(store.RedisOptions{URL: c.URL, PasswordFile: c.PasswordFile, CAFile: c.CAFile, Prefix: c.Prefix, Timeout: c.Timeout}, s.options.Now)
	if err != nil {
		return nil, err
	}
	return &watched{Store: shared, failed: func(err error, first bool) {
		s.metrics.count("agent_gateway_store_failures_total")
		if first {
			s.options.Log.Error("the store does not answer; what needs it is refused", "error", err)
		}
	}}, nil
}

// watched is a store that says when it fails, and whether that is the first time since it has worked.
type watched struct {
	store.Store
	failed func(err error, first bool)
	broken atomic.Bool
}

// Seen implements store.Store.
func (w *watched) Seen(ctx context.Context, key string, until time.Time) (bool, error) {
	seen, err := w.Store.Seen(ctx, key, until)
	return seen, w.told(ctx, err)
}

// Take implements store.Store.
func (w *watched) Take(ctx context.Context, key string, r store.Rate, n int64) (time.Duration, error) {
	wait, err := w.Store.Take(ctx, key, r, n)
	return wait, w.told(ctx, err)
}

func (w *watched) told(ctx context.Context, err error) error {
	if err == nil {
		w.broken.Store(false)
	} else if ctx.Err() == nil { // a caller that went away says nothing of the store
		w.failed(err, !w.broken.Swap(true))
	}
	return err
}
