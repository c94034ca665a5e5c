// Package question reads what is to be decided from JSON, for those who ask how a call would be decided without making it.
package question

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"time"

	"github.com/spiffe/go-spiffe/v2/spiffeid"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/decide"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
)

// question is a request as it is written.
type question struct {
	Principal struct {
		SPIFFEID string            `json:"spiffe_id"`
		Subject  string            `json:"subject"`
		Issuer   string            `json:"issuer"`
		User     string            `json:"user"`
		UserFrom string            `json:"user_issuer"`
		Labels   map[string]string `json:"labels"`
		Methods  []string          `json:"methods"`
		Claims   map[string]any    `json:"claims"`
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

// Read reads a request, which is made now where it says nothing of the time. What it does not know is an error, since a misspelt member
// would make it another request.
func Read(from io.Reader, now time.Time) (*decide.Request, error) {
	d := json.NewDecoder(from)
	d.DisallowUnknownFields()
	q := question{Time: now}
	q.Call.Direction = call.ToTarget
	if err := d.Decode(&q); err != nil {
		return nil, unread(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the call")
	}
	if err := q.check(); err != nil {
		return nil, err
	}
	p := principal.FromSPIFFEID(q.Principal.SPIFFEID)
	p.UserIssuer, p.Labels = q.Principal.UserFrom, q.Principal.Labels
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

// unread says what is wrong with the JSON in the words of who wrote it.
func unread(err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	var moment *time.ParseError
	switch {
	case errors.Is(err, io.EOF):
		return errors.New("it is empty: give a JSON object with principal and call")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the JSON ends too early")
	case errors.As(err, &syntax):
		return fmt.Errorf("not JSON, at byte %d: %w", syntax.Offset, err)
	case errors.As(err, &kind) && kind.Field == "":
		return fmt.Errorf("it is a JSON %s: give an object with principal and call", kind.Value)
	case errors.As(err, &kind):
		return fmt.Errorf("%s cannot be a JSON %s", kind.Field, kind.Value)
	case errors.As(err, &moment):
		return fmt.Errorf("time: %s is none of RFC 3339, such as \"2026-11-23T10:00:00Z\"", moment.Value)
	}
	return err
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
	case !slices.Contains([]call.Protocol{call.MCP, call.A2A, call.REST, call.GRPC, call.Tunnel}, c.Protocol):
		return fmt.Errorf("call.protocol: %q is none of mcp, a2a, rest, grpc, tunnel", c.Protocol)
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
