package server

import (
	"context"
	"fmt"
	"sync"

	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
)

// underway are the requests that are being served, so that a suspended agent's streams end, and all streams when the gateway stops.
type underway struct {
	mu       sync.Mutex
	requests map[*progress]struct{}
	ending   bool
	empty    chan struct{} // closed when nothing is under way any more; nil where nobody waits
}

// progress is one request under way.
type progress struct {
	who    principal.Principal
	stream bool
	cancel context.CancelCauseFunc
}

// begin adds a request until the returned function is called.
func (u *underway) begin(p *progress) (end func()) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.requests == nil {
		u.requests = map[*progress]struct{}{}
	}
	u.requests[p] = struct{}{}
	return func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		delete(u.requests, p)
		if u.empty != nil && len(u.requests) == 0 {
			close(u.empty)
			u.empty = nil
		}
	}
}

// wait waits until nothing is under way, or ctx is done: what took over its connection (tunnels) is not waited for by the servers.
func (u *underway) wait(ctx context.Context) error {
	u.mu.Lock()
	if len(u.requests) == 0 {
		u.mu.Unlock()
		return nil
	}
	empty := make(chan struct{})
	u.empty = empty
	u.mu.Unlock()
	select {
	case <-empty:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("requests have not ended: %w", ctx.Err())
	}
}

// streaming says that a request's answer has become a stream, which a stopping gateway ends.
func (u *underway) streaming(p *progress) {
	u.mu.Lock()
	defer u.mu.Unlock()
	p.stream = true
	if u.ending {
		p.cancel(errStopping)
	}
}

// suspend ends the requests of suspended principals.
func (u *underway) suspend(suspends func(principal.Principal) bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for p := range u.requests {
		if suspends(p.who) {
			p.cancel(errSuspended)
		}
	}
}

// end ends the streams now; other requests have until ctx is done.
func (u *underway) end(ctx context.Context) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.ending = true
	for p := range u.requests {
		if p.stream {
			p.cancel(errStopping)
		} else {
			context.AfterFunc(ctx, func() { p.cancel(errStopping) })
		}
	}
}
