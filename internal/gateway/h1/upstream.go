package h1

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// upstream is one connection to a server.
type upstream struct {
	t     *Transport
	key   key
	conn  net.Conn
	in    *bufio.Reader
	left  int  // bytes of a header that may still come; negative for no bound
	large bool // more came

	reused bool
	since  time.Time
	// What is known of the request under way.
	wrote, answered bool
	body            *sender // nil once the body was written
}

func (t *Transport) upstream(k key, conn net.Conn) *upstream {
	u := &upstream{t: t, key: k, conn: conn, left: -1}
	u.in = bufio.NewReader(u)
	return u
}

// Read implements io.Reader for the buffer, with the bound of a header.
func (u *upstream) Read(b []byte) (int, error) {
	if u.left >= 0 && len(b) > u.left {
		if b = b[:u.left]; len(b) == 0 {
			u.large = true
			return 0, ErrHeaderTooLarge
		}
	}
	n, err := u.conn.Read(b)
	if n > 0 {
		u.answered = true
		if u.left >= 0 {
			u.left -= n
		}
	}
	return n, err
}

func (u *upstream) close() { _ = u.conn.Close() } // nothing is lost with it

// again says whether the request that failed may be sent again on another connection.
func (u *upstream) again(r *http.Request) bool {
	if !u.reused || u.answered {
		return false
	}
	if !u.wrote {
		return true
	}
	switch r.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	return false
}

// roundTrip sends a request and reads the header of its answer. Whatever fails closes the connection.
func (u *upstream) roundTrip(r *http.Request) (*http.Response, error) {
	u.wrote, u.answered, u.large = false, false, false
	// Reads and writes of a closed connection return: that is how an end of the context reaches them.
	stop := context.AfterFunc(r.Context(), u.close)
	response, err := u.exchange(r)
	if err != nil {
		u.close()
		if stop() || r.Context().Err() == nil {
			return nil, err
		}
		return nil, context.Cause(r.Context())
	}
	response.Request = r
	a := &answer{u: u, ctx: r.Context(), stop: stop, body: response.Body, keep: !response.Close && !r.Close}
	if response.Body == http.NoBody || r.Method == http.MethodHead {
		a.end()
		response.Body = http.NoBody
		return response, nil
	}
	response.Body = a
	return response, nil
}

func (u *upstream) exchange(r *http.Request) (*http.Response, error) {
	if err := u.send(r); err != nil {
		if !u.wrote {
			return nil, fmt.Errorf("write to %s: %w", u.key.address, err)
		}
		// A server may answer, and close, before it has read the whole request.
		if response, unread := u.receive(r); unread == nil {
			response.Close = true
			return response, nil
		}
		return nil, fmt.Errorf("write to %s: %w", u.key.address, err)
	}
	response, err := u.receive(r)
	if err != nil {
		if u.body != nil {
			u.close()
			u.body.wait()
		}
		switch {
		case u.large:
			return nil, ErrHeaderTooLarge
		case !u.answered && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)):
			err = errGone
		}
		return nil, fmt.Errorf("read from %s: %w", u.key.address, err)
	}
	return response, nil
}

// receive reads the header of the answer.
func (u *upstream) receive(r *http.Request) (*http.Response, error) {
	u.left = u.t.HeaderSize
	if u.left <= 0 {
		u.left = defaultHeaderSize
	}
	for range maxInformational + 1 {
		response, err := http.ReadResponse(u.in, r)
		if err != nil {
			return nil, err
		}
		switch {
		case response.StatusCode == http.StatusSwitchingProtocols:
			return nil, errors.New("the server switches to a protocol that was not asked for")
		case response.StatusCode >= 100 && response.StatusCode < 200:
			continue
		}
		u.left = -1
		return response, nil
	}
	return nil, errors.New("too many informational answers")
}

// answer is the body of an answer. At its end the connection is kept.
type answer struct {
	u    *upstream
	ctx  context.Context
	stop func() bool
	body io.ReadCloser
	keep bool
	done atomic.Bool
}

// Read implements io.Reader.
func (a *answer) Read(b []byte) (int, error) {
	if a.done.Load() {
		return 0, io.EOF
	}
	n, err := a.body.Read(b)
	switch {
	case err == nil:
	case errors.Is(err, io.EOF):
		a.end()
	default:
		a.abort()
		if cause := context.Cause(a.ctx); cause != nil {
			err = cause
		}
	}
	return n, err
}

// end gives the connection back after the whole answer.
func (a *answer) end() {
	if a.done.Swap(true) {
		return
	}
	// Bytes that nobody asked for would be taken for the next answer, and a body that is still being written for the next request.
	if a.stop() && a.keep && a.u.in.Buffered() == 0 && a.u.written() {
		a.u.t.keep(a.u)
		return
	}
	a.u.close()
}

func (a *answer) abort() {
	if !a.done.Swap(true) {
		a.stop()
		a.u.close()
	}
}

// Close implements io.Closer. An answer that was not read to its end ends the connection, unless its rest is there already.
func (a *answer) Close() error {
	if a.done.Load() {
		return nil
	}
	if a.u.in.Buffered() > 0 && a.u.in.Buffered() <= maxDrain {
		var rest [1]byte
		if n, err := a.body.Read(rest[:]); n == 0 && errors.Is(err, io.EOF) {
			a.end()
			return nil
		}
	}
	a.abort()
	return nil
}
