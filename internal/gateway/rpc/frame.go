package rpc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// prefix is the length of what stands before a message: a flag and four bytes of length (Length-Prefixed-Message).
const prefix = 5

// The ways in which frames are none. ErrTooLarge names no limit, since it is the caller's.
var (
	ErrTruncated = errors.New("the stream ends inside a message")
	ErrFlag      = errors.New("a message's flag is neither 0 nor 1")
	ErrTooLarge  = errors.New("a message is too large")
)

// Frame is one message as it is on the wire.
type Frame struct {
	Compressed bool
	Message    []byte // compressed, where it says so
	Raw        []byte // the message with what stands before it
}

// NewFrame gives the frame of a message that is not compressed.
func NewFrame(message []byte) Frame {
	raw := make([]byte, prefix, prefix+len(message))
	binary.BigEndian.PutUint32(raw[1:], uint32(len(message))) //nolint:gosec // messages are bounded by limits far below 4 GiB
	raw = append(raw, message...)
	return Frame{Message: raw[prefix:], Raw: raw}
}

// Frames reads messages one by one, each whole.
type Frames struct {
	from  io.Reader
	limit int64
}

// NewFrames reads messages of at most limit bytes each.
func NewFrames(from io.Reader, limit int64) *Frames { return &Frames{from, limit} }

// Next gives the next message, io.EOF after the last. The frame is the caller's to keep.
func (f *Frames) Next() (Frame, error) {
	var head [prefix]byte
	if _, err := io.ReadFull(f.from, head[:]); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = ErrTruncated
		}
		return Frame{}, err
	}
	size, err := sizeOf(head, f.limit)
	if err != nil {
		return Frame{}, err
	}
	raw, err := grown(f.from, head, int(size))
	return Frame{Compressed: head[0] == 1, Message: raw[min(prefix, len(raw)):], Raw: raw}, err
}

// step is how much room a message gets at once: what a length promises takes no memory before it has come.
const step = 64 << 10

func grown(from io.Reader, head [prefix]byte, size int) ([]byte, error) {
	raw := append(make([]byte, 0, prefix+min(size, step)), head[:]...)
	for missing := size; missing > 0; {
		n := min(missing, max(step, len(raw)))
		at := len(raw)
		raw = append(raw, make([]byte, n)...)
		if _, err := io.ReadFull(from, raw[at:]); err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				err = ErrTruncated
			}
			return nil, err
		}
		missing -= n
	}
	return raw, nil
}

func sizeOf(head [prefix]byte, limit int64) (int64, error) {
	if head[0] > 1 {
		return 0, fmt.Errorf("%w: %d", ErrFlag, head[0])
	}
	size := int64(binary.BigEndian.Uint32(head[1:]))
	if size > limit {
		return 0, fmt.Errorf("%w: it has %d bytes", ErrTooLarge, size)
	}
	return size, nil
}

// Checked passes messages through as their bytes come, and fails before the first byte of one that has more than limit bytes, whose flag
// is none, or that the stream ends in.
type Checked struct {
	from  io.Reader
	limit int64
	head  [prefix]byte
	have  int   // bytes of head
	left  int64 // bytes of the message
	whole int   // messages that have come to their end
	err   error
}

// NewChecked passes from through.
func NewChecked(from io.Reader, limit int64) *Checked { return &Checked{from: from, limit: limit} }

// Whole is the number of messages that have come to their end.
func (c *Checked) Whole() int { return c.whole }

// Read implements io.Reader.
func (c *Checked) Read(b []byte) (int, error) {
	if c.err != nil || len(b) == 0 {
		return 0, c.err
	}
	n, err := c.from.Read(b)
	good := c.check(b[:n])
	switch {
	case c.err != nil:
		return good, c.err
	case errors.Is(err, io.EOF) && (c.have > 0 || c.left > 0):
		err = ErrTruncated
	}
	c.err = err
	return n, err
}

// check follows the messages in b, and gives how many of its bytes may be passed on: all unless there is an error.
func (c *Checked) check(b []byte) int {
	for at := 0; at < len(b); {
		if c.left > 0 {
			n := min(c.left, int64(len(b)-at))
			c.left -= n
			at += int(n)
			if c.left == 0 {
				c.whole++
			}
			continue
		}
		start := at
		n := copy(c.head[c.have:], b[at:])
		c.have += n
		at += n
		if c.have < prefix {
			break
		}
		if c.left, c.err = sizeOf(c.head, c.limit); c.err != nil {
			return start
		}
		if c.have = 0; c.left == 0 {
			c.whole++
		}
	}
	return len(b)
}
