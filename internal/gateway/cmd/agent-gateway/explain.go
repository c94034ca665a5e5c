package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spiffe/go-spiffe/v2/spiffeid"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
	"github.com/agentward/terraform-provider-agent/internal/gateway/decide"
	"github.com/agentward/terraform-provider-agent/internal/gateway/policy"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
)

// question is a call as explain reads it.
type question struct {
	Principal struct {
		SPIFFEID string         `json:"spiffe_id"`
		Subject  string         `json:"subject"`
		Issuer   string         `json:"issuer"`
		User     string         `json:"user"`
		UserFrom string         `json:"user_issuer"`
		Methods  []string       `json:"methods"`
		Claims   map[string]any `json:"claims"`
	} `json:"principal"`
	Call struct {
		Protocol    call.Protocol     `json:"protocol"`
		Version     string            `json:"version"`
		Direction   call.Direction    `json:"direction"`
		Method      string            `json:"method"`
		Target      string            `json:"target"`
		Operation   string            `json:"operation"`
		Kind        call.Kind         `json:"kind"`
		Name        string            `json:"name"`
		Arguments   json.RawMessage   `json:"arguments"`
		Message     *call.Message     `json:"message"`
		Annotations *call.Annotations `json:"annotations"`
	} `json:"call"`
	Time     time.Time `json:"time"`
	SourceIP string    `json:"source_ip"`
	MTLS     bool      `json:"mtls"`
	// Listing asks whether a list may show what the call is about, whatever the arguments.
	Listing bool `json:"listing"`
}

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
	if err != nil {
		return fmt.Errorf("call %s: %w", from, err)
	}
	r.Principal.Labels = c.Labels.Of(&r.Principal)
	at := slices.IndexFunc(c.Targets, func(t config.Target) bool { return t.Name == r.Call.Target })
	if at < 0 {
		var names []string
		for _, t := range c.Targets {
			names = append(names, t.Name)
		}
		return fmt.Errorf("call %s: there is no target %q; there are %s", from, r.Call.Target, strings.Join(names, ", "))
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

// ask reads a call. What it does not know is an error, since a misspelt member would make it another call.
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
	d := json.NewDecoder(in)
	d.DisallowUnknownFields()
	q := question{Time: time.Now()}
	q.Call.Direction = call.ToTarget
	if err := d.Decode(&q); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the call")
	}
	if err := q.check(); err != nil {
		return nil, err
	}
	p := principal.FromSPIFFEID(q.Principal.SPIFFEID)
	p.UserIssuer = q.Principal.UserFrom
	p.Subject, p.Issuer, p.User, p.Methods, p.Claims = q.Principal.Subject, q.Principal.Issuer, q.Principal.User, q.Principal.Methods, q.Principal.Claims
	return &decide.Request{
		Principal: p, Time: q.Time, SourceIP: q.SourceIP, MTLS: q.MTLS, Listing: q.Listing,
		Call: &call.Call{
			Protocol: q.Call.Protocol, Version: q.Call.Version, Direction: q.Call.Direction, Method: q.Call.Method, Target: q.Call.Target,
			Resource: call.Resource{Kind: q.Call.Kind, Name: q.Call.Name}, Arguments: q.Call.Arguments,
			Operation: q.Call.Operation, Message: q.Call.Message, Annotations: q.Call.Annotations,
		},
	}, nil
}

// kinds are those of resources; without one a call is about a method that names nothing further.
var kinds = []call.Kind{"", call.Method, call.Tool, call.Prompt, call.Document, call.Skill, call.Task, call.Path, call.RPC}

// check says what no call of the gateway could be like.
func (q *question) check() error {
	_, badID := spiffeid.FromString(q.Principal.SPIFFEID)
	_, badIP := netip.ParseAddr(q.SourceIP)
	c := &q.Call
	switch {
	case q.Principal.SPIFFEID == "" && q.Principal.Subject == "":
		return errors.New("principal: spiffe_id or subject is missing")
	case q.Principal.SPIFFEID != "" && badID != nil:
		return fmt.Errorf("principal.spiffe_id: %w", badID)
	case q.SourceIP != "" && badIP != nil:
		return fmt.Errorf("source_ip: %q is no address", q.SourceIP)
	case c.Method == "":
		return errors.New("call.method is missing")
	case !slices.Contains([]call.Protocol{call.MCP, call.A2A, call.REST, call.GRPC}, c.Protocol):
		return fmt.Errorf("call.protocol: %q is none of mcp, a2a, rest, grpc", c.Protocol)
	case c.Direction != call.ToTarget && c.Direction != call.ToAgent:
		return fmt.Errorf("call.direction: %q is neither to_target nor to_agent", c.Direction)
	case !slices.Contains(kinds, c.Kind):
		return fmt.Errorf("call.kind: %q is none of tool, prompt, resource, skill, task, path, rpc, method", c.Kind)
	case c.Kind != "" && c.Kind != call.Method && c.Name == "":
		return fmt.Errorf("call.name is missing: which %s?", c.Kind)
	case c.Protocol == call.MCP && (c.Method == "tools/call") != (c.Kind == call.Tool):
		return fmt.Errorf("call: %s is not asked of a resource of kind %q", c.Method, c.Kind)
	}
	return nil
}
