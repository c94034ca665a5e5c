package h1

import (
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/net/http/httpguts"
)

// hold is how much of an answer is held back for its length to be known, and of a stream until it is flushed.
const hold = 16 << 10

// response is the answer to a request. It writes a header and what is known of the body at once.
type response struct {
	c      *conn
	r      *http.Request
	header http.Header
	body   *requestBody // nil where the request has none
	buffer *[]byte      // nil while nothing is held back

	status   int
	length   int64 // that the header says, -1 where it says none
	written  int64
	head     int  // where the header in the buffer ends: the fields of the framing are still to be added
	begun    bool // the header has been sent, or is in the buffer with its end
	chunked  bool
	bodiless bool
	close    bool
	trailers []string
	broken   error
	answered atomic.Bool // a status is set: nothing informational may follow
}

func (w *response) reset(c *conn, r *http.Request) {
	header := w.header
	clear(header)
	if header == nil {
		header = make(http.Header, 8)
	}
	w.c, w.r, w.header, w.body, w.buffer = c, r, header, nil, nil
	w.status, w.length, w.written, w.head = 0, -1, 0, 0
	w.begun, w.chunked, w.bodiless, w.close = false, false, false, r.Close
	w.trailers, w.broken = nil, nil
	w.answered.Store(false)
}

// Header implements http.ResponseWriter.
func (w *response) Header() http.Header { return w.header }

func (w *response) out() *[]byte {
	if w.buffer == nil {
		w.buffer = buffers.Get().(*[]byte) //nolint:forcetypeassert // nothing else is put there
	}
	return w.buffer
}

func (w *response) release() {
	if w.buffer != nil {
		putBuffer(w.buffer)
		w.buffer = nil
	}
}

// WriteHeader implements http.ResponseWriter.
func (w *response) WriteHeader(status int) {
	if w.status != 0 || w.c.state.Load() == hijacked {
		return
	}
	if status < 100 || status > 999 {
		panic("h1: " + strconv.Itoa(status) + " is no status")
	}
	if status >= 100 && status < 200 && status != http.StatusSwitchingProtocols {
		w.inform(status)
		return
	}
	w.status = status
	w.answered.Store(true)
	w.bodiless = w.r.Method == http.MethodHead || status == http.StatusNoContent || status == http.StatusNotModified || status < 200
	b := w.out()
	*b = append(append(append(*b, "HTTP/1.1 "...), statusLine(status)...), "\r\n"...)
	for name, values := range w.header {
		switch name {
		case "Content-Length":
			if n, err := strconv.ParseInt(strings.TrimSpace(w.header.Get(name)), 10, 64); err == nil && n >= 0 && len(values) == 1 {
				w.length = n
			}
			continue
		case "Transfer-Encoding": // the framing is the connection's
			continue
		case "Connection":
			if httpguts.HeaderValuesContainsToken(values, "close") {
				w.close = true
				continue
			}
		case "Trailer":
			w.announce(values)
		}
		if strings.HasPrefix(name, http.TrailerPrefix) || !httpguts.ValidHeaderFieldName(name) {
			continue
		}
		for _, v := range values {
			*b = appendFields(*b, name, []string{oneLine(v)})
		}
	}
	if _, ok := w.header["Date"]; !ok {
		*b = append(append(append(*b, "Date: "...), date()...), "\r\n"...)
	}
	w.head = len(*b)
}

// announce notes the trailers that the header names, but for those that would change what the message is.
func (w *response) announce(values []string) {
	for _, list := range values {
		for name := range strings.SplitSeq(list, ",") {
			if name = http.CanonicalHeaderKey(strings.TrimSpace(name)); httpguts.ValidTrailerHeader(name) {
				w.trailers = append(w.trailers, name)
			}
		}
	}
}

// inform sends an informational answer.
func (w *response) inform(status int) {
	if !w.r.ProtoAtLeast(1, 1) {
		return
	}
	b := append([]byte("HTTP/1.1 "+statusLine(status)), "\r\n"...)
	if status != http.StatusContinue {
		for name, values := range w.header {
			if httpguts.ValidHeaderFieldName(name) && name != "Content-Length" && name != "Transfer-Encoding" {
				for _, v := range values {
					b = appendFields(b, name, []string{oneLine(v)})
				}
			}
		}
	} else if w.body != nil {
		w.body.told.Store(true)
	}
	w.send(append(b, "\r\n"...))
}

// Write implements http.ResponseWriter.
func (w *response) Write(p []byte) (int, error) {
	if w.c.state.Load() == hijacked {
		return 0, http.ErrHijacked
	}
	if w.status == 0 {
		if _, ok := w.header["Content-Type"]; !ok && len(p) > 0 {
			w.header.Set("Content-Type", http.DetectContentType(p))
		}
		w.WriteHeader(http.StatusOK)
	}
	switch {
	case len(p) == 0:
		return 0, nil
	case w.bodiless && w.r.Method != http.MethodHead:
		return 0, http.ErrBodyNotAllowed
	case w.length >= 0 && w.written+int64(len(p)) > w.length:
		return 0, http.ErrContentLength
	case w.broken != nil:
		return 0, w.broken
	}
	w.written += int64(len(p))
	if w.bodiless {
		return len(p), nil
	}
	if !w.begun && (w.length >= 0 || len(*w.out())-w.head+len(p) > hold) {
		w.begin(w.length)
	}
	b := w.out()
	if w.chunked {
		*b = append(strconv.AppendInt(*b, int64(len(p)), 16), "\r\n"...)
	}
	if w.begun && len(*b)+len(p) > together {
		w.push()
		w.send(p)
		b = w.out()
	} else {
		*b = append(*b, p...)
	}
	if w.chunked {
		*b = append(*b, "\r\n"...)
	}
	if w.begun && len(*b) > hold && (w.length < 0 || w.written == w.length) {
		w.push()
	}
	return len(p), w.broken
}

// begin ends the header: from here on it is known how the body is told from what follows. A negative length is not known.
func (w *response) begin(length int64) {
	w.begun = true
	b := w.out()
	held := len(*b) - w.head
	var space [96]byte
	f := space[:0]
	switch {
	case w.status < 200 || w.status == http.StatusNoContent:
	case length >= 0 && !(w.bodiless && w.length < 0 && length == 0):
		f = append(strconv.AppendInt(append(f, "Content-Length: "...), length, 10), "\r\n"...)
	case w.bodiless:
	case w.r.ProtoAtLeast(1, 1):
		w.chunked = true
		f = append(f, "Transfer-Encoding: chunked\r\n"...)
	default:
		w.close = true
	}
	if w.c.s.stopping.Load() {
		w.close = true
	}
	switch {
	case w.close && w.status != http.StatusSwitchingProtocols:
		f = append(f, "Connection: close\r\n"...)
	case !w.r.ProtoAtLeast(1, 1):
		f = append(f, "Connection: keep-alive\r\n"...)
	}
	f = append(f, "\r\n"...)
	if w.chunked && held > 0 {
		f = append(strconv.AppendInt(f, int64(held), 16), "\r\n"...)
	}
	*b = slices.Insert(*b, w.head, f...)
	if w.chunked && held > 0 {
		*b = append(*b, "\r\n"...)
	}
}

// push sends what is held back.
func (w *response) push() {
	if w.buffer != nil && len(*w.buffer) > 0 {
		w.send(*w.buffer)
	}
	w.release()
}

func (w *response) send(b []byte) {
	if w.broken == nil {
		w.broken = w.c.send(b)
	}
}

// finish ends the answer and says whether the connection can take another request.
func (w *response) finish() bool {
	defer w.release()
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	unread := w.body != nil && !w.body.rest()
	if unread {
		w.close = true
	}
	if !w.begun {
		length := int64(len(*w.out()) - w.head)
		if w.r.Method == http.MethodHead {
			length = w.length
			if length < 0 && w.written > 0 {
				length = w.written
			}
		}
		w.begin(length)
	}
	short := w.length >= 0 && w.written < w.length && !w.bodiless
	if w.chunked && !short {
		b := w.out()
		*b = append(*b, "0\r\n"...)
		*b = w.appendTrailers(*b)
		*b = append(*b, "\r\n"...)
	}
	w.push()
	if w.broken != nil || short {
		return false
	}
	if w.close {
		if unread {
			w.c.linger()
		}
		return false
	}
	_ = w.c.writing.ask(time.Time{}) // that of this answer is not the next one's
	return true
}

func (w *response) appendTrailers(b []byte) []byte {
	for _, name := range w.trailers {
		for _, v := range w.header[name] {
			b = appendFields(b, name, []string{oneLine(v)})
		}
	}
	for name, values := range w.header {
		if name, ok := strings.CutPrefix(name, http.TrailerPrefix); ok && httpguts.ValidTrailerHeader(name) && httpguts.ValidHeaderFieldName(name) {
			for _, v := range values {
				b = appendFields(b, name, []string{oneLine(v)})
			}
		}
	}
	return b
}

var _ io.Writer = (*response)(nil)
