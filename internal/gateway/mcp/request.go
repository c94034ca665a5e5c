package mcp

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/jsonscan"
)

// Parser reads the traffic of one MCP server. It is immutable and safe for concurrent use.
type Parser struct {
	Target   string          // name of the configured target, for the calls
	Versions []string        // the revisions that are let through; nil for all that are understood
	Limits   jsonscan.Limits // of a body, and of the data of an event
	MaxBatch int             // messages of a batch; 0 stands for 64
}

// Request is what of an HTTP request matters.
type Request struct {
	Method string // of HTTP
	Header http.Header
	Body   []byte // all of it; the calls point into it
}

// Exchange is what one HTTP request holds.
type Exchange struct {
	Version string // the revision that it is made in
	Session string // "" for none, and in 2026-07-28, which has no sessions
	Batch   bool   // the body is an array
	// Calls are what is asked for, all of which must be allowed before any of the body is passed on. A GET, which opens a
	// stream, and a DELETE, which ends a session, are calls of that method.
	Calls []*call.Call
	// Responses answer requests that the server sent. Nothing tells here whether it did.
	Responses []Response
}

// Response is a JSON-RPC response. The slices point into the body; of Result and Failure one is nil.
type Response struct {
	ID      []byte // as it was written; nil for an error response to an id that could not be read
	Result  []byte
	Failure []byte // the error object
	offset  int    // of the id in the body
}

// Sessions says whether the exchange's revision has sessions.
func (x *Exchange) Sessions() bool { return !stateless(x.Version) }

// Open names the session of the exchange and of all its calls as the server does.
func (x *Exchange) Open(session string) {
	x.Session = session
	for _, c := range x.Calls {
		c.Session = session
	}
}

// Parse reads a request. What it refuses nothing may pass on.
func (p *Parser) Parse(r Request) (*Exchange, *Error) {
	switch r.Method {
	case http.MethodPost:
		return p.post(r)
	case http.MethodGet, http.MethodDelete:
		return p.bare(r)
	}
	return nil, notAllowed(r.Method, "GET, POST, DELETE")
}

func notAllowed(method, allow string) *Error {
	return &Error{
		Status: http.StatusMethodNotAllowed, Code: CodeInvalidRequest, Allow: allow,
		Message: "the HTTP method " + method + " is not allowed here",
	}
}

// bare reads a request without a body.
func (p *Parser) bare(r Request) (*Exchange, *Error) {
	x, bad := p.exchange(r.Header, nil)
	if bad != nil {
		return nil, bad
	}
	if stateless(x.Version) {
		return nil, notAllowed(r.Method, "POST")
	}
	if len(r.Body) > 0 {
		return nil, NewError(CodeInvalidRequest, nil, r.Method+": has a body")
	}
	if r.Method == http.MethodDelete && x.Session == "" {
		return nil, NewError(CodeInvalidRequest, nil, HeaderSession+": the header is missing")
	}
	c := p.base(x, call.ToTarget)
	c.Protocol, c.Method, c.Resource = call.MCP, r.Method, call.Resource{Kind: call.Method, Name: r.Method}
	x.Calls = []*call.Call{&c}
	return x, nil
}

func (p *Parser) post(r Request) (*Exchange, *Error) {
	if bad := checkMedia(r.Header); bad != nil {
		return nil, bad
	}
	messages, batch, bad := p.messages(r.Body)
	if bad != nil {
		return nil, bad
	}
	var handshake *message
	if !batch && messages[0].method == "initialize" {
		handshake = &messages[0]
	}
	x, bad := p.exchange(r.Header, handshake)
	if bad != nil {
		bad.ID = messages[0].id
		return nil, bad
	}
	x.Batch = batch
	if batch && !batches(x.Version) {
		return nil, NewError(CodeInvalidRequest, nil, "batches exist in "+Version20250326+" only, this is "+x.Version)
	}
	for i := range messages {
		if bad := p.take(x, &messages[i], r.Header); bad != nil {
			return nil, bad
		}
	}
	return x, nil
}

// messages reads a body: one message, or several in an array.
func (p *Parser) messages(body []byte) (all []message, batch bool, bad *Error) {
	if first := bytes.TrimLeft(body, " \t\r\n"); len(first) == 0 || first[0] != '[' {
		one := []message{{}}
		return one, false, one[0].scan(body, p.Limits)
	}
	v, err := jsonscan.Validate(body, p.Limits)
	if err != nil {
		return nil, true, NewError(CodeParse, nil, "the batch is refused: "+err.Error())
	}
	limit := p.MaxBatch
	if limit <= 0 {
		limit = 64
	}
	for element := range v.Elements() {
		if len(all) == limit {
			return nil, true, NewError(CodeInvalidRequest, nil, fmt.Sprintf("the batch has more than %d messages", limit))
		}
		all = append(all, message{})
		m := &all[len(all)-1]
		m.base = element.Offset
		if bad := m.scan(element.Raw, p.Limits); bad != nil {
			return nil, true, bad
		}
		// Two requests of one id cannot be told apart in the answer.
		if m.method != "" && m.id != nil && slices.ContainsFunc(all[:len(all)-1], func(o message) bool {
			return o.method != "" && sameID(o.id, m.id)
		}) {
			return nil, true, m.invalid("id: occurs twice in the batch")
		}
	}
	if len(all) == 0 {
		return nil, true, NewError(CodeInvalidRequest, nil, "the batch is empty")
	}
	return all, true, nil
}

// exchange reads the headers that hold for the whole request. handshake is an initialize that is all of the request, or nil.
func (p *Parser) exchange(h http.Header, handshake *message) (*Exchange, *Error) {
	version, present, bad := single(h, HeaderVersion)
	if bad != nil {
		return nil, bad
	}
	if !present {
		version = assumed
	}
	accepted := p.Versions
	if accepted == nil {
		accepted = Versions()
	}
	if handshake != nil && !present {
		// The handshake is where the header's value comes from. Client and server agree on a version first; whether it is let
		// through shows with the next request.
		if v, ok := handshake.at[atInitialVersion].Text(); ok && known(v) && !stateless(v) {
			version = v
		}
	} else if !known(version) || !slices.Contains(accepted, version) {
		text := fmt.Sprintf("the protocol version %q is not supported", version)
		if version == version20241105 {
			text += ": its transport of two endpoints, HTTP with SSE, has been replaced by Streamable HTTP"
		}
		e := NewError(CodeUnsupportedVersion, nil, text)
		e.Data = struct {
			Supported []string `json:"supported"`
			Requested string   `json:"requested"`
		}{accepted, version}
		return nil, e
	}
	x := &Exchange{Version: version}
	if stateless(version) {
		return x, nil
	}
	session, present, bad := single(h, HeaderSession)
	if bad != nil {
		return nil, bad
	}
	// A session id is of visible ASCII (2025-03-26 "Session Management").
	if present && (session == "" || bytes.ContainsAny([]byte(session), " \t")) {
		return nil, NewError(CodeInvalidRequest, nil, HeaderSession+": must be visible ASCII")
	}
	x.Session = session
	return x, nil
}

func (p *Parser) base(x *Exchange, d call.Direction) call.Call {
	return call.Call{Target: p.Target, Version: x.Version, Session: x.Session, Direction: d}
}

// take adds one message to the exchange.
func (p *Parser) take(x *Exchange, m *message, h http.Header) *Error {
	if m.method == "" {
		switch {
		case stateless(x.Version):
			return m.invalid("in " + x.Version + " a client sends no responses")
		case m.id == nil:
			return m.invalid("id: missing")
		}
		x.Responses = append(x.Responses, m.response())
		return nil
	}
	if bad := checkVersion(x, m, h); bad != nil {
		return bad
	}
	if stateless(x.Version) && slices.Contains(removed, m.method) {
		return NewError(CodeMethodNotFound, m.id, "there is no "+m.method+" in "+x.Version)
	}
	if m.method == "initialize" && x.Batch {
		return m.invalid("initialize must not be part of a batch")
	}
	calls, bad := m.calls(p.base(x, call.ToTarget))
	if bad != nil {
		return bad
	}
	if bad := checkMirrors(h, x.Version, calls[0]); bad != nil {
		return bad
	}
	x.Calls = append(x.Calls, calls...)
	return nil
}

// removed are methods that 2026-07-28 no longer has and whose parameters would be read here. A server says the same of the others.
var removed = []string{"resources/subscribe", "resources/unsubscribe"}

// checkVersion compares the revision in the body with that of the header.
func checkVersion(x *Exchange, m *message, h http.Header) *Error {
	v := m.at[atMetaVersion]
	if v.Kind() == jsonscan.Absent {
		if stateless(x.Version) && m.id != nil {
			return NewError(CodeInvalidParams, m.id, "params._meta: io.modelcontextprotocol/protocolVersion is missing")
		}
		return nil
	}
	text, bad := m.text(atMetaVersion, "params._meta.io.modelcontextprotocol/protocolVersion")
	switch {
	case bad != nil:
		return bad
	case h.Get(HeaderVersion) == "":
		return NewError(CodeHeaderMismatch, m.id, HeaderVersion+": the header is missing, and the body names a version")
	case text != x.Version:
		return NewError(CodeHeaderMismatch, m.id, fmt.Sprintf("%s: the header says %q, the body %q", HeaderVersion, x.Version, text))
	}
	return nil
}

func (m *message) response() Response {
	return Response{ID: m.id, Result: m.at[atResult].Raw, Failure: m.at[atError].Raw, offset: m.base + m.at[atID].Offset}
}

// Refuse answers an exchange none of which is passed on: a refusal for each denied call, and for the rest of a batch the word that
// it was not tried. It needs at least one refusal.
func (x *Exchange) Refuse(refusals ...*Error) (status int, body []byte) {
	status = refusals[0].Status
	if !x.Batch {
		return status, refusals[0].Body()
	}
	var parts [][]byte
	for _, c := range x.Calls {
		if c.RequestID == nil {
			continue
		}
		at := slices.IndexFunc(refusals, func(e *Error) bool { return bytes.Equal(e.ID, c.RequestID) })
		if at >= 0 {
			parts = append(parts, refusals[at].Body())
			continue
		}
		parts = append(parts, NewError(CodeDenied, c.RequestID, "not tried: another message of the batch was denied").Body())
	}
	if len(parts) == 0 { // notifications and responses alone have no ids to answer to
		return status, refusals[0].Body()
	}
	return status, slices.Concat([]byte("["), bytes.Join(parts, []byte(",")), []byte("]"))
}
