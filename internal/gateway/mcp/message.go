package mcp

import (
	"fmt"
	"unicode"

	"github.com/agentward/terraform-provider-agent/internal/gateway/jsonscan"
)

// messageShape names what decisions rest on. Its order is that of the constants below.
var messageShape = jsonscan.MustShape(
	"/jsonrpc", "/id", "/method", "/params", "/result", "/error",
	"/params/name", "/params/uri", "/params/arguments", "/params/taskId", "/params/protocolVersion",
	"/params/ref", "/params/ref/type", "/params/ref/name", "/params/ref/uri", "/params/argument",
	"/params/notifications/resourceSubscriptions", "/params/notifications/taskIds", "/params/requestId", "/params/inputRequests",
	"/params/_meta", "/params/_meta/io.modelcontextprotocol~1protocolVersion",
	"/result/inputRequests", "/error/code", "/error/message", "/error/data/elicitations",
	"/result/tools", "/result/prompts", "/result/resources", "/result/resourceTemplates", "/result/cacheScope", "/result/ttlMs", "/result/nextCursor",
)

const (
	atVersionTag = iota
	atID
	atMethod
	atParams
	atResult
	atError
	atName
	atURI
	atArguments
	atTask
	atInitialVersion
	atRef
	atRefType
	atRefName
	atRefURI
	atArgument
	atSubscriptions
	atTaskSubscriptions
	atCancelled
	atTaskInputs
	atMeta
	atMetaVersion
	atInputRequests
	atCode
	atMessage
	atElicitations
	atTools
	atPrompts
	atResources
	atTemplates
	atCacheScope
	atTTL
	atCursor
	memberCount
)

// message is one JSON-RPC message. Its values point into the body.
type message struct {
	method string // "" for a response
	id     []byte // nil for a notification, and for an error response that could not name its request
	base   int    // where the message starts in the body; offsets in at count from there
	at     [memberCount]jsonscan.Value
}

// maxName bounds the bytes of a method, tool, prompt or task name and of a URI. Such names go to headers and logs.
const maxName = 8 << 10

// scan reads data as one message.
func (m *message) scan(data []byte, l jsonscan.Limits) *Error {
	v, err := messageShape.Scan(data, l, m.at[:])
	if err != nil {
		return NewError(CodeParse, nil, "the message is refused: "+err.Error())
	}
	if v.Kind() != jsonscan.Object {
		return NewError(CodeInvalidRequest, nil, "a message is a JSON object")
	}
	return m.classify()
}

func (m *message) classify() *Error {
	id := m.at[atID]
	switch id.Kind() {
	case jsonscan.String:
		m.id = id.Raw
	case jsonscan.NumberKind:
		if !isInteger(id.Raw) {
			return NewError(CodeInvalidRequest, nil, "id: a number is an integer within ±(2^53-1)")
		}
		m.id = id.Raw
	case jsonscan.Absent:
	case jsonscan.Null:
		// JSON-RPC lets a server answer so when it could not read the id; MCP allows it nowhere else.
		if m.at[atError].Kind() == jsonscan.Absent {
			return NewError(CodeInvalidRequest, nil, "id: must not be null")
		}
	default:
		return NewError(CodeInvalidRequest, nil, "id: must be a string or an integer")
	}
	if tag, ok := m.at[atVersionTag].Text(); !ok || tag != "2.0" {
		return m.invalid(`jsonrpc: must be "2.0"`)
	}
	if failure := m.at[atError]; failure.Kind() != jsonscan.Absent {
		code := m.at[atCode]
		if failure.Kind() != jsonscan.Object || code.Kind() != jsonscan.NumberKind || !isInteger(code.Raw) || m.at[atMessage].Kind() != jsonscan.String {
			return m.invalid("error: must be an object with an integer code and a message")
		}
	}
	result, failure := m.at[atResult].Kind() != jsonscan.Absent, m.at[atError].Kind() != jsonscan.Absent
	if m.at[atMethod].Kind() == jsonscan.Absent {
		switch {
		case result == failure:
			return m.invalid("a message has a method, or either a result or an error")
		case m.at[atParams].Kind() != jsonscan.Absent:
			return m.invalid("a response has no params")
		case result && m.id == nil:
			return m.invalid("id: missing")
		}
		return nil
	}
	if result || failure {
		return m.invalid("a message with a method has neither result nor error")
	}
	var bad *Error
	if m.method, bad = m.text(atMethod, "method"); bad != nil {
		bad.Code = CodeInvalidRequest
		return bad
	}
	switch m.at[atParams].Kind() {
	case jsonscan.Absent, jsonscan.Null, jsonscan.Object:
		return nil
	}
	return m.invalid("params: must be an object")
}

func (m *message) invalid(text string) *Error { return NewError(CodeInvalidRequest, m.id, text) }

// params is the object of parameters, nil for none.
func (m *message) params() []byte {
	if m.at[atParams].Kind() != jsonscan.Object {
		return nil
	}
	return m.at[atParams].Raw
}

// text gives a required name: a string without control characters, which some readers cut or drop.
func (m *message) text(at int, what string) (string, *Error) {
	s, ok := m.at[at].Text()
	switch {
	case !ok:
		return "", NewError(CodeInvalidParams, m.id, what+": must be a string")
	case s == "":
		return "", NewError(CodeInvalidParams, m.id, what+": must not be empty")
	case len(s) > maxName:
		return "", NewError(CodeInvalidParams, m.id, fmt.Sprintf("%s: longer than %d bytes", what, maxName))
	}
	for _, r := range s {
		if unicode.IsControl(r) {
			return "", NewError(CodeInvalidParams, m.id, fmt.Sprintf("%s: holds the control character %U", what, r))
		}
	}
	return s, nil
}

// object gives an optional object, nil for none.
func (m *message) object(at int, what string) ([]byte, *Error) {
	switch m.at[at].Kind() {
	case jsonscan.Absent, jsonscan.Null:
		return nil, nil
	case jsonscan.Object:
		return m.at[at].Raw, nil
	}
	return nil, NewError(CodeInvalidParams, m.id, what+": must be an object")
}

// isInteger says that a JSON number is written as an integer that a float64 holds exactly (RFC 7493 §2.2).
func isInteger(number []byte) bool {
	if number[0] == '-' {
		number = number[1:]
	}
	const largest = "9007199254740991"
	if len(number) > len(largest) {
		return false
	}
	for _, c := range number {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(number) < len(largest) || string(number) <= largest
}
