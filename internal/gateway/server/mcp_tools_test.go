package server

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// shelf is a target with two pages of tools, the second of which says that "reader" is read-only.
type shelf struct {
	mu     sync.Mutex
	asked  []http.Header // of tools/list
	called int
	stream bool
	broken bool
}

func (s *shelf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text, _ := io.ReadAll(r.Body)
	var m struct {
		ID     json.RawMessage `json:"id"`
		Method string          `json:"method"`
		Params struct {
			Cursor string `json:"cursor"`
		} `json:"params"`
	}
	_ = json.Unmarshal(text, &m)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case m.Method == "tools/list" && s.broken:
		s.asked = append(s.asked, r.Header)
		http.Error(w, "not now", http.StatusServiceUnavailable)
		return
	case m.Method == "tools/list":
		s.asked = append(s.asked, r.Header)
		result := `{"tools":[{"name":"writer","annotations":{"readOnlyHint":false}}],"nextCursor":"2"}`
		if m.Params.Cursor == "2" {
			result = `{"tools":[{"name":"reader","annotations":{"readOnlyHint":true},"inputSchema":{"properties":{"shelf":{"type":"string","x-mcp-header":"Shelf"}}}}]}`
		}
		body := fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":%s}`, m.ID, result)
		if s.stream {
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = fmt.Fprintf(w, ": hello\n\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{}}\n\ndata: %s\n\n", body)
			return
		}
		say(w, body)
		return
	case m.Method == "tools/call":
		s.called++
	case r.Method == http.MethodGet:
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}\n\n")
		return
	}
	w.Header().Set("Mcp-Session-Id", "s-1")
	done(w, r)
}

const readers = `permit (principal, action in Action::"discover", resource);
	permit (principal, action == Action::"callTool", resource) when { resource has readOnly && resource.readOnly };`

func using(name string) string {
	return `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"` + name + `","arguments":{"shelf":"a"}}}`
}

func TestWhatATargetSaysOfAToolIsAskedForWhereAPolicyReadsIt(t *testing.T) {
	for name, stream := range map[string]bool{"in a document": false, "in a stream": true} {
		t.Run(name, func(t *testing.T) {
			s := &shelf{stream: stream}
			g := start(t, readers, "", s.ServeHTTP)
			agent := g.agent("a")
			response, _ := g.post(agent, `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}`)
			session := response.Header.Get("Mcp-Session-Id")
			for range 3 {
				for tool, status := range map[string]int{"reader": http.StatusOK, "writer": http.StatusForbidden, "absent": http.StatusForbidden} {
					if response, text := g.post(agent, using(tool), "Mcp-Session-Id", session, "Mcp-Protocol-Version", "2025-11-25"); response.StatusCode != status {
						t.Errorf("%s: %d %s", tool, response.StatusCode, text)
					}
				}
			}
			if s.called != 3 || len(s.asked) != 2 {
				t.Errorf("the target was called %d times and asked for %d pages", s.called, len(s.asked))
			}
			for _, h := range s.asked {
				if h.Get("Mcp-Session-Id") != "s-1" || h.Get("Mcp-Protocol-Version") != "2025-11-25" || h.Get("Authorization") != "" {
					t.Errorf("it is asked with %v", h)
				}
			}
			if stream := g.ask(agent, http.MethodGet, "", "Mcp-Session-Id", session); stream.StatusCode == http.StatusOK {
				_, _ = io.ReadAll(stream.Body)
				_ = stream.Body.Close()
			}
			if response, text := g.post(agent, using("reader"), "Mcp-Session-Id", session); response.StatusCode != http.StatusOK || len(s.asked) != 4 {
				t.Errorf("after its list changed: %d %s, and it was asked for %d pages", response.StatusCode, text, len(s.asked))
			}
			if err := g.stop(); err != nil {
				t.Fatal(err)
			}
			if got := strings.Count(g.log(), `the gateway asks what the target says of its tools`); got != 2 {
				t.Errorf("the audit log tells %d times that the target was asked: %s", got, g.log())
			}
		})
	}
}

func TestATargetThatDoesNotSayWhatItsToolsAre(t *testing.T) {
	s := &shelf{broken: true}
	g := start(t, readers, "", s.ServeHTTP)
	for range 3 {
		if response, text := g.post(g.agent("a"), using("reader")); response.StatusCode != http.StatusForbidden {
			t.Errorf("%d %s", response.StatusCode, text)
		}
	}
	if s.called > 0 || len(s.asked) != 1 {
		t.Errorf("the target was called %d times and asked %d times", s.called, len(s.asked))
	}
}

func TestNobodyIsAskedWhatNoPolicyReads(t *testing.T) {
	s := &shelf{}
	g := start(t, open, "", s.ServeHTTP)
	if response, text := g.post(g.agent("a"), using("reader")); response.StatusCode != http.StatusOK || len(s.asked) > 0 {
		t.Errorf("%d %s, and the target was asked %d times", response.StatusCode, text, len(s.asked))
	}
}

// Headers that repeat arguments say what these say, once the tool's list is known; before that they are for the target to judge.
func TestHeadersThatRepeatArguments(t *testing.T) {
	s := &shelf{}
	g := start(t, open, "", s.ServeHTTP)
	agent := g.agent("a")
	post := func(value string) (int, string) {
		t.Helper()
		body, headers := modern("tools/call", "reader", `"name":"reader","arguments":{"shelf":"a"}`)
		if value != "" {
			headers = append(headers, "Mcp-Param-Shelf", value)
		}
		response, text := g.post(agent, body, append(headers, "Mcp-Param-Else", "x")...)
		return response.StatusCode, text
	}
	if status, text := post("b"); status != http.StatusOK {
		t.Errorf("before the list: %d %s", status, text)
	}
	body, headers := modern("tools/list", "", `"cursor":"2"`)
	if response, text := g.post(agent, body, headers...); response.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", response.StatusCode, text)
	}
	s.called = 0
	for value, status := range map[string]int{"a": http.StatusOK, "=?base64?YQ==?=": http.StatusOK, "b": http.StatusBadRequest, "": http.StatusBadRequest} {
		if got, text := post(value); got != status || status != http.StatusOK && !strings.Contains(text, `"code":-32020`) {
			t.Errorf("%q: %d %s", value, got, text)
		}
	}
	if s.called != 2 {
		t.Errorf("the target was called %d times", s.called)
	}
}
