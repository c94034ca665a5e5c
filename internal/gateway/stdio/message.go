package stdio

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/agentward/terraform-provider-agent/internal/gateway/jsonscan"
)

// shape is what a message is routed by.
var shape = jsonscan.MustShape(
	"/id", "/method", "/error", "/error/code", "/params/_meta/progressToken", "/params/progressToken",
	"/params/_meta/io.modelcontextprotocol~1subscriptionId", "/result/_meta/io.modelcontextprotocol~1subscriptionId",
)

const (
	atID = iota
	atMethod
	atError
	atCode
	atToken     // a request's, for progress of it
	atProgress  // a progress notification's
	atListening // a notification's: the id of the subscriptions/listen that it is for
	atListened  // the same in the result of one
	members
)

// message is one JSON-RPC message. Its values point into text.
type message struct {
	text []byte
	at   [members]jsonscan.Value
}

// errMessage is a document that is no message.
var errMessage = errors.New("not a JSON-RPC message")

func parse(text []byte, limit int) (*message, error) {
	m := &message{text: text}
	v, err := shape.Scan(text, jsonscan.Limits{Size: limit, Depth: jsonscan.MaxDepth}, m.at[:])
	if err != nil {
		return nil, err
	}
	if v.Kind() != jsonscan.Object || len(m.at[atID].Raw) > maxID || len(m.at[atToken].Raw) > maxID {
		return nil, errMessage
	}
	return m, nil
}

// split gives the messages of a document: those of a batch, which only 2025-03-26 has, or the one that it is.
func split(text []byte, limit int) ([]*message, error) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 || text[0] != '[' {
		m, err := parse(text, limit)
		return []*message{m}, err
	}
	v, err := jsonscan.Validate(text, jsonscan.Limits{Size: limit, Depth: jsonscan.MaxDepth})
	if err != nil {
		return nil, err
	}
	var all []*message
	for element := range v.Elements() {
		m, err := parse(element.Raw, limit)
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	if len(all) == 0 {
		return nil, errMessage
	}
	return all, nil
}

func (m *message) method() string {
	name, _ := m.at[atMethod].Text()
	return name
}

func (m *message) hasID() bool {
	kind := m.at[atID].Kind()
	return kind == jsonscan.String || kind == jsonscan.NumberKind
}

func (m *message) isRequest() bool  { return m.method() != "" && m.hasID() }
func (m *message) isResponse() bool { return m.method() == "" && m.hasID() }

// maxID is the longest id or progress token, in bytes.
const maxID = 1 << 10

// key tells ids and tokens apart, however they are escaped.
func key(v jsonscan.Value) string {
	if text, ok := v.Text(); ok {
		return "\"" + text
	}
	return string(v.Raw)
}

// change is what stands in place of a value.
type change struct {
	of jsonscan.Value
	by []byte
}

// with gives the message as one line, with values changed.
func (m *message) with(changes ...change) []byte {
	slices.SortFunc(changes, func(a, b change) int { return a.of.Offset - b.of.Offset })
	var out bytes.Buffer
	at := 0
	for _, c := range changes {
		if c.by == nil || len(c.of.Raw) == 0 {
			continue
		}
		out.Write(m.text[at:c.of.Offset])
		out.Write(c.by)
		at = c.of.Offset + len(c.of.Raw)
	}
	out.Write(m.text[at:])
	line := out.Bytes()
	if bytes.ContainsAny(line, "\r\n") {
		var one bytes.Buffer
		if json.Compact(&one, line) == nil { // it was validated
			line = one.Bytes()
		}
	}
	return append(line, '\n')
}

// failed is the error that answers a request which the server does not.
func failed(id []byte, code int, why string) []byte {
	text, _ := json.Marshal(why) // a string always can be
	return fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,"error":{"code":%d,"message":%s}}`, id, code, text)
}

// Codes of JSON-RPC.
const (
	codeInvalid  = -32600
	codeMethod   = -32601
	codeInternal = -32603
)
