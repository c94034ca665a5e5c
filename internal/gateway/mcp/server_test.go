package mcp

import (
	"slices"
	"strings"
	"testing"
)

func TestParseAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		version, data string
		calls         []string
		responses     []string // ids
	}{
		"a result":                            {Version20251125, `{"jsonrpc":"2.0","id":1,"result":{"content":[]}}`, nil, []string{"1"}},
		"an error":                            {Version20251125, `{"jsonrpc":"2.0","id":"a","error":{"code":-32603,"message":"x"}}`, nil, []string{`"a"`}},
		"an error to what could not be read":  {Version20250618, `{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"x"}}`, nil, []string{""}},
		"an error without an id":              {Version20251125, `{"jsonrpc":"2.0","error":{"code":-32700,"message":"x"}}`, nil, []string{""}},
		"a result of tool data in any casing": {Version20251125, `{"jsonrpc":"2.0","id":1,"result":{"structuredContent":{"Tools":1,"ID":2}}}`, nil, []string{"1"}},
		"sampling": {
			Version20251125, `{"jsonrpc":"2.0","id":7,"method":"sampling/createMessage","params":{"maxTokens":5}}`,
			[]string{`2025-11-25 to_agent sampling/createMessage method "sampling/createMessage" args={"maxTokens":5} id=7 session=s1`},
			nil,
		},
		"elicitation": {
			Version20250618, `{"jsonrpc":"2.0","id":7,"method":"elicitation/create","params":{"message":"card number?"}}`,
			[]string{`2025-06-18 to_agent elicitation/create method "elicitation/create" args={"message":"card number?"} id=7 session=s1`},
			nil,
		},
		"roots": {
			Version20250326, `{"jsonrpc":"2.0","id":"r","method":"roots/list"}`,
			[]string{`2025-03-26 to_agent roots/list method "roots/list" args= id="r" session=s1`},
			nil,
		},
		"progress": {
			Version20251125, `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":1}}`,
			[]string{`2025-11-25 to_agent notifications/progress method "notifications/progress" args={"progress":1} id= session=s1`},
			nil,
		},
		"news of a resource": {
			Version20251125, `{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"a:1"}}`,
			[]string{`2025-11-25 to_agent notifications/resources/updated resource "a:1" args={"uri":"a:1"} id= session=s1`},
			nil,
		},
		"a batch": {
			Version20250326, `[{"jsonrpc":"2.0","id":1,"result":{}},{"jsonrpc":"2.0","id":1,"method":"roots/list"}]`,
			[]string{`2025-03-26 to_agent roots/list method "roots/list" args= id=1 session=s1`},
			[]string{"1"},
		},
		"inputs that a result asks for": {
			Version20260728, `{"jsonrpc":"2.0","id":3,"result":{"resultType":"input_required","inputRequests":{` +
				`"a":{"method":"elicitation/create","params":{"message":"who?"}},"b":{"method":"roots/list"}}}}`,
			[]string{
				`2026-07-28 to_agent elicitation/create method "elicitation/create" args={"message":"who?"} id=3 session=s1`,
				`2026-07-28 to_agent roots/list method "roots/list" args= id=3 session=s1`,
			},
			[]string{"3"},
		},
		"inputs that a task waits for": {
			Version20260728, `{"jsonrpc":"2.0","method":"notifications/tasks","params":{"taskId":"t","status":"input_required","inputRequests":{"a":{"method":"elicitation/create","params":{"message":"who?"}}}}}`,
			[]string{
				`2026-07-28 to_agent notifications/tasks task "t" args={"taskId":"t","status":"input_required","inputRequests":{"a":{"method":"elicitation/create","params":{"message":"who?"}}}} id= session=s1`,
				`2026-07-28 to_agent elicitation/create method "elicitation/create" args={"message":"who?"} id= session=s1`,
			},
			nil,
		},
		"inputs that the state of a task tells": {
			Version20260728, `{"jsonrpc":"2.0","id":4,"result":{"resultType":"complete","taskId":"t","status":"input_required","inputRequests":{"a":{"method":"sampling/createMessage","params":{}}}}}`,
			[]string{`2026-07-28 to_agent sampling/createMessage method "sampling/createMessage" args={} id=4 session=s1`},
			[]string{"4"},
		},
		"pages that an error asks to open": {
			Version20251125, `{"jsonrpc":"2.0","id":3,"error":{"code":-32042,"message":"x","data":{"elicitations":[{"mode":"url","url":"https://a"}]}}}`,
			[]string{`2025-11-25 to_agent elicitation/create method "elicitation/create" args={"mode":"url","url":"https://a"} id=3 session=s1`},
			[]string{"3"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := Parser{Target: "files"}
			a, bad := p.ParseAnswer(&Exchange{Version: c.version, Session: "s1"}, []byte(c.data))
			if bad != nil {
				t.Fatal(bad)
			}
			if got := lines(a.Calls); !slices.Equal(got, c.calls) {
				t.Errorf("calls\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.calls, "\n"))
			}
			var ids []string
			for _, r := range a.Responses {
				ids = append(ids, string(r.ID))
			}
			if !slices.Equal(ids, c.responses) {
				t.Errorf("responses to %q, want %q", ids, c.responses)
			}
			for _, one := range a.Calls {
				if one.Target != "files" {
					t.Errorf("target %q", one.Target)
				}
			}
			if a.Batch != strings.HasPrefix(c.data, "[") {
				t.Errorf("batch: %v", a.Batch)
			}
		})
	}
}

func TestParseAnswerRefuses(t *testing.T) {
	for name, c := range map[string]struct{ version, data string }{
		"a request twice over":                 {Version20251125, `{"jsonrpc":"2.0","id":1,"method":"ping","method":"sampling/createMessage"}`},
		"a request in another case":            {Version20251125, `{"jsonrpc":"2.0","id":1,"result":{},"METHOD":"sampling/createMessage"}`},
		"a result with a null id":              {Version20251125, `{"jsonrpc":"2.0","id":null,"result":{}}`},
		"a batch where there are none":         {Version20251125, `[{"jsonrpc":"2.0","id":1,"result":{}}]`},
		"a request of its own in 2026-07-28":   {Version20260728, `{"jsonrpc":"2.0","id":1,"method":"sampling/createMessage"}`},
		"input requests in an array":           {Version20260728, `{"jsonrpc":"2.0","id":1,"result":{"inputRequests":[{"method":"roots/list"}]}}`},
		"an input request without method":      {Version20260728, `{"jsonrpc":"2.0","id":1,"result":{"inputRequests":{"a":{}}}}`},
		"an input request in another case":     {Version20260728, `{"jsonrpc":"2.0","id":1,"result":{"inputRequests":{"a":{"method":"roots/list","Method":"x"}}}}`},
		"an input request with odd params":     {Version20260728, `{"jsonrpc":"2.0","id":1,"result":{"inputRequests":{"a":{"method":"roots/list","params":[]}}}}`},
		"input requests in another case":       {Version20260728, `{"jsonrpc":"2.0","id":1,"result":{"InputRequests":{}}}`},
		"input requests of a task in an array": {Version20260728, `{"jsonrpc":"2.0","method":"notifications/tasks","params":{"taskId":"t","inputRequests":[]}}`},
		"news of a task without its id":        {Version20260728, `{"jsonrpc":"2.0","method":"notifications/tasks","params":{}}`},
		"pages to open that are no array":      {Version20251125, `{"jsonrpc":"2.0","id":1,"error":{"code":-32042,"message":"x","data":{"elicitations":{}}}}`},
		"pages to open that are no objects":    {Version20251125, `{"jsonrpc":"2.0","id":1,"error":{"code":-32042,"message":"x","data":{"elicitations":["https://a"]}}}`},
		"news of a resource that has no name":  {Version20251125, `{"jsonrpc":"2.0","method":"notifications/resources/updated"}`},
		"an error that is null":                {Version20251125, `{"jsonrpc":"2.0","id":1,"error":null}`},
		"an error without a code":              {Version20251125, `{"jsonrpc":"2.0","id":1,"error":{"message":"x"}}`},
		"an error with half a code":            {Version20251125, `{"jsonrpc":"2.0","id":1,"error":{"code":0.5,"message":"x"}}`},
		"an error without a message":           {Version20251125, `{"jsonrpc":"2.0","id":1,"error":{"code":1}}`},
		"prose":                                {Version20251125, `upstream timed out`},
	} {
		t.Run(name, func(t *testing.T) {
			if _, bad := (&Parser{}).ParseAnswer(&Exchange{Version: c.version}, []byte(c.data)); bad == nil {
				t.Error("accepted")
			}
		})
	}
}

func TestForFindsTheCallThatAResponseAnswers(t *testing.T) {
	x, bad := (&Parser{}).Parse(post(`[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","id":"1","method":"tools/list"},{"jsonrpc":"2.0","method":"x"}]`))
	if bad != nil {
		t.Fatal(bad)
	}
	for id, want := range map[string]string{`1`: "ping", `"1"`: "tools/list", `"\u0031"`: "tools/list", `2`: "", ``: ""} {
		r := Response{}
		if id != "" {
			r.ID = []byte(id)
		}
		got := ""
		if c := x.For(r); c != nil {
			got = c.Method
		}
		if got != want {
			t.Errorf("id %s answers %q, want %q", id, got, want)
		}
	}
}
