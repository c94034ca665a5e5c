package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/decide"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
)

// question is a call as explain reads it.
type question struct {
	Principal struct {
		SPIFFEID string         `json:"spiffe_id"`
		Subject  string         `json:"subject"`
		Issuer   string         `json:"issuer"`
		User     string         `json:"user"`
		Methods  []string       `json:"methods"`
		Claims   map[string]any `json:"claims"`
	} `json:"principal"`
	Call struct {
		Protocol    call.Protocol     `json:"protocol"`
		Version     string            `json:"version"`
		Method      string            `json:"method"`
		Target      string            `json:"target"`
		Kind        call.Kind         `json:"kind"`
		Name        string            `json:"name"`
		Arguments   json.RawMessage   `json:"arguments"`
		Message     *call.Message     `json:"message"`
		Annotations *call.Annotations `json:"annotations"`
	} `json:"call"`
	Time     time.Time `json:"time"`
	SourceIP string    `json:"source_ip"`
	MTLS     bool      `json:"mtls"`
}

func explain(ctx context.Context, e environment, args []string) error {
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
	d := c.Policies.Decide(ctx, r)
	verdict := "denied"
	if d.Allowed {
		verdict = "allowed"
	}
	fmt.Fprintf(e.stdout, "%s: %s\n", verdict, d.Reason)
	for _, id := range d.Policies {
		fmt.Fprintf(e.stdout, "  by policy %s\n", id)
	}
	for _, id := range d.Audited {
		fmt.Fprintf(e.stdout, "  policy %s would have had a say, and is in audit mode\n", id)
	}
	if d.Err != nil {
		fmt.Fprintf(e.stdout, "  no decision could be made: %v\n", d.Err)
	}
	return nil
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
	if err := d.Decode(&q); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the call")
	}
	p := principal.FromSPIFFEID(q.Principal.SPIFFEID)
	p.Subject, p.Issuer, p.User, p.Methods, p.Claims = q.Principal.Subject, q.Principal.Issuer, q.Principal.User, q.Principal.Methods, q.Principal.Claims
	return &decide.Request{
		Principal: p, Time: q.Time, SourceIP: q.SourceIP, MTLS: q.MTLS,
		Call: &call.Call{
			Protocol: q.Call.Protocol, Version: q.Call.Version, Direction: call.ToTarget, Method: q.Call.Method, Target: q.Call.Target,
			Resource: call.Resource{Kind: q.Call.Kind, Name: q.Call.Name}, Arguments: q.Call.Arguments,
			Message: q.Call.Message, Annotations: q.Call.Annotations,
		},
	}, nil
}
