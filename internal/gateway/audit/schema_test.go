package audit

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/decide"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
)

// published gives the schema that the documentation has.
func published(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile("../../../docs/gateway/audit.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema jsonschema.Schema
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	return &schema
}

func TestTheSchemaHasTheMembersOfARecord(t *testing.T) {
	properties := published(t).Properties
	var names []string
	for i := range reflect.TypeFor[Record]().NumField() {
		name, _, _ := strings.Cut(reflect.TypeFor[Record]().Field(i).Tag.Get("json"), ",")
		names = append(names, name)
		if properties[name] == nil || properties[name].Description == "" && len(properties[name].Enum) == 0 && properties[name].Type == "" {
			t.Errorf("the schema says nothing of %q", name)
		}
	}
	for name := range properties {
		if !slices.Contains(names, name) {
			t.Errorf("no record has %q", name)
		}
	}
}

func TestRecordsAreAsTheSchemaSays(t *testing.T) {
	schema, err := published(t).Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	agent := principal.FromSPIFFEID("spiffe://example.org/ns/n/agent/a")
	of := func(c call.Call, d decide.Decision) *Record {
		return New(&decide.Request{Principal: agent, Call: &c, Time: now, SourceIP: "192.0.2.1"}, d, []string{"a"})
	}
	tool := of(call.Call{
		Protocol: call.MCP, Direction: call.ToTarget, Method: "tools/call", Target: "t", Session: "s", RequestID: []byte("1"), Arguments: []byte(`{"a":[1,{"b":null}]}`),
		Resource: call.Resource{Kind: call.Tool, Name: "x"},
	}, decide.Decision{Allowed: true, Policies: []string{"p"}, Audited: []string{"q"}, Reason: "permitted by p"})
	tool.Exchange, tool.Trace, tool.Span, tool.Status = "e", strings.Repeat("0a", 16), strings.Repeat("0a", 8), 200
	limited := NewRejection(Rejection{Time: now, Principal: agent, Client: "192.0.2.1", Target: "t", Protocol: "mcp", Method: "POST", Reason: "too much", Limit: "body", Status: 413})
	limited.Withheld = 7
	good := map[string]*Record{
		"a tool": tool,
		"a message of A2A": of(call.Call{
			Protocol: call.A2A, Direction: call.ToTarget, Method: "SendMessage", Target: "t", Resource: call.Resource{Kind: call.Skill, Name: "x"},
			Message: &call.Message{Task: "1", Context: "2", PushHost: "h"},
		}, decide.Decision{Reason: "no policy permits it"}),
		"a path":                      of(call.Call{Protocol: call.REST, Direction: call.ToTarget, Method: "GET", Target: "t", Resource: call.Resource{Kind: call.Path, Name: "/users/{id}"}}, decide.Decision{}),
		"an RPC":                      of(call.Call{Protocol: call.GRPC, Direction: call.ToTarget, Method: "Get", Target: "t", Resource: call.Resource{Kind: call.RPC, Name: "p.S/Get"}}, decide.Decision{}),
		"the end of a stream":         tool.Ended(now, Gone, 100, time.Minute),
		"the end of an empty stream":  tool.Ended(now, Denied, 0, time.Minute),
		"a refusal":                   limited,
		"a caller that is not known":  NewRejection(Rejection{Time: now, Reason: "no token", Status: 401}),
		"nothing where nobody called": NewRejection(Rejection{Time: now, Reason: "too many", Limit: "concurrent_requests", Status: 503}),
	}
	for name, r := range good {
		if err := schema.Validate(decoded(t, r)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, change := range map[string]func(map[string]any){
		"without a time":                  func(m map[string]any) { delete(m, "time") },
		"with another event":              func(m map[string]any) { m["event"] = "called" },
		"of a call that was refused":      func(m map[string]any) { m["decision"] = "refused" },
		"with a session's id":             func(m map[string]any) { m["mcp.session.digest"] = "s" },
		"of a stream without an outcome":  func(m map[string]any) { m["event"] = "stream_end" },
		"of a caller who is not unknown":  func(m map[string]any) { m["event"], m["decision"] = "unauthenticated", "refused" },
		"with a duration that is no time": func(m map[string]any) { m["duration_ms"] = -1 },
	} {
		m := decoded(t, tool)
		change(m)
		if err := schema.Validate(m); err == nil {
			t.Errorf("a record %s is valid", name)
		}
	}
}

func decoded(t *testing.T, r *Record) map[string]any {
	t.Helper()
	line, err := r.line()
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(line, &m); err != nil {
		t.Fatal(err)
	}
	return m
}
