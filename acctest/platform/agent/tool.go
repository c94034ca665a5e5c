package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"

	"github.com/agentward/terraform-provider-agent/acctest/platform/probe"
	"github.com/agentward/terraform-provider-agent/internal/gateway/sidecar"
)

// sessionTimeout bounds the beginning of an MCP session, and each call in it.
const sessionTimeout = 30 * time.Second

// way is how calls reach a target: as the pod, with token and proof.
func way(me identity, c probe.ToolCall) (*sidecar.Sidecar, error) {
	target, err := url.Parse(c.URL)
	if err != nil {
		return nil, err
	}
	gateway, err := spiffeid.FromString(c.Gateway)
	if err != nil {
		return nil, err
	}
	return sidecar.New(sidecar.Options{
		Target: target, TokenEndpoint: c.TokenEndpoint, SVID: me, Bundles: me, Gateway: tlsconfig.AuthorizeID(gateway), Now: time.Now,
		Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
}

func begin(ctx context.Context, through *sidecar.Sidecar, c probe.ToolCall) (*mcp.ClientSession, error) {
	client := mcp.NewClient(&mcp.Implementation{Name: "agent", Version: "1"}, nil)
	return client.Connect(ctx, &mcp.StreamableClientTransport{Endpoint: c.URL, HTTPClient: &http.Client{Transport: through}, MaxRetries: -1, DisableStandaloneSSE: true}, nil)
}

func callTool(ctx context.Context, c probe.ToolCall) (*probe.ToolAnswer, error) {
	me, end, err := who(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer end()
	through, err := way(me, c)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, sessionTimeout)
	defer cancel()
	session, err := begin(ctx, through, c)
	if err != nil {
		return &probe.ToolAnswer{Error: err.Error()}, nil //nolint:nilerr // it is the answer
	}
	defer session.Close()
	return ask(ctx, session, c), nil
}

// ask calls the tool, or lists what there is.
func ask(ctx context.Context, session *mcp.ClientSession, c probe.ToolCall) *probe.ToolAnswer {
	a := &probe.ToolAnswer{}
	if c.Name == "" {
		list, err := session.ListTools(ctx, nil)
		if err != nil {
			a.Error = err.Error()
			return a
		}
		for _, tool := range list.Tools {
			a.Tools = append(a.Tools, tool.Name)
		}
		return a
	}
	result, err := session.CallTool(ctx, &mcp.CallToolParams{Name: c.Name, Arguments: c.Arguments})
	if err != nil {
		a.Error = err.Error()
		return a
	}
	var text []string
	for _, content := range result.Content {
		if t, ok := content.(*mcp.TextContent); ok {
			text = append(text, t.Text)
		}
	}
	a.Text, a.Wrong = strings.Join(text, "\n"), result.IsError
	return a
}

// load has workers call the tool. One whose session is lost begins another: nothing is asked twice in the name of one call.
func load(ctx context.Context, r probe.LoadRequest) (*probe.LoadReport, error) {
	me, end, err := who(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer end()
	r.Pause = max(r.Pause, 10*time.Millisecond)
	ctx, cancel := context.WithTimeout(ctx, r.For)
	defer cancel()
	report := &probe.LoadReport{Errors: map[string]int{}}
	var mu sync.Mutex
	tally := func(count *int) {
		mu.Lock()
		defer mu.Unlock()
		*count++
	}
	failed := func(text string) {
		if ctx.Err() != nil {
			return // what was under way at the end says nothing
		}
		tally(&report.Failed)
		mu.Lock()
		defer mu.Unlock()
		report.Errors[text]++
	}
	var workers sync.WaitGroup
	for range r.Workers {
		through, err := way(me, r.ToolCall)
		if err != nil {
			return nil, err
		}
		workers.Go(func() {
			var session *mcp.ClientSession
			for ; ctx.Err() == nil; time.Sleep(r.Pause) {
				if session == nil {
					begun, err := begin(ctx, through, r.ToolCall)
					if err != nil {
						failed(err.Error())
						continue
					}
					session = begun
					tally(&report.Sessions)
				}
				if a := ask(ctx, session, r.ToolCall); a.Error != "" {
					failed(a.Error)
					_ = session.Close() // it may be gone already
					session = nil
					continue
				}
				tally(&report.Answered)
			}
		})
	}
	workers.Wait()
	return report, nil
}
