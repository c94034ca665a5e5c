package server

import (
	"context"
	"sync"

	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
)

// underway are the requests that are being served, so that a suspended agent's streams end, and all streams when the gateway stops.
type underway struct {
	mu       sync.Mutex
	requests map[*progress]struct{}
	ending   bool
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
func (u *underway) suspend(list []string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for p := range u.requests {
		if isSuspended(list, p.who) {
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
