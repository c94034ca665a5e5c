package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
	"github.com/agentward/terraform-provider-agent/internal/gateway/decide"
	"github.com/agentward/terraform-provider-agent/internal/gateway/policy"
	"github.com/agentward/terraform-provider-agent/internal/gateway/question"
)

func explain(_ context.Context, e environment, args []string) error {
	var path, from string
	err := flags(e, "explain", func(f *flag.FlagSet) {
		f.StringVar(&path, "config", "", "configuration `file`")
		f.StringVar(&from, "call", "-", "`file` with the call as JSON; - is the standard input")
	}, args)
	if err != nil {
		return err
	}
	c, err := load(e, path)
	if err != nil {
		return err
	}
	r, err := ask(e, from)
	if from == "-" {
		from = "on the standard input"
	}
	if err != nil {
		return fmt.Errorf("call %s: %w", from, err)
	}
	if r.Principal.Labels != nil {
		return fmt.Errorf("call %s: principal.labels: an agent's labels are those of the configuration's agent blocks", from)
	}
	r.Principal.Labels = c.Labels.Of(&r.Principal)
	at := slices.IndexFunc(c.Targets, func(t config.Target) bool { return t.Name == r.Call.Target })
	if at < 0 {
		var names []string
		for _, t := range c.Targets {
			names = append(names, t.Name)
		}
		return fmt.Errorf("call %s: there is no target %q: the configuration has %s", from, r.Call.Target, strings.Join(names, ", "))
	}
	if want := c.Targets[at].Protocol; want != string(r.Call.Protocol) {
		return fmt.Errorf("call %s: target %q speaks %q, the call %q", from, r.Call.Target, want, r.Call.Protocol)
	}
	d, findings := c.Policies.Explain(r)
	explained(e.stdout, r, d, findings)
	if c.Targets[at].Audit && !d.Allowed {
		fmt.Fprintf(e.stdout, "  target %s is in audit mode: the call is passed on and written down as denied\n", r.Call.Target)
	}
	for _, l := range c.Listeners {
		if l.Audit && !d.Allowed && l.Serves(r.Call.Target) {
			fmt.Fprintf(e.stdout, "  listener %s is in audit mode: what comes through it is passed on and written down as denied\n", l.Name)
		}
	}
	return nil
}

// explained writes a decision, and how each policy whose scope holds bears on it.
func explained(w io.Writer, r *decide.Request, d decide.Decision, findings []policy.Finding) {
	verdict := map[bool]string{true: "allowed", false: "denied"}
	if r.Listing {
		verdict = map[bool]string{true: "shown in lists", false: "not shown in lists"}
	}
	reason := d.Reason
	if r.Listing && d.Allowed && slices.ContainsFunc(findings, func(f policy.Finding) bool { return f.Outcome == policy.Depends && !f.Audited }) {
		reason = "it could be allowed, depending on the arguments"
	}
	fmt.Fprintf(w, "%s: %s\n", verdict[d.Allowed], reason)
	for _, f := range findings {
		effect, mode := "permit", ""
		if f.Forbids {
			effect = "forbid"
		}
		if f.Audited {
			mode = ", in audit mode: it decides nothing"
		}
		fmt.Fprintf(w, "  %s %s at %s %s%s\n", effect, f.Policy, f.At, f.Outcome, mode)
		if f.Err != nil {
			fmt.Fprintf(w, "    %v\n", f.Err)
		}
		for line := range strings.Lines(f.Conditions) {
			fmt.Fprintf(w, "    %s\n", strings.TrimSpace(line))
		}
		if f.Reason != "" {
			fmt.Fprintf(w, "    reason: %s\n", f.Reason)
		}
	}
	if d.Err != nil {
		fmt.Fprintf(w, "  no decision could be made: %v\n", d.Err)
	}
}

// ask reads a call from a file, or from the standard input.
func ask(e environment, from string) (*decide.Request, error) {
	in := e.stdin
	if from != "-" {
		file, err := os.Open(from)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		in = file
	}
	return question.Read(in, time.Now())
}
