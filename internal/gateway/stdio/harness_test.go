package stdio

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
)

var (
	alice = principal.FromSPIFFEID("spiffe://example.org/ns/demo/agent/alice")
	bob   = principal.FromSPIFFEID("spiffe://example.org/ns/demo/agent/bob")
)

// syncBuffer is a log that tests read while it is written.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// bench is a Server, and an HTTP server before it for each caller.
type bench struct {
	*Server
	log syncBuffer
}

func newBench(t *testing.T, change func(*Options)) *bench {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{}
	o := Options{
		Target: "test", Command: []string{program}, Env: map[string]string{role: "sdk"}, Directory: t.TempDir(), MaxMessage: 1 << 20, Idle: time.Minute, Stop: 5 * time.Second,
		PerAgent: 2, Total: 3, Log: slog.New(slog.NewTextHandler(&b.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&o)
	}
	b.Server = New(o)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := b.Close(ctx); err != nil {
			t.Error(err)
		}
		if b.total != 0 || len(b.running) != 0 || len(b.sessions) != 0 || len(b.shared) != 0 {
			t.Errorf("what is left: %d processes, %v, %d sessions, %d shared", b.total, b.running, len(b.sessions), len(b.shared))
		}
	})
	return b
}

// url is where a caller reaches the server over HTTP.
func (b *bench) url(t *testing.T, who principal.Principal) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		response, err := b.RoundTrip(r.WithContext(principal.NewContext(r.Context(), who)))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer response.Body.Close()
		for name, values := range response.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(response.StatusCode)
		control := http.NewResponseController(w)
		_ = control.Flush()
		part := make([]byte, 4096)
		for {
			n, err := response.Body.Read(part)
			if _, failed := w.Write(part[:n]); failed != nil || err != nil {
				return
			}
			_ = control.Flush()
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func (b *bench) connect(t *testing.T, who principal.Principal, o *mcp.ClientOptions) *mcp.ClientSession {
	t.Helper()
	return connectTo(t, b.url(t, who), o)
}

func connectTo(t *testing.T, url string, o *mcp.ClientOptions) *mcp.ClientSession {
	t.Helper()
	session, err := mcp.NewClient(&mcp.Implementation{Name: "client", Version: "1"}, o).Connect(t.Context(), &mcp.StreamableClientTransport{Endpoint: url}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close() })
	return session
}

func call(t *testing.T, s *mcp.ClientSession, tool, with string) string {
	t.Helper()
	r, err := s.CallTool(t.Context(), &mcp.CallToolParams{Name: tool, Arguments: arguments(with)})
	return text(t, r, err)
}

// post makes a request without the SDK.
func post(t *testing.T, url, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	response := ask(t, t.Context(), http.MethodPost, url, body, headers...)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(text)
}

func ask(t *testing.T, ctx context.Context, method, url, body string, headers ...string) *http.Response { //nolint:revive // the test comes first
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

const (
	hello = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}`
	ready = `{"jsonrpc":"2.0","method":"notifications/initialized"}`
)
