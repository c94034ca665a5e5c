package mcp

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
)

// asked is an exchange with one request of id 1.
func asked(method string) *Exchange {
	return &Exchange{Version: Version20251125, Calls: []*call.Call{{Method: method, RequestID: []byte("1")}}}
}

// filter gives data with the items of lists that keep does not refuse.
func filter(x *Exchange, data []byte, keep func(Item) bool) ([]byte, *Error) {
	a, bad := (&Parser{}).ParseAnswer(x, data)
	if bad != nil {
		return nil, bad
	}
	return a.Rewrite(keep, func(id []byte) []byte { return TagID(id, "tag") })
}

// unless keeps all but the items of these names.
func unless(names ...string) func(Item) bool {
	return func(i Item) bool { return !slices.Contains(names, i.Resource.Name) }
}

func TestRewriteFiltersLists(t *testing.T) {
	const a, b, c = `{"name":"a"}`, `{"name":"b","inputSchema":{"type":"object"}}`, `{"name":"c"}`
	const head, tail = `{"jsonrpc":"2.0","id":1,"result":{"tools":`, `,"nextCursor":"p2","ttlMs":5}}`
	for name, test := range map[string]struct {
		method, data string
		hide         []string
		want         string
	}{
		"nothing to hide":          {"tools/list", head + `[` + a + `,` + b + `]` + tail, nil, head + `[` + a + `,` + b + `]` + tail},
		"the first":                {"tools/list", head + `[` + a + `,` + b + `,` + c + `]` + tail, []string{"a"}, head + `[` + b + `,` + c + `]` + tail},
		"the first two":            {"tools/list", head + `[` + a + `,` + b + `,` + c + `]` + tail, []string{"a", "b"}, head + `[` + c + `]` + tail},
		"the middle":               {"tools/list", head + `[` + a + `,` + b + `,` + c + `]` + tail, []string{"b"}, head + `[` + a + `,` + c + `]` + tail},
		"the last two":             {"tools/list", head + `[` + a + `,` + b + `,` + c + `]` + tail, []string{"b", "c"}, head + `[` + a + `]` + tail},
		"the first and the last":   {"tools/list", head + `[` + a + `,` + b + `,` + c + `]` + tail, []string{"a", "c"}, head + `[` + b + `]` + tail},
		"all":                      {"tools/list", head + `[` + a + `,` + b + `]` + tail, []string{"a", "b"}, head + `[]` + tail},
		"an empty list":            {"tools/list", head + `[]` + tail, []string{"a"}, head + `[]` + tail},
		"a list with white space":  {"tools/list", " " + head + "[\n " + a + " ,\n " + b + " ,\n " + c + "\n]" + tail, []string{"b"}, " " + head + "[\n " + a + " ,\n " + c + "\n]" + tail},
		"the first of such a list": {"tools/list", head + "[\n " + a + " ,\n " + b + "\n]" + tail, []string{"a"}, head + "[" + b + "\n]" + tail},
		"a name with escapes":      {"tools/list", head + `[{"name":"\u0061"}]` + tail, []string{"a"}, head + `[]` + tail},
		"prompts":                  {"prompts/list", `{"jsonrpc":"2.0","id":1,"result":{"prompts":[` + a + `,` + b + `]}}`, []string{"b"}, `{"jsonrpc":"2.0","id":1,"result":{"prompts":[` + a + `]}}`},
		"resources": {
			"resources/list", `{"jsonrpc":"2.0","id":1,"result":{"resources":[{"name":"x","uri":"f:1"},{"name":"y","uri":"f:2"}]}}`,
			[]string{"f:1"},
			`{"jsonrpc":"2.0","id":1,"result":{"resources":[{"name":"y","uri":"f:2"}]}}`,
		},
		"resource templates": {
			"resources/templates/list", `{"jsonrpc":"2.0","id":1,"result":{"resourceTemplates":[{"uriTemplate":"f:{x}"},{"uriTemplate":"g:{x}"}]}}`,
			[]string{"g:{x}"},
			`{"jsonrpc":"2.0","id":1,"result":{"resourceTemplates":[{"uriTemplate":"f:{x}"}]}}`,
		},
		"what a tool returns is no list": {
			"tools/call", `{"jsonrpc":"2.0","id":1,"result":{"content":[],"tools":[{"name":"a"},7]}}`,
			[]string{"a"},
			`{"jsonrpc":"2.0","id":1,"result":{"content":[],"tools":[{"name":"a"},7]}}`,
		},
		"a response on a resumed stream": {
			"GET", `{"jsonrpc":"2.0","id":9,"result":{"tools":[` + a + `,` + b + `]}}`, []string{"a"}, `{"jsonrpc":"2.0","id":9,"result":{"tools":[` + b + `]}}`,
		},
		"two lists in a batch": {
			"tools/list", `[{"jsonrpc":"2.0","id":2,"result":{"prompts":[` + a + `,` + c + `]}}, {"jsonrpc":"2.0","id":1,"result":{"tools":[` + a + `]}}]`,
			[]string{"a"},
			`[{"jsonrpc":"2.0","id":2,"result":{"prompts":[` + c + `]}}, {"jsonrpc":"2.0","id":1,"result":{"tools":[]}}]`,
		},
		"an error":       {"tools/list", `{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x"}}`, []string{"a"}, `{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x"}}`},
		"a notification": {"tools/list", `{"jsonrpc":"2.0","method":"notifications/progress"}`, []string{"a"}, `{"jsonrpc":"2.0","method":"notifications/progress"}`},
	} {
		t.Run(name, func(t *testing.T) {
			in, x := []byte(test.data), asked(test.method)
			if test.data[0] == '[' {
				x.Version = Version20250326 // which alone has batches
			}
			out, bad := filter(x, in, unless(test.hide...))
			if bad != nil {
				t.Fatal(bad)
			}
			if string(out) != test.want {
				t.Errorf("got  %s\nwant %s", out, test.want)
			}
			if !json.Valid(out) {
				t.Error("not JSON")
			}
			if test.data == test.want && &in[0] != &out[0] {
				t.Error("copied without need")
			}
		})
	}
}

func TestRewriteRefuses(t *testing.T) {
	for name, tools := range map[string]string{
		"a list that is an object":        `{"a":{"name":"a"}}`,
		"an item that is a string":        `["a"]`,
		"an item without a name":          `[{"title":"a"}]`,
		"an item with two names":          `[{"name":"a","name":"b"}]`,
		"an item with names in two cases": `[{"name":"a","Name":"b"}]`,
		"a hint that is a string":         `[{"name":"a","annotations":{"readOnlyHint":"true"}}]`,
		"annotations in an array":         `[{"name":"a","annotations":[]}]`,
	} {
		t.Run(name, func(t *testing.T) {
			data := `{"jsonrpc":"2.0","id":1,"result":{"tools":` + tools + `}}`
			if _, bad := filter(asked("tools/list"), []byte(data), unless()); bad == nil {
				t.Error("accepted")
			}
		})
	}
}

func TestItemsCarryWhatTheServerSaysOfThem(t *testing.T) {
	data := `{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"silent"},{"name":"empty","annotations":{"title":"E"}},` +
		`{"name":"reader","annotations":{"readOnlyHint":true,"destructiveHint":false,"idempotentHint":true,"openWorldHint":false}},` +
		`{"name":"nulls","annotations":{"readOnlyHint":null}}]}}`
	got := map[string]*call.Annotations{}
	_, bad := filter(asked("tools/list"), []byte(data), func(i Item) bool {
		if i.Resource.Kind != call.Tool || !strings.HasPrefix(string(i.Raw), `{"name":"`+i.Resource.Name) {
			t.Errorf("item %+v", i)
		}
		got[i.Resource.Name] = i.Annotations
		return true
	})
	if bad != nil {
		t.Fatal(bad)
	}
	defaults := call.Annotations{Destructive: true, OpenWorld: true}
	if got["silent"] != nil || *got["empty"] != defaults || *got["nulls"] != defaults || *got["reader"] != (call.Annotations{ReadOnly: true, Idempotent: true}) {
		t.Errorf("silent %v, empty %v, reader %v, nulls %v", got["silent"], got["empty"], got["reader"], got["nulls"])
	}
}
