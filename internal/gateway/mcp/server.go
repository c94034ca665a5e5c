package mcp

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/jsonscan"
)

// Answer is what one body, or one event of a stream, of a server holds.
type Answer struct {
	Batch bool
	// Calls are what the server asks of the agent: requests and notifications of its own, and what it wants put in before it goes
	// on (2026-07-28 InputRequiredResult; 2025-11-25 error -32042), which carry the id of the request they hold up.
	Calls []*call.Call
	// Responses answer what the agent asked for.
	Responses []Response

	parser   *Parser
	exchange *Exchange
	data     []byte
	messages []message
}

// ParseAnswer reads what a server sent in the exchange x: the body of an application/json response, or the data of an event.
// What it refuses must not reach the agent. A server may send batches in 2025-03-26 only, and requests of its own not in 2026-07-28.
func (p *Parser) ParseAnswer(x *Exchange, data []byte) (*Answer, *Error) {
	messages, batch, bad := p.messages(data)
	if bad != nil {
		return nil, bad
	}
	if batch && !batches(x.Version) {
		return nil, NewError(CodeInvalidRequest, nil, "the server sent a batch, which "+x.Version+" does not have")
	}
	a := &Answer{Batch: batch, parser: p, exchange: x, data: data, messages: messages}
	for i := range messages {
		m := &messages[i]
		if m.method == "" {
			a.Responses = append(a.Responses, m.response())
			inputs, bad := p.inputs(x, m, atInputRequests, "result")
			if bad != nil {
				return nil, bad
			}
			a.Calls = append(a.Calls, inputs...)
			continue
		}
		if stateless(x.Version) && m.id != nil {
			return nil, m.invalid("in " + x.Version + " a server sends no requests")
		}
		calls, bad := m.calls(p.base(x, call.ToAgent))
		if bad != nil {
			return nil, bad
		}
		a.Calls = append(a.Calls, calls...)
		// A notification of a task that waits for input tells what it waits for (tasks extension, notifications/tasks).
		inputs, bad := p.inputs(x, m, atTaskInputs, "params")
		if bad != nil {
			return nil, bad
		}
		a.Calls = append(a.Calls, inputs...)
	}
	return a, nil
}

// inputs gives what a message asks of the agent before a request or task can go on. within is the member that holds its inputRequests.
func (p *Parser) inputs(x *Exchange, m *message, at int, within string) ([]*call.Call, *Error) {
	var out []*call.Call
	switch requests := m.at[at]; requests.Kind() {
	case jsonscan.Absent, jsonscan.Null:
	case jsonscan.Object:
		for name, request := range requests.Members() {
			input := message{id: m.id}
			if _, err := messageShape.Scan(request.Raw, p.Limits, input.at[:]); err != nil {
				return nil, m.invalid(fmt.Sprintf("%s.inputRequests %s: %v", within, name.Raw, err))
			}
			var bad *Error
			if input.method, bad = input.text(atMethod, within+".inputRequests.method"); bad != nil {
				return nil, bad
			}
			if _, bad := input.object(atParams, within+".inputRequests.params"); bad != nil {
				return nil, bad
			}
			calls, bad := input.calls(p.base(x, call.ToAgent))
			if bad != nil {
				return nil, bad
			}
			out = append(out, calls...)
		}
	default:
		return nil, m.invalid(within + ".inputRequests: must be an object")
	}
	switch elicitations := m.at[atElicitations]; elicitations.Kind() {
	case jsonscan.Absent, jsonscan.Null:
	case jsonscan.Array:
		for e := range elicitations.Elements() {
			if e.Kind() != jsonscan.Object {
				return nil, m.invalid("error.data.elicitations: must hold objects")
			}
			c := p.base(x, call.ToAgent)
			c.Protocol, c.Method, c.RequestID, c.Arguments = call.MCP, "elicitation/create", m.id, e.Raw
			c.Resource = call.Resource{Kind: call.Method, Name: c.Method}
			out = append(out, &c)
		}
	default:
		return nil, m.invalid("error.data.elicitations: must be an array")
	}
	return out, nil
}

// sameID says that two ids are equal once unescaped. A string never equals a number.
func sameID(a, b []byte) bool {
	x, xs := jsonscan.Value{Raw: a}.Text()
	y, ys := jsonscan.Value{Raw: b}.Text()
	if xs && ys {
		return x == y
	}
	return xs == ys && bytes.Equal(a, b)
}

// For gives the call that r answers, nil if the exchange asked for none of that id.
func (x *Exchange) For(r Response) *call.Call {
	if r.ID == nil {
		return nil
	}
	at := slices.IndexFunc(x.Calls, func(c *call.Call) bool { return c.RequestID != nil && sameID(c.RequestID, r.ID) })
	if at < 0 {
		return nil
	}
	return x.Calls[at]
}
