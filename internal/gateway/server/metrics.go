package server

import (
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/agentward/terraform-provider-agent/internal/gateway/audit"
)

// metrics are what is counted and measured, in Prometheus' terms. Their labels come from the configuration and from fixed sets, so that no
// caller can make them many.
type metrics struct {
	registry *prometheus.Registry
	counters sync.Map // of *prometheus.CounterVec, by name
	inFlight atomic.Int64
	streams  atomic.Int64

	calls    *prometheus.CounterVec   // by target, decision and whether it was enforced
	lost     prometheus.Counter       // spans
	answered *prometheus.HistogramVec // by target, protocol and decision
	decided  *prometheus.HistogramVec // by target
	upstream *prometheus.HistogramVec // by target
	streamed *prometheus.HistogramVec // by target
	sent     *prometheus.CounterVec   // by target
}

// families say what the counters are.
var families = map[string]string{
	"agent_gateway_unauthenticated_total": "Requests whose caller could not be authenticated, by listener and status.",
	"agent_gateway_limited_total":         "Requests that ran into a limit, by its name.",
	"agent_gateway_refused_total":         "Requests that were refused before a decision because they cannot be read, by target.",
	"agent_gateway_upstream_faults_total": "Answers of a target that could not be passed on, by target.",
	"agent_gateway_panics_total":          "Requests that a fault of the gateway refused.",
	"agent_gateway_reloads_total":         "Reloads of the configuration, by result.",
	"agent_gateway_store_failures_total":  "Questions that the store did not answer, each of which refused a request.",
	"agent_gateway_audit_withheld_total":  "Refusals that have no record of their own, since one caller brought too many, by event.",
	"agent_gateway_tunnels_refused_total": "Tunnels in which TLS was not begun for their host, by target.",
	"agent_gateway_streams_total":         "Streams that have ended, by target and outcome.",
}

// The bounds of the histograms, in seconds.
var (
	answerBounds   = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}
	decisionBounds = []float64{1e-6, 2.5e-6, 5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 1e-3, 1e-2, 1e-1}
	streamBounds   = []float64{.1, 1, 10, 60, 300, 900, 3600}
)

func newMetrics() *metrics {
	m := &metrics{registry: prometheus.NewRegistry()}
	histogram := func(name, help string, bounds []float64, labels ...string) *prometheus.HistogramVec {
		made := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: bounds}, labels)
		m.registry.MustRegister(made)
		return made
	}
	m.answered = histogram("agent_gateway_request_duration_seconds",
		"From the end of a request's header to the beginning of its answer, by target, protocol and decision.", answerBounds, "target", "protocol", "decision")
	m.decided = histogram("agent_gateway_decision_duration_seconds", "How long the policies took for a call, by target.", decisionBounds, "target")
	m.upstream = histogram("agent_gateway_upstream_duration_seconds", "How long a target took until its answer began, by target.", answerBounds, "target")
	m.streamed = histogram("agent_gateway_stream_duration_seconds", "How long the streams lasted that have ended, by target.", streamBounds, "target")
	m.sent = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "agent_gateway_stream_sent_bytes_total", Help: "Bytes of streams that callers got, by target."}, []string{"target"})
	m.calls = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "agent_gateway_calls_total", Help: "Calls by target, decision and whether the decision was enforced.",
	}, []string{"target", "decision", "enforced"})
	m.lost = prometheus.NewCounter(prometheus.CounterOpts{Name: "agent_gateway_spans_lost_total", Help: "Spans that no receiver took."})
	m.registry.MustRegister(m.sent, m.calls, m.lost, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// count adds one to a counter. Labels are pairs of name and value, with the same names in the same order for each name of a counter.
func (m *metrics) count(name string, labels ...string) {
	found, ok := m.counters.Load(name)
	if !ok {
		var names []string
		for i := 0; i+1 < len(labels); i += 2 {
			names = append(names, labels[i])
		}
		var loaded bool
		made := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: families[name]}, names)
		if found, loaded = m.counters.LoadOrStore(name, made); !loaded {
			m.registry.MustRegister(made)
		}
	}
	values := make([]string, 0, 4)
	for i := 1; i < len(labels); i += 2 {
		values = append(values, labels[i])
	}
	found.(*prometheus.CounterVec).WithLabelValues(values...).Inc() //nolint:forcetypeassert // nothing else is stored
}

// meters are the metrics of one target, looked up once.
type meters struct {
	answered                    map[string]prometheus.Observer // by decision
	decided, upstream, streamed prometheus.Observer
	calls                       map[verdict]prometheus.Counter
	sent                        prometheus.Counter
}

// verdict is how a call was decided, and whether that holds.
type verdict struct {
	decision string
	enforced bool
}

// verdicts are all that there are of a decision. A request that was refused before it has none.
var verdicts = []string{"allow", "deny", "error"}

func (m *metrics) meters(target, protocol string) *meters {
	made := &meters{
		answered: map[string]prometheus.Observer{}, calls: map[verdict]prometheus.Counter{},
		decided: m.decided.WithLabelValues(target), upstream: m.upstream.WithLabelValues(target), streamed: m.streamed.WithLabelValues(target), sent: m.sent.WithLabelValues(target),
	}
	for _, decision := range verdicts {
		made.answered[decision] = m.answered.WithLabelValues(target, protocol, decision)
		for _, enforced := range []bool{true, false} {
			made.calls[verdict{decision, enforced}] = m.calls.WithLabelValues(target, decision, strconv.FormatBool(enforced))
		}
	}
	made.answered["refused"] = m.answered.WithLabelValues(target, protocol, "refused")
	return made
}

// call counts a call.
func (m *meters) call(r *audit.Record) { m.calls[verdict{r.Decision, r.Enforced}].Inc() }

// worst gives the decision that the request as a whole has come to: one call that may not be made is enough.
func worst(records []*audit.Record) string {
	decision := "allow"
	for _, r := range records {
		switch {
		case r.Decision == "error", r.Decision == "deny" && decision == "allow":
			decision = r.Decision
		}
	}
	return decision
}

func seconds(d time.Duration) float64 { return d.Seconds() }
