package inside

import (
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

// The paths that have to do with load.
const (
	// BurnPath has the process use all of a processor that it may for BurnTime, and answers at once.
	BurnPath = "/burn"
	// MetricsPath gives LoadMetric, and SampleMetric where there is one, in Prometheus's text format.
	MetricsPath = "/metrics"
)

// What MetricsPath gives.
const (
	// LoadMetric is 1 while the process burns, and 0 otherwise.
	LoadMetric = "agentward_kars_load"
	// SampleMetric has the value of the environment variable SampleVariable.
	SampleMetric   = "agentward_kars_sample"
	SampleVariable = "KARS_SAMPLE"
)

// BurnTime is longer than a probe lasts.
const BurnTime = 5 * time.Minute

// Load is what a process does for nobody.
type Load struct{ burns atomic.Bool }

// Burn uses a processor for some time. One that burns already does not burn twice.
func (l *Load) Burn(d time.Duration) {
	if !l.burns.CompareAndSwap(false, true) {
		return
	}
	go func() {
		defer l.burns.Store(false)
		for start := time.Now(); time.Since(start) < d; {
			for range 1_000_000 { //nolint:revive // it is there to cost time
			}
		}
	}()
}

// WriteMetrics writes the metrics of a process, with the sample that it was given, or without one.
func (l *Load) WriteMetrics(w io.Writer, sample string) {
	load := 0
	if l.burns.Load() {
		load = 1
	}
	metric := func(name, help string, value any) {
		fmt.Fprintf(w, "# HELP %[1]s %[2]s\n# TYPE %[1]s gauge\n%[1]s %[3]v\n", name, help, value)
	}
	metric(LoadMetric, "Whether the process uses all of a processor that it may.", load)
	if sample != "" {
		metric(SampleMetric, "A number of this one process.", sample)
	}
}
