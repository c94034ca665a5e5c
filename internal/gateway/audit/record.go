// Package audit writes one JSON line for each call that was decided.
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
)

// Record is one line. Names with a dot are OpenTelemetry's where it has one for the thing. Members are only ever added.
type Record struct {
	Time time.Time `json:"time"`
	// Decision is "allow", "deny", or "error" where none could be made, which denies.
	Decision string `json:"decision"`
	// Enforced is false where the target is in audit mode: the call was passed on whatever the decision.
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

	Listener  string `json:"listener,omitempty"`
	Target    string `json:"target"`
	Protocol  string `json:"protocol"`
	Direction string `json:"direction"`
	Method    string `json:"method"`
	Kind      string `json:"resource.kind"`
	Resource  string `json:"resource.name"`

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

	// Status is what the caller got, 0 where the caller was gone before.
	Status int `json:"http.response.status_code"`
	// Duration is in milliseconds, from the end of the request's header to the beginning of the answer.
	Duration float64 `json:"duration_ms"`
}

// New gives the record of a decision. What comes of the call, status and duration, is for the caller to add. Of the arguments only
// those that show names are copied.
func New(r *decide.Request, d decide.Decision, show []string) *Record {
	c := r.Call
	record := &Record{
		Time: r.Time, Decision: verdict(d), Enforced: true, Policies: d.Policies, Audited: d.Audited, Reason: d.Reason,
		Principal: r.Principal.SPIFFEID, Issuer: r.Principal.Issuer, User: r.Principal.User, Proven: r.Principal.Methods, Client: r.SourceIP,
		Target: c.Target, Protocol: string(c.Protocol), Direction: string(c.Direction), Method: c.Method,
		Kind: string(c.Resource.Kind), Resource: c.Resource.Name,
	}
	if record.Principal == "" {
		record.Principal = r.Principal.Subject
	}
	if record.Policies == nil {
		record.Policies = []string{}
	}
	if c.Protocol == call.MCP {
		record.mcp(c)
	}
	if len(c.Arguments) > 0 {
		record.ArgumentsDigest = digest(c.Arguments)
		record.Arguments = shown(c.Arguments, show)
	}
	return record
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
