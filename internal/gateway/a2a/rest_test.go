package a2a

import (
	"net/http"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
)

func TestHTTPJSONBecomesACall(t *testing.T) {
	for name, c := range map[string]struct {
		method, path, query, body string
		named                     string // version in the header
		op                        Operation
		version                   string
		resource                  call.Resource
		message                   call.Message
		arguments                 string
	}{
		"a message":                     {"POST", "/message:send", "", messageWith(""), "1.0", SendMessage, "1.0", call.Resource{}, call.Message{Role: "ROLE_USER", PartKinds: []string{"text"}}, messageWith("")},
		"a stream":                      {"POST", "/message:stream", "", messageWith(""), "", SendStreamingMessage, "1.0", call.Resource{}, call.Message{Role: "ROLE_USER", PartKinds: []string{"text"}}, messageWith("")},
		"a tenant's":                    {"POST", "/acme/message:send", "", messageWith(""), "1.0", SendMessage, "1.0", call.Resource{}, call.Message{Role: "ROLE_USER", PartKinds: []string{"text"}, Tenant: "acme"}, messageWith("")},
		"a task":                        {"GET", "/tasks/k-1", "historyLength=2", "", "1.0", GetTask, "1.0", call.Resource{Kind: call.Task, Name: "k-1"}, call.Message{Task: "k-1"}, `{"historyLength":"2","id":"k-1"}`},
		"a tenant's task":               {"GET", "/acme/tasks/k", "", "", "1.0", GetTask, "1.0", call.Resource{Kind: call.Task, Name: "k"}, call.Message{Task: "k", Tenant: "acme"}, `{"id":"k"}`},
		"tasks":                         {"GET", "/tasks", "contextId=c&pageSize=5", "", "1.0", ListTasks, "1.0", call.Resource{}, call.Message{Context: "c"}, `{"contextId":"c","pageSize":"5"}`},
		"the version in the query":      {"GET", "/tasks", "A2A-Version=1.0", "", "", ListTasks, "1.0", call.Resource{}, call.Message{}, ""},
		"the end of a task":             {"POST", "/tasks/k:cancel", "", "", "1.0", CancelTask, "1.0", call.Resource{Kind: call.Task, Name: "k"}, call.Message{Task: "k"}, `{"id":"k"}`},
		"the end of a task with a body": {"POST", "/tasks/k:cancel", "", `{"metadata":{}}`, "1.0", CancelTask, "1.0", call.Resource{Kind: call.Task, Name: "k"}, call.Message{Task: "k"}, `{"metadata":{}}`},
		"a task's stream":               {"GET", "/tasks/k:subscribe", "", "", "1.0", SubscribeToTask, "1.0", call.Resource{Kind: call.Task, Name: "k"}, call.Message{Task: "k"}, `{"id":"k"}`},
		"push notifications":            {"POST", "/tasks/k/pushNotificationConfigs", "", `{"url":"https://h.example"}`, "1.0", CreatePushConfig, "1.0", call.Resource{Kind: call.Task, Name: "k"}, call.Message{Task: "k", PushHost: "h.example"}, `{"url":"https://h.example"}`},
		"a push notification's end":     {"DELETE", "/tasks/k/pushNotificationConfigs/i", "", "", "1.0", DeletePushConfig, "1.0", call.Resource{Kind: call.Task, Name: "k"}, call.Message{Task: "k"}, `{"id":"i","taskId":"k"}`},
		"the extended card":             {"GET", "/extendedAgentCard", "", "", "1.0", GetExtendedAgentCard, "1.0", call.Resource{}, call.Message{}, ""},
		"0.3: a message":                {"POST", "/v1/message:send", "", `{"message":{"role":"ROLE_USER","content":[{"file":{"fileWithUri":"https://f.example/x","mimeType":"a/b"}}]}}`, "", SendMessage, "0.3", call.Resource{}, call.Message{Role: "ROLE_USER", PartKinds: []string{"url"}, MediaTypes: []string{"a/b"}, URLHosts: []string{"f.example"}}, `{"message":{"role":"ROLE_USER","content":[{"file":{"fileWithUri":"https://f.example/x","mimeType":"a/b"}}]}}`},
		"0.3: the extended card":        {"GET", "/v1/card", "", "", "0.3", GetExtendedAgentCard, "0.3", call.Resource{}, call.Message{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			x, bad := parser.HTTPJSON(get(c.method, c.path, c.query, c.body, c.named))
			if bad != nil {
				t.Fatal(bad)
			}
			if c.resource == (call.Resource{}) {
				c.resource = call.Resource{Kind: call.Method, Name: string(c.op)}
			}
			if x.Operation != c.op || x.Call.Version != c.version || x.Call.Resource != c.resource || string(x.Call.Arguments) != c.arguments {
				t.Errorf("%+v %+v %s", x, x.Call, x.Call.Arguments)
			}
			same(t, *x.Call.Message, c.message)
		})
	}
}

func get(method, path, query, body, version string) Request {
	h := http.Header{}
	if version != "" {
		h.Set(HeaderVersion, version)
	}
	if body != "" {
		h.Set("Content-Type", "application/a2a+json")
	}
	return Request{Method: method, Path: path, Query: query, Header: h, Body: []byte(body)}
}

func TestPathsWithMoreThanOneReadingAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		method, path, query, body, version string
		why                                Problem
	}{
		"an escaped slash":            {"GET", "/tasks/a%2Fb", "", "", "1.0", InvalidRequest},
		"an escaped verb":             {"POST", "/tasks/k%3Acancel", "", "", "1.0", InvalidRequest},
		"a verb after a verb":         {"POST", "/tasks/k:cancel:cancel", "", "", "1.0", MethodNotFound},
		"a verb that nobody knows":    {"POST", "/tasks/k:delete", "", "", "1.0", MethodNotFound},
		"a task with a colon":         {"GET", "/tasks/k:x", "", "", "1.0", MethodNotFound},
		"a dot segment":               {"GET", "/tasks/../tasks", "", "", "1.0", InvalidRequest},
		"an empty segment":            {"GET", "//tasks", "", "", "1.0", InvalidRequest},
		"a slash at the end":          {"GET", "/tasks/", "", "", "1.0", InvalidRequest},
		"a parameter of a path":       {"GET", "/tasks;x=y/k", "", "", "1.0", InvalidRequest},
		"a tenant named tasks":        {"GET", "/tasks/tasks", "", "", "1.0", InvalidRequest},
		"a tenant named v1":           {"GET", "/v1/tasks/k", "", "", "1.0", MethodNotFound},
		"two tenants":                 {"GET", "/acme/tasks", "tenant=other", "", "1.0", InvalidParams},
		"a body with another tenant":  {"POST", "/acme/message:send", "", `{"tenant":"other","message":{"role":"ROLE_USER","parts":[]}}`, "1.0", InvalidParams},
		"a body with another task":    {"POST", "/tasks/k:cancel", "", `{"id":"other"}`, "1.0", InvalidParams},
		"a parent with another task":  {"POST", "/v1/tasks/k/pushNotificationConfigs", "", `{"parent":"tasks/other","config":{"pushNotificationConfig":{"url":"https://x"}}}`, "", InvalidParams},
		"a query with a key twice":    {"GET", "/tasks", "contextId=a&contextId=b", "", "1.0", InvalidRequest},
		"a query that nobody knows":   {"GET", "/tasks", "context_id=a", "", "1.0", InvalidRequest},
		"a version in two ways":       {"GET", "/tasks", "A2A-Version=0.3", "", "1.0", InvalidRequest},
		"a body where there is none":  {"GET", "/tasks/k", "", `{"id":"other"}`, "1.0", InvalidRequest},
		"no body where there is one":  {"POST", "/message:send", "", "", "1.0", InvalidParams},
		"a method of another path":    {"PUT", "/tasks/k", "", "", "1.0", InvalidRequest},
		"a path that nobody knows":    {"GET", "/agents", "", "", "1.0", MethodNotFound},
		"0.3 without its prefix":      {"GET", "/card", "", "", "0.3", MethodNotFound},
		"a path with too many levels": {"GET", "/a/b/c/d/e/f/g", "", "", "1.0", InvalidRequest},
	} {
		t.Run(name, func(t *testing.T) {
			x, bad := parser.HTTPJSON(get(c.method, c.path, c.query, c.body, c.version))
			if bad == nil {
				t.Fatalf("taken as %+v %+v", x.Call, x.Call.Message)
			}
			if bad.Problem != c.why {
				t.Errorf("%v: %v", bad.Problem, bad)
			}
		})
	}
}
