package audit

import (
	"context"
	"io"
)

// Lines is a sink that writes one JSON line for a record, and as many lines at once as there are.
type Lines struct {
	name   string
	to     io.Writer
	buffer []byte
	begun  int // bytes of the next record that were written already
}

// NewLines gives a sink that writes to to. Closing it closes that too, where it is an io.Closer.
func NewLines(name string, to io.Writer) *Lines { return &Lines{name: name, to: to} }

// Name implements Sink.
func (l *Lines) Name() string { return l.name }

// Take implements Sink. Of a record that was written in part, the rest is written the next time.
func (l *Lines) Take(_ context.Context, entries []Entry) (int, error) {
	l.buffer = l.buffer[:0]
	for _, e := range entries {
		l.buffer = append(l.buffer, e.Line...)
	}
	n, err := l.to.Write(l.buffer[l.begun:])
	if err == nil && l.begun+n < len(l.buffer) {
		err = io.ErrShortWrite
	}
	l.begun += n
	for done, e := range entries {
		if l.begun < len(e.Line) {
			return done, err
		}
		l.begun -= len(e.Line)
	}
	return len(entries), nil
}

// Close implements Sink.
func (l *Lines) Close() error {
	if c, ok := l.to.(io.Closer); ok {
		return c.Close()
	}
	return nil
}
