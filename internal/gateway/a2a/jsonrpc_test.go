package a2a

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
)

// post is a request of JSON-RPC in version 1.0, but for headers that are given as pairs.
func post(body string, headers ...string) Request {
	h := http.Header{"Content-Type": {"application/json"}, HeaderVersion: {"1.0"}}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i+1] == "" {
			h.Del(headers[i])
		} else {
			h[http.CanonicalHeaderKey(headers[i])] = strings.Split(headers[i+1], "|")
		}
	}
	return Request{Method: http.MethodPost, Header: h, Body: []byte(body)}
}

func rpcBody(method, params string) string {
	return `{"jsonrpc":"2.0","id":7,"method":"` + method + `","params":` + params + `}`
}

// message is one of 1.0 with a text, and more members.
func messageWith(more string) string {
	return `{"message":{"messageId":"m","role":"ROLE_USER","parts":[{"text":"hi"}]` + more + `}}`
}

var parser = &Parser{Target: "bank"}

func TestJSONRPCBecomesACall(t *testing.T) {
	old := []string{"A2A-Version", ""}
	for name, c := range map[string]struct {
		body     string
		headers  []string
		op       Operation
		version  string
		resource call.Resource
		message  call.Message
		skill    string
	}{
		"a message": {
			body: rpcBody("SendMessage", `{"tenant":"t","message":{"messageId":"m","contextId":"c","taskId":"k","role":"ROLE_USER","referenceTaskIds":["r","q"],`+
				`"extensions":["urn:b","urn:a"],"metadata":{"urn:agentward:a2a:skill":"pay"},"parts":[{"text":"hi"},{"text":"ho","mediaType":"Text/Plain; charset=utf-8"},`+
				`{"url":"https://Files.Example:8443/x?y","mediaType":"image/png"},{"data":{"a":1}},{"raw":"AA=="}]},`+
				`"configuration":{"taskPushNotificationConfig":{"url":"https://hook.example/in"}}}`),
			headers: []string{"A2A-Extensions", "urn:c, urn:a|urn:d"},
			op:      SendMessage, version: "1.0", resource: call.Resource{Kind: call.Method, Name: "SendMessage"}, skill: "pay",
			message: call.Message{
				Task: "k", Context: "c", Role: "ROLE_USER", PartKinds: []string{"data", "raw", "text", "url"}, MediaTypes: []string{"image/png", "text/plain"},
				URLHosts: []string{"files.example"}, Extensions: []string{"urn:a", "urn:b", "urn:c", "urn:d"}, ReferenceTasks: []string{"q", "r"},
				PushHost: "hook.example", Tenant: "t",
			},
		},
		"the version need not be named":           {body: rpcBody("SendMessage", messageWith("")), headers: old, op: SendMessage, version: "1.0", message: call.Message{Role: "ROLE_USER", PartKinds: []string{"text"}}},
		"a version with a patch":                  {body: rpcBody("SendMessage", messageWith("")), headers: []string{"A2A-Version", "1.0.1"}, op: SendMessage, version: "1.0", message: call.Message{Role: "ROLE_USER", PartKinds: []string{"text"}}},
		"null is nothing":                         {body: rpcBody("SendMessage", `{"tenant":null,"configuration":null,"message":{"role":"ROLE_AGENT","taskId":null,"parts":[]}}`), op: SendMessage, version: "1.0", message: call.Message{Role: "ROLE_AGENT"}},
		"a stream":                                {body: rpcBody("SendStreamingMessage", messageWith("")), op: SendStreamingMessage, version: "1.0", resource: call.Resource{Kind: call.Method, Name: "SendStreamingMessage"}, message: call.Message{Role: "ROLE_USER", PartKinds: []string{"text"}}},
		"a task":                                  {body: rpcBody("GetTask", `{"id":"k","historyLength":3}`), op: GetTask, version: "1.0", resource: call.Resource{Kind: call.Task, Name: "k"}, message: call.Message{Task: "k"}},
		"the end of a task":                       {body: rpcBody("CancelTask", `{"id":"k"}`), op: CancelTask, version: "1.0", resource: call.Resource{Kind: call.Task, Name: "k"}, message: call.Message{Task: "k"}},
		"a task's stream":                         {body: rpcBody("SubscribeToTask", `{"id":"k"}`), op: SubscribeToTask, version: "1.0", resource: call.Resource{Kind: call.Task, Name: "k"}, message: call.Message{Task: "k"}},
		"tasks":                                   {body: rpcBody("ListTasks", `{"contextId":"c"}`), op: ListTasks, version: "1.0", message: call.Message{Context: "c"}},
		"push notifications":                      {body: rpcBody("CreateTaskPushNotificationConfig", `{"taskId":"k","id":"i","url":"http://[::1]:9/x"}`), op: CreatePushConfig, version: "1.0", resource: call.Resource{Kind: call.Task, Name: "k"}, message: call.Message{Task: "k", PushHost: "::1"}},
		"a push notification's configuration":     {body: rpcBody("GetTaskPushNotificationConfig", `{"taskId":"k","id":"i"}`), op: GetPushConfig, version: "1.0", resource: call.Resource{Kind: call.Task, Name: "k"}, message: call.Message{Task: "k"}},
		"push notifications' configurations":      {body: rpcBody("ListTaskPushNotificationConfigs", `{"taskId":"k"}`), op: ListPushConfigs, version: "1.0", resource: call.Resource{Kind: call.Task, Name: "k"}, message: call.Message{Task: "k"}},
		"the extended card":                       {body: `{"jsonrpc":"2.0","id":"x","method":"GetExtendedAgentCard"}`, op: GetExtendedAgentCard, version: "1.0"},
		"0.3: a message":                          {body: rpcBody("message/send", `{"message":{"kind":"message","messageId":"m","role":"user","parts":[{"kind":"text","text":"x"},{"kind":"file","file":{"uri":"gs://bucket/x","mimeType":"a/b"}},{"kind":"file","file":{"bytes":"AA=="}},{"kind":"data","data":{}}]},"configuration":{"pushNotificationConfig":{"url":"https://h.example"}}}`), headers: old, op: SendMessage, version: "0.3", message: call.Message{Role: "ROLE_USER", PartKinds: []string{"data", "raw", "text", "url"}, MediaTypes: []string{"a/b"}, URLHosts: []string{"bucket"}, PushHost: "h.example"}},
		"0.3: a task":                             {body: rpcBody("tasks/get", `{"id":"k"}`), headers: []string{"A2A-Version", "0.3"}, op: GetTask, version: "0.3", resource: call.Resource{Kind: call.Task, Name: "k"}, message: call.Message{Task: "k"}},
		"0.3: push notifications":                 {body: rpcBody("tasks/pushNotificationConfig/set", `{"taskId":"k","pushNotificationConfig":{"url":"https://h.example./x"}}`), headers: old, op: CreatePushConfig, version: "0.3", resource: call.Resource{Kind: call.Task, Name: "k"}, message: call.Message{Task: "k", PushHost: "h.example"}},
		"0.3: a push notification":                {body: rpcBody("tasks/pushNotificationConfig/get", `{"id":"k","pushNotificationConfigId":"i"}`), headers: old, op: GetPushConfig, version: "0.3", resource: call.Resource{Kind: call.Task, Name: "k"}, message: call.Message{Task: "k"}},
		"0.3: the extension header has an X":      {body: rpcBody("tasks/cancel", `{"id":"k"}`), headers: []string{"A2A-Version", "", "X-A2A-Extensions", "urn:x"}, op: CancelTask, version: "0.3", resource: call.Resource{Kind: call.Task, Name: "k"}, message: call.Message{Task: "k", Extensions: []string{"urn:x"}}},
		"members that nobody knows are passed on": {body: rpcBody("GetTask", `{"id":"k","other":{"deep":[1]}}`), op: GetTask, version: "1.0", resource: call.Resource{Kind: call.Task, Name: "k"}, message: call.Message{Task: "k"}},
	} {
		t.Run(name, func(t *testing.T) {
			x, bad := parser.JSONRPC(post(c.body, c.headers...))
			if bad != nil {
				t.Fatal(bad)
			}
			if c.resource == (call.Resource{}) {
				c.resource = call.Resource{Kind: call.Method, Name: string(c.op)}
			}
			if x.Operation != c.op || x.Call.Version != c.version || x.Call.Resource != c.resource || x.Skill != c.skill || x.Call.Method != string(c.op) || x.Call.Target != "bank" {
				t.Errorf("%+v %+v", x, x.Call)
			}
			same(t, *x.Call.Message, c.message)
		})
	}
}

func same(t *testing.T, got, want call.Message) {
	t.Helper()
	if got.Task != want.Task || got.Context != want.Context || got.Role != want.Role || got.PushHost != want.PushHost || got.Tenant != want.Tenant ||
		!slices.Equal(got.PartKinds, want.PartKinds) || !slices.Equal(got.MediaTypes, want.MediaTypes) || !slices.Equal(got.URLHosts, want.URLHosts) ||
		!slices.Equal(got.Extensions, want.Extensions) || !slices.Equal(got.ReferenceTasks, want.ReferenceTasks) {
		t.Errorf("message\n%+v, want\n%+v", got, want)
	}
}

func TestWhatReadersOfJSONRPCTakeDifferentlyIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		body    string
		headers []string
		why     Problem
	}{
		"a key twice":                         {body: `{"jsonrpc":"2.0","id":1,"method":"GetTask","method":"CancelTask","params":{"id":"k"}}`, why: ParseError},
		"a key in another case":               {body: rpcBody("GetTask", `{"id":"k","ID":"other"}`), why: ParseError},
		"a key with a letter that folds":      {body: rpcBody("SendMessage", messageWith(`,"ta\u017fkId":"k"`)), why: ParseError},
		"a method in another case":            {body: rpcBody("gettask", `{"id":"k"}`), why: MethodNotFound},
		"something after the request":         {body: rpcBody("GetTask", `{"id":"k"}`) + `{}`, why: ParseError},
		"a batch":                             {body: `[` + rpcBody("GetTask", `{"id":"k"}`) + `]`, why: InvalidRequest},
		"no id":                               {body: `{"jsonrpc":"2.0","method":"GetTask","params":{"id":"k"}}`, why: InvalidRequest},
		"an id that is not the same to all":   {body: `{"jsonrpc":"2.0","id":9007199254740993,"method":"GetTask","params":{"id":"k"}}`, why: InvalidRequest},
		"another JSON-RPC":                    {body: `{"jsonrpc":"1.0","id":1,"method":"GetTask","params":{"id":"k"}}`, why: InvalidRequest},
		"parameters in an array":              {body: rpcBody("GetTask", `["k"]`), why: InvalidRequest},
		"a method of another version":         {body: rpcBody("message/send", messageWith("")), why: MethodNotFound},
		"a version that nobody knows":         {body: rpcBody("GetTask", `{"id":"k"}`), headers: []string{"A2A-Version", "2.0"}, why: VersionNotSupported},
		"two versions":                        {body: rpcBody("GetTask", `{"id":"k"}`), headers: []string{"A2A-Version", "1.0|0.3"}, why: InvalidRequest},
		"a version with an underscore":        {body: rpcBody("GetTask", `{"id":"k"}`), headers: []string{"A2A_Version", "0.3"}, why: InvalidRequest},
		"a name in Protobuf's spelling":       {body: rpcBody("SendMessage", messageWith(`,"task_id":"k"`)), why: InvalidParams},
		"a name in Protobuf's spelling above": {body: rpcBody("ListTasks", `{"context_id":"c"}`), why: InvalidParams},
		"a push URL in Protobuf's spelling":   {body: rpcBody("SendMessage", `{"message":{"role":"ROLE_USER","parts":[]},"configuration":{"task_push_notification_config":{"url":"https://x"}}}`), why: InvalidParams},
		"two push URLs":                       {body: rpcBody("SendMessage", `{"message":{"role":"ROLE_USER","parts":[]},"configuration":{"taskPushNotificationConfig":{"url":"https://x"},"pushNotificationConfig":{"url":"https://y"}}}`), why: InvalidParams},
		"no message":                          {body: rpcBody("SendMessage", `{}`), why: InvalidParams},
		"a message that is a list":            {body: rpcBody("SendMessage", `{"message":[]}`), why: InvalidParams},
		"a role as Protobuf numbers it":       {body: rpcBody("SendMessage", `{"message":{"role":1,"parts":[]}}`), why: InvalidParams},
		"a role of another version":           {body: rpcBody("SendMessage", `{"message":{"role":"user","parts":[]}}`), why: InvalidParams},
		"a part with two contents":            {body: rpcBody("SendMessage", `{"message":{"role":"ROLE_USER","parts":[{"text":"a","url":"https://x"}]}}`), why: InvalidParams},
		"a part with a content of null":       {body: rpcBody("SendMessage", `{"message":{"role":"ROLE_USER","parts":[{"data":null}]}}`), why: InvalidParams},
		"a part without content":              {body: rpcBody("SendMessage", `{"message":{"role":"ROLE_USER","parts":[{"mediaType":"a/b"}]}}`), why: InvalidParams},
		"a part of another version":           {body: rpcBody("SendMessage", `{"message":{"role":"ROLE_USER","parts":[{"kind":"file","file":{"uri":"https://x"}}]}}`), why: InvalidParams},
		"a kind that is not the content's":    {body: rpcBody("message/send", `{"message":{"role":"user","parts":[{"kind":"text","data":{}}]}}`), headers: []string{"A2A-Version", ""}, why: InvalidParams},
		"a part's key in another case":        {body: rpcBody("SendMessage", `{"message":{"role":"ROLE_USER","parts":[{"text":"a","URL":"https://x"}]}}`), why: ParseError},
		"a part's key in Protobuf's spelling": {body: rpcBody("SendMessage", `{"message":{"role":"ROLE_USER","parts":[{"text":"a","media_type":"b/c"}]}}`), why: InvalidParams},
		"a skill that is no string":           {body: rpcBody("SendMessage", messageWith(`,"metadata":{"urn:agentward:a2a:skill":["a"]}`)), why: InvalidParams},
		"a skill's key in another case":       {body: rpcBody("SendMessage", messageWith(`,"metadata":{"urn:agentward:A2A:skill":"a"}`)), why: InvalidParams},
		"a task without an id":                {body: rpcBody("GetTask", `{"name":"tasks/k"}`), why: InvalidParams},
		"a task whose id is a number":         {body: rpcBody("GetTask", `{"id":1}`), why: InvalidParams},
		"a body of another type":              {body: rpcBody("GetTask", `{"id":"k"}`), headers: []string{"Content-Type", "text/plain"}, why: InvalidRequest},
		"a body that is compressed":           {body: rpcBody("GetTask", `{"id":"k"}`), headers: []string{"Content-Encoding", "gzip"}, why: InvalidRequest},
	} {
		t.Run(name, func(t *testing.T) {
			x, bad := parser.JSONRPC(post(c.body, c.headers...))
			if bad == nil {
				t.Fatalf("taken as %+v", x.Call)
			}
			if bad.Problem != c.why {
				t.Errorf("%v: %v", bad.Problem, bad)
			}
		})
	}
	// The control for all of them.
	if _, bad := parser.JSONRPC(post(rpcBody("GetTask", `{"id":"k"}`))); bad != nil {
		t.Error(bad)
	}
}

func TestURLsWithMoreThanOneHost(t *testing.T) {
	for u, want := range map[string]string{
		"https://hook.example/x":      "hook.example",
		"https://HOOK.example.:443/x": "hook.example",
		"http://10.0.0.1/":            "10.0.0.1",
		"http://[2001:DB8::1]:80":     "2001:db8::1",
		"https://a@b.example/":        "",
		"https://a\\@b.example/":      "",
		"https://b.example\t.c/":      "",
		"https:/b.example":            "",
		"https:b.example":             "",
		"https:///b.example":          "",
		"//b.example/":                "",
		"ftp://b.example/":            "",
		"http://127.1/":               "",
		"http://0x7f.0.0.1/":          "",
		"http://2130706433/":          "",
		"http://b%2eexample/":         "",
		"http://ｂ.example/":           "",
		"http://[fe80::1%25eth0]/":    "",
		"data:text/plain,x":           "",
		"":                            "",
	} {
		got, bad := host(u, true)
		if (bad != nil) != (want == "") || got != want {
			t.Errorf("%q is at %q, %v; want %q", u, got, bad, want)
		}
	}
}
