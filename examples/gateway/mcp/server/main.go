// Command server is an MCP server with sessions: a kitchen that reports progress, asks the customer, and would like to ask the customer's model.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

type dish struct {
	Dish string `json:"dish" jsonschema:"what is to be cooked"`
}

func says(format string, values ...any) (*mcp.CallToolResult, any, error) {
	return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: fmt.Sprintf(format, values...)}}}, nil, nil
}

// cook reports progress while it works.
func cook(ctx context.Context, r *mcp.CallToolRequest, in dish) (*mcp.CallToolResult, any, error) {
	for step := range 3 {
		if token := r.Params.GetProgressToken(); token != nil {
			progress := &mcp.ProgressNotificationParams{ProgressToken: token, Progress: float64(step + 1), Total: 3}
			if err := r.Session.NotifyProgress(ctx, progress); err != nil {
				return nil, nil, err
			}
		}
	}
	return says("%s is ready", in.Dish)
}

// order asks the customer how many.
func order(ctx context.Context, r *mcp.CallToolRequest, in dish) (*mcp.CallToolResult, any, error) {
	answer, err := r.Session.Elicit(ctx, &mcp.ElicitParams{
		Message: "How many?",
		RequestedSchema: map[string]any{
			"type": "object", "properties": map[string]any{"count": map[string]any{"type": "integer"}}, "required": []string{"count"},
		},
	})
	if err != nil {
		return nil, nil, err
	}
	if answer.Action != "accept" {
		return says("no order: %s", answer.Action)
	}
	return says("%v times %s", answer.Content["count"], in.Dish)
}

// praise asks the customer's model for a few words.
func praise(ctx context.Context, r *mcp.CallToolRequest, in dish) (*mcp.CallToolResult, any, error) {
	// Revision 2026-07-28 deprecates sampling; servers of the older ones still do it.
	asked := &mcp.CreateMessageParams{MaxTokens: 50, Messages: []*mcp.SamplingMessage{{Role: "user", Content: &mcp.TextContent{Text: "Praise " + in.Dish}}}} //nolint:staticcheck // as above
	words, err := r.Session.CreateMessage(ctx, asked)                                                                                                        //nolint:staticcheck // as above
	if err != nil {
		return says("nobody says a word: %v", err)
	}
	return says("%v", words.Content)
}

func main() {
	address := flag.String("listen", "127.0.0.1:3001", "loopback `address`")
	flag.Parse()
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		log.Fatal(err)
	}
	kitchen := mcp.NewServer(&mcp.Implementation{Name: "kitchen", Version: "1.0.0"}, nil)
	mcp.AddTool(kitchen, &mcp.Tool{Name: "cook", Description: "Cook a dish", Annotations: &mcp.ToolAnnotations{IdempotentHint: true}}, cook)
	mcp.AddTool(kitchen, &mcp.Tool{Name: "order", Description: "Order a dish; asks how many"}, order)
	mcp.AddTool(kitchen, &mcp.Tool{Name: "praise", Description: "Praise a dish; asks a model"}, praise)
	mcp.AddTool(kitchen, &mcp.Tool{Name: "fire", Description: "Fire the cook"}, func(context.Context, *mcp.CallToolRequest, dish) (*mcp.CallToolResult, any, error) {
		return says("the cook is gone")
	})
	handler := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return kitchen }, nil)
	log.Printf("listening on http://%s/mcp", listener.Addr())
	log.Fatal((&http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}).Serve(listener))
}
