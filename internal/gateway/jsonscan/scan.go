package jsonscan

import "sync"

// Scan reads doc within the limits, fills values with those that the shape names, in its order, and returns the whole value
// without the white space around it. What is absent, or has no object above it, is the zero Value. Values keep doc alive. The
// error is an *Error; values are then to be ignored. It panics if values has not the shape's length.
func (s *Shape) Scan(doc []byte, l Limits, values []Value) (Value, error) {
	var root *node
	if s != nil {
		if len(values) != s.paths {
			panic("jsonscan: as many values as the shape has pointers")
		}
		root = &s.root
		clear(values)
	}
	l = l.filled()
	if len(doc) > l.Size {
		return Value{}, &Error{TooLarge, l.Size}
	}
	sc, ok := scanners.Get().(*scanner)
	if !ok {
		sc = &scanner{}
	}
	sc.doc, sc.at, sc.limits, sc.values = doc, 0, l, values
	v, err := sc.document(root)
	sc.doc, sc.values, sc.keys = nil, nil, sc.keys[:0]
	// What one large document needed is not kept for small ones.
	if cap(sc.keys) <= DefaultMembers {
		scanners.Put(sc)
	}
	if err != nil {
		return Value{}, err
	}
	return v, nil
}

var scanners = sync.Pool{New: func() any { return &scanner{} }}

// scanner is one pass over a document.
type scanner struct {
	doc    []byte
	at     int
	limits Limits
	values []Value
	keys   []key // of the objects that are open, outermost first
}

func (s *scanner) fail(r Reason, at int) error { return &Error{r, at} }

// unexpected is the error for the byte at hand, or for its absence.
func (s *scanner) unexpected() error {
	if s.at >= len(s.doc) {
		return s.fail(Truncated, len(s.doc))
	}
	return s.fail(Syntax, s.at)
}

func (s *scanner) document(root *node) (Value, error) {
	s.space()
	start := s.at
	if err := s.value(root, 0); err != nil {
		return Value{}, err
	}
	v := Value{Raw: s.doc[start:s.at:s.at], Offset: start}
	s.space()
	if s.at < len(s.doc) {
		return Value{}, s.fail(Trailing, s.at)
	}
	return v, nil
}

func (s *scanner) space() {
	for s.at < len(s.doc) && isSpace(s.doc[s.at]) {
		s.at++
	}
}

// next skips white space and returns the byte there, 0 at the end (which is no byte of JSON outside of strings either).
func (s *scanner) next() byte {
	s.space()
	if s.at >= len(s.doc) {
		return 0
	}
	return s.doc[s.at]
}

func (s *scanner) value(n *node, depth int) error {
	if s.at >= len(s.doc) {
		return s.unexpected()
	}
	switch c := s.doc[s.at]; {
	case c == '"':
		_, _, err := s.text()
		return err
	case c == '{':
		return s.object(n, depth+1)
	case c == '[':
		return s.array(depth + 1)
	case c == '-' || '0' <= c && c <= '9':
		return s.number()
	case c == 't':
		return s.literal("true")
	case c == 'f':
		return s.literal("false")
	case c == 'n':
		return s.literal("null")
	}
	return s.unexpected()
}

func (s *scanner) literal(word string) error {
	for i := range len(word) {
		if s.at >= len(s.doc) || s.doc[s.at] != word[i] {
			return s.unexpected()
		}
		s.at++
	}
	return nil
}

func (s *scanner) array(depth int) error {
	if depth > s.limits.Depth {
		return s.fail(TooDeep, s.at)
	}
	s.at++
	if s.next() == ']' {
		s.at++
		return nil
	}
	for {
		// Members of objects inside an array belong to no known path.
		if err := s.value(nil, depth); err != nil {
			return err
		}
		switch s.next() {
		case ',':
			s.at++
			s.space()
		case ']':
			s.at++
			return nil
		default:
			return s.unexpected()
		}
	}
}

func (s *scanner) object(n *node, depth int) error {
	if depth > s.limits.Depth {
		return s.fail(TooDeep, s.at)
	}
	s.at++
	if s.next() == '}' {
		s.at++
		return nil
	}
	first := len(s.keys)
	for {
		if err := s.member(n, first, depth); err != nil {
			return err
		}
		switch s.next() {
		case ',':
			s.at++
			s.space()
		case '}':
			s.at++
			return s.close(first)
		default:
			return s.unexpected()
		}
	}
}

func (s *scanner) member(n *node, first, depth int) error {
	if s.at >= len(s.doc) || s.doc[s.at] != '"' {
		return s.unexpected()
	}
	start := s.at
	escaped, nul, err := s.text()
	if err != nil {
		return err
	}
	if nul {
		return s.fail(NULKey, start)
	}
	name := s.doc[start+1 : s.at-1]
	if err := s.open(first, key{start: int32(start + 1), end: int32(s.at - 1), escaped: escaped}); err != nil {
		return err
	}
	var f *field
	if n != nil {
		var folded bool
		if f, folded = n.known(name, escaped); folded {
			return s.fail(FoldedKey, start)
		}
	}
	if s.next() != ':' {
		return s.unexpected()
	}
	s.at++
	s.space()
	start = s.at
	if f == nil {
		return s.value(nil, depth)
	}
	if err := s.value(f.below, depth); err != nil {
		return err
	}
	if f.index >= 0 {
		s.values[f.index] = Value{Raw: s.doc[start:s.at:s.at], Offset: start}
	}
	return nil
}
