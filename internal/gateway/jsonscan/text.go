package jsonscan

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// text reads the string at hand. It says whether it holds escapes, and whether it holds U+0000, which only an escape can.
func (s *scanner) text() (escaped, nul bool, err error) {
	i := s.at + 1
	for {
		i += plain(s.doc[i:])
		if i >= len(s.doc) {
			return false, false, s.fail(Truncated, len(s.doc))
		}
		switch c := s.doc[i]; {
		case c == '"':
			s.at = i + 1
			return escaped, nul, nil
		case c == '\\':
			size, reason := escape(s.doc[i:])
			if reason != "" {
				return false, false, s.fail(reason, i)
			}
			escaped = true
			nul = nul || size == 6 && bytes.Equal(s.doc[i:i+6], []byte(`\u0000`))
			i += size
		case c < 0x20:
			return false, false, s.fail(Syntax, i)
		case c < utf8.RuneSelf:
			i++
		default:
			r, size := utf8.DecodeRune(s.doc[i:])
			if r == utf8.RuneError && size <= 1 {
				return false, false, s.fail(Encoding, i)
			}
			i += size
		}
	}
}

// plain counts the bytes at the start of b, eight at a time, that are neither quote, backslash, control nor beyond ASCII.
func plain(b []byte) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	n := 0
	for len(b)-n >= 8 {
		w := binary.LittleEndian.Uint64(b[n:])
		quote, slash := w^(ones*'"'), w^(ones*'\\')
		// Each term has the high bit of a byte set if that byte is below 0x20, a quote or a backslash. A borrow can set
		// further bits, but only above the first, and the first is what is asked for.
		if found := (w | (w - ones*0x20) | (quote - ones) | (slash - ones)) & highs; found != 0 {
			return n + bits.TrailingZeros64(found)/8
		}
		n += 8
	}
	return n
}

// escape gives the length of the valid escape at the start of b, or what is wrong with it.
func escape(b []byte) (size int, wrong Reason) {
	if len(b) < 2 {
		return 0, Truncated
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2, ""
	case 'u':
	default:
		return 0, Syntax
	}
	high := hex4(b[2:])
	switch {
	case high < 0:
		return 0, Syntax
	case high < 0xd800 || high > 0xdfff:
		return 6, ""
	case high > 0xdbff || len(b) < 12 || b[6] != '\\' || b[7] != 'u':
		return 0, Surrogate
	}
	if low := hex4(b[8:]); low < 0xdc00 || low > 0xdfff {
		return 0, Surrogate
	}
	return 12, ""
}
