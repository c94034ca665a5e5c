package gateway

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

type auditModel struct {
	Stdout    types.Bool     `tfsdk:"stdout"`
	Queue     types.Int64    `tfsdk:"queue"`
	WhenFull  types.String   `tfsdk:"when_full"`
	Arguments []types.String `tfsdk:"arguments"`
	OTLP      *otlpModel     `tfsdk:"otlp"`
}

func (m *auditModel) spec() spec.AuditLog {
	if m == nil {
		return spec.AuditLog{Stdout: true}
	}
	log := spec.AuditLog{
		Stdout: m.Stdout.IsNull() || m.Stdout.ValueBool(), WhenFull: m.WhenFull.ValueString(), Arguments: governed.Strings(m.Arguments), OTLP: m.OTLP.spec(),
	}
	if !m.Queue.IsNull() {
		log.Queue = new(integer(m.Queue))
	}
	return log
}

type telemetryModel struct {
	OTLP            *otlpModel              `tfsdk:"otlp"`
	Traces          types.Bool              `tfsdk:"traces"`
	Metrics         types.Bool              `tfsdk:"metrics"`
	SampleRatio     types.Float64           `tfsdk:"sample_ratio"`
	Traceparent     types.String            `tfsdk:"traceparent"`
	MetricsInterval types.String            `tfsdk:"metrics_interval"`
	Resource        map[string]types.String `tfsdk:"resource"`
}

func (m *telemetryModel) spec() *spec.Telemetry {
	if m == nil {
		return nil
	}
	return &spec.Telemetry{
		OTLP: m.OTLP.spec(), Traces: m.Traces.ValueBoolPointer(), Metrics: m.Metrics.ValueBoolPointer(), SampleRatio: m.SampleRatio.ValueFloat64Pointer(),
		Traceparent: m.Traceparent.ValueString(), Every: span(m.MetricsInterval), Resource: governed.StringMap(m.Resource),
	}
}

type otlpModel struct {
	Endpoint types.String `tfsdk:"endpoint"`
	Protocol types.String `tfsdk:"protocol"`
	Headers  *secretModel `tfsdk:"headers"`
	CA       types.String `tfsdk:"ca"`
	Timeout  types.String `tfsdk:"timeout"`
}

func (m *otlpModel) spec() *spec.OTLP {
	if m == nil {
		return nil
	}
	return &spec.OTLP{
		Endpoint: m.Endpoint.ValueString(), Protocol: m.Protocol.ValueString(), Headers: m.Headers.spec(), CA: m.CA.ValueString(), Timeout: span(m.Timeout),
	}
}

type serviceMonitorModel struct {
	Labels   map[string]types.String `tfsdk:"labels"`
	Interval types.String            `tfsdk:"interval"`
}

func (m *serviceMonitorModel) spec() *spec.ServiceMonitor {
	if m == nil {
		return nil
	}
	return &spec.ServiceMonitor{Labels: governed.StringMap(m.Labels), Interval: span(m.Interval)}
}
