package mcp

import (
	"bytes"
	"errors"
	"io"
)

// Relay copies events to w as they arrive until their end, each with one write. For each that has data, step says what to send in
// place of it: the same data, other data (without carriage returns), or nil to send none of it. Events that keep their data are
// written as the bytes that came. Where w has a Flush, it is called before anything is waited for, so that events that came together
// leave together. The error is nil at the end of the stream; otherwise that of the stream, of step, or of w.
func Relay(w io.Writer, events *Events, step func(Event) ([]byte, error)) error {
	f, flushes := w.(interface{ Flush() error })
	held := false
	flush := func() error {
		if !held || !flushes {
			return nil
		}
		held = false
		return f.Flush()
	}
	for {
		if !events.ready() {
			if err := flush(); err != nil {
				return err
			}
		}
		wrote, err := relay(w, events, step)
		held = held || wrote
		if errors.Is(err, io.EOF) {
			return flush()
		}
		if err != nil {
			_ = flush() // what came before is to arrive; why there is no more is what counts
			return err
		}
	}
}

// relay copies one event, and says whether there was anything to write.
func relay(w io.Writer, events *Events, step func(Event) ([]byte, error)) (bool, error) {
	e, err := events.Next()
	if err != nil {
		return false, err
	}
	out := e.Raw
	if len(e.Data) > 0 {
		data, err := step(e)
		if err != nil {
			return false, notEnd(err)
		}
		if !bytes.Equal(data, e.Data) {
			out = e.with(data)
		}
	}
	if len(out) == 0 {
		return false, nil
	}
	_, err = w.Write(out)
	return true, notEnd(err)
}

// notEnd gives an error that is not taken for the end of the stream.
func notEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// with is the event with other data. Without data only an id is left, which a client needs to resume the stream after it, and a
// retry time.
func (e Event) with(data []byte) []byte {
	var out []byte
	for line := range bytes.Lines(e.Raw) {
		field, _, _ := bytes.Cut(bytes.TrimRight(line, "\r\n"), []byte(":"))
		switch string(field) {
		case "id", "retry":
			out = append(out, line...)
		case "event":
			if data != nil {
				out = append(out, line...)
			}
		}
	}
	if data != nil {
		for line := range bytes.SplitSeq(data, []byte("\n")) {
			out = append(append(append(out, "data: "...), line...), '\n')
		}
	}
	if len(out) == 0 {
		return nil
	}
	return append(out, '\n')
}
