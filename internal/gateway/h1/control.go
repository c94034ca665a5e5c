package h1

import (
	"bufio"
	"errors"
	"net"
	"net/http"
	"time"
)

// FlushError sends what is held back, and an answer that has not begun as one whose length is not known.
func (w *response) FlushError() error {
	if w.c.state.Load() == hijacked {
		return http.ErrHijacked
	}
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if !w.begun {
		w.begin(w.length)
	}
	w.push()
	w.quiesce()
	return w.broken
}

// quiesce gives the read buffer of a stream back, where nothing more can come before its end.
func (w *response) quiesce() {
	if w.c.in != nil && w.c.in.Buffered() == 0 && (w.body == nil || w.body.whole.Load()) {
		w.c.drop()
	}
}

// Flush implements http.Flusher.
func (w *response) Flush() { _ = w.FlushError() } // what is wrong shows with the next write

// SetReadDeadline is for http.ResponseController.
func (w *response) SetReadDeadline(t time.Time) error { return w.c.reading.ask(t) }

// SetWriteDeadline is for http.ResponseController.
func (w *response) SetWriteDeadline(t time.Time) error { return w.c.writing.ask(t) }

// EnableFullDuplex is for http.ResponseController: a request's body may be read at any time.
func (w *response) EnableFullDuplex() error { return nil }

// Hijack implements http.Hijacker.
func (w *response) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if w.begun || w.status != 0 && w.status != http.StatusSwitchingProtocols {
		return nil, nil, errors.New("h1: the answer has begun")
	}
	if !w.c.state.CompareAndSwap(busy, hijacked) {
		return nil, nil, http.ErrHijacked
	}
	w.release()
	if w.c.in == nil {
		w.c.in = bufio.NewReader(w.c)
	}
	in := w.c.in
	w.c.in = nil // it is the handler's
	_ = w.c.raw.SetDeadline(time.Time{})
	return w.c.raw, bufio.NewReadWriter(in, bufio.NewWriter(w.c.raw)), nil
}
