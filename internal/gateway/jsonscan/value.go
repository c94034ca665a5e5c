package jsonscan

import (
	"iter"
	"unicode/utf16"
	"unicode/utf8"
)

// Value is a JSON value inside a document that has been validated. The zero Value is an absent one.
type Value struct {
	Raw    []byte // points into the document; nil for an absent value
	Offset int    // of Raw in the document
}

// Kind is the type of a JSON value.
type Kind byte

// The kinds of values.
const (
	Absent Kind = iota
	Null
	Bool
	NumberKind
	String
	Array
	Object
)

// Kind is the type of v.
func (v Value) Kind() Kind {
	if len(v.Raw) == 0 {
		return Absent
	}
	switch v.Raw[0] {
	case '{':
		return Object
	case '[':
		return Array
	case '"':
		return String
	case 't', 'f':
		return Bool
	case 'n':
		return Null
	}
	return NumberKind
}

// Text is the string that v holds, unescaped; "" and false if v is no string.
func (v Value) Text() (string, bool) {
	if v.Kind() != String {
		return "", false
	}
	inside := v.Raw[1 : len(v.Raw)-1]
	for _, c := range inside {
		if c == '\\' {
			return string(appendUnescaped(make([]byte, 0, len(inside)), inside)), true
		}
	}
	return string(inside), true
}

// Elements yields the elements of an array, nothing for any other value.
func (v Value) Elements() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		if v.Kind() != Array {
			return
		}
		for at := skipSpace(v.Raw, 1); v.Raw[at] != ']'; {
			end := skipValue(v.Raw, at)
			if !yield(Value{Raw: v.Raw[at:end:end], Offset: v.Offset + at}) {
				return
			}
			if at = skipSpace(v.Raw, end); v.Raw[at] == ',' {
				at = skipSpace(v.Raw, at+1)
			}
		}
	}
}

// Members yields keys and values of an object, nothing for any other value.
func (v Value) Members() iter.Seq2[Value, Value] {
	return func(yield func(Value, Value) bool) {
		if v.Kind() != Object {
			return
		}
		for at := skipSpace(v.Raw, 1); v.Raw[at] != '}'; {
			end := skipValue(v.Raw, at)
			key := Value{Raw: v.Raw[at:end:end], Offset: v.Offset + at}
			at = skipSpace(v.Raw, skipSpace(v.Raw, end)+1)
			end = skipValue(v.Raw, at)
			if !yield(key, Value{Raw: v.Raw[at:end:end], Offset: v.Offset + at}) {
				return
			}
			if at = skipSpace(v.Raw, end); v.Raw[at] == ',' {
				at = skipSpace(v.Raw, at+1)
			}
		}
	}
}

// skipSpace and skipValue walk what has been validated: they check nothing.
func skipSpace(b []byte, at int) int {
	for at < len(b) && isSpace(b[at]) {
		at++
	}
	return at
}

func skipValue(b []byte, at int) int {
	depth := 0
	for at < len(b) {
		switch b[at] {
		case '"':
			at = skipString(b, at)
		case '{', '[':
			depth++
			at++
		case '}', ']':
			depth--
			at++
		case ',', ':', ' ', '\t', '\r', '\n':
			at++
			continue
		default: // a number or a literal
			for at < len(b) && !isDelimiter(b[at]) {
				at++
			}
		}
		if depth == 0 {
			return at
		}
	}
	return at
}

func skipString(b []byte, at int) int {
	for at++; b[at] != '"'; at++ {
		if b[at] == '\\' {
			at++
		}
	}
	return at + 1
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

func isDelimiter(c byte) bool { return isSpace(c) || c == ',' || c == ':' || c == ']' || c == '}' }

// appendUnescaped appends the text of the inside of a valid JSON string.
func appendUnescaped(to, inside []byte) []byte {
	for i := 0; i < len(inside); {
		if inside[i] != '\\' {
			to = append(to, inside[i])
			i++
			continue
		}
		r, size := unescape(inside[i:])
		to = utf8.AppendRune(to, r)
		i += size
	}
	return to
}

// unescape reads the valid escape at the start of b: its rune and its length.
func unescape(b []byte) (r rune, size int) {
	switch b[1] {
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		high := hex4(b[2:])
		if utf16.IsSurrogate(high) {
			return utf16.DecodeRune(high, hex4(b[8:])), 12
		}
		return high, 6
	}
	return rune(b[1]), 2
}

// hex4 is the number of four hexadecimal digits, -1 if b does not start with them.
func hex4(b []byte) rune {
	if len(b) < 4 {
		return -1
	}
	var r rune
	for _, c := range b[:4] {
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case 'A' <= c && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return -1
		}
	}
	return r
}
