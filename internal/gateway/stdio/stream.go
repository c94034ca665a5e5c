package stdio

import (
	"bytes"
	"io"
	"sync"
	"time"
)

// keepAlive is how often a silent stream says that it is there.
const keepAlive = 20 * time.Second

// stream carries messages from a process to one HTTP response.
type stream struct {
	conversation *conversation
	left         int         // requests to be answered; the conversation's to lock
	out          chan []byte // closed by nobody: done and over say when to stop
	done         chan struct{}
	over         chan struct{}
	doneOnce     sync.Once
	overOnce     sync.Once
}

func newStream(c *conversation) *stream {
	return &stream{conversation: c, out: make(chan []byte, maxQueue), done: make(chan struct{}), over: make(chan struct{})}
}

// put adds a message, waiting where the reader is slow. It is false where nobody reads any more.
func (s *stream) put(text []byte) bool {
	select {
	case <-s.done:
		return false
	default:
	}
	select {
	case s.out <- text:
		return true
	case <-s.done:
		return false
	}
}

// offer adds a message where there is room.
func (s *stream) offer(text []byte) {
	select {
	case s.out <- text:
	default:
	}
}

// finish says that nothing more comes. What was put is still read.
func (s *stream) finish() { s.overOnce.Do(func() { close(s.over) }) }

// close says that nobody reads any more.
func (s *stream) close() { s.doneOnce.Do(func() { close(s.done) }) }

// take gives the next message; nil at the end, and when tick comes first.
func (s *stream) take(tick <-chan time.Time) (text []byte, end bool) {
	select {
	case text = <-s.out:
		return text, false
	default:
	}
	select {
	case text = <-s.out:
		return text, false
	case <-s.done:
		return nil, true
	case <-tick:
		return nil, false
	case <-s.over:
	}
	select { // put before it was over
	case text = <-s.out:
		return text, false
	default:
		return nil, true
	}
}

// body is the body of an SSE response.
type body struct {
	s     *stream
	timer *time.Timer
	rest  []byte
	once  sync.Once
}

func (s *stream) body(first []byte) *body {
	b := &body{s: s, timer: time.NewTimer(keepAlive)}
	if first != nil {
		b.rest = event(first)
	}
	return b
}

// event writes a message as an event. It is one line.
func event(text []byte) []byte {
	text = bytes.TrimRight(text, "\r\n")
	out := make([]byte, 0, len(text)+24)
	out = append(out, "event: message\ndata: "...)
	return append(append(out, text...), "\n\n"...)
}

// Read implements io.Reader.
func (b *body) Read(to []byte) (int, error) {
	for len(b.rest) == 0 {
		b.timer.Reset(keepAlive)
		text, end := b.s.take(b.timer.C)
		switch {
		case end:
			return 0, io.EOF
		case text == nil:
			b.rest = []byte(": \n\n")
		default:
			b.rest = event(text)
		}
	}
	n := copy(to, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

// Close implements io.Closer.
func (b *body) Close() error {
	b.once.Do(func() {
		b.timer.Stop()
		b.s.conversation.drop(b.s)
	})
	return nil
}
