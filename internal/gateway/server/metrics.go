package server

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// metrics are counters in Prometheus' terms. Their labels come from the configuration and from fixed sets, so that no caller can make
// them many.
type metrics struct {
	mu       sync.Mutex
	counters map[string]*atomic.Int64
	inFlight atomic.Int64
}

// families say what the counters are, by the name before their labels.
var families = map[string]string{
	"agent_gateway_calls_total":           "Calls by target, decision and whether the decision was enforced.",
	"agent_gateway_unauthenticated_total": "Requests whose caller could not be authenticated, by listener and status.",
	"agent_gateway_limited_total":         "Requests that ran into a limit, by its name.",
	"agent_gateway_refused_total":         "Requests that were refused before a decision because they cannot be read, by target.",
	"agent_gateway_upstream_faults_total": "Answers of a target that could not be passed on, by target.",
	"agent_gateway_panics_total":          "Requests that a fault of the gateway refused.",
	"agent_gateway_reloads_total":         "Reloads of the configuration, by result.",
}

// count adds one to a counter. Labels are pairs of name and value.
func (m *metrics) count(name string, labels ...string) {
	var key strings.Builder
	key.WriteString(name)
	for i := 0; i+1 < len(labels); i += 2 {
		separator := ","
		if i == 0 {
			separator = "{"
		}
		fmt.Fprintf(&key, "%s%s=%q", separator, labels[i], labels[i+1])
	}
	if len(labels) > 1 {
		key.WriteByte('}')
	}
	m.mu.Lock()
	if m.counters == nil {
		m.counters = map[string]*atomic.Int64{}
	}
	counter, ok := m.counters[key.String()]
	if !ok {
		counter = &atomic.Int64{}
		m.counters[key.String()] = counter
	}
	m.mu.Unlock()
	counter.Add(1)
}

// write gives all counters in Prometheus' text format, sorted.
func (m *metrics) write(w io.Writer) {
	m.mu.Lock()
	counters := maps.Clone(m.counters)
	m.mu.Unlock()
	last := ""
	for _, key := range slices.Sorted(maps.Keys(counters)) {
		name, _, _ := strings.Cut(key, "{")
		if name != last {
			fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s counter\n", name, families[name], name)
			last = name
		}
		fmt.Fprintf(w, "%s %d\n", key, counters[key].Load())
	}
	gauge(w, "agent_gateway_in_flight", "Requests under way, streams included.", m.inFlight.Load())
}

func gauge(w io.Writer, name, help string, value int64) {
	fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s gauge\n%s %d\n", name, help, name, name, value)
}

func counter(w io.Writer, name, help string, value int64) {
	fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s counter\n%s %d\n", name, help, name, name, value)
}
