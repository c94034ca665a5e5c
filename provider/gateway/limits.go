package gateway

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
)

type limitsModel struct {
	Body                    types.Int64  `tfsdk:"body"`
	Answer                  types.Int64  `tfsdk:"answer"`
	Header                  types.Int64  `tfsdk:"header"`
	JSONDepth               types.Int64  `tfsdk:"json_depth"`
	ConcurrentRequests      types.Int64  `tfsdk:"concurrent_requests"`
	ConcurrentStreams       types.Int64  `tfsdk:"concurrent_streams"`
	StreamsPerConnection    types.Int64  `tfsdk:"streams_per_connection"`
	AgentRate               types.Int64  `tfsdk:"agent_rate"`
	AgentBurst              types.Int64  `tfsdk:"agent_burst"`
	AgentConcurrentRequests types.Int64  `tfsdk:"agent_concurrent_requests"`
	AgentConcurrentStreams  types.Int64  `tfsdk:"agent_concurrent_streams"`
	UnauthenticatedRate     types.Int64  `tfsdk:"unauthenticated_rate"`
	UnauthenticatedBurst    types.Int64  `tfsdk:"unauthenticated_burst"`
	HeaderTime              types.String `tfsdk:"header_time"`
	BodyTime                types.String `tfsdk:"body_time"`
	IdleTime                types.String `tfsdk:"idle_time"`
	TotalTime               types.String `tfsdk:"total_time"`
	DrainTime               types.String `tfsdk:"drain_time"`
}

func (m *limitsModel) spec() spec.GatewayLimits {
	if m == nil {
		return spec.GatewayLimits{}
	}
	return spec.GatewayLimits{
		Body:                 m.Body.ValueInt64Pointer(),
		Answer:               m.Answer.ValueInt64Pointer(),
		Header:               m.Header.ValueInt64Pointer(),
		Depth:                m.JSONDepth.ValueInt64Pointer(),
		Concurrent:           m.ConcurrentRequests.ValueInt64Pointer(),
		Streams:              m.StreamsPerConnection.ValueInt64Pointer(),
		OpenStreams:          m.ConcurrentStreams.ValueInt64Pointer(),
		AgentRate:            m.AgentRate.ValueInt64Pointer(),
		AgentBurst:           m.AgentBurst.ValueInt64Pointer(),
		AgentConcurrent:      m.AgentConcurrentRequests.ValueInt64Pointer(),
		AgentStreams:         m.AgentConcurrentStreams.ValueInt64Pointer(),
		UnauthenticatedRate:  m.UnauthenticatedRate.ValueInt64Pointer(),
		UnauthenticatedBurst: m.UnauthenticatedBurst.ValueInt64Pointer(),
		HeaderTime:           span(m.HeaderTime),
		BodyTime:             span(m.BodyTime),
		Idle:                 span(m.IdleTime),
		Total:                span(m.TotalTime),
		Drain:                span(m.DrainTime),
	}
}

type targetLimitsModel struct {
	Body                    types.Int64  `tfsdk:"body"`
	Answer                  types.Int64  `tfsdk:"answer"`
	JSONDepth               types.Int64  `tfsdk:"json_depth"`
	AgentRate               types.Int64  `tfsdk:"agent_rate"`
	AgentBurst              types.Int64  `tfsdk:"agent_burst"`
	AgentConcurrentRequests types.Int64  `tfsdk:"agent_concurrent_requests"`
	AgentConcurrentStreams  types.Int64  `tfsdk:"agent_concurrent_streams"`
	BodyTime                types.String `tfsdk:"body_time"`
	IdleTime                types.String `tfsdk:"idle_time"`
	TotalTime               types.String `tfsdk:"total_time"`
}

func (m *targetLimitsModel) spec() *spec.TargetLimits {
	if m == nil {
		return nil
	}
	return &spec.TargetLimits{
		Body:            m.Body.ValueInt64Pointer(),
		Answer:          m.Answer.ValueInt64Pointer(),
		Depth:           m.JSONDepth.ValueInt64Pointer(),
		AgentRate:       m.AgentRate.ValueInt64Pointer(),
		AgentBurst:      m.AgentBurst.ValueInt64Pointer(),
		AgentConcurrent: m.AgentConcurrentRequests.ValueInt64Pointer(),
		AgentStreams:    m.AgentConcurrentStreams.ValueInt64Pointer(),
		BodyTime:        span(m.BodyTime),
		Idle:            span(m.IdleTime),
		Total:           span(m.TotalTime),
	}
}
