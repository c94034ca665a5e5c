package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"
)

// Whatever a target does, the agent is answered or sees that the answer broke, every request that the target got was decided, and nothing is
// left behind.
func TestTargetsThatFail(t *testing.T) {
	failing := map[string]struct {
		answer func(net.Conn)
		status int
		broken bool // the answer does not look whole
	}{
		"it closes the connection":               {answer: func(net.Conn) {}, status: 502},
		"it says something else than HTTP":       {answer: write("SSH-2.0-OpenSSH_9.2p1\r\n"), status: 502},
		"it says half a header":                  {answer: write("HTTP/1.1 200 OK\r\nContent-Ty"), status: 502},
		"its header does not end":                {answer: endless(ok, "X-More: and more\r\n"), status: 502},
		"its header line does not end":           {answer: endless(ok+"X: ", "x"), status: 502},
		"it answers with noise":                  {answer: endless("", "\x00\xff\x17\x03"), status: 502},
		"it answers twice at once":               {answer: write(object, "Content-Length: 2\r\n\r\n{}", object, "Content-Length: 2\r\n\r\n{}"), status: 502},
		"it hangs":                               {answer: hang(), status: 504},
		"it hangs in its header":                 {answer: hang(ok), status: 504},
		"it hangs in a document":                 {answer: hang(object, "Content-Length: 99\r\n\r\n{"), status: 504},
		"it dies in a document":                  {answer: write(object, "Content-Length: 99\r\n\r\n{"), status: 502},
		"its document has two lengths":           {answer: write(object, "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x"), status: 502},
		"its chunks are none":                    {answer: write(object, "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}"), status: 502},
		"its document has 10 GB":                 {answer: endless(object+tenGigabytes, `{"x":"`), status: 502},
		"its document does not end":              {answer: endless(object+"Transfer-Encoding: chunked\r\n\r\n", "10\r\n{\"x\":\"0123456789\r\n"), status: 502},
		"it dies in a stream":                    {answer: write(eventStream, "Transfer-Encoding: chunked\r\n\r\n", chunk(event), "1000\r\ndata: "), status: 200, broken: true},
		"it hangs in a stream":                   {answer: hang(eventStream, "\r\n", event), status: 200, broken: true},
		"it hangs in an event":                   {answer: hang(eventStream, "\r\n", "data: {"), status: 200, broken: true},
		"its stream is noise":                    {answer: endless(eventStream+"\r\n", "\x00\xff\n"), status: 200, broken: true},
		"an event of its stream has 10 GB":       {answer: endless(eventStream+tenGigabytes+"data: ", "x"), status: 200, broken: true},
		"its stream is cut within its length":    {answer: write(eventStream, "Content-Length: 5000\r\n\r\n", event), status: 200, broken: true},
		"its stream holds an answer that is not": {answer: write(eventStream, "\r\n", "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\"\n\n"), status: 200, broken: true},
	}
	for _, protocol := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(protocol, func(t *testing.T) {
			before := resting(t)
			g := &gateway{t: t, folder: t.TempDir(), target: "http://127.0.0.1:1/mcp"}
			var targets strings.Builder
			requests, paths := map[string]*atomic.Int64{}, map[string]string{}
			for name, c := range failing {
				paths[name] = fmt.Sprintf("/t%d", len(paths))
				at, n := saying(t, c.answer)
				requests[name] = n
				fmt.Fprintf(&targets, "target %q {\nprotocol = \"mcp\"\nurl = %q\n}\n", paths[name][1:], at)
			}
			listening := resting(t)
			g.serve(g.configuration(open, `listener:authenticate = ["mtls"]
				}
				limits {
				answer    = 65536
				idle_time = "300ms"
				}
				`+strings.TrimSuffix(targets.String(), "}\n")))
			agent := g.certified("a", protocol)
			for name, c := range failing {
				for range 3 {
					response := g.at(agent, paths[name], transfer)
					n, err := io.Copy(io.Discard, response.Body)
					response.Body.Close()
					if response.Proto != protocol || response.StatusCode != c.status || (err != nil) != c.broken || n > 1<<20 {
						t.Errorf("%s: %s %d, %d bytes, %v", name, response.Proto, response.StatusCode, n, err)
					}
				}
			}
			agent.CloseIdleConnections()
			if err := g.stop(); err != nil {
				t.Error(err)
			}
			for name := range failing {
				if got, decided := requests[name].Load(), int64(g.decided(paths[name][1:])); got > decided || decided != 3 {
					t.Errorf("%s: the target got %d requests, and %d were decided", name, got, decided)
				}
			}
			before.goroutines, before.descriptors = listening.goroutines, listening.descriptors // the targets' listeners are the test's
			before.settle(t)
		})
	}
}

// A stream of 10 GB goes through as it comes: what the gateway holds of it does not grow with it.
func TestAStreamOfTenGigabytes(t *testing.T) {
	const enough = 256 << 20 // bytes that are looked at; the rest would take a while
	at, _ := saying(t, endless(eventStream+tenGigabytes, large))
	g := (&gateway{t: t, folder: t.TempDir(), target: at}).begin("")
	response := g.ask(g.agent("a"), http.MethodPost, transfer)
	defer response.Body.Close()
	heap := func() uint64 { // what is live, and what pools hold no longer
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	if _, err := io.CopyN(io.Discard, response.Body, enough/8); err != nil {
		t.Fatal(err)
	}
	before := heap()
	if _, err := io.CopyN(io.Discard, response.Body, enough); err != nil {
		t.Fatal(err)
	}
	if after := heap(); after > before+enough/4 {
		t.Errorf("with %d bytes more the heap has grown from %d to %d", enough, before, after)
	}
}

// An agent that does not read what it asked for holds up nobody: the stream is given up, and so is the target.
func TestAnAgentThatDoesNotRead(t *testing.T) {
	for protocol, debug := range map[string]string{"HTTP/1.1": "http2client=0", "HTTP/2.0": "http2client=1"} {
		t.Run(protocol, func(t *testing.T) {
			t.Setenv("GODEBUG", debug)
			gone := make(chan struct{}, 1)
			at, _ := saying(t, func(c net.Conn) {
				endless(eventStream+tenGigabytes, large)(c)
				gone <- struct{}{}
			})
			g := (&gateway{t: t, folder: t.TempDir(), target: at}).begin("limits {\nidle_time = \"500ms\"\n}")
			slow, other := g.agent("slow"), g.agent("other")
			response := g.ask(slow, http.MethodPost, transfer)
			defer response.Body.Close()
			select {
			case <-gone:
			case <-time.After(time.Minute):
				t.Error("the target is still asked")
			}
			second := g.ask(other, http.MethodPost, transfer)
			defer second.Body.Close()
			if _, err := io.CopyN(io.Discard, second.Body, 1<<20); err != nil {
				t.Errorf("another agent gets %v", err)
			}
		})
	}
}

// Whoever says their request byte by byte is not waited for.
func TestRequestsThatTakeTheirTime(t *testing.T) {
	before := resting(t)
	g := (&gateway{t: t, folder: t.TempDir(), target: "http://127.0.0.1:1/mcp"}).begin(`limits {
		header_time = "300ms"
		body_time   = "300ms"
		idle_time   = "300ms"
	}`)
	o := g.options("slow")
	for name, c := range map[string]struct{ begins, drips string }{
		"nothing":  {"", ""},
		"a header": {"POST /bank HTTP/1.1\r\nHost: x\r\n", "X: y\r\n"},
		"a body":   {"POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 9999\r\n\r\n", "a"},
	} {
		t.Run(name, func(t *testing.T) {
			var all [20]*tls.Conn
			for i := range all {
				config := tlsconfig.MTLSClientConfig(o.SVID, o.Bundles, o.Gateway)
				c2, err := tls.Dial("tcp", strings.TrimPrefix(g.Origin("agents"), "https://"), config)
				if err != nil {
					t.Fatal(err)
				}
				all[i] = c2
				if _, err := io.WriteString(c2, c.begins); err != nil {
					t.Fatal(err)
				}
			}
			for i, connection := range all {
				_ = connection.SetDeadline(time.Now().Add(time.Minute))
				ended := make(chan error, 1)
				go func() {
					_, err := io.Copy(io.Discard, connection)
					ended <- err
				}()
				tick := time.NewTicker(50 * time.Millisecond)
				for waiting := true; waiting; {
					select {
					case <-tick.C:
						_, _ = io.WriteString(connection, c.drips) // it fails once the gateway has enough
					case err := <-ended:
						var timeout net.Error
						if errors.As(err, &timeout) && timeout.Timeout() {
							t.Errorf("connection %d is still open", i)
						}
						waiting = false
					}
				}
				tick.Stop()
				connection.Close()
			}
		})
	}
	if err := g.stop(); err != nil {
		t.Error(err)
	}
	before.settle(t)
}

// Agents that leave at any time leave nothing behind.
func TestAgentsThatLeave(t *testing.T) {
	for protocol, debug := range map[string]string{"HTTP/1.1": "http2client=0", "HTTP/2.0": "http2client=1"} {
		t.Run(protocol, func(t *testing.T) {
			t.Setenv("GODEBUG", debug)
			before := resting(t)
			at, requests := saying(t, hang(eventStream, "\r\n", event))
			g := (&gateway{t: t, folder: t.TempDir(), target: at}).begin("")
			agent := g.agent("a")
			for i := range 30 {
				ctx, leave := context.WithCancel(t.Context())
				request, err := http.NewRequestWithContext(ctx, http.MethodPost, g.Origin("agents")+"/bank", strings.NewReader(transfer))
				if err != nil {
					t.Fatal(err)
				}
				request.Header.Set("Content-Type", "application/json")
				request.Header.Set("Accept", "application/json, text/event-stream")
				if i%3 == 0 { // while it is being made
					time.AfterFunc(time.Duration(i)*100*time.Microsecond, leave)
				}
				response, err := agent.Do(request)
				if i%3 == 1 { // with the answer begun
					leave()
				}
				if err == nil {
					_, _ = io.CopyN(io.Discard, response.Body, int64(len(event)))
					response.Body.Close()
				}
				leave()
			}
			if err := g.stop(); err != nil {
				t.Error(err)
			}
			if got, decided := requests.Load(), int64(g.decided("bank")); got > decided {
				t.Errorf("the target got %d requests, and %d were decided", got, decided)
			}
			before.settleBut(t, 1)
		})
	}
}
