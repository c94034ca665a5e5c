package h1

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// together is how large a body may be to be written with its header at once, before anything is read. A larger one is written while the
// answer is awaited, since a server may answer before it has read all of it.
const together = 64 << 10

// buffers are what messages are put together in.
var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 4<<10); return &b }}

// maxPooled is the largest buffer that is kept.
const maxPooled = together + 16<<10

func putBuffer(b *[]byte) {
	if cap(*b) <= maxPooled {
		*b = (*b)[:0]
		buffers.Put(b)
	}
}

// send writes a request, or begins to. The body is closed whatever happens.
func (u *upstream) send(r *http.Request) error {
	u.body = nil
	to := buffers.Get().(*[]byte) //nolint:forcetypeassert // nothing else is put there
	defer putBuffer(to)
	length := r.ContentLength
	if r.Body == nil || r.Body == http.NoBody {
		length = 0
	} else if length == 0 {
		length = -1
	}
	head := appendHead(*to, r, length)
	*to = head
	switch {
	case length == 0:
		closeBody(r)
	case length > 0 && length <= together:
		at := len(head)
		head = slices.Grow(head, int(length))[:at+int(length)]
		*to = head
		_, err := io.ReadFull(r.Body, head[at:])
		if err == nil {
			err = ended(r.Body)
		}
		closeBody(r)
		if err != nil {
			return fmt.Errorf("read the request's body: %w", err)
		}
	default:
		if _, err := u.write(head); err != nil {
			closeBody(r)
			return err
		}
		u.body = &sender{done: make(chan struct{})}
		go u.body.run(u, r, length)
		return nil
	}
	_, err := u.write(head)
	return err
}

// ended says whether a body is no longer than it said.
func ended(body io.Reader) error {
	var more [1]byte
	if n, err := body.Read(more[:]); n > 0 {
		return errors.New("it is longer than its length")
	} else if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

func (u *upstream) write(b []byte) (int, error) {
	n, err := u.conn.Write(b)
	u.wrote = u.wrote || n > 0
	return n, err
}

// written says whether the whole request has been written.
func (u *upstream) written() bool {
	if u.body == nil {
		return true
	}
	select {
	case <-u.body.done:
		return u.body.err == nil
	default:
		return false
	}
}

// ours are headers that the transport writes itself, from the request's fields.
func ours(name string) bool {
	switch name {
	case "Host", "Content-Length", "Transfer-Encoding", "Trailer", "User-Agent":
		return true
	}
	return false
}

// userAgent is what is sent where the request says nothing; an empty one sends none.
const userAgent = "agent-gateway"

// appendHead writes the request's line and header. A negative length is sent in chunks.
func appendHead(b []byte, r *http.Request, length int64) []byte {
	method := r.Method
	if method == "" {
		method = http.MethodGet
	}
	host := r.Host
	if host == "" {
		host = r.URL.Host
	}
	b = append(append(b, method...), ' ')
	b = append(append(b, r.URL.RequestURI()...), " HTTP/1.1\r\nHost: "...)
	b = append(append(b, host...), "\r\n"...)
	agent, given := r.Header["User-Agent"]
	if !given {
		b = append(b, "User-Agent: "+userAgent+"\r\n"...)
	} else if len(agent) > 0 && agent[0] != "" {
		b = append(append(append(b, "User-Agent: "...), agent[0]...), "\r\n"...)
	}
	for name, values := range r.Header {
		if !ours(name) {
			b = appendFields(b, name, values)
		}
	}
	if r.Close && !strings.EqualFold(r.Header.Get("Connection"), "close") {
		b = append(b, "Connection: close\r\n"...)
	}
	switch {
	case length > 0 || length == 0 && (method == http.MethodPost || method == http.MethodPut || method == http.MethodPatch):
		b = append(strconv.AppendInt(append(b, "Content-Length: "...), length, 10), "\r\n"...)
	case length < 0:
		b = append(b, "Transfer-Encoding: chunked\r\n"...)
		for name := range r.Trailer {
			b = appendFields(b, "Trailer", []string{name})
		}
	}
	return append(b, "\r\n"...)
}

func appendFields(b []byte, name string, values []string) []byte {
	for _, v := range values {
		b = append(append(append(append(b, name...), ": "...), v...), "\r\n"...)
	}
	return b
}

// sender writes a body while the answer is read.
type sender struct {
	done chan struct{}
	err  error
}

func (s *sender) wait() { <-s.done }

func (s *sender) run(u *upstream, r *http.Request, length int64) {
	defer close(s.done)
	defer closeBody(r)
	if s.err = u.copy(r, length); s.err != nil {
		u.close() // the server would wait for the rest, and take the next request for it
	}
}

// copy writes the body, each part as it comes.
func (u *upstream) copy(r *http.Request, length int64) error {
	if length > 0 {
		n, err := io.Copy(u.conn, io.LimitReader(r.Body, length))
		if err == nil && n < length {
			err = io.ErrUnexpectedEOF
		}
		if err == nil {
			err = ended(r.Body)
		}
		return err
	}
	held := buffers.Get().(*[]byte) //nolint:forcetypeassert // nothing else is put there
	defer putBuffer(held)
	part := make([]byte, 16<<10)
	for {
		n, err := r.Body.Read(part)
		out := (*held)[:0]
		if n > 0 {
			out = append(strconv.AppendInt(out, int64(n), 16), "\r\n"...)
			out = append(append(out, part[:n]...), "\r\n"...)
		}
		if errors.Is(err, io.EOF) {
			out = append(out, "0\r\n"...)
			for name, values := range r.Trailer {
				out = appendFields(out, name, values)
			}
			out = append(out, "\r\n"...)
		}
		*held = out
		if len(out) > 0 {
			if _, failed := u.conn.Write(out); failed != nil {
				return failed
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}
