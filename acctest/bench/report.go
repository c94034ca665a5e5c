package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
)

// report is what one run measured.
type report struct {
	Identities int         `json:"identities"`
	Objects    int         `json:"objects"`
	Terraform  string      `json:"terraform"`
	CPUs       int         `json:"cpus"`
	Load       string      `json:"load_average"` // of the minute before
	Contenders []contender `json:"contenders"`
}

type contender struct {
	Name    string    `json:"name"`
	Program string    `json:"program,omitempty"`
	Skipped string    `json:"skipped,omitempty"` // why it was not run
	Phases  []measure `json:"phases,omitempty"`
}

type measure struct {
	Phase        string  `json:"phase"`
	Seconds      float64 `json:"seconds"`
	ProviderCPU  float64 `json:"provider_cpu_seconds"`
	TerraformCPU float64 `json:"terraform_cpu_seconds"`
	ProviderPeak int64   `json:"provider_peak_bytes"`
	Requests     tally   `json:"requests"`
}

func (c contender) phase(name string) (measure, bool) {
	for _, m := range c.Phases {
		if m.Phase == name {
			return m, true
		}
	}
	return measure{}, false
}

func (c contender) seconds() (sum float64) {
	for _, m := range c.Phases {
		sum += m.Seconds
	}
	return sum
}

func (r *report) contender(name string) contender {
	for _, c := range r.Contenders {
		if c.Name == name {
			return c
		}
	}
	return contender{Name: name}
}

// check says where the provider asked more, or less, of the API server than agreed.
func (r *report) check() error {
	agent := r.contender(contenderAgent)
	var errs []error
	for _, phase := range phases {
		m, ok := agent.phase(phase)
		if !ok {
			errs = append(errs, fmt.Errorf("%s: not measured", phase))
		}
		for _, breach := range m.Requests.breaches(agreed[phase], r.Objects) {
			errs = append(errs, fmt.Errorf("%s: %s", phase, breach))
		}
	}
	if len(errs) > 0 {
		return fmt.Errorf("the requests are not as agreed:\n%w", errors.Join(errs...))
	}
	return nil
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

// print writes a table for each phase, and what follows from all of them.
func (r *report) print(out io.Writer) {
	fmt.Fprintf(out, "\n%d agent identities, %d objects. %s, %d CPUs, load average %s when it began.\n", r.Identities, r.Objects, r.Terraform, r.CPUs, r.Load)
	agent := r.contender(contenderAgent)
	for _, phase := range phases {
		fmt.Fprintf(out, "\n%s\n", strings.ToUpper(phase[:1])+phase[1:])
		table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(table, "\twall\trelative\tprovider CPU\tTerraform CPU\tpeak memory\tdry runs\twrites\tgets\tdeletes\tdiscovery\t")
		own, _ := agent.phase(phase)
		for _, c := range r.Contenders {
			m, ok := c.phase(phase)
			if !ok {
				continue
			}
			per := func(n int) string { return perObject(n, r.Objects) }
			q := m.Requests
			fmt.Fprintf(table, "%s\t%.1f s\t%.2f\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t\n", c.Name, m.Seconds, m.Seconds/own.Seconds,
				seconds(m.ProviderCPU), seconds(m.TerraformCPU), mebibytes(m.ProviderPeak), per(q.DryRuns), per(q.Writes), per(q.Gets+q.Lists), per(q.Deletes), q.Discovery)
		}
		_ = table.Flush()
	}
	fmt.Fprintln(out, "\nRequests are for each object, discovery (of kinds and types) in all; wall time is relative to agent_identity.")
	total := agent.seconds()
	fmt.Fprintf(out, "All phases: %.1f s.", total)
	if c := r.contender(contenderPlain); len(c.Phases) > 0 {
		fmt.Fprintf(out, " The same objects by a plain client: %.1f s.", c.seconds())
	}
	if c := r.contender(contenderData); len(c.Phases) > 0 {
		fmt.Fprintf(out, " As many resources with nothing behind them: %.1f s.", c.seconds())
	}
	fmt.Fprintln(out)
	if c := r.contender(contenderManifest); c.Skipped != "" {
		fmt.Fprintf(out, "%s was left out. %s\n", c.Name, c.Skipped)
	} else {
		fmt.Fprintf(out, "agent_identity takes %.2f of the wall time of %s (aim: less than 0.50).\n", total/c.seconds(), c.Name)
	}
}

func perObject(n, objects int) string {
	switch {
	case n == 0:
		return "-"
	case objects > 0 && n%objects == 0:
		return fmt.Sprint(n / objects)
	}
	return fmt.Sprintf("%.2f", float64(n)/float64(max(1, objects)))
}

func seconds(s float64) string {
	if s == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f s", s)
}

func mebibytes(n int64) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprintf("%d MiB", n>>20)
}
