package jsonscan

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
	"unsafe"
)

// Shape names the members that a caller wants from a document, at its top and below. It is immutable and safe for concurrent use.
type Shape struct {
	root  node
	paths int
}

// node is an object some of whose members are known.
type node struct {
	fields  []field
	longest int // bytes of the longest name
}

type field struct {
	name  string
	index int // of the path that ends here, -1 for none
	below *node
}

// MustShape makes a shape of JSON pointers (RFC 6901) to members of objects, such as "/params/name". Every member on a path is
// known: a key that only folds onto it is refused. It panics on what is no such pointer, as shapes are written in programs.
func MustShape(pointers ...string) *Shape {
	s := &Shape{paths: len(pointers)}
	for i, p := range pointers {
		if !strings.HasPrefix(p, "/") {
			panic(fmt.Sprintf("jsonscan: %q is no JSON pointer to a member", p))
		}
		n := &s.root
		parts := strings.Split(p[1:], "/")
		for j, part := range parts {
			name := strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
			f := n.add(name)
			if j < len(parts)-1 {
				if f.below == nil {
					f.below = &node{}
				}
				n = f.below
				continue
			}
			if f.index >= 0 {
				panic(fmt.Sprintf("jsonscan: %q is given twice", p))
			}
			f.index = i
		}
	}
	return s
}

// Len is the number of pointers, and the length of the slice that Scan fills.
func (s *Shape) Len() int { return s.paths }

func (n *node) add(name string) *field {
	for i := range n.fields {
		if n.fields[i].name == name {
			return &n.fields[i]
		}
	}
	for i := range len(name) {
		if name[i] >= utf8.RuneSelf {
			panic(fmt.Sprintf("jsonscan: the member %q is not ASCII", name))
		}
	}
	n.fields = append(n.fields, field{name: name, index: -1})
	n.longest = max(n.longest, len(name))
	return &n.fields[len(n.fields)-1]
}

// known returns the field that key, the inside of a JSON string, names exactly, and whether it only folds onto one.
func (n *node) known(key []byte, escaped bool) (f *field, folded bool) {
	var buffer [128]byte
	if escaped {
		// Six bytes of an escape make at least one, so a key beyond this is longer than any known name.
		if len(key) > 6*n.longest {
			return nil, false
		}
		key = appendUnescaped(buffer[:0], key)
	}
	// A folded letter takes at most three bytes where the known one takes one.
	if len(key) > 3*n.longest {
		return nil, false
	}
	for i := range n.fields {
		if string(key) == n.fields[i].name {
			return &n.fields[i], false
		}
	}
	for i := range n.fields {
		if Folds(unsafe.String(unsafe.SliceData(key), len(key)), n.fields[i].name) {
			return nil, true
		}
	}
	return nil, false
}

// Folds says that a reader which ignores letter case may take one key for the other; equal keys do. It is for members that a Shape
// cannot name because they are known only while a program runs, such as those that policies read of arguments.
func Folds(a, b string) bool {
	for a != "" && b != "" {
		r, n := utf8.DecodeRuneInString(a)
		q, m := utf8.DecodeRuneInString(b)
		if r != q && fold(r) != fold(q) {
			return false
		}
		a, b = a[n:], b[m:]
	}
	return a == b
}

// fold gives one letter for all that readers take for each other: those of one orbit of simple folding, as Go and .NET do (long s
// and Kelvin sign are letters of ASCII there), and the dotted and dotless i, which Java takes for i by comparing both cases.
func fold(r rune) rune {
	switch {
	case 'A' <= r && r <= 'Z':
		return r + ('a' - 'A')
	case r < utf8.RuneSelf:
		return r
	case r == '\u0130', r == '\u0131':
		return 'i'
	case r == '\u017f':
		return 's'
	case r == '\u212a':
		return 'k'
	}
	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}
	return least
}
