package stdio

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
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

func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s does not come about", what)
		}
	}
}

func TestASessionOfTheSDK(t *testing.T) {
	b := newBench(t, nil)
	var progress []string
	var mu sync.Mutex
	changed := make(chan struct{}, 16)
	s := b.connect(t, alice, &mcp.ClientOptions{
		ProgressNotificationHandler: func(_ context.Context, r *mcp.ProgressNotificationClientRequest) {
			mu.Lock()
			defer mu.Unlock()
			progress = append(progress, fmt.Sprint(r.Params.ProgressToken, r.Params.Progress, r.Params.Message))
		},
		ToolListChangedHandler: func(context.Context, *mcp.ToolListChangedRequest) { changed <- struct{}{} },
	})
	if got := call(t, s, "echo", "line\nend \u2028 ü"); got != "line\nend \u2028 ü" {
		t.Errorf("got %q", got)
	}
	p := &mcp.CallToolParams{Name: "progress", Arguments: arguments("p")}
	p.SetProgressToken("t1")
	r, err := s.CallTool(t.Context(), p)
	if got := text(t, r, err); got != "done p" {
		t.Errorf("got %q", got)
	}
	until(t, "progress", func() bool { mu.Lock(); defer mu.Unlock(); return len(progress) == 3 && progress[2] == "t12p" })
	if got := call(t, s, "grow", ""); got != "grown" {
		t.Errorf("got %q", got)
	}
	select {
	case <-changed:
	case <-time.After(time.Minute):
		t.Error("the client is not told that tools changed")
	}
}

func TestTheServerAsksItsClientInASession(t *testing.T) {
	b := newBench(t, nil)
	url := b.url(t, alice)
	response, _ := post(t, url, strings.Replace(hello, `"capabilities":{}`, `"capabilities":{"sampling":{}}`, 1))
	id := response.Header.Get("Mcp-Session-Id")
	if response, _ := post(t, url, ready, "Mcp-Session-Id", id); response.StatusCode != http.StatusAccepted {
		t.Errorf("a notification gives %d", response.StatusCode)
	}
	asked := ask(t, t.Context(), http.MethodPost, url, `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"ask","arguments":{"text":"x"}}}`, "Mcp-Session-Id", id)
	defer asked.Body.Close()
	if media := asked.Header.Get("Content-Type"); media != "text/event-stream" {
		t.Fatalf("the answer is %s", media)
	}
	part := make([]byte, 4096)
	n, err := asked.Body.Read(part)
	if err != nil || !strings.Contains(string(part[:n]), `"sampling/createMessage"`) {
		t.Fatalf("got %s, %v", part[:n], err)
	}
	var request struct{ ID any }
	_, data, _ := strings.Cut(string(part[:n]), "data: ")
	m, err := parse([]byte(strings.TrimSpace(data)), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	request.ID = string(m.at[atID].Raw)
	body := fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"model":"m","role":"assistant","content":{"type":"text","text":"forty-two"}}}`, request.ID)
	if response, _ := post(t, url, body, "Mcp-Session-Id", id); response.StatusCode != http.StatusAccepted {
		t.Errorf("an answer gives %d", response.StatusCode)
	}
	rest, err := io.ReadAll(asked.Body)
	if err != nil || !strings.Contains(string(rest), "forty-two") {
		t.Errorf("got %s, %v", rest, err)
	}
	if response := ask(t, t.Context(), http.MethodDelete, url, "", "Mcp-Session-Id", id); response.StatusCode != http.StatusNoContent {
		t.Errorf("its end gives %d", response.StatusCode)
	}
	if response, _ := post(t, url, ready, "Mcp-Session-Id", id); response.StatusCode != http.StatusNotFound {
		t.Errorf("after its end: %d", response.StatusCode)
	}
}

func TestSessionsAreTheirCallersOwn(t *testing.T) {
	b := newBench(t, nil)
	hers, his := b.url(t, alice), b.url(t, bob)
	response, _ := post(t, hers, hello)
	id := response.Header.Get("Mcp-Session-Id")
	if response.StatusCode != http.StatusOK || id == "" {
		t.Fatalf("got %d", response.StatusCode)
	}
	for name, c := range map[string]struct {
		url, method, body, id string
		want                  int
	}{
		"she uses it":                   {hers, "POST", `{"jsonrpc":"2.0","id":2,"method":"ping"}`, id, 200},
		"somebody else uses it":         {his, "POST", `{"jsonrpc":"2.0","id":2,"method":"ping"}`, id, 404},
		"somebody else listens to it":   {his, "GET", ``, id, 404},
		"somebody else ends it":         {his, "DELETE", ``, id, 404},
		"a session that is not there":   {hers, "POST", ready, "x", 404},
		"no session at all":             {hers, "POST", ready, "", 400},
		"a method that is not":          {hers, "PUT", ``, id, 405},
		"no JSON":                       {hers, "POST", `{`, id, 400},
		"a key twice":                   {hers, "POST", `{"jsonrpc":"2.0","id":2,"method":"ping","method":"tools/call"}`, id, 400},
		"two messages, one after other": {hers, "POST", "{\"jsonrpc\":\"2.0\",\"method\":\"a\"}\n{\"jsonrpc\":\"2.0\",\"method\":\"b\"}", id, 400},
		"an empty batch":                {hers, "POST", `[]`, id, 400},
	} {
		t.Run(name, func(t *testing.T) {
			headers := []string{}
			if c.id != "" {
				headers = []string{"Mcp-Session-Id", c.id}
			}
			response := ask(t, t.Context(), c.method, c.url, c.body, headers...)
			defer response.Body.Close()
			if response.StatusCode != c.want {
				t.Errorf("got %d, not %d", response.StatusCode, c.want)
			}
		})
	}
}

func TestABatch(t *testing.T) {
	b := newBench(t, nil)
	url := b.url(t, alice)
	response, _ := post(t, url, strings.Replace(hello, "2025-11-25", "2025-03-26", 1))
	id := response.Header.Get("Mcp-Session-Id")
	post(t, url, ready, "Mcp-Session-Id", id)
	_, body := post(t, url, `[{"jsonrpc":"2.0","id":"a","method":"ping"},`+"\n"+`{"jsonrpc":"2.0","id":"b","method":"ping"}]`, "Mcp-Session-Id", id)
	if strings.Count(body, "data: ") != 2 || !strings.Contains(body, `"a"`) || !strings.Contains(body, `"b"`) {
		t.Errorf("got %q", body)
	}
}

// modern gives a request of the stateless revision.
func modern(id, method, params string) string {
	const meta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"c","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}`
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"method":%q,"params":{%s%s}}`, id, method, meta, params)
}

func TestStatelessCallsShareTheirCallersProcess(t *testing.T) {
	b := newBench(t, nil)
	hers, his := b.url(t, alice), b.url(t, bob)
	who := func(url, id string) string {
		t.Helper()
		response, body := post(t, url, modern(id, "tools/call", `},"name":"who","arguments":{"text":""}`), "Mcp-Protocol-Version", "2026-07-28")
		if response.StatusCode != http.StatusOK || !strings.Contains(body, `"id":`+id) {
			t.Fatalf("got %d %s", response.StatusCode, body)
		}
		_, after, _ := strings.Cut(body, `"text":"`)
		pid, _, _ := strings.Cut(after, " ")
		return pid
	}
	first := who(hers, `"same"`)
	if again := who(hers, `"same"`); again != first {
		t.Errorf("two calls of one caller go to %s and %s", first, again)
	}
	if other := who(his, `"same"`); other == first {
		t.Error("two callers share a process")
	}
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			text := fmt.Sprint("text-", i)
			_, body := post(t, hers, modern("7", "tools/call", fmt.Sprintf(`,"progressToken":"p"},"name":"progress","arguments":{"text":%q}`, text)), "Mcp-Protocol-Version", "2026-07-28")
			if !strings.Contains(body, "done "+text) || strings.Count(body, `"progressToken":"p"`) != 3 || strings.Count(body, text) != 4 || !strings.Contains(body, `"id":7`) {
				t.Errorf("call %d gets %s", i, body)
			}
		})
	}
	all.Wait()
	if response, body := post(t, hers, modern("1", "no/such", `}`), "Mcp-Protocol-Version", "2026-07-28"); response.StatusCode != http.StatusNotFound || !strings.Contains(body, "-32601") {
		t.Errorf("a method that is not: %d %s", response.StatusCode, body)
	}
	for _, method := range []string{http.MethodGet, http.MethodDelete} {
		response := ask(t, t.Context(), method, hers, "", "Mcp-Protocol-Version", "2026-07-28")
		_ = response.Body.Close()
		if response.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("%s gives %d", method, response.StatusCode)
		}
	}
}

func TestAClientThatGoesCancelsItsStatelessCall(t *testing.T) {
	b := newBench(t, nil)
	url, mark := b.url(t, alice), filepath.Join(t.TempDir(), "cancelled")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		r, _ := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(modern("1", "tools/call", fmt.Sprintf(`},"name":"wait","arguments":{"text":%q}`, mark))))
		r.Header.Set("Mcp-Protocol-Version", "2026-07-28")
		if response, err := http.DefaultClient.Do(r); err == nil {
			_ = response.Body.Close()
			t.Errorf("it is answered with %d", response.StatusCode)
		}
	}()
	exists := func(name string) bool { _, err := os.Stat(name); return err == nil }
	until(t, "the call", func() bool { return exists(mark + ".begun") })
	cancel()
	<-done
	until(t, "the cancellation", func() bool { return exists(mark) })
	if _, body := post(t, url, modern("1", "tools/call", `},"name":"echo","arguments":{"text":"still here"}`), "Mcp-Protocol-Version", "2026-07-28"); !strings.Contains(body, "still here") {
		t.Errorf("after it: %s", body)
	}
}

func TestASubscriptionOfAStatelessClient(t *testing.T) {
	b := newBench(t, nil)
	url := b.url(t, alice)
	stream := ask(t, t.Context(), http.MethodPost, url, modern(`"s"`, "subscriptions/listen", `},"notifications":{"toolsListChanged":true}`), "Mcp-Protocol-Version", "2026-07-28")
	defer stream.Body.Close()
	post(t, url, modern("1", "tools/call", `},"name":"grow","arguments":{"text":""}`), "Mcp-Protocol-Version", "2026-07-28")
	var got strings.Builder
	part := make([]byte, 4096)
	for !strings.Contains(got.String(), "notifications/tools/list_changed") {
		n, err := stream.Body.Read(part)
		got.Write(part[:n])
		if err != nil {
			t.Fatalf("got %s, %v", got.String(), err)
		}
	}
	if strings.Count(got.String(), `"io.modelcontextprotocol/subscriptionId":"s"`) != 2 {
		t.Errorf("acknowledgement and change are not those of the subscription: %s", got.String())
	}
}

func TestAProcessThatDies(t *testing.T) {
	b := newBench(t, nil)
	url := b.url(t, alice)
	response, _ := post(t, url, hello)
	id := response.Header.Get("Mcp-Session-Id")
	post(t, url, ready, "Mcp-Session-Id", id)
	const die = `{"jsonrpc":"2.0","id":"last","method":"tools/call","params":{"name":"die","arguments":{"text":""}}}`
	if response, body := post(t, url, die, "Mcp-Session-Id", id); !strings.Contains(body, `"id":"last","error"`) {
		t.Errorf("its call is answered with %d %s", response.StatusCode, body)
	}
	if response, _ := post(t, url, ready, "Mcp-Session-Id", id); response.StatusCode != http.StatusNotFound {
		t.Errorf("its session gives %d", response.StatusCode)
	}
	const modernHeader = "Mcp-Protocol-Version"
	if _, body := post(t, url, modern("5", "tools/call", `},"name":"die","arguments":{"text":""}`), modernHeader, "2026-07-28"); !strings.Contains(body, `"id":5,"error"`) {
		t.Errorf("a stateless call is answered with %s", body)
	}
	until(t, "the end of the process", func() bool { b.mu.Lock(); defer b.mu.Unlock(); return b.total == 0 })
	if response, body := post(t, url, modern("6", "tools/list", `}`), modernHeader, "2026-07-28"); response.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body, "not started again yet") {
		t.Errorf("right after it: %d %s", response.StatusCode, body)
	}
	if response, _ := post(t, b.url(t, bob), modern("6", "tools/list", `}`), modernHeader, "2026-07-28"); response.StatusCode != http.StatusOK {
		t.Errorf("somebody else waits as well: %d", response.StatusCode)
	}
	until(t, "another process", func() bool {
		response, _ := post(t, url, modern("6", "tools/list", `}`), modernHeader, "2026-07-28")
		return response.StatusCode == http.StatusOK
	})
}

func TestProcessesAreBounded(t *testing.T) {
	b := newBench(t, nil)
	hers, his := b.url(t, alice), b.url(t, bob)
	status := func(url string) int {
		response, _ := post(t, url, hello)
		return response.StatusCode
	}
	if a, b := status(hers), status(hers); a != 200 || b != 200 {
		t.Errorf("the first two give %d, %d", a, b)
	}
	if response, body := post(t, hers, hello); response.StatusCode != http.StatusTooManyRequests || !strings.Contains(body, "processes.per_agent") {
		t.Errorf("the third gives %d %s", response.StatusCode, body)
	}
	if got := status(his); got != 200 {
		t.Errorf("somebody else's gives %d", got)
	}
	if response, body := post(t, his, hello); response.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body, "processes.total") {
		t.Errorf("the fourth of all gives %d %s", response.StatusCode, body)
	}
	b.Suspend(func(p principal.Principal) bool { return p.SPIFFEID == alice.SPIFFEID })
	until(t, "room", func() bool { b.mu.Lock(); defer b.mu.Unlock(); return b.total == 1 })
	if got := status(his); got != 200 {
		t.Errorf("once there is room: %d", got)
	}
}

func TestAnIdleSessionEnds(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Idle = 50 * time.Millisecond })
	url := b.url(t, alice)
	response, _ := post(t, url, hello)
	until(t, "its end", func() bool { b.mu.Lock(); defer b.mu.Unlock(); return b.total == 0 })
	if response, _ := post(t, url, ready, "Mcp-Session-Id", response.Header.Get("Mcp-Session-Id")); response.StatusCode != http.StatusNotFound {
		t.Errorf("it gives %d", response.StatusCode)
	}
}

func TestWhatAProcessSeesOfTheGateway(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(secret, []byte("from a file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_SECRET_ACCESS_KEY", "of the gateway")
	b := newBench(t, func(o *Options) { o.EnvFiles = map[string]string{"API_KEY": secret} })
	got := call(t, b.connect(t, alice, nil), "who", "")
	if !strings.Contains(got, "API_KEY=from a file") || !strings.Contains(got, "PATH=") || strings.Contains(got, "of the gateway") {
		t.Errorf("it sees %s", got)
	}
	until(t, "a note", func() bool { return strings.Contains(b.log.String(), "here I am") })
	if strings.Contains(b.log.String(), "from a file") {
		t.Error("the log holds a secret")
	}
}

// shell is a server that is a script, which takes a line before it goes on.
func shell(script string) func(*Options) {
	return func(o *Options) { o.Command, o.Stop = []string{"/bin/sh", "-c", script}, 200*time.Millisecond }
}

func TestServersThatDoNotKeepToTheProtocol(t *testing.T) {
	for name, c := range map[string]struct{ script, want string }{
		"noise before the answer":         {`read l; echo 'Server started!'; echo '{"jsonrpc":"2.0","id":1,"result":{}}'; read l`, `"result":{}`},
		"an answer to nothing":            {`read l; echo '{"jsonrpc":"2.0","id":99,"result":{"other":1}}'; echo '{"jsonrpc":"2.0","id":1,"result":{}}'; read l`, `"result":{}`},
		"an answer twice":                 {`read l; echo '{"jsonrpc":"2.0","id":1,"result":{}}'; echo '{"jsonrpc":"2.0","id":1,"result":{}}'; read l`, `"result":{}`},
		"an answer with two readings":     {`read l; echo '{"jsonrpc":"2.0","id":1,"id":2,"result":{}}'`, `has ended`},
		"no answer":                       {`read l`, `has ended`},
		"a message without end":           {`read l; head -c 3000000 /dev/zero | tr '\0' a; sleep 60`, `has ended`},
		"an answer and an end":            {`read l; echo '{"jsonrpc":"2.0","id":1,"result":{}}'`, `"result":{}`},
		"an end that leaves a child":      {`read l; sleep 60 & echo '{"jsonrpc":"2.0","id":1,"result":{}}'`, `"result":{}`},
		"it does not take the end":        {`trap '' TERM; read l; echo '{"jsonrpc":"2.0","id":1,"result":{}}'; while :; do sleep 1; done`, `"result":{}`},
		"a program that is not":           {`exec /no/such/program`, `has ended`},
		"much on its standard error":      {`read l; head -c 3000000 /dev/zero | tr '\0' '\n' >&2; echo '{"jsonrpc":"2.0","id":1,"result":{}}'; read l`, `"result":{}`},
		"a message on its standard error": {`read l; echo '{"jsonrpc":"2.0","id":1,"result":{"of":"stderr"}}' >&2; echo '{"jsonrpc":"2.0","id":1,"result":{}}'; read l`, `"result":{}`},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, shell(c.script))
			if response, body := post(t, b.url(t, alice), hello); !strings.Contains(body, c.want) {
				t.Errorf("got %d %s", response.StatusCode, body)
			}
			if strings.Count(b.log.String(), "a server notes") > maxNotes+1 {
				t.Error("the log is flooded")
			}
		})
	}
}

func TestTheWholeGroupOfAProcessEnds(t *testing.T) {
	b := newBench(t, shell(`sleep 300 & echo "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"child\":$!}}"; read l; read l`))
	_, body := post(t, b.url(t, alice), hello)
	var child int
	_, after, _ := strings.Cut(body, `"child":`)
	if _, err := fmt.Sscan(strings.TrimRight(after, "}"), &child); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	if err := syscall.Kill(child, 0); err != nil {
		t.Fatalf("there is no child: %v", err)
	}
	if err := b.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	until(t, "its end", func() bool { return errors.Is(syscall.Kill(child, 0), syscall.ESRCH) || zombie(child) })
}

// zombie says that a process has ended and its parent has not asked.
func zombie(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && strings.Contains(string(stat), ") Z ")
}

func TestAProgramThatCannotBeStarted(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Command = []string{"/no/such/program"} })
	if response, body := post(t, b.url(t, alice), hello); response.StatusCode != http.StatusServiceUnavailable || strings.Contains(body, "/no/such") {
		t.Errorf("got %d %s", response.StatusCode, body)
	}
}

func FuzzSplit(f *testing.F) {
	f.Add([]byte(hello))
	f.Add([]byte(`[{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"progressToken":1}}},{"id":"x","result":{"_meta":{"io.modelcontextprotocol/subscriptionId":3}}}]`))
	f.Add([]byte("{\"id\":\r\n1}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		messages, err := split(text, 1<<16)
		if err != nil {
			return
		}
		for _, m := range messages {
			line := m.with(change{m.at[atID], []byte("7")}, change{m.at[atToken], []byte("8")})
			if bytes.Count(line, []byte("\n")) != 1 || line[len(line)-1] != '\n' {
				t.Fatalf("%q is not one line", line)
			}
			again, err := parse(bytes.TrimSpace(line), 1<<17)
			if err != nil {
				t.Fatalf("%q cannot be read: %v", line, err)
			}
			if len(m.at[atID].Raw) > 0 && string(again.at[atID].Raw) != "7" || again.method() != m.method() {
				t.Errorf("%q became %q", m.text, line)
			}
		}
	})
}
