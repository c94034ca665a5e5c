package mcp

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestRewriteChangesWhatCachesMayDo(t *testing.T) {
	for name, c := range map[string]struct{ method, result, want string }{
		"a list for everybody is for its agent":  {"tools/list", `"tools":[],"cacheScope":"public"`, `"tools":[],"cacheScope":"private"`},
		"a list that is private stays so":        {"tools/list", `"tools":[],"cacheScope":"private","ttlMs":1000`, `"tools":[],"cacheScope":"private","ttlMs":1000`},
		"a scope that is not known is private":   {"tools/list", `"tools":[],"cacheScope":"shared"`, `"tools":[],"cacheScope":"private"`},
		"a list is fresh for five minutes":       {"prompts/list", `"prompts":[],"ttlMs":86400000`, `"prompts":[],"ttlMs":300000`},
		"a time in another form":                 {"tools/list", `"tools":[],"ttlMs": 1e9 `, `"tools":[],"ttlMs": 300000 `},
		"a list without a time":                  {"tools/list", `"tools":[]`, `"tools":[]`},
		"a resource is for whoever may read it":  {"resources/read", `"contents":[],"cacheScope":"public","ttlMs":86400000`, `"contents":[],"cacheScope":"private","ttlMs":86400000`},
		"what a tool says is its own":            {"tools/call", `"content":[],"structuredContent":{"cacheScope":"public"}`, `"content":[],"structuredContent":{"cacheScope":"public"}`},
		"with an item that is hidden on the way": {"tools/list", `"ttlMs":400000,"tools":[{"name":"a"},{"name":"b"}],"cacheScope":"public"`, `"ttlMs":300000,"tools":[{"name":"b"}],"cacheScope":"private"`},
	} {
		t.Run(name, func(t *testing.T) {
			x := asked(c.method)
			x.Version = Version20260728
			out, bad := filter(x, []byte(`{"jsonrpc":"2.0","id":1,"result":{`+c.result+`}}`), unless("a"))
			if bad != nil || string(out) != `{"jsonrpc":"2.0","id":1,"result":{`+c.want+`}}` {
				t.Errorf("got %s, %v", out, bad)
			}
		})
	}
}

// What the agent answers it can have been asked only under the id that it was given.
func TestIDsOfTheServersRequests(t *testing.T) {
	tag := func(id []byte) []byte { return TagID(id, "t1") }
	known := func(tagged []byte) ([]byte, bool) {
		id, tag, ok := CutTag(tagged)
		return id, ok && tag == "t1"
	}
	p := Parser{}
	for name, c := range map[string]struct{ version, asked, seen string }{
		"a number":        {Version20251125, `{"jsonrpc":"2.0","id": 7,"method":"roots/list"}`, `{"jsonrpc":"2.0","id": "7.t1","method":"roots/list"}`},
		"a string":        {Version20251125, `{"jsonrpc":"2.0","id":"7","method":"roots/list"}`, `{"jsonrpc":"2.0","id":"\"7\".t1","method":"roots/list"}`},
		"an odd string":   {Version20251125, `{"jsonrpc":"2.0","id":"\u0061.\"<\u00e9","method":"roots/list"}`, `{"jsonrpc":"2.0","id":"\"\\u0061.\\\"\u003c\\u00e9\".t1","method":"roots/list"}`},
		"a negative":      {Version20250618, `{"jsonrpc":"2.0","method":"ping","id":-1}`, `{"jsonrpc":"2.0","method":"ping","id":"-1.t1"}`},
		"a cancelled one": {Version20251125, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}`, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"7.t1"}}`},
		"in a batch": {
			Version20250326, `[{"jsonrpc":"2.0","id":7,"method":"roots/list"},{"jsonrpc":"2.0","id":1,"result":{}},{"jsonrpc":"2.0","id":8,"method":"ping"}]`,
			`[{"jsonrpc":"2.0","id":"7.t1","method":"roots/list"},{"jsonrpc":"2.0","id":1,"result":{}},{"jsonrpc":"2.0","id":"8.t1","method":"ping"}]`,
		},
		"an answer keeps its own":          {Version20251125, `{"jsonrpc":"2.0","id":1,"result":{}}`, `{"jsonrpc":"2.0","id":1,"result":{}}`},
		"where a server makes no requests": {Version20260728, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}`, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}`},
	} {
		t.Run(name, func(t *testing.T) {
			a, bad := p.ParseAnswer(&Exchange{Version: c.version}, []byte(c.asked))
			if bad != nil {
				t.Fatal(bad)
			}
			seen, bad := a.Rewrite(unless(), tag)
			if bad != nil || string(seen) != c.seen {
				t.Fatalf("the agent gets %s, %v", seen, bad)
			}
			var asked, given struct {
				ID     json.RawMessage `json:"id"`
				Method string          `json:"method"`
			}
			if strings.HasPrefix(c.asked, "[") || json.Unmarshal([]byte(c.asked), &asked) != nil || json.Unmarshal(seen, &given) != nil || asked.Method == "" || asked.ID == nil {
				return
			}
			answer := []byte(`{"jsonrpc":"2.0","id":` + string(given.ID) + `,"result":{}}`)
			x, bad := p.Parse(post(string(answer), HeaderVersion, c.version))
			if bad != nil {
				t.Fatal(bad)
			}
			body, bad := x.Answered(answer, known)
			if bad != nil || string(body) != `{"jsonrpc":"2.0","id":`+string(asked.ID)+`,"result":{}}` {
				t.Errorf("the server gets %s, %v", body, bad)
			}
		})
	}
	for name, body := range map[string]string{
		"the server's own id":           `{"jsonrpc":"2.0","id":7,"result":{}}`,
		"another tag":                   `{"jsonrpc":"2.0","id":"7.t2","result":{}}`,
		"no tag":                        `{"jsonrpc":"2.0","id":"7","result":{}}`,
		"a tag alone":                   `{"jsonrpc":"2.0","id":".t1","result":{}}`,
		"one of two that is not known":  `[{"jsonrpc":"2.0","id":"7.t1","result":{}},{"jsonrpc":"2.0","id":"8.t2","result":{}}]`,
		"an error to what is not known": `{"jsonrpc":"2.0","id":8,"error":{"code":1,"message":"x"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			x, bad := p.Parse(post(body))
			if bad != nil {
				t.Fatal(bad)
			}
			if out, bad := x.Answered([]byte(body), known); bad == nil {
				t.Errorf("the server gets %s", out)
			}
		})
	}
	two := `[ {"jsonrpc":"2.0","id":"7.t1","result":{}}, {"jsonrpc":"2.0","id":1,"method":"ping"}, {"jsonrpc":"2.0","result":{},"id": "\"8\".t1"}]`
	x, bad := p.Parse(post(two))
	if bad != nil {
		t.Fatal(bad)
	}
	if out, bad := x.Answered([]byte(two), known); bad != nil || string(out) != `[ {"jsonrpc":"2.0","id":7,"result":{}}, {"jsonrpc":"2.0","id":1,"method":"ping"}, {"jsonrpc":"2.0","result":{},"id": "8"}]` {
		t.Errorf("the server gets %s, %v", out, bad)
	}
}
