package server

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
	"github.com/agentward/terraform-provider-agent/internal/gateway/mcp"
)

// mcpProtocol is a target that speaks MCP over Streamable HTTP.
type mcpProtocol struct {
	parser *mcp.Parser
	url    *url.URL
	key    string // what the target is remembered under: another URL is another target
}

func newMCP(c *config.Config, t config.Target) (protocol, error) {
	u, err := url.Parse(t.URL)
	if err != nil {
		return nil, fmt.Errorf("target %q: %w", t.Name, err)
	}
	return &mcpProtocol{url: u, key: t.Name + " " + t.URL, parser: &mcp.Parser{
		Target: t.Name, Versions: t.Versions,
		Limits: scanned(c.LimitsOf(&t)),
	}}, nil
}

func (p *mcpProtocol) below() bool { return false }

func (p *mcpProtocol) begin(x *exchange) conversation {
	return &mcpConversation{exchange: x, mcpProtocol: p}
}

// mcpConversation is one request of MCP.
type mcpConversation struct {
	*exchange
	*mcpProtocol

	header http.Header // as the target may see it
	text   []byte
	calls  *mcp.Exchange
	// session is the target's own name for the session, or for the one that its answer has opened; "" for none.
	session string
}

func (m *mcpConversation) serve() {
	var ok bool
	if m.text, ok = m.body(); ok && m.parse() && m.decide() {
		m.pass(m.r.Method, m.url, m.header, bytes.NewReader(m.text), m.answer)
	}
}

// mcpCodes are those of JSON-RPC for a refusal's status; that of others is an invalid request.
var mcpCodes = map[int]int{
	http.StatusForbidden:           mcp.CodeDenied,
	http.StatusInternalServerError: mcp.CodeInternal,
	http.StatusBadGateway:          mcp.CodeInternal,
}

func (m *mcpConversation) refuse(r refusal) {
	code, ok := mcpCodes[r.status]
	if !ok {
		code = mcp.CodeInvalidRequest
	}
	e := mcp.NewError(code, nil, r.text())
	if m.calls != nil && len(m.calls.Calls) > 0 {
		e.ID = m.calls.Calls[0].RequestID
	}
	e.Status = r.status
	e.Respond(m.w)
}

// parse understands the request, and the session that it claims.
func (m *mcpConversation) parse() bool {
	m.header = m.r.Header.Clone()
	m.header.Set("Accept-Encoding", "identity") // what is passed back is read
	calls, bad := m.parser.Parse(mcp.Request{Method: m.r.Method, Header: m.header, Body: m.text})
	if bad != nil {
		return m.unsound(bad)
	}
	m.calls = calls
	if !calls.Sessions() { // what belongs to sessions is ignored (2026-07-28 "Earlier Streamable HTTP Revisions")
		m.header.Del(mcp.HeaderSession)
		m.header.Del("Last-Event-Id")
		return true
	}
	if calls.Session != "" {
		id, ok := m.g.sessions.open(m.who, m.target.Name, calls.Session)
		if !ok {
			m.refuse(refusal{status: http.StatusNotFound, reason: "there is no such session of yours"})
			return false
		}
		calls.Open(id)
		m.header.Set(mcp.HeaderSession, id)
		m.session = id
	}
	m.text, bad = calls.Answered(m.text, func(id []byte) ([]byte, bool) {
		return m.g.sessions.answered(m.who, m.target.Name, m.session, id)
	})
	if bad != nil {
		return m.unsound(bad)
	}
	return true
}

// unsound refuses what cannot be decided on.
func (m *mcpConversation) unsound(bad *mcp.Error) bool {
	m.metrics.count("agent_gateway_refused_total", "target", m.target.Name)
	if len(m.records) == 0 {
		m.rejected(bad.Status, "", "the request cannot be read as MCP")
	}
	if m.write(bad.Status) {
		bad.Respond(m.w)
	}
	return false
}

// decide asks for each call, and refuses the request unless all are allowed.
func (m *mcpConversation) decide() bool {
	asked := m.calls.Calls
	if len(asked) == 0 {
		// Responses to the server's requests alone. They belong to the session, and are decided on as it is.
		asked = []*call.Call{{
			Protocol: call.MCP, Version: m.calls.Version, Direction: call.ToTarget, Method: http.MethodPost, Target: m.target.Name,
			Resource: call.Resource{Kind: call.Method, Name: http.MethodPost}, Session: m.calls.Session,
		}}
	}
	if len(asked) > 1 && !m.spend(int64(len(asked)-1)) {
		return false // a batch asks for as much as its calls would one by one
	}
	var refusals []*mcp.Error
	for _, c := range asked {
		if c.Resource.Kind == call.Tool {
			known := m.tool(c.Resource.Name)
			c.Annotations = known.annotations
			if bad := mcp.CheckMirrors(m.header, c, known.mirrors); bad != nil {
				return m.unsound(bad)
			}
		}
		d := m.ask(c)
		if !d.Allowed && m.enforced() {
			refusals = append(refusals, mcp.Denied(c, d.Reason, d.Policies))
		}
	}
	if len(refusals) == 0 {
		return true
	}
	status, body := m.calls.Refuse(refusals...)
	if m.write(status) {
		m.w.Header().Set("Content-Type", "application/json")
		m.w.WriteHeader(status)
		_, _ = m.w.Write(body) // a client that is gone needs no answer
	}
	return false
}
