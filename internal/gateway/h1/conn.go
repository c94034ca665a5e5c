package h1

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http/httpguts"
)

// The states of a connection.
const (
	waiting = iota // for a request, or in its handshake
	busy           // with a request
	closed
	hijacked
)

// lounge is how long a connection that waits keeps its buffer; those that wait longer have none.
const lounge = time.Second

// lingering is how long a client has to take the answer before its connection is closed with something unread, which would undo it.
const lingering = 500 * time.Millisecond

var readers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, 4<<10) }}

// conn is one connection of a client.
type conn struct {
	s    *Server
	raw  net.Conn
	tls  *tls.ConnectionState
	addr string

	reading, writing deadline

	state atomic.Int32
	in    *bufio.Reader // nil while it waits long
	first []byte        // read before there was a buffer
	one   [1]byte
	left  int  // bytes of a header that may still come; negative for no bound
	large bool // more came

	mu     sync.Mutex
	cancel context.CancelFunc // of the request under way
	seen   bool               // it was under way when the connections were last looked at
	out    response
}

// Read implements io.Reader for the buffer.
func (c *conn) Read(b []byte) (int, error) {
	if c.left >= 0 && len(b) > c.left {
		if b = b[:c.left]; len(b) == 0 {
			c.large = true
			return 0, io.EOF
		}
	}
	if len(c.first) > 0 && len(b) > 0 {
		n := copy(b, c.first)
		c.first = c.first[n:]
		return n, nil
	}
	n, err := c.receive(b)
	if c.left >= 0 {
		c.left -= n
	}
	return n, err
}

// receive reads from the connection.
func (c *conn) receive(b []byte) (int, error) {
	if err := c.reading.hold(); err != nil {
		return 0, err
	}
	defer c.reading.let()
	return c.raw.Read(b)
}

// send writes to the connection.
func (c *conn) send(b []byte) error {
	if err := c.writing.hold(); err != nil {
		return err
	}
	defer c.writing.let()
	_, err := c.raw.Write(b)
	return err
}

// serve serves one request after the other.
func (c *conn) serve() {
	c.reading.set, c.writing.set = c.raw.SetReadDeadline, c.raw.SetWriteDeadline
	defer func() {
		if c.state.Load() == hijacked {
			return
		}
		c.drop()
		_ = c.raw.Close() // what was to be written has been
	}()
	for first := true; c.wait(first); first = false {
		if !c.state.CompareAndSwap(waiting, busy) {
			return
		}
		again := c.request()
		if c.state.Load() == hijacked {
			return
		}
		if !again || c.s.stopping.Load() || !c.state.CompareAndSwap(busy, waiting) {
			return
		}
		if c.s.stopping.Load() { // and Shutdown may not have seen it wait
			return
		}
	}
}

// wait waits for the first byte of a request. One that is long in coming finds no buffer held for it.
func (c *conn) wait(first bool) bool {
	limit := c.s.idleTime()
	if first {
		limit = c.s.headerTime()
	}
	c.left = -1
	if c.in == nil {
		c.in = readers.Get().(*bufio.Reader) //nolint:forcetypeassert // nothing else is put there
		c.in.Reset(c)
	}
	if c.in.Buffered() > 0 {
		return true
	}
	now := time.Now()
	c.left = c.s.headerSize()
	_ = c.reading.ask(now.Add(min(limit, lounge))) // a connection that takes no deadline cannot be read either
	_, err := c.in.Peek(1)
	if err == nil {
		return true
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) || limit <= lounge {
		return false
	}
	c.drop()
	_ = c.reading.ask(now.Add(limit))
	n, err := c.receive(c.one[:])
	if n == 0 || err != nil {
		return false
	}
	c.first = c.one[:]
	c.in = readers.Get().(*bufio.Reader) //nolint:forcetypeassert // nothing else is put there
	c.in.Reset(c)
	return true
}

// drop gives the buffer back.
func (c *conn) drop() {
	if c.in != nil {
		c.in.Reset(nil)
		readers.Put(c.in)
		c.in = nil
	}
}

// request serves a request and says whether another may follow.
func (c *conn) request() bool {
	c.left, c.large = c.s.headerSize(), false
	_ = c.reading.ask(time.Now().Add(c.s.headerTime()))
	r, err := http.ReadRequest(c.in)
	if err != nil {
		c.refuse(err)
		return false
	}
	c.left = -1
	_ = c.reading.ask(time.Time{})
	if status, why := wrong(r); status != 0 {
		c.reply(status, why)
		return false
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c.begin(cancel)
	defer c.begin(nil)
	r = r.WithContext(ctx)
	r.RemoteAddr, r.TLS = c.addr, c.tls
	w := &c.out
	w.reset(c, r)
	if r.Body != http.NoBody {
		w.body = &requestBody{ReadCloser: r.Body, w: w}
		r.Body = w.body
	}
	if !c.handle(w, r) {
		w.release()
		return false
	}
	if c.state.Load() == hijacked {
		return false
	}
	return w.finish()
}

// handle calls the handler. One that panics has not answered.
func (c *conn) handle(w *response, r *http.Request) (ok bool) {
	defer func() {
		if ok {
			return
		}
		if fault := recover(); fault != http.ErrAbortHandler { //nolint:errorlint // it is compared as net/http does
			c.s.Log.Error("fault of a handler", "client", c.addr, "fault", fault, "stack", string(debug.Stack()))
		}
	}()
	c.s.Handler.ServeHTTP(w, r)
	return true
}

// begin says which request is under way, nil for none.
func (c *conn) begin(cancel context.CancelFunc) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cancel, c.seen = cancel, false
}

// look ends the request under way if its client is gone. A request is not looked at the first time it is seen.
func (c *conn) look() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cancel == nil {
		return
	}
	if c.seen && hungUp(c.raw) {
		c.cancel()
	}
	c.seen = true
}

// wrong says what makes a request one that is not served, though it could be parsed. net/http's server says the same.
func wrong(r *http.Request) (status int, why string) {
	switch {
	case r.ProtoMajor != 1:
		return http.StatusHTTPVersionNotSupported, "unsupported protocol version"
	case r.Host == "" && r.ProtoAtLeast(1, 1) && r.Method != http.MethodConnect:
		return http.StatusBadRequest, "missing required Host header"
	case !httpguts.ValidHostHeader(r.Host):
		return http.StatusBadRequest, "malformed Host header"
	}
	for name, values := range r.Header {
		if !httpguts.ValidHeaderFieldName(name) {
			return http.StatusBadRequest, "invalid header name"
		}
		for _, v := range values {
			if !httpguts.ValidHeaderFieldValue(v) {
				return http.StatusBadRequest, "invalid header value"
			}
		}
	}
	if expects := r.Header["Expect"]; len(expects) > 0 && !continues(r) {
		return http.StatusExpectationFailed, "only 100-continue can be expected"
	}
	return 0, ""
}

// continues says whether a client waits for word before it sends the body.
func continues(r *http.Request) bool {
	expects := r.Header["Expect"]
	return len(expects) == 1 && strings.EqualFold(strings.TrimSpace(expects[0]), "100-continue")
}

// refuse answers what could not be parsed, if there is anybody to answer.
func (c *conn) refuse(err error) {
	switch {
	case c.large:
		c.reply(http.StatusRequestHeaderFieldsTooLarge, "the header is too large")
	case errors.Is(err, io.EOF), errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, net.ErrClosed):
	default:
		var network *net.OpError
		if errors.As(err, &network) {
			return
		}
		c.reply(http.StatusBadRequest, "the request cannot be read")
	}
}

// reply answers a request that no handler sees, and ends the connection.
func (c *conn) reply(status int, why string) {
	text := http.StatusText(status) + ": " + why + "\n"
	_ = c.writing.ask(time.Now().Add(5 * time.Second))
	if c.send([]byte("HTTP/1.1 "+statusLine(status)+"\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\nContent-Length: "+
		decimal(len(text))+"\r\n\r\n"+text)) == nil {
		c.linger()
	}
}

// linger ends the sending side and gives the client time to take what was sent.
func (c *conn) linger() {
	if half, ok := c.raw.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		_ = c.raw.SetReadDeadline(time.Now().Add(lingering))
		_, _ = io.CopyN(io.Discard, c.raw, 256<<10) // it is read to be rid of it
	}
}
