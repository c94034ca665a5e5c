// Command mcp-server is something to put the gateway in front of: an MCP server of a small bank, on loopback.
package main

import (
	"context"
	"crypto/subtle"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

type account struct {
	Account string `json:"account" jsonschema:"the account"`
}

type transfer struct {
	To     string `json:"to" jsonschema:"who gets the money"`
	Amount int    `json:"amount" jsonschema:"how much, in euro"`
}

func says(format string, values ...any) (*mcp.CallToolResult, any, error) {
	return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: fmt.Sprintf(format, values...)}}}, nil, nil
}

func bank() *mcp.Server {
	s := mcp.NewServer(&mcp.Implementation{Name: "bank", Version: "1.0.0"}, nil)
	mcp.AddTool(s, &mcp.Tool{Name: "balance", Description: "What is on an account", Annotations: &mcp.ToolAnnotations{ReadOnlyHint: true}},
		func(_ context.Context, _ *mcp.CallToolRequest, in account) (*mcp.CallToolResult, any, error) {
			return says("%s: 1234 euro", in.Account)
		})
	mcp.AddTool(s, &mcp.Tool{Name: "transfer", Description: "Send money"},
		func(_ context.Context, _ *mcp.CallToolRequest, in transfer) (*mcp.CallToolResult, any, error) {
			return says("%d euro are on their way to %s", in.Amount, in.To)
		})
	mcp.AddTool(s, &mcp.Tool{Name: "close_account", Description: "Close an account for good"},
		func(_ context.Context, _ *mcp.CallToolRequest, in account) (*mcp.CallToolResult, any, error) {
			return says("%s is closed", in.Account)
		})
	return s
}

// guarded asks for the token in a file, as it is now.
func guarded(next http.Handler, file string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, err := os.ReadFile(file)
		if want := "Bearer " + strings.TrimSpace(string(token)); err != nil || subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte(want)) == 0 {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func main() {
	address := flag.String("listen", "127.0.0.1:3000", "loopback `address`")
	stdio := flag.Bool("stdio", false, "speak on standard input and output in place of HTTP")
	tokenFile := flag.String("token-file", "", "`file` with the token that callers have to bring; none without it")
	flag.Parse()
	if *stdio {
		if err := bank().Run(context.Background(), &mcp.StdioTransport{}); err != nil {
			log.Fatal(err)
		}
		return
	}
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		log.Fatal(err)
	}
	server := bank()
	handler := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, &mcp.StreamableHTTPOptions{Stateless: true})
	var serving http.Handler = handler
	if *tokenFile != "" {
		serving = guarded(handler, *tokenFile)
	}
	log.Printf("listening on http://%s/mcp", listener.Addr())
	log.Fatal((&http.Server{Handler: serving, ReadHeaderTimeout: 10 * time.Second}).Serve(listener))
}
