// Package jsonscan reads a JSON document so strictly that no other parser can read it differently, and hands out the raw bytes of
// the members that a caller names. It never builds a tree: one pass validates everything, nothing is copied, and what it needs
// besides the document is bounded by the limits, not by the document.
//
// It accepts RFC 8259 and refuses, beyond what that forbids, whatever real parsers disagree about (RFC 7493 names most of it):
// duplicate keys at any depth, compared after unescaping; keys that equal a member the caller knows but for letter case, with the
// letters that only Unicode folds onto ASCII ones; U+0000 in keys; invalid UTF-8 and lone surrogates; a byte order mark; numbers
// that overflow a float64; anything after the value. A policy that is decided on a document read here holds for the server
// that reads the same bytes.
package jsonscan

import (
	"fmt"
	"math"
)

// Limits bound a document. A zero field stands for its default.
type Limits struct {
	Size    int // bytes of the document; default 4 MiB, at most 2 GiB
	Depth   int // objects and arrays inside each other; default 128, at most 1000
	Members int // members of all objects that are open at one point of the document; default 16384
}

// The defaults of Limits, and the bound of Depth.
const (
	DefaultSize    = 4 << 20
	DefaultDepth   = 128
	DefaultMembers = 16384
	MaxDepth       = 1000
)

// maxNumber bounds the bytes of a number. Readers give up at different lengths (CPython at 4300 digits); no float64 needs as many.
const maxNumber = 512

func (l Limits) filled() Limits {
	if l.Size <= 0 {
		l.Size = DefaultSize
	}
	if l.Depth <= 0 {
		l.Depth = DefaultDepth
	}
	if l.Members <= 0 {
		l.Members = DefaultMembers
	}
	l.Size = min(l.Size, math.MaxInt32)
	l.Depth = min(l.Depth, MaxDepth)
	return l
}

// Reason says what is wrong with a document.
type Reason string

// The reasons for which a document is refused.
const (
	Syntax       Reason = "not JSON (RFC 8259)"
	Truncated    Reason = "the document ends too early"
	Trailing     Reason = "something follows the document"
	Encoding     Reason = "not valid UTF-8"
	Surrogate    Reason = "a surrogate escape without its partner"
	DuplicateKey Reason = "a key occurs twice in an object"
	FoldedKey    Reason = "a key differs from a known member only in letter case"
	NULKey       Reason = "a key holds U+0000"
	Number       Reason = "a number that not every reader can represent"
	TooLarge     Reason = "larger than the limit"
	TooDeep      Reason = "nested more deeply than limits.json_depth allows"
	TooMany      Reason = "more members than the limit"
)

// Error is why a document was refused, and where.
type Error struct {
	Reason Reason
	Offset int // bytes from the start of the document
}

func (e *Error) Error() string { return fmt.Sprintf("%s, at byte %d", string(e.Reason), e.Offset) }

// Validate reads doc and returns its value, without the white space around it. The error is an *Error.
func Validate(doc []byte, l Limits) (Value, error) {
	return (*Shape)(nil).Scan(doc, l, nil)
}
