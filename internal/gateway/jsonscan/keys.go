package jsonscan

import (
	"bytes"
	"cmp"
	"hash/maphash"
	"slices"
	"unicode/utf8"
)

// key is a key of an object that is open: the inside of a string of the document, without the quotes.
type key struct {
	hash       uint64 // of the unescaped text
	start, end int32
	escaped    bool
}

// few is the number of keys up to which each is compared with all before it. Larger objects are sorted when they close, so that
// n keys cost n log n however an attacker chooses them.
const few = 16

// seed makes the hashes unpredictable. Collisions cost time only: keys of one hash are compared.
var seed = maphash.MakeSeed()

// open adds a key to the object whose keys start at first.
func (s *scanner) open(first int, k key) error {
	if len(s.keys) >= s.limits.Members {
		return s.fail(TooMany, int(k.start)-1)
	}
	k.hash = s.hash(k)
	if len(s.keys)-first < few {
		for _, other := range s.keys[first:] {
			if other.hash == k.hash && s.compare(other, k) == 0 {
				return s.fail(DuplicateKey, int(k.start)-1)
			}
		}
	}
	s.keys = append(s.keys, k)
	return nil
}

// close removes the keys of the object at hand, whose keys start at first.
func (s *scanner) close(first int) error {
	keys := s.keys[first:]
	s.keys = s.keys[:first]
	if len(keys) <= few {
		return nil
	}
	slices.SortFunc(keys, func(a, b key) int {
		if a.hash != b.hash {
			return cmp.Compare(a.hash, b.hash)
		}
		return s.compare(a, b)
	})
	for i := 1; i < len(keys); i++ {
		if keys[i-1].hash == keys[i].hash && s.compare(keys[i-1], keys[i]) == 0 {
			return s.fail(DuplicateKey, int(max(keys[i-1].start, keys[i].start))-1)
		}
	}
	return nil
}

func (s *scanner) hash(k key) uint64 {
	inside := s.doc[k.start:k.end]
	if !k.escaped {
		return maphash.Bytes(seed, inside)
	}
	var h maphash.Hash
	h.SetSeed(seed)
	var buffer [utf8.UTFMax]byte
	for len(inside) > 0 {
		r, size := nextRune(inside)
		_, _ = h.Write(utf8.AppendRune(buffer[:0], r)) // a Hash never fails
		inside = inside[size:]
	}
	return h.Sum64()
}

// compare orders the texts of two keys.
func (s *scanner) compare(a, b key) int {
	x, y := s.doc[a.start:a.end], s.doc[b.start:b.end]
	if !a.escaped && !b.escaped {
		return bytes.Compare(x, y)
	}
	for len(x) > 0 && len(y) > 0 {
		r, n := nextRune(x)
		q, m := nextRune(y)
		if r != q {
			return cmp.Compare(r, q)
		}
		x, y = x[n:], y[m:]
	}
	return cmp.Compare(len(x), len(y))
}

// nextRune reads the character at the start of the inside of a valid string, and how many bytes it is written with.
func nextRune(inside []byte) (rune, int) {
	if inside[0] == '\\' {
		return unescape(inside)
	}
	return utf8.DecodeRune(inside)
}
