package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"
)

// holding is what a process holds when nothing is under way.
type holding struct{ goroutines, descriptors int }

func resting(t *testing.T) holding {
	t.Helper()
	r := holding{goroutines: runtime.NumGoroutine()}
	if found, err := os.ReadDir("/proc/self/fd"); err == nil {
		r.descriptors = len(found)
	}
	return r
}

// settle waits until no more is held than before, and says what is held otherwise.
func (before holding) settle(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		now := resting(t)
		if now.goroutines <= before.goroutines && now.descriptors <= before.descriptors {
			return
		}
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<20)
			t.Errorf("before there were %+v, and now there are %+v\n%s", before, now, stacks[:runtime.Stack(stacks, true)])
			return
		}
	}
}

// decided counts the requests to a target that the audit log says were allowed.
func (g *gateway) decided(target string) (n int) {
	g.t.Helper()
	for line := range strings.Lines(g.log()) {
		var record struct{ Event, Decision, Direction, Target string }
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			g.t.Fatalf("%v: %s", err, line)
		}
		if record.Event == "call" && record.Decision == "allow" && record.Direction == "to_target" && record.Target == target {
			n++
		}
	}
	return n
}

// certified is a client with the SVID of an agent and nothing else, that speaks one version of HTTP.
func (g *gateway) certified(agent, protocol string) *http.Client {
	g.t.Helper()
	o := g.options(agent)
	transport := &http.Transport{TLSClientConfig: tlsconfig.MTLSClientConfig(o.SVID, o.Bundles, o.Gateway), Protocols: new(http.Protocols)}
	transport.Protocols.SetHTTP1(protocol == "HTTP/1.1")
	transport.Protocols.SetHTTP2(protocol == "HTTP/2.0")
	return &http.Client{Transport: transport}
}

func (g *gateway) at(c *http.Client, path, body string) *http.Response {
	g.t.Helper()
	request, err := http.NewRequestWithContext(g.t.Context(), http.MethodPost, g.Origin("agents")+path, strings.NewReader(body))
	if err != nil {
		g.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json, text/event-stream")
	response, err := c.Do(request)
	if err != nil {
		g.t.Fatal(err)
	}
	return response
}

// saying is a target that answers with whatever a test writes to its connections, and counts the requests that it read.
func saying(t *testing.T, answer func(net.Conn)) (at string, requests *atomic.Int64) {
	t.Helper()
	requests = new(atomic.Int64)
	on, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { on.Close() })
	go func() {
		for {
			c, err := on.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				if n, err := c.Read(make([]byte, 64<<10)); n == 0 || err != nil {
					return
				}
				requests.Add(1)
				answer(c)
			}()
		}
	}()
	return "http://" + on.Addr().String() + "/mcp", requests
}

func write(texts ...string) func(net.Conn) {
	return func(c net.Conn) {
		for _, text := range texts {
			if _, err := io.WriteString(c, text); err != nil {
				return
			}
		}
	}
}

// hang holds the connection until the gateway gives it up.
func hang(before ...string) func(net.Conn) {
	return func(c net.Conn) {
		write(before...)(c)
		_, _ = io.Copy(io.Discard, c)
	}
}

// endless writes a text over and over, until the gateway takes no more.
func endless(before, text string) func(net.Conn) {
	block := bytes.Repeat([]byte(text), 1+(64<<10)/len(text))
	return func(c net.Conn) {
		if _, err := io.WriteString(c, before); err != nil {
			return
		}
		for {
			if _, err := c.Write(block); err != nil {
				return
			}
		}
	}
}

const (
	ok          = "HTTP/1.1 200 OK\r\n"
	eventStream = ok + "Content-Type: text/event-stream\r\n"
	object      = ok + "Content-Type: application/json\r\n"
	event       = "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{}}\n\n"
	// tenGigabytes is a length that a target announces; it sends as much as it gets rid of.
	tenGigabytes = "Content-Length: 10737418240\r\n\r\n"
)

// large is an event of 64 KiB: each is a call of its own, and so a line of the audit log, which tests keep.
var large = "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"data\":\"" + strings.Repeat("x", 64<<10) + "\"}}\n\n"

func chunk(text string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(text), text) }

// begin serves a target that there is already, to everybody.
func (g *gateway) begin(more string) *gateway {
	g.t.Helper()
	return g.serve(g.configuration(open, more))
}

// settleBut is settle where the test itself still listens.
func (before holding) settleBut(t *testing.T, listeners int) {
	t.Helper()
	before.goroutines += listeners
	before.descriptors += listeners
	before.settle(t)
}
