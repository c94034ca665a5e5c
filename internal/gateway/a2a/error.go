package a2a

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
)

// Problem is what is wrong, in the protocol's terms.
type Problem int

// The problems (1.0 §3.3.2, §5.4). Denied is what the specification leaves to HTTP and gRPC; its JSON-RPC code is the one that the Go SDK
// uses.
const (
	Internal Problem = iota
	ParseError
	InvalidRequest
	MethodNotFound
	InvalidParams
	TaskNotFound
	VersionNotSupported
	Denied
	Unavailable
	Exhausted
)

// word is a problem in the words of each binding.
var words = map[Problem]struct {
	code   int // of JSON-RPC
	status int // of HTTP
	grpc   int
	name   string // of grpc
	reason string // of google.rpc.ErrorInfo
}{
	Internal:            {-32603, http.StatusInternalServerError, 13, "INTERNAL", "INTERNAL_ERROR"},
	ParseError:          {-32700, http.StatusBadRequest, 3, "INVALID_ARGUMENT", "PARSE_ERROR"},
	InvalidRequest:      {-32600, http.StatusBadRequest, 3, "INVALID_ARGUMENT", "INVALID_REQUEST"},
	MethodNotFound:      {-32601, http.StatusNotFound, 12, "UNIMPLEMENTED", "METHOD_NOT_FOUND"},
	InvalidParams:       {-32602, http.StatusBadRequest, 3, "INVALID_ARGUMENT", "INVALID_PARAMS"},
	TaskNotFound:        {-32001, http.StatusNotFound, 5, "NOT_FOUND", "TASK_NOT_FOUND"},
	VersionNotSupported: {-32009, http.StatusBadRequest, 9, "FAILED_PRECONDITION", "VERSION_NOT_SUPPORTED"},
	Denied:              {-31403, http.StatusForbidden, 7, "PERMISSION_DENIED", "UNAUTHORIZED"},
	Unavailable:         {-32603, http.StatusBadGateway, 14, "UNAVAILABLE", "INTERNAL_ERROR"},
	Exhausted:           {-32603, http.StatusTooManyRequests, 8, "RESOURCE_EXHAUSTED", "INTERNAL_ERROR"},
}

// Error is a refusal that a client of A2A understands in its binding.
type Error struct {
	Problem Problem
	Message string
	ID      []byte // of JSON-RPC, as written; nil where it could not be read
	Status  int    // of HTTP, in place of the problem's; 0 for that
	Allow   string // the methods that a 405 allows
	// Policies are the ids of those that denied; they are told to the caller.
	Policies []string
}

func (e *Error) Error() string { return e.Message }

func newError(p Problem, message string) *Error { return &Error{Problem: p, Message: message} }

// NewError makes a refusal in answer to x, which may be nil.
func NewError(p Problem, x *Exchange, message string) *Error {
	e := newError(p, message)
	if x != nil {
		e.ID = x.ID
	}
	return e
}

// Deny is the refusal of a call by a decision. A task that the caller may not use is not there for it (1.0 §3.3.2), so that nothing tells
// which tasks there are.
func (x *Exchange) Deny(reason string, policies []string) *Error {
	if x.Call.Resource.Kind == call.Task {
		return NewError(TaskNotFound, x, "there is no such task")
	}
	e := NewError(Denied, x, "denied: "+reason)
	e.Policies = policies
	return e
}

// HTTP is the status of an answer over HTTP. JSON-RPC reports what is wrong with a call in a body of status 200, and clients read it there
// alone; what is wrong with the transport keeps its status.
func (e *Error) HTTP(b Binding) int {
	switch {
	case e.Status != 0:
		return e.Status
	case b == JSONRPC && e.Problem != Unavailable && e.Problem != Exhausted:
		return http.StatusOK
	}
	return words[e.Problem].status
}

// GRPC is the status code of gRPC.
func (e *Error) GRPC() int { return words[e.Problem].grpc }

// info is google.rpc.ErrorInfo in JSON.
type info struct {
	Type     string            `json:"@type"`
	Reason   string            `json:"reason"`
	Domain   string            `json:"domain"`
	Metadata map[string]string `json:"metadata,omitempty"`
}

func (e *Error) info() []info {
	i := info{Type: "type.googleapis.com/google.rpc.ErrorInfo", Reason: words[e.Problem].reason, Domain: Domain}
	if len(e.Policies) > 0 {
		i.Metadata = map[string]string{"policies": strings.Join(e.Policies, ",")}
	}
	return []info{i}
}

// Body is the error in JSON, as a binding has it.
func (e *Error) Body(b Binding) []byte {
	type failure struct {
		Code    int    `json:"code"`
		Status  string `json:"status,omitempty"`
		Message string `json:"message"`
		Data    []info `json:"data,omitempty"`
		Details []info `json:"details,omitempty"`
	}
	text := strings.ToValidUTF8(e.Message, "\ufffd")
	var whole any
	if b == JSONRPC {
		id := json.RawMessage("null")
		if e.ID != nil {
			id = e.ID
		}
		whole = struct {
			JSONRPC string          `json:"jsonrpc"`
			ID      json.RawMessage `json:"id"`
			Error   failure         `json:"error"`
		}{"2.0", id, failure{Code: words[e.Problem].code, Message: text, Data: e.info()}}
	} else {
		whole = struct {
			Error failure `json:"error"`
		}{failure{Code: e.HTTP(b), Status: words[e.Problem].name, Message: text, Details: e.info()}}
	}
	out, err := json.Marshal(whole)
	if err != nil {
		return []byte(`{"error":{"code":500,"message":"the error cannot be written as JSON"}}`)
	}
	return out
}

// Respond answers a request over HTTP with the refusal.
func (e *Error) Respond(w http.ResponseWriter, b Binding) {
	if e.Allow != "" {
		w.Header().Set("Allow", e.Allow)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(e.HTTP(b))
	_, _ = w.Write(e.Body(b)) // a client that is gone needs no answer
}

// Reason is the word for the problem in google.rpc.ErrorInfo, whose domain is Domain.
func (e *Error) Reason() string { return words[e.Problem].reason }

// Domain is that of the protocol's errors (1.0 §10.6).
const Domain = "a2a-protocol.org"
