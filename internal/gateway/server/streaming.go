package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/audit"
)

// openStream says whether the answer may be a stream, and refuses the request where there are too many of them. It comes before anything
// is answered; the stream ends with the exchange.
func (x *exchange) openStream() bool {
	r, ok := x.takeStream()
	if !ok && x.write(r.status) {
		x.refuse(r)
	}
	return ok
}

// takeStream is openStream for an answer that has begun: why it may not be a stream is for the caller to say.
func (x *exchange) takeStream() (refusal, bool) {
	most := x.g.config.Limits.OpenStreams
	if x.metrics.streams.Add(1) > most {
		x.metrics.streams.Add(-1)
		return refusal{status: http.StatusServiceUnavailable, limit: "concurrent_streams", reason: fmt.Sprintf("more than %d streams are open", most)}, false
	}
	most = x.limits().AgentStreams
	if !x.bounds.take(x.agent(), streams, most) {
		x.metrics.streams.Add(-1)
		return refusal{status: http.StatusTooManyRequests, limit: "agent_concurrent_streams", reason: fmt.Sprintf("more than %d streams of the agent are open", most)}, false
	}
	x.opened = x.options.Now()
	x.underway.streaming(x.progress)
	return refusal{}, true
}

// endStream takes down a stream that was opened, and writes down how it ended.
func (x *exchange) endStream() {
	if x.opened.IsZero() {
		return
	}
	x.metrics.streams.Add(-1)
	x.bounds.leave(x.agent(), streams)
	outcome := x.outcome
	if outcome == "" {
		outcome = audit.Complete
	}
	now := x.options.Now()
	x.target.meters.streamed.Observe(seconds(now.Sub(x.opened)))
	x.target.meters.sent.Add(float64(x.sent()))
	x.metrics.count("agent_gateway_streams_total", "target", x.target.Name, "outcome", string(outcome))
	if x.first == nil {
		return
	}
	// The caller may be gone; the record is written all the same, within the audit log's own patience.
	ctx := context.WithoutCancel(x.r.Context())
	if err := x.audit.Write(ctx, x.first.Ended(now, outcome, x.sent(), now.Sub(x.began))); err != nil && !errors.Is(err, audit.ErrShed) {
		x.options.Log.Error("audit log", "error", err)
	}
}

// sent gives how many bytes of the answer's body the caller's connection took.
func (x *exchange) sent() int64 {
	if a, ok := x.w.(*answer); ok {
		return a.sent
	}
	return 0
}

// status gives that of the answer, 0 before it has begun.
func (x *exchange) status() int {
	if a, ok := x.w.(*answer); ok {
		return a.status
	}
	return 0
}

// ending says why a stream ended that its target did not end.
func (x *exchange) ending(ctx context.Context) audit.Outcome {
	if a, ok := x.w.(*answer); ok && a.failed {
		return ending(ctx, audit.Gone)
	}
	return ending(ctx, audit.Broken)
}

// since gives the seconds that have passed.
func since(began time.Time) float64 { return time.Since(began).Seconds() }
