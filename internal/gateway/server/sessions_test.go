package server

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// idleTarget names the variable that makes this test program a target whose streams say one thing and then nothing.
const idleTarget = "AGENTWARD_TEST_IDLE_TARGET"

// TestIdleTarget is no test: it is the target of TestManyIdleSessions, in a process of its own so that its descriptors are not the gateway's.
func TestIdleTarget(t *testing.T) {
	if os.Getenv(idleTarget) == "" {
		t.Skip("it is the target of another test")
	}
	stop := make(chan struct{})
	server := &http.Server{Addr: "127.0.0.1:0", ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}\n\n")
		_ = http.NewResponseController(w).Flush()
		select {
		case <-r.Context().Done():
		case <-stop:
		}
	})}
	on, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(os.Stderr, "listening %s\n", on.Addr())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // until the test is done with it
		close(stop)
		_ = server.Close()
	}()
	_ = server.Serve(on)
}

// Ten thousand sessions are held, each with a stream on which nothing happens; when their agents leave, nothing is left of them.
func TestManyIdleSessions(t *testing.T) {
	if testing.Short() {
		t.Skip("ten thousand sessions take their time")
	}
	sessions := 10_000
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if room := int(limit.Cur) - 1000; room < sessions {
		t.Logf("this process may open %d files: %d sessions are tried", limit.Cur, room)
		sessions = room
	}
	target := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestIdleTarget$")
	target.Env = append(os.Environ(), idleTarget+"=1")
	stop, err := target.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	said, err := target.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := target.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop.Close(); _ = target.Wait() })
	line, err := bufio.NewReader(said).ReadString('\n')
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "listening ")
	if !ok {
		t.Fatalf("the target says %q, %v", line, err)
	}

	before := resting(t)
	g := &gateway{t: t, folder: t.TempDir(), target: "http://" + address + "/mcp"}
	g.serve(g.configuration(open, `listener:authenticate = ["mtls"]
		}
		limits {
			concurrent_requests       = 20000
			concurrent_streams        = 20000
			agent_concurrent_requests = 20000
			agent_concurrent_streams  = 20000
			agent_rate                = 100000
			agent_burst               = 100000
			streams_per_connection    = 1000
		}
		target "other" {
			protocol = "mcp"
			url      = "http://127.0.0.1:1/mcp"
		`))
	agent := g.certified("a", "HTTP/2.0")
	streams := make([]*http.Response, sessions)
	var opening sync.WaitGroup
	for worker := range 32 {
		opening.Go(func() {
			for i := worker; i < sessions; i += 32 {
				r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, g.Origin("agents")+"/bank", http.NoBody)
				if err != nil {
					t.Error(err)
					return
				}
				r.Header.Set("Accept", "text/event-stream")
				r.Header.Set("Mcp-Protocol-Version", "2025-11-25")
				response, err := agent.Do(r)
				if err != nil {
					t.Error(err)
					return
				}
				streams[i] = response
				if event, err := io.ReadAll(io.LimitReader(response.Body, 6)); response.StatusCode != http.StatusOK || string(event) != "data: " {
					t.Errorf("session %d: %d %q %v", i, response.StatusCode, event, err)
					return
				}
			}
		})
	}
	opening.Wait()
	if held := g.metrics.streams.Load(); held != int64(sessions) {
		t.Errorf("%d streams are held", held)
	}
	for _, response := range streams {
		if response != nil {
			response.Body.Close()
		}
	}
	agent.CloseIdleConnections()
	if err := g.stop(); err != nil {
		t.Error(err)
	}
	before.settle(t)
}
