package server

import (
	"runtime"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/agentward/terraform-provider-agent/internal/gateway/build"
)

// gauges are metrics that are asked for when somebody reads them.
type gauges struct{ s *Server }

func description(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("agent_gateway_"+name, help, labels, nil)
}

// The gauges, and the counters that something else counts.
var (
	buildInfo         = description("build_info", "The program, always 1.", "version", "go_version")
	inFlight          = description("in_flight", "Requests under way, streams included.")
	openStreams       = description("streams", "Answers under way that are streams.")
	busyAgents        = description("agents", "Agents with a request under way.")
	policiesInForce   = description("policies", "Policies in force.")
	configTaken       = description("config_last_reload_success_timestamp_seconds", "When the configuration in force was taken.")
	configGood        = description("config_last_reload_successful", "1 where the newest configuration is in force, 0 where it could not be used.")
	configStale       = description("config_stale_sources", "Parts of the configuration that may have changed without the gateway knowing.")
	certificateExpiry = description("certificate_expiry_timestamp_seconds", "When the gateway's own certificate ends.")
	readiness         = description("ready", "1 where the gateway serves, 0 where it starts or stops.")
	auditWaiting      = description("audit_waiting", "Audit records that wait for a sink.", "sink")
	auditBehind       = description("audit_behind_seconds", "How long a sink has been at the records that it got last, 0 where it waits for more.", "sink")
	auditFailing      = description("audit_failing", "1 where a sink did not take what it got last.", "sink")
	auditWritten      = description("audit_written_total", "Audit records that a sink took.", "sink")
	auditFailed       = description("audit_failed_total", "Audit records that a sink did not take.", "sink")
	auditShed         = description("audit_shed_total", "Audit records that were dropped because the queue was full.", "sink")
)

// Describe implements prometheus.Collector.
func (g gauges) Describe(to chan<- *prometheus.Desc) { prometheus.DescribeByCollect(g, to) }

// Collect implements prometheus.Collector.
func (g gauges) Collect(to chan<- prometheus.Metric) {
	s := g.s
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counter := func(d *prometheus.Desc, v int64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	gauge(buildInfo, 1, build.Version(), runtime.Version())
	gauge(inFlight, float64(s.metrics.inFlight.Load()))
	gauge(openStreams, float64(s.metrics.streams.Load()))
	gauge(busyAgents, float64(s.bounds.len()))
	gauge(policiesInForce, float64(s.now.Load().config.Policies.Len()))
	now := s.status.Load()
	gauge(configTaken, float64(now.Since.UnixNano())/1e9)
	gauge(configGood, truth(now.Refused == nil))
	gauge(configStale, float64(len(s.options.stale())))
	if end, ok := s.certificateEnd(); ok {
		gauge(certificateExpiry, float64(end.Unix()))
	}
	gauge(readiness, truth(s.ready.Load()))
	for _, q := range s.audit.Status() {
		gauge(auditWaiting, float64(q.Waiting), q.Sink)
		gauge(auditBehind, q.Behind.Seconds(), q.Sink)
		gauge(auditFailing, truth(q.Err != nil), q.Sink)
		counter(auditWritten, q.Written, q.Sink)
		counter(auditFailed, q.Failed, q.Sink)
		counter(auditShed, q.Shed, q.Sink)
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
