package mcp

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// DefaultEventSize bounds an event, in bytes, where a caller says nothing.
const DefaultEventSize = 4 << 20

// ErrEvent is what every refusal of a stream's bytes wraps.
var ErrEvent = errors.New("the event stream is refused")

// Legacy says that the event is the first of the transport of 2024-11-05, HTTP with SSE: it names the endpoint for messages.
func (e Event) Legacy() bool { return e.Name == "endpoint" }

// Event is one server-sent event. Its slices are valid until the next one is read.
type Event struct {
	Raw  []byte // as it was sent, the empty line that ends it included
	Name string // of the event; "" for a message
	Data []byte // the payload, its lines joined by line feeds; nil without a data line
}

// Events reads a stream of server-sent events (WHATWG HTML §9.2) one at a time, keeping no more than one. It refuses what readers
// of such streams take differently: carriage returns that end a line alone, a byte order mark, lines without a colon, NUL, and
// an event that the stream's end leaves unfinished.
type Events struct {
	r     *bufio.Reader
	limit int
	begun bool
	raw   []byte
	data  []byte
}

// NewEvents reads events from r, each of at most limit bytes; 0 stands for DefaultEventSize.
func NewEvents(r io.Reader, limit int) *Events {
	if limit <= 0 {
		limit = DefaultEventSize
	}
	return &Events{r: bufio.NewReaderSize(r, 4096), limit: limit}
}

// Next reads an event. A comment between events, which servers send to keep a connection alive, is one by itself, without data, so
// that it need not wait. The error is io.EOF at the end, io.ErrUnexpectedEOF if that is within an event, one that wraps ErrEvent,
// or that of the reader. After an error nothing more is to be read.
func (s *Events) Next() (Event, error) {
	s.raw, s.data = emptied(s.raw), emptied(s.data)
	var e Event
	hasData := false
	for {
		line, err := s.line()
		if err != nil {
			return Event{}, err
		}
		switch {
		case len(line) == 0:
			e.Raw = s.raw
			if hasData {
				e.Data = s.data
			}
			return e, nil
		case line[0] == ':':
			if len(s.raw) == len(line)+s.ending() {
				return Event{Raw: s.raw}, nil
			}
			continue
		}
		field, value, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			return Event{}, fmt.Errorf("%w: a line without a colon", ErrEvent)
		}
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(field) {
		case "event":
			e.Name = string(value)
		case "data":
			if hasData {
				s.data = append(s.data, '\n')
			}
			s.data = append(s.data, value...)
			hasData = true
		}
	}
}

// ready says whether the next event is here as a whole, so that to read it is not to wait.
func (s *Events) ready() bool {
	held, err := s.r.Peek(s.r.Buffered())
	return err == nil && (bytes.Contains(held, []byte("\n\n")) || bytes.Contains(held, []byte("\n\r\n")))
}

// emptied gives a buffer for the next event. One that a large event needed is not kept, as streams idle for hours.
func emptied(b []byte) []byte {
	if b == nil || cap(b) > 4096 {
		return []byte{}
	}
	return b[:0]
}

// line appends the next line to raw and returns it without its ending.
func (s *Events) line() ([]byte, error) {
	start := len(s.raw)
	for {
		part, err := s.r.ReadSlice('\n')
		if len(s.raw)+len(part) > s.limit {
			return nil, fmt.Errorf("%w: an event is larger than %d bytes", ErrEvent, s.limit)
		}
		s.raw = append(s.raw, part...)
		switch {
		case err == nil:
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && len(s.raw) > 0:
			return nil, io.ErrUnexpectedEOF
		default:
			return nil, err
		}
		break
	}
	line := s.raw[start : len(s.raw)-s.ending()]
	if !s.begun {
		s.begun = true
		if bytes.HasPrefix(line, []byte("\xef\xbb\xbf")) {
			return nil, fmt.Errorf("%w: a byte order mark", ErrEvent)
		}
	}
	if bytes.ContainsAny(line, "\r\x00") {
		return nil, fmt.Errorf("%w: a carriage return or NUL within a line", ErrEvent)
	}
	return line, nil
}

// ending is the length of the line ending that raw ends with.
func (s *Events) ending() int {
	if bytes.HasSuffix(s.raw, []byte("\r\n")) {
		return 2
	}
	return 1
}
