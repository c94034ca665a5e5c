package mcp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
)

// TestBetweenTheOfficialSDKs puts this package between the official SDK's client and its server, in each era of the protocol and
// with both kinds of response: calls pass or are denied, lists are filtered, and what the server asks of the agent is seen.
func TestBetweenTheOfficialSDKs(t *testing.T) {
	for name, c := range map[string]struct {
		version string
		options sdk.StreamableHTTPOptions
	}{
		"2025-03-26, streams":         {Version20250326, sdk.StreamableHTTPOptions{}},
		"2025-06-18, streams":         {Version20250618, sdk.StreamableHTTPOptions{}},
		"2025-11-25, streams":         {Version20251125, sdk.StreamableHTTPOptions{}},
		"2026-07-28, streams":         {Version20260728, sdk.StreamableHTTPOptions{Stateless: true}},
		"2026-07-28, plain responses": {Version20260728, sdk.StreamableHTTPOptions{Stateless: true, JSONResponse: true}},
	} {
		t.Run(name, func(t *testing.T) {
			g := between(t, c.options)
			session := connect(t, g.url, c.version)

			tools, err := session.ListTools(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, tool := range tools.Tools {
				names = append(names, tool.Name)
			}
			if want := []string{"ask", "echo"}; !slices.Equal(names, want) {
				t.Errorf("tools %q, want %q", names, want)
			}

			echo, err := session.CallTool(t.Context(), &sdk.CallToolParams{Name: "echo", Arguments: map[string]any{"text": "héllo"}})
			if err != nil || text(echo) != "héllo" {
				t.Errorf("echo: %v, %v", echo, err)
			}
			_, err = session.CallTool(t.Context(), &sdk.CallToolParams{Name: "delete"})
			var denied *jsonrpc.Error
			if !errors.As(err, &denied) || denied.Code != CodeDenied || denied.Message != "denied: not yours" {
				t.Errorf("delete: %v", err)
			}
			asked, err := session.CallTool(t.Context(), &sdk.CallToolParams{Name: "ask"})
			if err != nil || text(asked) != "accept" {
				t.Errorf("ask: %v, %v", asked, err)
			}
			if err := session.Close(); err != nil {
				t.Error(err)
			}

			for _, want := range []string{
				`to_target tools/call tool "echo" args={"text":"héllo"}`,
				`to_target tools/call tool "delete"`,
				`to_agent elicitation/create method "elicitation/create"`,
			} {
				if !g.saw(c.version + " " + want) {
					t.Errorf("%s %s was not seen; seen:\n%s", c.version, want, strings.Join(g.calls, "\n"))
				}
			}
		})
	}
}

// A client that speaks the newest revision finds the one that a target is let through in, or that the server has.
func TestTheOfficialClientFallsBack(t *testing.T) {
	for name, versions := range map[string][]string{
		"to what the gateway lets through": {Version20250618, Version20251125},
		"to what the server has":           nil,
	} {
		t.Run(name, func(t *testing.T) {
			g := between(t, sdk.StreamableHTTPOptions{})
			g.parser.Versions = versions
			session := connect(t, g.url, "")
			if got := session.InitializeResult().ProtocolVersion; got != Version20251125 {
				t.Errorf("version %s", got)
			}
			echo, err := session.CallTool(t.Context(), &sdk.CallToolParams{Name: "echo", Arguments: map[string]any{"text": "hi"}})
			if err != nil || text(echo) != "hi" {
				t.Errorf("echo: %v, %v", echo, err)
			}
		})
	}
}

func text(r *sdk.CallToolResult) string {
	if r == nil || len(r.Content) != 1 {
		return ""
	}
	c, ok := r.Content[0].(*sdk.TextContent)
	if !ok {
		return ""
	}
	return c.Text
}

func connect(t *testing.T, url, version string) *sdk.ClientSession {
	t.Helper()
	client := sdk.NewClient(&sdk.Implementation{Name: "agent", Version: "1"}, &sdk.ClientOptions{
		ElicitationHandler: func(context.Context, *sdk.ElicitRequest) (*sdk.ElicitResult, error) {
			return &sdk.ElicitResult{Action: "accept"}, nil
		},
	})
	session, err := client.Connect(t.Context(), &sdk.StreamableClientTransport{Endpoint: url, DisableStandaloneSSE: true},
		&sdk.ClientSessionOptions{ProtocolVersion: version})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close() }) // a second close after a failure in between
	return session
}

// server is an MCP server of the official SDK with the tools echo, ask and delete.
func server() *sdk.Server {
	s := sdk.NewServer(&sdk.Implementation{Name: "files", Version: "1"}, nil)
	said := func(text string) *sdk.CallToolResult {
		return &sdk.CallToolResult{Content: []sdk.Content{&sdk.TextContent{Text: text}}}
	}
	sdk.AddTool(s, &sdk.Tool{Name: "echo", Annotations: &sdk.ToolAnnotations{ReadOnlyHint: true}},
		func(_ context.Context, _ *sdk.CallToolRequest, in struct {
			Text string `json:"text"`
		},
		) (*sdk.CallToolResult, any, error) {
			return said(in.Text), nil, nil
		})
	sdk.AddTool(s, &sdk.Tool{Name: "delete"}, func(context.Context, *sdk.CallToolRequest, struct{}) (*sdk.CallToolResult, any, error) {
		return said("deleted"), nil, nil
	})
	s.AddTool(&sdk.Tool{Name: "ask", InputSchema: map[string]any{"type": "object"}},
		func(_ context.Context, r *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
			if answer, ok := r.Params.InputResponses["go"].(*sdk.ElicitResult); ok {
				return said(answer.Action), nil
			}
			return &sdk.CallToolResult{InputRequests: sdk.InputRequestMap{"go": &sdk.ElicitParams{Message: "go on?"}}}, nil
		})
	return s
}

// gate is a minimal gateway: it denies the tool delete and hides it.
type gate struct {
	url      string
	upstream string
	parser   Parser
	mu       sync.Mutex
	calls    []string
}

func between(t *testing.T, options sdk.StreamableHTTPOptions) *gate {
	t.Helper()
	s := server()
	upstream := httptest.NewServer(sdk.NewStreamableHTTPHandler(func(*http.Request) *sdk.Server { return s }, &options))
	t.Cleanup(upstream.Close)
	g := &gate{upstream: upstream.URL}
	listener := httptest.NewServer(g)
	t.Cleanup(listener.Close)
	g.url = listener.URL
	return g
}

func (g *gate) saw(prefix string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.ContainsFunc(g.calls, func(c string) bool { return strings.HasPrefix(c, prefix) })
}

func (g *gate) note(calls []*call.Call) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls = append(g.calls, lines(calls)...)
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	x, bad := g.parser.Parse(Request{Method: r.Method, Header: r.Header, Body: body})
	if bad != nil {
		bad.Respond(w)
		return
	}
	g.note(x.Calls)
	for _, c := range x.Calls {
		if c.Resource == (call.Resource{Kind: call.Tool, Name: "delete"}) {
			Denied(c, "not yours", nil).Respond(w)
			return
		}
	}
	body, bad = x.Answered(body, func(tagged []byte) ([]byte, bool) {
		id, tag, ok := CutTag(tagged)
		return id, ok && tag == "tag"
	})
	if bad != nil {
		bad.Respond(w)
		return
	}
	if err := g.forward(w, r, x, body); err != nil {
		panic(http.ErrAbortHandler) // the response has begun
	}
}

func (g *gate) forward(w http.ResponseWriter, r *http.Request, x *Exchange, body []byte) error {
	out, err := http.NewRequestWithContext(r.Context(), r.Method, g.upstream, bytes.NewReader(body))
	if err != nil {
		return err
	}
	out.Header = r.Header.Clone()
	out.Header.Del("Accept-Encoding")
	back, err := http.DefaultClient.Do(out)
	if err != nil {
		return err
	}
	defer back.Body.Close()
	maps.Copy(w.Header(), back.Header)
	w.Header().Del("Content-Length")
	w.WriteHeader(back.StatusCode)
	step := func(data []byte) ([]byte, error) { return g.inspect(x, data) }
	switch media := back.Header.Get("Content-Type"); {
	case strings.HasPrefix(media, "text/event-stream"):
		return Relay(flushing{w}, NewEvents(back.Body, 0), func(e Event) ([]byte, error) { return step(e.Data) })
	case strings.HasPrefix(media, "application/json"):
		data, err := io.ReadAll(back.Body)
		if err != nil {
			return err
		}
		if data, err = step(data); err != nil {
			return err
		}
		_, err = w.Write(data)
		return err
	}
	_, err = io.Copy(w, back.Body)
	return err
}

func (g *gate) inspect(x *Exchange, data []byte) ([]byte, error) {
	got, bad := g.parser.ParseAnswer(x, data)
	if bad != nil {
		return nil, bad
	}
	g.note(got.Calls)
	out, bad := got.Rewrite(unless("delete"), func(id []byte) []byte { return TagID(id, "tag") })
	if bad != nil {
		return nil, bad
	}
	return out, nil
}

// flushing sends each write at once.
type flushing struct{ http.ResponseWriter }

func (f flushing) Write(b []byte) (int, error) {
	n, err := f.ResponseWriter.Write(b)
	if err == nil {
		err = http.NewResponseController(f.ResponseWriter).Flush()
	}
	return n, err
}
