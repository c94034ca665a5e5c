package stdio

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// role makes the test's own program the server that a test starts.
const role = "STDIO_TEST_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(role) == "sdk" {
		serve()
		return
	}
	os.Exit(m.Run())
}

type echo struct {
	Text string `json:"text"`
}

// serve is an MCP server of the official SDK on standard input and output.
func serve() {
	fmt.Fprintln(os.Stderr, "here I am")
	server := mcp.NewServer(&mcp.Implementation{Name: "test", Version: "1"}, nil)
	say := func(text string) (*mcp.CallToolResult, any, error) {
		return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: text}}}, nil, nil
	}
	mcp.AddTool(server, &mcp.Tool{Name: "echo"}, func(_ context.Context, _ *mcp.CallToolRequest, in echo) (*mcp.CallToolResult, any, error) {
		return say(in.Text)
	})
	mcp.AddTool(server, &mcp.Tool{Name: "who"}, func(context.Context, *mcp.CallToolRequest, echo) (*mcp.CallToolResult, any, error) {
		return say(fmt.Sprint(os.Getpid(), " ", os.Environ()))
	})
	mcp.AddTool(server, &mcp.Tool{Name: "die"}, func(context.Context, *mcp.CallToolRequest, echo) (*mcp.CallToolResult, any, error) {
		os.Exit(3)
		return nil, nil, nil
	})
	mcp.AddTool(server, &mcp.Tool{Name: "wait"}, func(ctx context.Context, r *mcp.CallToolRequest, in echo) (*mcp.CallToolResult, any, error) {
		if err := os.WriteFile(in.Text+".begun", nil, 0o600); err != nil {
			return nil, nil, err
		}
		<-ctx.Done()
		return nil, nil, os.WriteFile(in.Text, nil, 0o600)
	})
	mcp.AddTool(server, &mcp.Tool{Name: "progress"}, func(ctx context.Context, r *mcp.CallToolRequest, in echo) (*mcp.CallToolResult, any, error) {
		for i := range 3 {
			if err := r.Session.NotifyProgress(ctx, &mcp.ProgressNotificationParams{ProgressToken: r.Params.GetProgressToken(), Progress: float64(i), Message: in.Text}); err != nil {
				return nil, nil, err
			}
		}
		return say("done " + in.Text)
	})
	mcp.AddTool(server, &mcp.Tool{Name: "ask"}, func(ctx context.Context, r *mcp.CallToolRequest, in echo) (*mcp.CallToolResult, any, error) {
		//nolint:staticcheck // servers of earlier revisions ask their clients
		got, err := r.Session.CreateMessage(ctx, &mcp.CreateMessageParams{MaxTokens: 1, Messages: []*mcp.SamplingMessage{{Role: "user", Content: &mcp.TextContent{Text: in.Text}}}})
		if err != nil {
			return nil, nil, err
		}
		return say(got.Content.(*mcp.TextContent).Text)
	})
	mcp.AddTool(server, &mcp.Tool{Name: "grow"}, func(context.Context, *mcp.CallToolRequest, echo) (*mcp.CallToolResult, any, error) {
		mcp.AddTool(server, &mcp.Tool{Name: fmt.Sprint("new-", time.Now().UnixNano())}, func(context.Context, *mcp.CallToolRequest, echo) (*mcp.CallToolResult, any, error) { return say("") })
		return say("grown")
	})
	if err := server.Run(context.Background(), &mcp.StdioTransport{}); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

// text is the text of a tool's answer.
func text(t *testing.T, r *mcp.CallToolResult, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Content) != 1 {
		t.Fatalf("the answer is %+v", r)
	}
	return r.Content[0].(*mcp.TextContent).Text
}

func arguments(text string) json.RawMessage {
	made, _ := json.Marshal(echo{Text: text}) // strings always can be
	return made
}
