package mcp

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
)

// The codes of JSON-RPC errors (JSON-RPC 2.0 §5.1; 2026-07-28 "Error Codes").
const (
	CodeParse              = -32700
	CodeInvalidRequest     = -32600
	CodeMethodNotFound     = -32601
	CodeInvalidParams      = -32602
	CodeInternal           = -32603
	CodeHeaderMismatch     = -32020
	CodeMissingCapability  = -32021
	CodeUnsupportedVersion = -32022
	// CodeDenied is the gateway's own, outside the range that JSON-RPC reserves, as the specification asks.
	CodeDenied = 403
)

// Error is a refusal that a client of MCP understands: an HTTP status and a JSON-RPC error response.
type Error struct {
	Status  int // of HTTP
	Code    int // of JSON-RPC
	Message string
	ID      []byte // of the request, as written; nil where it has none or it could not be read
	Data    any    // what encoding/json can write; nil for none
	Allow   string // the methods that a 405 allows
}

func (e *Error) Error() string { return e.Message }

// NewError makes a refusal with the HTTP status that belongs to its code: 404 for an unknown method, 403 for a denial, 500 for an
// internal error, 400 for the others. A nil id stands for none.
func NewError(code int, id []byte, message string) *Error {
	status := http.StatusBadRequest
	switch code {
	case CodeMethodNotFound:
		status = http.StatusNotFound
	case CodeDenied:
		status = http.StatusForbidden
	case CodeInternal:
		status = http.StatusInternalServerError
	}
	return &Error{Status: status, Code: code, ID: id, Message: message}
}

// Denied is the refusal of a call by a decision. The ids of the policies are left out if there are none.
func Denied(c *call.Call, reason string, policies []string) *Error {
	e := NewError(CodeDenied, c.RequestID, "denied: "+reason)
	if len(policies) > 0 {
		e.Data = struct {
			Policies []string `json:"policies"`
		}{policies}
	}
	return e
}

// Body is the JSON-RPC error response. Without an id it has no such member, as the revisions from 2025-11-25 on want it.
func (e *Error) Body() []byte {
	var id json.RawMessage
	if e.ID != nil {
		id = e.ID
	}
	type body struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
		Data    any    `json:"data,omitempty"`
	}
	out, err := json.Marshal(struct {
		JSONRPC string          `json:"jsonrpc"`
		ID      json.RawMessage `json:"id,omitempty"`
		Error   body            `json:"error"`
	}{"2.0", id, body{e.Code, strings.ToValidUTF8(e.Message, "\ufffd"), e.Data}})
	if err != nil {
		return []byte(`{"jsonrpc":"2.0","error":{"code":-32603,"message":"the error cannot be written as JSON"}}`)
	}
	return out
}

// Respond answers a request with the refusal.
func (e *Error) Respond(w http.ResponseWriter) { respond(w, e.Status, e.Allow, e.Body()) }

func respond(w http.ResponseWriter, status int, allow string, body []byte) {
	if allow != "" {
		w.Header().Set("Allow", allow)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that is gone needs no answer
}
