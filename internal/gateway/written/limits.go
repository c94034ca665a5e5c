package written

import "github.com/hashicorp/hcl/v2"

// Limits bound what callers can take.
type Limits struct {
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
	Withdraw     string    `hcl:"withdraw_time,optional"`
	WithdrawAt   hcl.Range `hcl:"withdraw_time,attr_value_range"`
	At           hcl.Range `hcl:",def_range"`
}

// TargetLimits are those that a target can have of its own.
type TargetLimits struct {
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
