package stdio

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/agentward/terraform-provider-agent/acctest/await"
)

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
	await.True(t, "progress", func() bool { mu.Lock(); defer mu.Unlock(); return len(progress) == 3 && progress[2] == "t12p" })
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
	await.True(t, "the call", func() bool { return exists(mark + ".begun") })
	cancel()
	<-done
	await.True(t, "the cancellation", func() bool { return exists(mark) })
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
