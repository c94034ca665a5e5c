package config

import (
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/agentward/terraform-provider-agent/internal/gateway/jsonscan"
)

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
	Streams      *int64    `hcl:"streams_per_connection,optional"`
	StreamsAt    hcl.Range `hcl:"streams_per_connection,attr_value_range"`
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

func (r *reading) limits(l *limits) {
	if l == nil {
		return
	}
	to := &r.Limits
	r.number(&to.Body, l.Body, l.BodyAt, 1<<10, 1<<30)
	r.number(&to.Answer, l.Answer, l.AnswerAt, 1<<10, 1<<30)
	r.number(&to.Header, l.Header, l.HeaderAt, 4<<10, 1<<20)
	r.number(&to.Depth, l.Depth, l.DepthAt, 1, jsonscan.MaxDepth)
	r.number(&to.Concurrent, l.Concurrent, l.ConcurrentAt, 1, 1<<20)
	r.number(&to.Streams, l.Streams, l.StreamsAt, 1, 1<<16)
	for _, d := range []struct {
		to   *time.Duration
		text string
		at   hcl.Range
	}{
		{&to.HeaderTime, l.HeaderTime, l.HeaderTimeAt},
		{&to.BodyTime, l.BodyTime, l.BodyTimeAt},
		{&to.Idle, l.Idle, l.IdleAt},
		{&to.Total, l.Total, l.TotalAt},
		{&to.Drain, l.Drain, l.DrainAt},
	} {
		if d.text != "" {
			r.duration(d.to, d.text, d.at, 7*24*time.Hour)
		}
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
