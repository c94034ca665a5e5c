package a2a

import (
	"bytes"
	"net/http"
	"net/url"
	"strconv"

	"github.com/agentward/terraform-provider-agent/internal/gateway/jsonscan"
)

// Request is what of an HTTP request matters.
type Request struct {
	Method string // of HTTP
	// Path is what follows the target's own, escaped as it came: "" or with a slash first.
	Path   string
	Query  string // as it came
	Header http.Header
	Body   []byte // all of it; the call points into it
}

// JSONRPC reads a request of that binding. What it refuses nothing may pass on.
func (p *Parser) JSONRPC(r Request) (*Exchange, *Error) {
	if r.Method != http.MethodPost {
		e := newError(InvalidRequest, "JSON-RPC is asked with POST")
		e.Status, e.Allow = http.StatusMethodNotAllowed, http.MethodPost
		return nil, e
	}
	if bad := checkMedia(r.Header, "application/json"); bad != nil {
		return nil, bad
	}
	query, bad := queryOf(r.Query, nil)
	if bad != nil {
		return nil, bad
	}
	named, bad := p.version(r.Header, query.version)
	if bad != nil {
		return nil, bad
	}
	if first := bytes.TrimLeft(r.Body, " \t\r\n"); len(first) > 0 && first[0] == '[' {
		return nil, newError(InvalidRequest, "there are no batches in A2A")
	}
	var at [envelope + shapeCount]jsonscan.Value
	whole, err := callShape.Scan(r.Body, p.Limits, at[:])
	if err != nil {
		return nil, newError(ParseError, "the request is refused: "+err.Error())
	}
	if whole.Kind() != jsonscan.Object {
		return nil, newError(InvalidRequest, "a request is a JSON object")
	}
	x, bad := p.jsonrpc(at[:], named)
	if bad == nil {
		x.Call.RequestID = x.ID
		bad = extensions(r.Header, x.Call.Message)
	}
	if bad == nil {
		bad = p.read(x, at[envelope:])
	}
	if bad != nil {
		bad.ID = id(at[atRequest])
		return nil, bad
	}
	return x, nil
}

// jsonrpc reads the envelope.
func (p *Parser) jsonrpc(at []jsonscan.Value, named string) (*Exchange, *Error) {
	if tag, ok := at[atTag].Text(); !ok || tag != "2.0" {
		return nil, newError(InvalidRequest, `jsonrpc: must be "2.0"`)
	}
	requestID := id(at[atRequest])
	if requestID == nil {
		return nil, newError(InvalidRequest, "id: must be a string or an integer")
	}
	name, ok := at[atMethod].Text()
	if !ok {
		return nil, newError(InvalidRequest, "method: must be a string")
	}
	m, ok := methods[name]
	if !ok {
		return nil, newError(MethodNotFound, "there is no method "+strconv.Quote(oneLine(name)))
	}
	if bad := p.agree(m.version, named); bad != nil {
		return nil, bad
	}
	x := p.exchange(JSONRPC, m.op, m.version)
	x.ID = requestID
	switch v := at[atParams]; v.Kind() {
	case jsonscan.Absent, jsonscan.Null:
	case jsonscan.Object:
		x.Call.Arguments = v.Raw
	default:
		return nil, newError(InvalidRequest, "params: must be an object")
	}
	return x, nil
}

// id gives the id of a request as it was written, nil for none that can be answered to.
func id(v jsonscan.Value) []byte {
	switch v.Kind() {
	case jsonscan.String:
		if len(v.Raw) <= maxName {
			return v.Raw
		}
	case jsonscan.NumberKind:
		// Larger numbers are not the same to all readers.
		if n, err := strconv.ParseInt(string(v.Raw), 10, 64); err == nil && n <= 1<<53-1 && n >= -(1<<53-1) {
			return v.Raw
		}
	}
	return nil
}

// query are the parameters of a URL.
type query struct {
	version string
	values  url.Values // the others
}

// queryOf reads the parameters that are allowed, each at most once.
func queryOf(raw string, allowed map[string]bool) (query, *Error) {
	if raw == "" {
		return query{}, nil
	}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return query{}, newError(InvalidRequest, "the query cannot be read")
	}
	q := query{values: values}
	for name, list := range values {
		switch {
		case len(list) != 1:
			return query{}, newError(InvalidRequest, "the query has "+strconv.Quote(oneLine(name))+" twice")
		case name == queryVersion:
			q.version = list[0]
			if q.version == "" {
				return query{}, newError(InvalidRequest, "A2A-Version: is empty")
			}
			delete(values, name)
		case !allowed[name]:
			return query{}, newError(InvalidRequest, "the query may not have "+strconv.Quote(oneLine(name))+" here")
		case len(list[0]) > maxName:
			return query{}, newError(InvalidRequest, "the query's "+name+" is too long")
		}
	}
	return q, nil
}
