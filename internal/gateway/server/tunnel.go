package server

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/audit"
	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/tunnel"
)

// tunnelConversation is CONNECT: bytes to a target's host that the gateway does not look into.
type tunnelConversation struct {
	*exchange
	host, port string
}

func (t *tunnelConversation) refuse(r refusal) { http.Error(t.w, r.text(), r.status) }

func (t *tunnelConversation) serve() {
	// The port comes from the configuration, whose URL was read.
	arguments, _ := json.Marshal(map[string]any{"host": t.host, "port": json.Number(t.port)})
	d := t.ask(&call.Call{
		Protocol: call.Tunnel, Direction: call.ToTarget, Method: http.MethodConnect, Target: t.target.Name,
		Resource: call.Resource{Kind: call.Method, Name: http.MethodConnect}, Arguments: arguments,
	})
	if !d.Allowed && t.enforced() {
		if t.write(http.StatusForbidden) {
			t.refuse(refusal{status: http.StatusForbidden, reason: d.Reason})
		}
		return
	}
	if !t.openStream() {
		return
	}
	server, err := t.g.reaches[t.target.Name].dialer.DialContext(t.r.Context(), "tcp", net.JoinHostPort(t.host, t.port))
	if err != nil {
		t.outcome = audit.Broken
		t.unreached(t.r.Context(), err)
		return
	}
	defer server.Close()
	if !t.write(http.StatusOK) {
		return
	}
	client, err := t.take()
	if err != nil {
		t.outcome = audit.Gone
		t.options.Log.Warn("a tunnel cannot be begun", "target", t.target.Name, "error", err)
		return
	}
	t.carry(client, server)
}

// carry passes on what both sides say, once the client has begun TLS for the host that it was given a tunnel to.
func (t *tunnelConversation) carry(client tunnel.End, to net.Conn) {
	ctx, cancel := context.WithCancelCause(t.r.Context())
	defer cancel(nil)
	begun := time.AfterFunc(t.limits().HeaderTime, func() { cancel(errIdle) })
	listening := context.AfterFunc(ctx, func() { _ = client.Close() })
	name, first, err := tunnel.Hello(client)
	begun.Stop()
	listening()
	if err == nil && !tunnel.For(name, t.host) {
		err = errors.New("the client begins TLS for another name")
	}
	if err != nil {
		t.outcome = ending(ctx, audit.Denied)
		t.metrics.count("agent_gateway_tunnels_refused_total", "target", t.target.Name)
		t.options.Log.Warn("a tunnel was ended", "target", t.target.Name, "error", err)
		_ = client.Close() // it may be closed
		return
	}
	server := end{Conn: to, reader: to}
	if _, err := server.Write(first); err != nil {
		t.outcome = audit.Broken
		_ = client.Close() // nobody is left to talk to
		return
	}
	carried := tunnel.Carry(ctx, client, server, t.limits().Idle, func() { cancel(errIdle) })
	t.outcome = ending(ctx, audit.Complete)
	written := *t.first // which sinks may still hold
	written.Received = carried.Up + int64(len(first))
	t.first = &written
	if a, ok := t.w.(*answer); ok {
		a.sent = carried.Down
	}
}

// ending says how a stream or a tunnel ended, otherwise where nothing ended it from outside.
func ending(ctx context.Context, otherwise audit.Outcome) audit.Outcome {
	switch cause := context.Cause(ctx); {
	case cause == nil:
		return otherwise
	case errors.Is(cause, errIdle):
		return audit.Idle
	case errors.Is(cause, context.DeadlineExceeded):
		return audit.Overtime
	case errors.Is(cause, errSuspended):
		return audit.Suspended
	case errors.Is(cause, errStopping):
		return audit.Stopped
	}
	return audit.Gone
}

// take makes a tunnel of the client's connection, or of its stream of HTTP/2.
func (t *tunnelConversation) take() (tunnel.End, error) {
	control := http.NewResponseController(t.w)
	if t.r.ProtoMajor >= 2 {
		_ = control.SetReadDeadline(time.Time{})  // those of the stream are limits.idle_time's
		_ = control.SetWriteDeadline(time.Time{}) // as above
		t.w.WriteHeader(http.StatusOK)
		return stream{body: t.r.Body, to: &flushing{w: t.w, control: control, every: t.limits().Idle}}, control.Flush()
	}
	connection, buffered, err := control.Hijack()
	if err != nil {
		return nil, err
	}
	if a, ok := t.w.(*answer); ok {
		a.begun, a.status = true, http.StatusOK
	}
	if err := connection.SetDeadline(time.Time{}); err != nil {
		return nil, errors.Join(err, connection.Close())
	}
	if _, err := fmt.Fprint(connection, "HTTP/1.1 200 Connection Established\r\n\r\n"); err != nil {
		return nil, errors.Join(err, connection.Close())
	}
	return end{Conn: connection, reader: unread(buffered, connection)}, nil
}

// unread gives what was read already, and then the connection.
func unread(buffered *bufio.ReadWriter, connection net.Conn) io.Reader {
	if buffered == nil || buffered.Reader.Buffered() == 0 {
		return connection
	}
	read, _ := buffered.Reader.Peek(buffered.Reader.Buffered()) // it is there
	return io.MultiReader(bytes.NewReader(bytes.Clone(read)), connection)
}

// end is a connection as one end of a tunnel.
type end struct {
	net.Conn
	reader io.Reader
}

// Read implements io.Reader.
func (e end) Read(b []byte) (int, error) { return e.reader.Read(b) }

// CloseWrite implements tunnel.End. A connection without halves is closed.
func (e end) CloseWrite() error {
	if half, ok := e.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return e.Conn.Close()
}

// stream is a stream of HTTP/2 as one end of a tunnel. Its writing half ends with the exchange.
type stream struct {
	body io.ReadCloser
	to   io.Writer
}

// Read implements io.Reader.
func (s stream) Read(b []byte) (int, error) { return s.body.Read(b) }

// Write implements io.Writer.
func (s stream) Write(b []byte) (int, error) { return s.to.Write(b) }

// CloseWrite implements tunnel.End.
func (s stream) CloseWrite() error { return s.body.Close() }

// Close implements tunnel.End.
func (s stream) Close() error { return s.body.Close() }
