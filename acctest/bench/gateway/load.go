package main

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// load is what is put on a hop.
type load struct {
	Name        string `json:"name"`
	Connections int    `json:"connections"`
	body        string
	says        string
}

// The loads. %d is the request's id: two of one session must not be the same.
var loads = []load{
	{Name: "one call at a time", Connections: 1, body: call("transfer", "rent of november"), says: "tools/call of 150 bytes on one connection: what the hop adds to the time of a call"},
	{Name: "calls", Connections: 16, body: call("transfer", "rent of november"), says: "the same on 16 connections"},
	{Name: "calls of 16 KiB", Connections: 16, body: call("transfer", strings.Repeat("words of a long text ", 16<<10/21)), says: "tools/call with an argument of 16 KiB"},
	{Name: "streams", Connections: 8, body: call("stream", "rent of november"), says: "tools/call that is answered with a stream of 100 events"},
}

func call(tool, note string) string {
	return `{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"` + tool + `","arguments":{"amount":5,"to":"alice","note":"` + note + `"}}}`
}

// headers of every question, as an MCP client of 2025-11-25 sends them.
const headers = "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\nMcp-Protocol-Version: 2025-11-25\r\nUser-Agent: bench\r\n"

// client is one connection to a hop, which asks one thing after the other.
type client struct {
	hop  *hop
	conn net.Conn
	in   *bufio.Reader
	out  []byte
}

func dial(ctx context.Context, h *hop) (*client, error) {
	conn, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, "tcp", h.address)
	if err != nil {
		return nil, err
	}
	if h.tls != nil {
		secured := tls.Client(conn, h.tls)
		if err := secured.HandshakeContext(ctx); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", h.Name, err), conn.Close())
		}
		conn = secured
	}
	return &client{hop: h, conn: conn, in: bufio.NewReaderSize(conn, 32<<10)}, nil
}

// ask asks once and gives the time that the whole answer took. An empty body is a GET of a stream, of which the header alone is read.
func (c *client) ask(body string) (time.Duration, error) {
	method := "POST"
	if body == "" {
		method = "GET"
	}
	c.out = fmt.Appendf(c.out[:0], "%s %s HTTP/1.1\r\nHost: %s\r\n%s", method, c.hop.path, c.hop.address, headers)
	if c.hop.authorize != nil {
		header, err := c.hop.authorize(method)
		if err != nil {
			return 0, err
		}
		c.out = append(c.out, header...)
	}
	if body != "" {
		c.out = fmt.Appendf(c.out, "Content-Length: %d\r\n", len(body))
	}
	c.out = append(append(c.out, "\r\n"...), body...)
	began := time.Now()
	if err := c.conn.SetDeadline(began.Add(30 * time.Second)); err != nil {
		return 0, err
	}
	if _, err := c.conn.Write(c.out); err != nil {
		return 0, err
	}
	if body == "" {
		first, _, _, err := readHead(c.in)
		if err == nil && !strings.Contains(first, " 200 ") {
			err = errors.New(first)
		}
		return time.Since(began), err
	}
	if _, err := readAnswer(c.in); err != nil {
		return 0, err
	}
	return time.Since(began), nil
}

var requests atomic.Int64

// question gives a body with an id that no other has. Ids have the same number of digits.
func question(body string) string { return fmt.Sprintf(body, 10_000_000+requests.Add(1)%10_000_000) }

// taken is what became of the requests of one turn.
type taken struct {
	times  []time.Duration // of those that were answered
	broken int             // connections on which one was not
	first  error           // of those
}

// put puts a load on a hop. A connection that breaks is opened anew, and counted.
func (l load) put(ctx context.Context, h *hop, clients []*client, during time.Duration) (taken, error) {
	until := time.Now().Add(during)
	all := make([]taken, len(clients))
	var group sync.WaitGroup
	for i, c := range clients {
		group.Go(func() {
			t := &all[i]
			for time.Now().Before(until) && ctx.Err() == nil {
				took, err := c.ask(question(l.body))
				if err == nil {
					t.times = append(t.times, took)
					continue
				}
				t.broken++
				t.first = cmp.Or(t.first, err)
				_ = c.conn.Close() // it is broken
				next, err := dial(ctx, h)
				if err != nil {
					return
				}
				*c = *next
			}
		})
	}
	group.Wait()
	var sum taken
	for _, t := range all {
		sum.times = append(sum.times, t.times...)
		sum.broken += t.broken
		sum.first = cmp.Or(sum.first, t.first)
	}
	if len(sum.times) == 0 {
		return sum, cmp.Or(ctx.Err(), sum.first, errors.New("no request ended"))
	}
	return sum, ctx.Err()
}

// warmUps is how often a connection may break before it has answered once.
const warmUps = 10

// dialAll opens as many connections as a load has, and asks once on each: what comes first is not measured.
func (l load) dialAll(ctx context.Context, h *hop) (clients []*client, err error) {
	for range warmUps * l.Connections {
		if len(clients) == l.Connections {
			break
		}
		var c *client
		if c, err = dial(ctx, h); err != nil {
			break
		}
		if _, err = c.ask(question(l.body)); err != nil {
			_ = c.conn.Close() // it is broken
			continue
		}
		clients = append(clients, c)
	}
	if len(clients) < l.Connections {
		hangUp(clients)
		return nil, fmt.Errorf("%s: %s: %w", h.Name, l.Name, err)
	}
	return clients, nil
}

func hangUp(clients []*client) {
	for _, c := range clients {
		_ = c.conn.Close() // nothing is lost with it
	}
}
