package server

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/audit"
	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/decide"
	"github.com/agentward/terraform-provider-agent/internal/gateway/mcp"
)

// How a target is asked what it says of its tools, where a policy rests on that and no list has shown it yet.
const (
	askTime  = 5 * time.Second  // for all pages
	askPause = 10 * time.Second // between two attempts, so that calls of tools that are not there do not multiply
	askPages = 100
)

// tool gives what the target says of a tool. If a policy reads that and it is not known, the target is asked: in the agent's session, where it
// has one, and with the same credentials as the call.
func (m *mcpConversation) tool(name string) tool {
	known, ok := m.tools.get(m.key, name)
	if !ok && m.g.config.Policies.ReadsAnnotations() {
		m.tools.learn(m.key, m.options.Now(), m.learn)
		known, _ = m.tools.get(m.key, name)
	}
	return known
}

// learn asks the target for its tools, page by page.
func (m *mcpConversation) learn() {
	ctx, cancel := context.WithTimeout(m.r.Context(), askTime)
	defer cancel()
	list := &call.Call{
		Protocol: call.MCP, Version: m.calls.Version, Direction: call.ToTarget, Method: "tools/list", Target: m.target.Name, Session: m.session,
		Resource: call.Resource{Kind: call.Method, Name: "tools/list"}, RequestID: []byte(`"agent-gateway-` + rand.Text() + `"`),
	}
	// It is the gateway that asks, and the agent gets nothing of it; still it shows in the audit log that the target was asked.
	record := audit.New(m.request(list), decide.Decision{Allowed: true, Reason: "the gateway asks what the target says of its tools"}, nil)
	record.Listener, record.Status = m.site.listener.Name, http.StatusOK
	began := m.options.Now()
	if err := m.pages(ctx, list); err != nil {
		record.Status = http.StatusBadGateway
		m.options.Log.Warn("a target does not say what its tools are; policies that read it find nothing", "target", m.target.Name, "error", err)
	}
	record.Duration = audit.Milliseconds(m.options.Now().Sub(began))
	if err := m.audit.Write(m.r.Context(), record); err != nil && !errors.Is(err, audit.ErrShed) {
		m.options.Log.Error("audit log", "error", err)
	}
}

// pages asks for all pages.
func (m *mcpConversation) pages(ctx context.Context, list *call.Call) error {
	cursor := ""
	for range askPages {
		next, err := m.page(ctx, list, cursor)
		if err != nil {
			return err
		}
		if next == "" || next == cursor {
			break
		}
		cursor = next
	}
	return nil
}

// page asks for one page of tools, remembers them, and gives the cursor of the next.
func (m *mcpConversation) page(ctx context.Context, list *call.Call, cursor string) (string, error) {
	request, err := m.outgoing(ctx, http.MethodPost, m.url, m.asking(), bytes.NewReader(question(list, cursor)))
	if err != nil {
		return "", err
	}
	response, err := m.target.transport.RoundTrip(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("status %d", response.StatusCode)
	}
	x := &mcp.Exchange{Version: list.Version, Session: list.Session, Calls: []*call.Call{list}}
	limit := m.limits().Answer
	if media, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type")); media != "text/event-stream" {
		body, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
		if err != nil {
			return "", err
		}
		if int64(len(body)) > limit {
			return "", errTooLarge
		}
		next, found, err := m.remember(x, list, body)
		if err == nil && !found {
			err = errors.New("it answers something else")
		}
		return next, err
	}
	events := mcp.NewEvents(response.Body, int(limit))
	for {
		e, err := events.Next()
		if err != nil {
			return "", fmt.Errorf("its stream ends without the list: %w", err)
		}
		if len(e.Data) == 0 {
			continue
		}
		if next, found, err := m.remember(x, list, e.Data); found || err != nil {
			return next, err
		}
	}
}

// asking is the header of a question of our own in the agent's session.
func (m *mcpConversation) asking() http.Header {
	header := m.header.Clone()
	for name := range header {
		if strings.HasPrefix(name, mcp.HeaderParam) || name == mcp.HeaderName || name == mcp.HeaderMethod || name == "Last-Event-Id" {
			header.Del(name)
		}
	}
	header.Set("Content-Type", "application/json")
	header.Set("Accept", "application/json, text/event-stream")
	if !m.calls.Sessions() {
		header.Set(mcp.HeaderMethod, "tools/list")
	}
	return header
}

// question is the request for a page, in the words of the revision.
func question(list *call.Call, cursor string) []byte {
	params := map[string]any{}
	if cursor != "" {
		params["cursor"] = cursor
	}
	if list.Version >= mcp.Version20260728 {
		params["_meta"] = map[string]any{
			"io.modelcontextprotocol/protocolVersion": list.Version, "io.modelcontextprotocol/clientCapabilities": struct{}{},
			"io.modelcontextprotocol/clientInfo": map[string]string{"name": "agent-gateway", "version": "1"},
		}
	}
	body, _ := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": json.RawMessage(list.RequestID), "method": list.Method, "params": params}) // it can be written
	return body
}

// remember takes what a message says of tools, if it is the answer.
func (m *mcpConversation) remember(x *mcp.Exchange, list *call.Call, data []byte) (next string, found bool, err error) {
	said, bad := m.parser.ParseAnswer(x, data)
	if bad != nil {
		return "", false, bad
	}
	items, next, found, bad := said.Tools(list.RequestID)
	if bad != nil {
		return "", found, bad
	}
	for _, item := range items {
		m.tools.put(m.key, item.Resource.Name, tool{item.Annotations, item.Mirrors})
	}
	return next, found, nil
}
