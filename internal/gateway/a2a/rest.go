package a2a

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/gateway/jsonscan"
)

// route is what a method and a path of HTTP+JSON ask for.
type route struct {
	method string
	path   string // segments of the path; {id} and {config} stand for any
	op     Operation
	body   bool // takes one
}

// routes are those of both versions (1.0 §11.3, 0.3 §3.5.3); 0.3 has them below /v1, and 1.0 also below a tenant.
var routes = map[string][]route{
	Version10: {
		{"POST", "message:send", SendMessage, true},
		{"POST", "message:stream", SendStreamingMessage, true},
		{"GET", "tasks", ListTasks, false},
		{"GET", "tasks/{id}", GetTask, false},
		{"POST", "tasks/{id}:cancel", CancelTask, true},
		{"GET", "tasks/{id}:subscribe", SubscribeToTask, false},
		{"POST", "tasks/{id}:subscribe", SubscribeToTask, true},
		{"POST", "tasks/{id}/pushNotificationConfigs", CreatePushConfig, true},
		{"GET", "tasks/{id}/pushNotificationConfigs", ListPushConfigs, false},
		{"GET", "tasks/{id}/pushNotificationConfigs/{config}", GetPushConfig, false},
		{"DELETE", "tasks/{id}/pushNotificationConfigs/{config}", DeletePushConfig, false},
		{"GET", "extendedAgentCard", GetExtendedAgentCard, false},
	},
	Version03: {
		{"POST", "message:send", SendMessage, true},
		{"POST", "message:stream", SendStreamingMessage, true},
		{"GET", "tasks", ListTasks, false},
		{"GET", "tasks/{id}", GetTask, false},
		{"POST", "tasks/{id}:cancel", CancelTask, true},
		{"GET", "tasks/{id}:subscribe", SubscribeToTask, false},
		{"POST", "tasks/{id}:subscribe", SubscribeToTask, true},
		{"POST", "tasks/{id}/pushNotificationConfigs", CreatePushConfig, true},
		{"GET", "tasks/{id}/pushNotificationConfigs", ListPushConfigs, false},
		{"GET", "tasks/{id}/pushNotificationConfigs/{config}", GetPushConfig, false},
		{"DELETE", "tasks/{id}/pushNotificationConfigs/{config}", DeletePushConfig, false},
		{"GET", "card", GetExtendedAgentCard, false},
	},
}

// queries are the parameters that an operation takes in its URL (1.0 §11.5).
var queries = map[Operation]map[string]bool{
	GetTask:              {"historyLength": true, "tenant": true},
	ListTasks:            {"contextId": true, "status": true, "pageSize": true, "pageToken": true, "historyLength": true, "statusTimestampAfter": true, "includeArtifacts": true, "tenant": true},
	ListPushConfigs:      {"pageSize": true, "pageToken": true, "tenant": true},
	GetPushConfig:        {"tenant": true},
	DeletePushConfig:     {"tenant": true},
	SubscribeToTask:      {"tenant": true},
	GetExtendedAgentCard: {"tenant": true},
}

// HTTPJSON reads a request of that binding. What it refuses nothing may pass on.
func (p *Parser) HTTPJSON(r Request) (*Exchange, *Error) {
	found, version, bad := find(r.Method, r.Path)
	if bad != nil {
		return nil, bad
	}
	q, bad := queryOf(r.Query, queries[found.op])
	if bad != nil {
		return nil, bad
	}
	named, bad := p.version(r.Header, q.version)
	if bad != nil {
		return nil, bad
	}
	if bad := p.agree(version, named); bad != nil {
		return nil, bad
	}
	x := p.exchange(HTTPJSON, found.op, version)
	x.Call.Message.Tenant, x.Call.Message.Task = found.tenant, found.task
	if bad := extensions(r.Header, x.Call.Message); bad != nil {
		return nil, bad
	}
	at := make(params, shapeCount)
	switch {
	case len(r.Body) > 0 && !found.body:
		return nil, newError(InvalidRequest, "the request must not have a body")
	case len(r.Body) > 0:
		if bad := checkMedia(r.Header, "application/json", "application/a2a+json"); bad != nil {
			return nil, bad
		}
		v, err := bodyShape.Scan(r.Body, p.Limits, at)
		if err != nil {
			return nil, newError(ParseError, "the request is refused: "+err.Error())
		}
		if v.Kind() != jsonscan.Object {
			return nil, newError(InvalidParams, "the body must be a JSON object")
		}
		x.Call.Arguments = v.Raw
	case x.Sends() || x.Operation == CreatePushConfig:
		return nil, newError(InvalidParams, "the body is missing")
	default:
		if bad := x.fromQuery(q, found, at, p.Limits); bad != nil {
			return nil, bad
		}
	}
	return x, p.read(x, at)
}

// fromQuery makes the parameters of a URL the call's arguments: all of them strings, as they were written.
func (x *Exchange) fromQuery(q query, f found, at params, l jsonscan.Limits) *Error {
	arguments := map[string]string{}
	for name, list := range q.values {
		arguments[name] = list[0]
	}
	if f.task != "" {
		name := "id"
		if x.Operation == ListPushConfigs || x.Operation == GetPushConfig || x.Operation == DeletePushConfig {
			name = "taskId"
		}
		arguments[name] = f.task
	}
	if f.config != "" {
		arguments["id"] = f.config
	}
	if len(arguments) == 0 {
		return nil
	}
	text, err := json.Marshal(arguments)
	if err == nil {
		_, err = bodyShape.Scan(text, l, at)
	}
	if err != nil {
		return newError(InvalidRequest, "the query cannot be read")
	}
	x.Call.Arguments = text
	return nil
}

// found is a route that a path took.
type found struct {
	route
	tenant, task, config string
}

// find gives the route of a request. A first segment v1 means version 0.3: a tenant of that name would be another reading.
func find(httpMethod, path string) (found, string, *Error) {
	segments, bad := split(path)
	if bad != nil {
		return found{}, "", bad
	}
	version, rest, tenant := Version10, segments, ""
	if segments[0] == "v1" {
		version, rest = Version03, segments[1:]
	}
	f, allow := match(httpMethod, version, rest)
	if version == Version10 && len(segments) > 1 && !strings.Contains(segments[0], ":") {
		below, more := match(httpMethod, version, segments[1:])
		allow = append(allow, more...)
		switch {
		case f != nil && below != nil: // /tasks/tasks
			return found{}, "", newError(InvalidRequest, "the path can be read with a tenant and without one")
		case below != nil:
			f, tenant = below, segments[0]
		}
	}
	if f != nil {
		f.tenant = tenant
		return *f, version, nil
	}
	if len(allow) > 0 {
		e := newError(InvalidRequest, "the HTTP method "+oneLine(httpMethod)+" is not allowed here")
		e.Status, e.Allow = http.StatusMethodNotAllowed, strings.Join(set(allow), ", ")
		return found{}, "", e
	}
	return found{}, "", newError(MethodNotFound, "there is nothing at this path")
}

// split gives the segments of a path. Escapes are refused, and with them every spelling that servers undo at different times; so are
// empty and dot segments.
func split(path string) ([]string, *Error) {
	path, ok := strings.CutPrefix(path, "/")
	segments := strings.Split(path, "/")
	for _, s := range segments {
		if s == "" || s == "." || s == ".." || len(s) > maxName {
			ok = false
		}
		for _, c := range []byte(s) {
			if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("-._~:@+,=", rune(c)) {
				ok = false
			}
		}
	}
	if !ok || len(segments) > 6 {
		return nil, newError(InvalidRequest, "the path holds empty or dot segments, escapes, or characters that not all servers read alike")
	}
	return segments, nil
}

// match gives the route of a path without version and tenant, or the methods that the path has.
func match(httpMethod, version string, segments []string) (*found, []string) {
	var allow []string
	for _, r := range routes[version] {
		f := found{route: r}
		if !f.takes(segments) {
			continue
		}
		if r.method == httpMethod {
			return &f, nil
		}
		allow = append(allow, r.method)
	}
	return nil, allow
}

// takes says whether segments are the route's, and keeps what stands for its ids. An id holds no colon, as one begins a verb.
func (f *found) takes(segments []string) bool {
	want := strings.Split(f.path, "/")
	if len(want) != len(segments) {
		return false
	}
	for i, w := range want {
		s := segments[i]
		switch {
		case strings.HasPrefix(w, "{id}"):
			id, ok := strings.CutSuffix(s, w[len("{id}"):])
			if !ok || id == "" || strings.Contains(id, ":") {
				return false
			}
			f.task = id
		case w == "{config}":
			if strings.Contains(s, ":") {
				return false
			}
			f.config = s
		case w != s:
			return false
		}
	}
	return true
}
