package config

import (
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/agentward/terraform-provider-agent/internal/gateway/jsonscan"
	"github.com/agentward/terraform-provider-agent/internal/gateway/written"
)

// Limits bound what one caller can take. An agent is all its instances together, and whoever else has an identity of its own.
type Limits struct {
	Body       int64 // bytes of a request
	Answer     int64 // bytes of a target's JSON document, or of one event of its stream
	Header     int64 // bytes of a request's header
	Depth      int64 // of JSON
	Concurrent int64 // requests of the whole gateway, streams included
	Streams    int64 // of one HTTP/2 connection

	OpenStreams     int64 // answers of the whole gateway that are streams
	AgentRate       int64 // requests of an agent in a second
	AgentBurst      int64 // requests of an agent at once, after a pause
	AgentConcurrent int64 // requests of an agent, streams included
	AgentStreams    int64 // answers to an agent that are streams
	// UnauthenticatedRate and UnauthenticatedBurst are requests of one source that cannot be authenticated, in a second and at once.
	UnauthenticatedRate, UnauthenticatedBurst int64

	HeaderTime time.Duration
	BodyTime   time.Duration
	Idle       time.Duration // of a connection without a request, and of a stream without a byte
	Total      time.Duration // of a request, streams included
	Drain      time.Duration // for what is under way when the gateway stops
	Withdraw   time.Duration // before that, in which it still takes connections and says that it is not ready
}

// Defaults are the limits where nothing is said.
func Defaults() Limits {
	return Limits{
		Body: 4 << 20, Answer: 16 << 20, Header: 64 << 10, Depth: 64, Concurrent: 10_000, Streams: 250,
		OpenStreams: 10_000, AgentRate: 1000, AgentBurst: 2000, AgentConcurrent: 1000, AgentStreams: 500,
		UnauthenticatedRate: 10, UnauthenticatedBurst: 100,
		HeaderTime: 10 * time.Second, BodyTime: 30 * time.Second, Idle: 5 * time.Minute, Total: time.Hour, Drain: 30 * time.Second,
	}
}

// LimitsOf gives the limits that hold for a target: its own, or the gateway's.
func (c *Config) LimitsOf(t *Target) *Limits {
	if t.Limits != nil {
		return t.Limits
	}
	return &c.Limits
}

// Bounds of what can be configured: bytes, and things at once.
const (
	leastBytes, mostBytes = 1 << 10, 1 << 30
	most                  = 1 << 20
	longest               = 7 * 24 * time.Hour
)

func (r *reading) limits(l *written.Limits) {
	if l == nil {
		return
	}
	to := &r.Limits
	r.number(&to.Body, l.Body, l.BodyAt, leastBytes, mostBytes)
	r.number(&to.Answer, l.Answer, l.AnswerAt, leastBytes, mostBytes)
	r.number(&to.Header, l.Header, l.HeaderAt, 4<<10, 1<<20)
	r.number(&to.Depth, l.Depth, l.DepthAt, 1, jsonscan.MaxDepth)
	r.number(&to.Concurrent, l.Concurrent, l.ConcurrentAt, 1, most)
	r.number(&to.OpenStreams, l.Open, l.OpenAt, 1, most)
	r.number(&to.Streams, l.Streams, l.StreamsAt, 1, 1<<16)
	r.number(&to.AgentConcurrent, l.AgentConcurrent, l.AgentConcurrentAt, 1, most)
	r.number(&to.AgentStreams, l.AgentStreams, l.AgentStreamsAt, 1, most)
	r.rate(&to.AgentRate, &to.AgentBurst, l.AgentRate, l.AgentBurst, l.AgentRateAt, l.AgentBurstAt)
	r.rate(&to.UnauthenticatedRate, &to.UnauthenticatedBurst, l.UnknownRate, l.UnknownBurst, l.UnknownRateAt, l.UnknownBurstAt)
	r.limit(&to.HeaderTime, l.HeaderTime, l.HeaderTimeAt)
	r.limit(&to.BodyTime, l.BodyTime, l.BodyTimeAt)
	r.limit(&to.Idle, l.Idle, l.IdleAt)
	r.limit(&to.Total, l.Total, l.TotalAt)
	r.limit(&to.Drain, l.Drain, l.DrainAt)
	r.limit(&to.Withdraw, l.Withdraw, l.WithdrawAt)
}

// targetLimits gives the limits of the gateway with what a target says of its own.
func (r *reading) targetLimits(l *written.TargetLimits) *Limits {
	if l == nil {
		return nil
	}
	to := r.Limits
	r.number(&to.Body, l.Body, l.BodyAt, leastBytes, mostBytes)
	r.number(&to.Answer, l.Answer, l.AnswerAt, leastBytes, mostBytes)
	r.number(&to.Depth, l.Depth, l.DepthAt, 1, jsonscan.MaxDepth)
	r.number(&to.AgentConcurrent, l.AgentConcurrent, l.AgentConcurrentAt, 1, most)
	r.number(&to.AgentStreams, l.AgentStreams, l.AgentStreamsAt, 1, most)
	r.rate(&to.AgentRate, &to.AgentBurst, l.AgentRate, l.AgentBurst, l.AgentRateAt, l.AgentBurstAt)
	r.limit(&to.BodyTime, l.BodyTime, l.BodyTimeAt)
	r.limit(&to.Idle, l.Idle, l.IdleAt)
	r.limit(&to.Total, l.Total, l.TotalAt)
	return &to
}

// rate takes over a rate and its burst, which is twice the rate where the rate alone is written.
func (r *reading) rate(rate, burst, writtenRate, writtenBurst *int64, rateAt, burstAt hcl.Range) {
	r.number(rate, writtenRate, rateAt, 1, most)
	if writtenRate != nil && writtenBurst == nil {
		*burst = 2 * *rate
	}
	r.number(burst, writtenBurst, burstAt, 1, 2*most)
}

func (r *reading) limit(to *time.Duration, said string, at hcl.Range) {
	if said != "" {
		r.duration(to, said, at, longest)
	}
}

// number takes over a number that was written, if it is in its bounds.
func (r *reading) number(to, said *int64, at hcl.Range, least, most int64) {
	if said == nil {
		return
	}
	if *said < least || *said > most {
		r.wrong(at, at, "Out of bounds", "%d: it may be from %d to %d, and is %d where nothing is said.", *said, least, most, *to)
		return
	}
	*to = *said
}

// duration takes over a duration that was written, if it is positive and at most so long.
func (r *reading) duration(to *time.Duration, said string, at hcl.Range, most time.Duration) {
	d, err := time.ParseDuration(said)
	if err != nil || d <= 0 || d > most {
		r.wrong(at, at, "Not a duration", "%q: write one such as \"30s\" or \"5m\", up to %s. It is %s where nothing is said.", said, most, *to)
		return
	}
	*to = d
}
