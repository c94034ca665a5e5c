package a2a

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	sdk "github.com/a2aproject/a2a-go/v2/a2a"
	"github.com/a2aproject/a2a-go/v2/a2apb/v1"
	"github.com/a2aproject/a2a-go/v2/a2apb/v1/pbconv"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/jsonscan"
)

// seeds are messages of 1.0, one with everything that a policy can see.
var seeds = []string{
	messageWith(""),
	`{"tenant":"t","message":{"messageId":"m","contextId":"c","taskId":"k","role":"ROLE_AGENT","referenceTaskIds":["r"],"extensions":["urn:a"],"metadata":{"a":1},` +
		`"parts":[{"text":"hi"},{"raw":"AA==","mediaType":"a/b"},{"url":"https://f.example/x","filename":"x"},{"data":{"a":[1,null]}}]},` +
		`"configuration":{"taskPushNotificationConfig":{"taskId":"k","url":"https://h.example"},"historyLength":1,"returnImmediately":true}}`,
	`{"message":{"role":"ROLE_USER","parts":[{"text":"a","url":""}]}}`,
	`{"message":{"role":"ROLE_USER","Role":"ROLE_AGENT","parts":[{"text":"\u0061"}],"t\u0061skId":"k"}}`,
	`{"message":{"role":"ROLE_USER","parts":[{"kind":"text","text":"a"}]},"Message":null}`,
}

// FuzzTheCallIsWhatTheSDKSees holds what is taken of a message against what the SDK's types, by encoding/json, and its Protobuf messages, by
// protojson, take of the same bytes.
func FuzzTheCallIsWhatTheSDKSees(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, params []byte) {
		body := slices.Concat([]byte(`{"jsonrpc":"2.0","id":1,"method":"SendMessage","params":`), params, []byte(`}`))
		x, bad := parser.JSONRPC(post(string(body)))
		if bad != nil {
			return
		}
		if !bytes.Equal(x.Call.Arguments, bytes.TrimSpace(params)) {
			t.Fatalf("the arguments of %q are %q", params, x.Call.Arguments)
		}
		var seen sdk.SendMessageRequest
		if err := json.Unmarshal(x.Call.Arguments, &seen); err == nil && seen.Message != nil {
			agrees(t, "the SDK", x.Call.Message, &seen)
		}
		var wire a2apb.SendMessageRequest
		if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(x.Call.Arguments, &wire); err != nil {
			return
		}
		if seen, err := pbconv.FromProtoSendMessageRequest(&wire); err == nil && seen.Message != nil {
			agrees(t, "Protobuf", x.Call.Message, seen)
		}
	})
}

// agrees compares a call's message with a request of the SDK.
func agrees(t *testing.T, reader string, got *call.Message, seen *sdk.SendMessageRequest) {
	t.Helper()
	want := call.Message{
		Task: string(seen.Message.TaskID), Context: seen.Message.ContextID, Role: string(seen.Message.Role), Tenant: seen.Tenant,
		Extensions: set(slices.Clone(seen.Message.Extensions)),
	}
	for _, r := range seen.Message.ReferenceTasks {
		want.ReferenceTasks = append(want.ReferenceTasks, string(r))
	}
	for _, p := range seen.Message.Parts {
		switch c := p.Content.(type) {
		case sdk.Text:
			want.PartKinds = append(want.PartKinds, "text")
		case sdk.Raw:
			want.PartKinds = append(want.PartKinds, "raw")
		case sdk.Data:
			want.PartKinds = append(want.PartKinds, "data")
		case sdk.URL:
			want.PartKinds = append(want.PartKinds, "url")
			if h, bad := host(string(c), false); bad != nil {
				t.Fatalf("%s sees the URL %q, which is refused", reader, c)
			} else if h != "" {
				want.URLHosts = append(want.URLHosts, h)
			}
		}
		if m := media1(p.MediaType); m != "" {
			want.MediaTypes = append(want.MediaTypes, m)
		}
	}
	want.PartKinds, want.URLHosts, want.MediaTypes = set(want.PartKinds), set(want.URLHosts), set(want.MediaTypes)
	want.ReferenceTasks = set(want.ReferenceTasks)
	if seen.Config != nil && seen.Config.PushConfig != nil && seen.Config.PushConfig.URL != "" {
		h, bad := host(seen.Config.PushConfig.URL, true)
		if bad != nil {
			t.Fatalf("%s sees the URL %q, which is refused", reader, seen.Config.PushConfig.URL)
		}
		want.PushHost = h
	}
	if got.Role != want.Role && want.Role != "" {
		t.Errorf("%s sees the role %q, the gateway %q", reader, want.Role, got.Role)
	}
	want.Role = got.Role
	same(t, *got, want)
}

func media1(said string) string {
	text, err := json.Marshal(said)
	if err != nil {
		return ""
	}
	m, _ := media(jsonscan.Value{Raw: text})
	return m
}

// FuzzGRPC holds what is taken of a message in Protobuf against what the SDK takes of it.
func FuzzGRPC(f *testing.F) {
	for _, s := range seeds {
		var m a2apb.SendMessageRequest
		if protojson.Unmarshal([]byte(s), &m) != nil {
			continue
		}
		wire, err := proto.Marshal(&m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(wire, "/lf.a2a.v1.A2AService/SendMessage")
		f.Add(wire, "/a2a.v1.A2AService/SendMessage")
	}
	f.Add([]byte{10, 1, 'k'}, "/lf.a2a.v1.A2AService/GetTask")
	f.Fuzz(func(t *testing.T, message []byte, path string) {
		x, bad := parser.GRPC(path, http.Header{}, message)
		if bad != nil || x.Call.Version != Version10 || !x.Sends() {
			return
		}
		if !json.Valid(x.Call.Arguments) {
			t.Fatalf("the arguments are %q", x.Call.Arguments)
		}
		var m a2apb.SendMessageRequest
		if err := proto.Unmarshal(message, &m); err != nil {
			t.Fatalf("taken, and the SDK refuses it: %v", err)
		}
		if seen, err := pbconv.FromProtoSendMessageRequest(&m); err == nil {
			agrees(t, "the SDK", x.Call.Message, seen)
		}
	})
}

// FuzzHTTPJSON looks for requests that break the reader, or whose path could be another than the one it was taken for.
func FuzzHTTPJSON(f *testing.F) {
	f.Add("POST", "/message:send", "", messageWith(""))
	f.Add("GET", "/tasks/k", "historyLength=1", "")
	f.Add("GET", "/acme/tasks", "contextId=a%20b&A2A-Version=1.0", "")
	f.Add("POST", "/v1/tasks/k:cancel", "", "{}")
	f.Fuzz(func(t *testing.T, method, path, query, body string) {
		x, bad := parser.HTTPJSON(get(method, path, query, body, ""))
		if bad != nil {
			return
		}
		if strings.ContainsAny(path, "%?#;\\ ") || strings.Contains(path, "//") || strings.Contains(path, "/.") && strings.Contains(path, "/../") {
			t.Errorf("%q is taken as %+v", path, x.Call)
		}
		if x.Call.Resource.Kind == call.Task && !strings.Contains(path, "/"+x.Call.Resource.Name) {
			t.Errorf("%q is about %q", path, x.Call.Resource.Name)
		}
		if len(x.Call.Arguments) > 0 && !json.Valid(x.Call.Arguments) {
			t.Errorf("the arguments are %q", x.Call.Arguments)
		}
	})
}

// FuzzCard looks for cards that break the reader, or that show what is not shown.
func FuzzCard(f *testing.F) {
	f.Add([]byte(plainCard))
	f.Add([]byte(`{"url":"http://a","preferredTransport":"GRPC","additionalInterfaces":[{"transport":"JSONRPC","url":"http://a"}],"skills":[{"id":"x"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		card, err := ParseCard(text, nil, jsonscan.Limits{})
		if err != nil {
			return
		}
		shown, _, err := card.Shown(Face{URLs: map[Binding]string{JSONRPC: "https://gateway.example/a"}, Shows: func(Skill) bool { return false }})
		if err != nil {
			return
		}
		again, err := ParseCard(shown, nil, jsonscan.Limits{Size: 64 << 20})
		if err != nil || len(again.Skills()) != 0 {
			t.Errorf("%s shows %v, %v", shown, again, err)
		}
	})
}

// FuzzTasks looks for lists that break the filter, or that show a task which is to be left out.
func FuzzTasks(f *testing.F) {
	f.Add([]byte(`{"tasks":[{"id":"a"},{"id":"b","x":{"id":"a"}},{"id":"a"}],"totalSize":3,"pageSize":3,"nextPageToken":"n"}`), true)
	f.Add([]byte(`{"jsonrpc":"2.0","id":1,"result":{"totalSize":1,"tasks":[ {"id":"\u0061"} ]}}`), false)
	f.Add([]byte(`{"error":{"code":1}}`), true)
	f.Fuzz(func(t *testing.T, body []byte, bare bool) {
		x := &Exchange{Binding: HTTPJSON, Operation: ListTasks}
		if !bare {
			x.Binding = JSONRPC
		}
		out, err := parser.Tasks(x, body, func(id string) bool { return id != "a" })
		if err != nil {
			return
		}
		type list struct{ Tasks []struct{ ID string } }
		var all struct {
			list
			Result list
		}
		if err := json.Unmarshal(out, &all); err != nil {
			return // what Go's reader refuses no client of it shows
		}
		seen := all.Tasks
		if !bare {
			seen = all.Result.Tasks
		}
		for _, task := range seen {
			if task.ID == "a" {
				t.Errorf("%s shows the task", out)
			}
		}
	})
}
