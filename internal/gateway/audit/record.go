// Package audit writes one JSON line for each call that was decided, for each stream that ended, and for each request that was refused
// before there was anything to decide.
package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/decide"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
)

// Event is what a record tells of.
type Event string

// The events.
const (
	Called          Event = "call"            // a call was decided
	StreamEnded     Event = "stream_end"      // an answer that was a stream ended; the call has a record of its own
	Refused         Event = "refused"         // a request of a known caller was refused before there was a call to decide
	Unauthenticated Event = "unauthenticated" // a request was refused because its caller is not known
)

// Record is one line. Names with a dot are OpenTelemetry's where it has one for the thing. Members are only ever added.
type Record struct {
	Time  time.Time `json:"time"`
	Event Event     `json:"event"`
	// Decision is "allow", "deny", or "error" where none could be made, which denies. It is "refused" for a request that was not asked of, and for
	// the end of a stream it is the call's.
	Decision string `json:"decision"`
	// Enforced is false where the target or the listener is in audit mode: the call was passed on whatever the decision.
	Enforced bool `json:"enforced"`
	// Policies made the decision; Audited are in audit mode and would have had a say.
	Policies []string `json:"policies"`
	Audited  []string `json:"audited,omitempty"`
	Reason   string   `json:"reason"`

	Principal string   `json:"principal,omitempty"` // SPIFFE ID, else the token's subject
	Issuer    string   `json:"issuer,omitempty"`
	User      string   `json:"user,omitempty"` // whom the agent acts for
	Proven    []string `json:"proven,omitempty"`
	Client    string   `json:"client.address,omitempty"`

	// Exchange is alike in all records of one request. Trace and Span are OpenTelemetry's, where the request is traced.
	Exchange string `json:"exchange,omitempty"`
	Trace    string `json:"trace_id,omitempty"`
	Span     string `json:"span_id,omitempty"`

	Listener  string `json:"listener,omitempty"`
	Target    string `json:"target"`
	Protocol  string `json:"protocol"`
	Direction string `json:"direction,omitempty"`
	Method    string `json:"method,omitempty"`
	Kind      string `json:"resource.kind,omitempty"`
	Resource  string `json:"resource.name,omitempty"`

	// Operation is what a REST API calls the request.
	Operation   string `json:"operation,omitempty"`
	HTTPMethod  string `json:"http.request.method,omitempty"` // of REST, and of a request that was refused
	Route       string `json:"http.route,omitempty"`
	RPC         string `json:"rpc.method,omitempty"` // of gRPC: "package.Service/Method"
	Task        string `json:"a2a.task.id,omitempty"`
	Context     string `json:"a2a.context.id,omitempty"`
	PushHost    string `json:"a2a.push_notification.host,omitempty"`
	MCPMethod   string `json:"mcp.method.name,omitempty"`
	MCPVersion  string `json:"mcp.protocol.version,omitempty"`
	MCPResource string `json:"mcp.resource.uri,omitempty"`
	// MCPSession is a digest: whoever knows a session's id can use it.
	MCPSession string `json:"mcp.session.digest,omitempty"`
	Tool       string `json:"gen_ai.tool.name,omitempty"`
	Prompt     string `json:"gen_ai.prompt.name,omitempty"`
	RequestID  string `json:"jsonrpc.request.id,omitempty"`

	// ArgumentsDigest is "sha256:" and the hash of the arguments as they were written. Arguments holds the values of the members that the
	// configuration names, and nothing else.
	ArgumentsDigest string                     `json:"arguments.digest,omitempty"`
	Arguments       map[string]json.RawMessage `json:"arguments,omitempty"`

	// Limit names the limit that a request ran into, and Withheld is how many records like this one were left out before it.
	Limit    string `json:"limit,omitempty"`
	Withheld int64  `json:"withheld,omitempty"`

	// Server is the host and port that a forward proxy was asked for and no target has.
	Server string `json:"server.address,omitempty"`

	// Outcome says how a stream ended, and Sent how many bytes of it the caller got. Received is how many came through a tunnel.
	Outcome  Outcome `json:"stream.outcome,omitempty"`
	Received int64   `json:"http.request.body.size,omitempty"`
	Sent     int64   `json:"http.response.body.size,omitempty"`

	// Status is what the caller got, 0 where the caller was gone before.
	Status int `json:"http.response.status_code"`
	// Duration is in milliseconds, from the end of the request's header to the beginning of the answer, or to the end of the stream.
	Duration float64 `json:"duration_ms"`
}

// New gives the record of a decision. What comes of the call, status and duration, is for the caller to add. Of the arguments only
// those that show names are copied.
func New(r *decide.Request, d decide.Decision, show []string) *Record {
	c := r.Call
	record := &Record{
		Time: r.Time, Event: Called, Decision: verdict(d), Enforced: true, Policies: d.Policies, Audited: d.Audited, Reason: d.Reason,
		Client: r.SourceIP,
		Target: c.Target, Protocol: string(c.Protocol), Direction: string(c.Direction), Method: c.Method,
		Kind: string(c.Resource.Kind), Resource: c.Resource.Name, Operation: c.Operation,
	}
	record.by(r.Principal)
	if record.Policies == nil {
		record.Policies = []string{}
	}
	if c.Protocol == call.MCP {
		record.mcp(c)
	}
	switch c.Resource.Kind {
	case call.Path:
		record.HTTPMethod, record.Route = c.Method, c.Resource.Name
	case call.RPC:
		record.RPC = c.Resource.Name
	}
	if m := c.Message; m != nil {
		record.Task, record.Context, record.PushHost = m.Task, m.Context, m.PushHost
	}
	if len(c.Arguments) > 0 {
		record.ArgumentsDigest = digest(c.Arguments)
		record.Arguments = shown(c.Arguments, show)
	}
	return record
}

// by says who called.
func (r *Record) by(p principal.Principal) {
	r.Principal, r.Issuer, r.User, r.Proven = p.SPIFFEID, p.Issuer, p.User, p.Methods
	if r.Principal == "" {
		r.Principal = p.Subject
	}
}

func verdict(d decide.Decision) string {
	switch {
	case d.Err != nil:
		return "error"
	case d.Allowed:
		return "allow"
	}
	return "deny"
}

func (r *Record) mcp(c *call.Call) {
	r.MCPVersion = c.Version
	if strings.Contains(c.Method, "/") || c.Method == "initialize" || c.Method == "ping" {
		r.MCPMethod = c.Method
	}
	r.RequestID = strings.Trim(string(c.RequestID), `"`)
	if c.Session != "" {
		r.MCPSession = digest([]byte(c.Session))
	}
	switch c.Resource.Kind {
	case call.Tool:
		r.Tool = c.Resource.Name
	case call.Prompt:
		r.Prompt = c.Resource.Name
	case call.Document:
		r.MCPResource = c.Resource.Name
	}
}

func digest(of []byte) string {
	sum := sha256.Sum256(of)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// shown copies members of a JSON object. The object has been read strictly, so that there is nothing to report of it here.
func shown(arguments []byte, names []string) map[string]json.RawMessage {
	if len(names) == 0 {
		return nil
	}
	var all map[string]json.RawMessage
	if json.Unmarshal(arguments, &all) != nil {
		return nil
	}
	found := map[string]json.RawMessage{}
	for _, name := range names {
		if v, ok := all[name]; ok {
			found[name] = bytes.Clone(v)
		}
	}
	return found
}

// line is the record as it is written.
func (r *Record) line() ([]byte, error) {
	line, err := json.Marshal(r)
	return append(line, '\n'), err
}
