package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
)

// report is what one run measured.
type report struct {
	CPUs    int          `json:"cpus"`
	Load    string       `json:"load_average"` // of the minute before
	Rounds  int          `json:"rounds"`
	Seconds float64      `json:"seconds_per_turn"`
	Loads   []load       `json:"loads"`
	Hops    []hopReport  `json:"hops"`
	Idle    []idleReport `json:"idle,omitempty"`
}

type hopReport struct {
	Name      string       `json:"name"`
	Skipped   string       `json:"skipped,omitempty"` // why it was not measured
	RestBytes int64        `json:"resident_bytes_at_rest,omitempty"`
	BusyBytes int64        `json:"resident_bytes_after,omitempty"`
	Loads     []loadReport `json:"loads,omitempty"`
}

// loadReport holds medians of the rounds. A ratio of 0 could not be taken.
type loadReport struct {
	Load        string  `json:"load"`
	Broken      int     `json:"broken_answers"`
	PerSecond   float64 `json:"requests_per_second"`
	AddedP50    float64 `json:"added_p50_microseconds"` // beside the same quantile of direct requests
	AddedP99    float64 `json:"added_p99_microseconds"`
	CPU         float64 `json:"cpu_microseconds_per_request"`
	CPUOfProxy  float64 `json:"cpu_to_reverse_proxy"`
	CPUOfNginx  float64 `json:"cpu_to_nginx"`
	RateOfProxy float64 `json:"rate_to_reverse_proxy"`
	RateOfNginx float64 `json:"rate_to_nginx"`
}

func (r *report) write(file string) error {
	content, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, append(content, '\n'), 0o644)
}

// print writes a table for each load, one for memory, and what was left out.
func (r *report) print(out io.Writer) {
	fmt.Fprintf(out, "\n%d CPUs shared by client, hop and target; load average %s when it began; medians of %d rounds of %g s.\n", r.CPUs, r.Load, r.Rounds, r.Seconds)
	for _, l := range r.Loads {
		fmt.Fprintf(out, "\n%s: %s\n", l.Name, l.says)
		table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(table, "\trequests/s\tadded p50\tadded p99\tCPU/request\tto ReverseProxy\tto nginx\tbroken\t")
		for _, h := range r.Hops {
			for _, m := range h.Loads {
				if m.Load != l.Name {
					continue
				}
				fmt.Fprintf(table, "%s\t%.0f\t%.0f us\t%.0f us\t%s\t%s\t%s\t%s\t\n", h.Name, m.PerSecond, m.AddedP50, m.AddedP99, optional("%.0f us", m.CPU), optional("%.2f", m.CPUOfProxy), optional("%.2f", m.CPUOfNginx), optional("%.0f", float64(m.Broken)))
			}
		}
		_ = table.Flush()
	}
	fmt.Fprintln(out, "\nRatios are of CPU time per request: that of the hop's processes, user and system.")
	r.printMemory(out)
	for _, h := range r.Hops {
		if h.Skipped != "" {
			fmt.Fprintf(out, "%s was left out: %s.\n", h.Name, h.Skipped)
		}
	}
}

func (r *report) printMemory(out io.Writer) {
	fmt.Fprintln(out, "\nmemory: resident at rest, after the loads, and for each thing that is held and does nothing")
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\tat rest\tafter\tidle connection\tidle stream\t")
	idle := map[string]idleReport{}
	for _, i := range r.Idle {
		idle[i.Hop] = i
	}
	row := func(name string, rest, busy int64) {
		i := idle[name]
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t\n", name, optional("%.1f MiB", float64(rest)/(1<<20)), optional("%.1f MiB", float64(busy)/(1<<20)),
			optional("%.1f KiB", float64(i.ConnectionBytes)/(1<<10)), optional("%.1f KiB", float64(i.StreamBytes)/(1<<10)))
	}
	if _, ok := idle[hopTLS]; ok {
		row(hopTLS, 0, 0)
	}
	for _, h := range r.Hops {
		if h.RestBytes > 0 {
			row(h.Name, h.RestBytes, h.BusyBytes)
		}
	}
	_ = table.Flush()
	if len(r.Idle) > 0 {
		fmt.Fprintf(out, "Idle are %d connections after one call, and as many streams with a connection to the target each; what TLS needs is in all of them.\n", r.Idle[0].Count)
	}
}

// optional formats a figure, or says that there is none.
func optional(format string, v float64) string {
	if v == 0 {
		return "-"
	}
	return fmt.Sprintf(format, v)
}
