package h1

import (
	"errors"
	"io"
	"sync/atomic"
	"time"
)

// requestBody is the body of a request under way. It may be read while the answer is written.
type requestBody struct {
	io.ReadCloser
	w     *response
	told  atomic.Bool // the client was told to send it
	whole atomic.Bool
	bad   atomic.Bool
}

// Read implements io.Reader. A client that waits for word to send the body gets it when somebody wants the body.
func (b *requestBody) Read(p []byte) (int, error) {
	if b.whole.Load() {
		return 0, io.EOF
	}
	if continues(b.w.r) && !b.w.answered.Load() && !b.told.Swap(true) {
		_ = b.w.c.send([]byte("HTTP/1.1 100 Continue\r\n\r\n")) // what is wrong with the connection shows with the read
	}
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		b.whole.Store(true)
	} else if err != nil {
		b.bad.Store(true)
	}
	return n, err
}

// Close implements io.Closer. What is unread is dealt with when the answer is done.
func (b *requestBody) Close() error { return nil }

// rest reads what is left, if it is little and comes soon, and says whether the next request can follow.
func (b *requestBody) rest() bool {
	switch {
	case b.whole.Load():
		return true
	case b.bad.Load(), !b.told.Load() && continues(b.w.r):
		return false
	}
	_ = b.w.c.reading.ask(time.Now().Add(lingering))
	return drained(b)
}
