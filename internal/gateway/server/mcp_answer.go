package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/mcp"
)

// errLegacy is a target of another transport.
var errLegacy = errors.New("the target speaks HTTP with SSE, the transport of MCP 2024-11-05, which the gateway does not: " +
	"give the URL of its Streamable HTTP endpoint, often /mcp in place of /sse")

// replyTime is how long a target has to take the refusal of its own request.
const replyTime = 10 * time.Second

// errorText is how much of an answer that says in words what was wrong is passed on.
const errorText = 64 << 10

// answer passes the target's answer back, as far as it may be.
func (m *mcpConversation) answer(ctx context.Context, response *http.Response) {
	media, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	encoding := response.Header.Get("Content-Encoding")
	empty := response.StatusCode == http.StatusAccepted || response.StatusCode == http.StatusNoContent || response.ContentLength == 0
	switch {
	case response.StatusCode == http.StatusUnauthorized || response.StatusCode == http.StatusProxyAuthRequired:
		m.fault("the target does not accept the gateway", fmt.Errorf("status %d", response.StatusCode))
	case response.StatusCode >= 300 && response.StatusCode < 400 || response.StatusCode < 200:
		m.fault("the target sends elsewhere", fmt.Errorf("status %d", response.StatusCode))
	case encoding != "" && encoding != "identity":
		m.fault("the target's answer cannot be read", fmt.Errorf("content encoding %q", encoding))
	case media == "text/event-stream" && response.StatusCode == http.StatusOK:
		m.stream(ctx, response)
	case media == "application/json" && !empty:
		m.document(ctx, response)
	case empty:
		m.whole(response, nil)
	case response.StatusCode >= 400 && (media == "text/plain" || media == ""):
		text, err := io.ReadAll(io.LimitReader(response.Body, errorText))
		if err != nil {
			m.unreached(ctx, err)
			return
		}
		m.whole(response, text)
	default:
		m.fault("the target's answer is neither JSON nor a stream of events", fmt.Errorf("status %d of type %q", response.StatusCode, media))
	}
}

// document passes one JSON document back. It is read whole, since lists in it show only what the agent may use.
func (m *mcpConversation) document(ctx context.Context, response *http.Response) {
	body, ok := m.answered(ctx, response)
	if !ok {
		return
	}
	data, err := m.mediate(body)
	if err != nil {
		m.fault("the target's answer cannot be passed on", err)
		return
	}
	if data == nil {
		m.fault("the target asked something of the agent that it may not", errors.New("denied"))
		return
	}
	m.whole(response, data)
}

// whole passes an answer back that is there as a whole.
func (m *mcpConversation) whole(response *http.Response, body []byte) {
	if !m.write(response.StatusCode) {
		return
	}
	m.headers(response)
	m.say(response.StatusCode, body)
}

// headers passes the target's headers back, and binds the session that it opens to the agent.
func (m *mcpConversation) headers(response *http.Response) {
	opened := response.Header.Values(mcp.HeaderSession)
	response.Header.Del(mcp.HeaderSession)
	m.exchange.headers(response)
	if len(opened) == 1 && opened[0] != "" && m.calls.Sessions() {
		m.session = opened[0]
		m.w.Header().Set(mcp.HeaderSession, m.g.sessions.bind(m.who, m.target.Name, opened[0]))
	}
}

// stream passes a stream of events back as they come.
func (m *mcpConversation) stream(ctx context.Context, response *http.Response) {
	if !m.openStream() || !m.write(http.StatusOK) {
		return
	}
	m.headers(response)
	m.w.WriteHeader(http.StatusOK)
	out := m.flushing()
	out.flush()
	err := mcp.Relay(out.events(), mcp.NewEvents(response.Body, int(m.limits().Answer)), func(e mcp.Event) ([]byte, error) {
		if e.Legacy() {
			return nil, errLegacy
		}
		data, err := m.mediate(e.Data)
		if !m.recorded() {
			return nil, errors.Join(err, errors.New("the audit log does not take the call"))
		}
		return data, err
	})
	if errors.Is(err, errLegacy) {
		_, _ = fmt.Fprintf(out, "data: %s\n\n", mcp.NewError(mcp.CodeInternal, nil, errLegacy.Error()).Body()) // it ends here in any case
	}
	if err != nil {
		m.broken(ctx, err)
	}
}

// mediate gives what to pass on of what the target sent: lists without what the agent may not use, and what it asks of the agent only
// where policies allow that, under ids that say so when the agent answers. Nil is nothing at all.
func (m *mcpConversation) mediate(data []byte) ([]byte, error) {
	said, bad := m.parser.ParseAnswer(m.calls, data)
	if bad != nil {
		return nil, bad
	}
	for _, c := range said.Calls {
		if c.Method == "notifications/tools/list_changed" {
			m.tools.forget(m.key)
		}
		d := m.ask(c)
		if d.Allowed || !m.enforced() {
			continue
		}
		refusal := mcp.Denied(c, d.Reason, d.Policies)
		switch {
		case said.Batch:
			return nil, fmt.Errorf("a batch asks for what is denied: %s", d.Reason)
		case len(said.Responses) > 0:
			// The server waits for nothing: its answer is that it needs the agent's. So the agent is told instead.
			return refusal.Body(), nil
		case c.RequestID != nil:
			m.reply(refusal.Body())
		}
		return nil, nil
	}
	kept, bad := said.Rewrite(m.listed, func(id []byte) []byte {
		return m.g.sessions.ask(m.who, m.target.Name, m.session, id)
	})
	if bad != nil {
		return nil, bad
	}
	return kept, nil
}

// methods is how a listed thing would be asked for.
var methods = map[call.Kind]string{call.Tool: "tools/call", call.Prompt: "prompts/get", call.Document: "resources/read"}

// listed says whether an item of a list is something that the agent could be allowed.
func (m *mcpConversation) listed(item mcp.Item) bool {
	if item.Resource.Kind == call.Tool {
		m.tools.put(m.key, item.Resource.Name, tool{item.Annotations, item.Mirrors})
	}
	return m.shows(&call.Call{
		Protocol: call.MCP, Version: m.calls.Version, Direction: call.ToTarget, Method: methods[item.Resource.Kind], Target: m.target.Name,
		Resource: item.Resource, Annotations: item.Annotations,
	})
}

// reply tells the target that its request was denied, as the agent would, so that it does not wait.
func (m *mcpConversation) reply(body []byte) {
	header := m.header.Clone()
	header.Set("Content-Type", "application/json")
	header.Set("Accept", "application/json, text/event-stream")
	if header.Get(mcp.HeaderSession) == "" && m.calls.Session != "" {
		header.Set(mcp.HeaderSession, m.calls.Session)
	}
	ctx, cancel := context.WithTimeout(m.r.Context(), replyTime)
	request, err := m.outgoing(ctx, http.MethodPost, m.url, header, bytes.NewReader(bytes.Clone(body)))
	if err != nil {
		cancel()
		m.options.Log.Warn("a target's request cannot be answered", "target", m.target.Name, "error", err)
		return
	}
	go func() {
		defer cancel()
		response, err := m.target.transport.RoundTrip(request)
		if err != nil {
			m.options.Log.Warn("a target's request cannot be answered", "target", m.target.Name, "error", err)
			return
		}
		_ = response.Body.Close() // an answer to a response says nothing
	}()
}
