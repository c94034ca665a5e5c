package config

import (
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/agentward/terraform-provider-agent/internal/gateway/jsonscan"
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

type limits struct {
	Body         *int64    `hcl:"body,optional"`
	BodyAt       hcl.Range `hcl:"body,attr_value_range"`
	Answer       *int64    `hcl:"answer,optional"`
	AnswerAt     hcl.Range `hcl:"answer,attr_value_range"`
	Header       *int64    `hcl:"header,optional"`
	HeaderAt     hcl.Range `hcl:"header,attr_value_range"`
	Depth        *int64    `hcl:"json_depth,optional"`
	DepthAt      hcl.Range `hcl:"json_depth,attr_value_range"`
	Concurrent   *int64    `hcl:"concurrent_requests,optional"`
	ConcurrentAt hcl.Range `hcl:"concurrent_requests,attr_value_range"`
	Open         *int64    `hcl:"concurrent_streams,optional"`
	OpenAt       hcl.Range `hcl:"concurrent_streams,attr_value_range"`
	Streams      *int64    `hcl:"streams_per_connection,optional"`
	StreamsAt    hcl.Range `hcl:"streams_per_connection,attr_value_range"`

	AgentRate         *int64    `hcl:"agent_rate,optional"`
	AgentRateAt       hcl.Range `hcl:"agent_rate,attr_value_range"`
	AgentBurst        *int64    `hcl:"agent_burst,optional"`
	AgentBurstAt      hcl.Range `hcl:"agent_burst,attr_value_range"`
	AgentConcurrent   *int64    `hcl:"agent_concurrent_requests,optional"`
	AgentConcurrentAt hcl.Range `hcl:"agent_concurrent_requests,attr_value_range"`
	AgentStreams      *int64    `hcl:"agent_concurrent_streams,optional"`
	AgentStreamsAt    hcl.Range `hcl:"agent_concurrent_streams,attr_value_range"`
	UnknownRate       *int64    `hcl:"unauthenticated_rate,optional"`
	UnknownRateAt     hcl.Range `hcl:"unauthenticated_rate,attr_value_range"`
	UnknownBurst      *int64    `hcl:"unauthenticated_burst,optional"`
	UnknownBurstAt    hcl.Range `hcl:"unauthenticated_burst,attr_value_range"`

	HeaderTime   string    `hcl:"header_time,optional"`
	HeaderTimeAt hcl.Range `hcl:"header_time,attr_value_range"`
	BodyTime     string    `hcl:"body_time,optional"`
	BodyTimeAt   hcl.Range `hcl:"body_time,attr_value_range"`
	Idle         string    `hcl:"idle_time,optional"`
	IdleAt       hcl.Range `hcl:"idle_time,attr_value_range"`
	Total        string    `hcl:"total_time,optional"`
	TotalAt      hcl.Range `hcl:"total_time,attr_value_range"`
	Drain        string    `hcl:"drain_time,optional"`
	DrainAt      hcl.Range `hcl:"drain_time,attr_value_range"`
	At           hcl.Range `hcl:",def_range"`
}

// targetLimits are those that a target can have of its own.
type targetLimits struct {
	Body              *int64    `hcl:"body,optional"`
	BodyAt            hcl.Range `hcl:"body,attr_value_range"`
	Answer            *int64    `hcl:"answer,optional"`
	AnswerAt          hcl.Range `hcl:"answer,attr_value_range"`
	Depth             *int64    `hcl:"json_depth,optional"`
	DepthAt           hcl.Range `hcl:"json_depth,attr_value_range"`
	AgentRate         *int64    `hcl:"agent_rate,optional"`
	AgentRateAt       hcl.Range `hcl:"agent_rate,attr_value_range"`
	AgentBurst        *int64    `hcl:"agent_burst,optional"`
	AgentBurstAt      hcl.Range `hcl:"agent_burst,attr_value_range"`
	AgentConcurrent   *int64    `hcl:"agent_concurrent_requests,optional"`
	AgentConcurrentAt hcl.Range `hcl:"agent_concurrent_requests,attr_value_range"`
	AgentStreams      *int64    `hcl:"agent_concurrent_streams,optional"`
	AgentStreamsAt    hcl.Range `hcl:"agent_concurrent_streams,attr_value_range"`
	BodyTime          string    `hcl:"body_time,optional"`
	BodyTimeAt        hcl.Range `hcl:"body_time,attr_value_range"`
	Idle              string    `hcl:"idle_time,optional"`
	IdleAt            hcl.Range `hcl:"idle_time,attr_value_range"`
	Total             string    `hcl:"total_time,optional"`
	TotalAt           hcl.Range `hcl:"total_time,attr_value_range"`
	At                hcl.Range `hcl:",def_range"`
}

// Bounds of what can be configured: bytes, and things at once.
const (
	leastBytes, mostBytes = 1 << 10, 1 << 30
	most                  = 1 << 20
	longest               = 7 * 24 * time.Hour
)

func (r *reading) limits(l *limits) {
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
}

// targetLimits gives the limits of the gateway with what a target says of its own.
func (r *reading) targetLimits(l *targetLimits) *Limits {
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

func (r *reading) limit(to *time.Duration, written string, at hcl.Range) {
	if written != "" {
		r.duration(to, written, at, longest)
	}
}

// number takes over a number that was written, if it is in its bounds.
func (r *reading) number(to, written *int64, at hcl.Range, least, most int64) {
	if written == nil {
		return
	}
	if *written < least || *written > most {
		r.wrong(at, at, "Out of bounds", "%d: it may be from %d to %d, and is %d where nothing is said.", *written, least, most, *to)
		return
	}
	*to = *written
}

// duration takes over a duration that was written, if it is positive and at most so long.
func (r *reading) duration(to *time.Duration, written string, at hcl.Range, most time.Duration) {
	d, err := time.ParseDuration(written)
	if err != nil || d <= 0 || d > most {
		r.wrong(at, at, "Not a duration", "%q: write one such as \"30s\" or \"5m\", up to %s. It is %s where nothing is said.", written, most, *to)
		return
	}
	*to = d
}
