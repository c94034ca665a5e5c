package mcp

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
)

// FuzzParse compares what Parse understands with what the official SDK decodes from the same body: a body that passes holds the
// same method, id and parameters there, and the tool, prompt or resource that is called has the same name and arguments, in the SDK's
// types as encoding/json fills them, which folds the case of keys.
func FuzzParse(f *testing.F) {
	for _, body := range []string{
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"x":[1,"\u00e9"]}}}`,
		`{"jsonrpc":"2.0","id":"\u0061","method":"prompts/get","params":{"name":"a","arguments":{"x":"y"}}}`,
		`{"jsonrpc":"2.0","id":-7,"method":"resources/read","params":{"uri":"a:b"}}`,
		`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`,
		`{"jsonrpc":"2.0","id":1,"result":{"roots":[]}}`, `{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"no"}}`,
		`[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","id":2,"result":{}}]`,
		`{"jsonrpc":"2.0","id":1,"method":"ping","METHOD":"tools/call"}`,
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","Name":"b"}}`,
		`{"jsonrpc":"2.0","id":9007199254740991,"method":"tools/call","params":{"name":"a","arguments":null}}`,
		`{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"notifications":{"resourceSubscriptions":["a:1"]}}}`,
	} {
		f.Add([]byte(body))
	}
	p := Parser{}
	f.Fuzz(func(t *testing.T, body []byte) {
		x, bad := p.Parse(post(string(body)))
		if bad != nil {
			if !json.Valid(bad.Body()) {
				t.Fatalf("the refusal of %q is no JSON: %s", body, bad.Body())
			}
			return
		}
		parts := []json.RawMessage{body}
		if x.Batch {
			if err := json.Unmarshal(body, &parts); err != nil {
				t.Fatal(err)
			}
		}
		calls, responses := x.Calls, x.Responses
		for _, part := range parts {
			m, err := jsonrpc.DecodeMessage(part)
			if err != nil {
				t.Fatalf("the SDK refuses %q: %v", part, err)
			}
			switch m := m.(type) {
			case *jsonrpc.Request:
				checkCall(t, m, calls[0])
				calls = calls[1:]
				for len(calls) > 0 && m.Method == "subscriptions/listen" && (calls[0].Resource.Kind == call.Document || calls[0].Resource.Kind == call.Task) {
					calls = calls[1:]
				}
			case *jsonrpc.Response:
				checkResponse(t, m, responses[0])
				responses = responses[1:]
			}
		}
		if len(calls)+len(responses) > 0 {
			t.Fatalf("%q holds more here than there", body)
		}
	})
}

func checkCall(t *testing.T, theirs *jsonrpc.Request, ours *call.Call) {
	t.Helper()
	if theirs.Method != ours.Method || theirs.IsCall() != (ours.RequestID != nil) || theirs.IsCall() && !equalID(theirs.ID, ours.RequestID) {
		t.Fatalf("%q %v there, %q %s here", theirs.Method, theirs.ID.Raw(), ours.Method, ours.RequestID)
	}
	params := theirs.Params
	if string(params) == "null" {
		params = nil
	}
	var name string
	arguments := []byte(params)
	var err error
	switch ours.Method {
	case "tools/call":
		var p sdk.CallToolParamsRaw
		err = json.Unmarshal(params, &p)
		name, arguments = p.Name, p.Arguments
	case "prompts/get":
		var p struct {
			Name      string          `json:"name"`
			Arguments json.RawMessage `json:"arguments"`
		}
		err = json.Unmarshal(params, &p)
		name, arguments = p.Name, p.Arguments
	case "resources/read":
		var p sdk.ReadResourceParams
		err = json.Unmarshal(params, &p)
		name = p.URI
	default:
		name = ours.Resource.Name // nothing to compare with
	}
	if string(arguments) == "null" {
		arguments = nil
	}
	if err != nil || ours.Method == "completion/complete" {
		return // the SDK refuses parameters of a wrong type, such as a number as _meta, and arguments there are one among several
	}
	if name != ours.Resource.Name || !bytes.Equal(arguments, ours.Arguments) {
		t.Fatalf("%s: %q %s there, %q %s here", ours.Method, name, arguments, ours.Resource.Name, ours.Arguments)
	}
}

func checkResponse(t *testing.T, theirs *jsonrpc.Response, ours Response) {
	t.Helper()
	if !equalID(theirs.ID, ours.ID) || (theirs.Error != nil) != (ours.Failure != nil) || !bytes.Equal(theirs.Result, ours.Result) {
		t.Fatalf("%v %s %v there, %s %s %s here", theirs.ID.Raw(), theirs.Result, theirs.Error, ours.ID, ours.Result, ours.Failure)
	}
}

func equalID(theirs jsonrpc.ID, ours []byte) bool {
	var v any
	if err := json.Unmarshal(ours, &v); err != nil {
		return false
	}
	id, err := jsonrpc.MakeID(v)
	return err == nil && id == theirs
}

// FuzzHeaders gives arbitrary headers with a sound body: what passes has mirrors that say what the body says.
func FuzzHeaders(f *testing.F) {
	f.Add("2026-07-28", "tools/call", "echo", "")
	f.Add("2026-07-28", "tools/call", "=?base64?ZWNobw==?=", "s")
	f.Add("2025-11-25", "", "", "s 1")
	echo := modern("tools/call", "echo", `"name":"echo"`)
	f.Fuzz(func(t *testing.T, version, method, name, session string) {
		r := echo
		r.Header = http.Header{
			"Content-Type": {"application/json"}, HeaderVersion: {version}, HeaderMethod: {method}, HeaderName: {name}, HeaderSession: {session},
		}
		if _, bad := (&Parser{}).Parse(r); bad != nil {
			return
		}
		decoded, ok := DecodeHeader(strings.Trim(name, " \t"))
		if strings.Trim(version, " \t") != Version20260728 || strings.Trim(method, " \t") != "tools/call" || !ok || decoded != "echo" {
			t.Fatalf("accepted: %q %q %q", version, method, name)
		}
	})
}

// FuzzAnswer reads arbitrary bytes of a server: what passes the SDK reads as well, and lists stay JSON with just the items to keep.
func FuzzAnswer(f *testing.F) {
	for _, data := range []string{
		`{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"a"},{"name":"b"} , {"name":"a"}],"nextCursor":"x"}}`,
		`{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"b"},{"name":"a","annotations":{"readOnlyHint":true}}]}}`,
		`{"jsonrpc":"2.0","id":7,"method":"sampling/createMessage","params":{}}`,
		`{"jsonrpc":"2.0","id":1,"result":{"inputRequests":{"a":{"method":"roots/list"}}}}`,
		`{"jsonrpc":"2.0","id":1,"error":{"code":-32042,"message":"x","data":{"elicitations":[{}]}}}`,
	} {
		f.Add([]byte(data))
	}
	p := Parser{}
	f.Fuzz(func(t *testing.T, data []byte) {
		x := asked("tools/list")
		a, bad := p.ParseAnswer(x, data)
		if bad != nil {
			return
		}
		if len(a.Responses) == 0 || a.Responses[0].ID != nil { // the SDK knows no response without an id
			if _, err := jsonrpc.DecodeMessage(data); err != nil {
				t.Fatalf("the SDK refuses %q: %v", data, err)
			}
		}
		if len(a.Responses) == 1 && x.For(a.Responses[0]) == nil {
			return // not of that request: any list in it is filtered
		}
		out, bad := a.Rewrite(unless("a"), func(id []byte) []byte { return TagID(id, "tag") })
		if bad != nil {
			return
		}
		// The other bytes a client reads alike, but for the id of a request.
		if b, bad := p.ParseAnswer(x, out); bad != nil || len(b.Calls) != len(a.Calls) || len(b.Responses) != len(a.Responses) {
			t.Fatalf("%q becomes %q, which is refused: %v", data, out, bad)
		}
		want, got := items(t, data), items(t, out)
		want = slices.DeleteFunc(want, func(name string) bool { return name == "a" })
		if !slices.Equal(got, want) {
			t.Fatalf("%q leaves %q, want %q", data, got, want)
		}
	})
}

// items are the names of the tools in a response to tools/list.
func items(t *testing.T, data []byte) []string {
	t.Helper()
	var m struct {
		Result struct {
			Tools []struct {
				Name string `json:"name"`
			} `json:"tools"`
		} `json:"result"`
	}
	if err := json.Unmarshal(data, &m); err != nil {
		var mistyped *json.UnmarshalTypeError
		if !errors.As(err, &mistyped) {
			t.Fatalf("%q: %v", data, err)
		}
	}
	var names []string
	for _, tool := range m.Result.Tools {
		names = append(names, tool.Name)
	}
	return names
}

// FuzzEvents cuts arbitrary streams into events: nothing is lost or added but the end that is refused, however the bytes arrive.
func FuzzEvents(f *testing.F) {
	f.Add([]byte("event: message\nid: 1\ndata: {}\n\n: keep-alive\n\ndata:1\r\ndata: 2\r\n\r\n"), uint8(3))
	f.Add([]byte("data: {}\rdata: x\n\n"), uint8(1))
	f.Fuzz(func(t *testing.T, stream []byte, size uint8) {
		whole, wholeErr := events(bytes.NewReader(stream), 1<<10)
		pieces, piecesErr := events(&chunks{stream, int(size) + 1}, 1<<10)
		if fmt.Sprint(wholeErr) != fmt.Sprint(piecesErr) || len(whole) != len(pieces) {
			t.Fatalf("%d events and %v at once, %d and %v in pieces", len(whole), wholeErr, len(pieces), piecesErr)
		}
		var raw []byte
		for i, e := range whole {
			raw = append(raw, e.Raw...)
			if !bytes.Equal(e.Data, pieces[i].Data) || e.Name != pieces[i].Name {
				t.Fatalf("event %d differs", i)
			}
		}
		if !bytes.HasPrefix(stream, raw) || errors.Is(wholeErr, io.EOF) && len(raw) != len(stream) {
			t.Fatalf("the events of %q are %q", stream, raw)
		}
		var out bytes.Buffer
		if err := Relay(&out, NewEvents(bytes.NewReader(stream), 1<<10), func(e Event) ([]byte, error) { return e.Data, nil }); err == nil && !bytes.Equal(out.Bytes(), stream) {
			t.Fatalf("%q became %q", stream, out.Bytes())
		}
	})
}

// chunks gives its bytes in pieces.
type chunks struct {
	rest []byte
	size int
}

func (c *chunks) Read(b []byte) (int, error) {
	if len(c.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(b, c.rest[:min(c.size, len(c.rest))])
	c.rest = c.rest[n:]
	return n, nil
}
