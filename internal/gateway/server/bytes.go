package server

import (
	"bytes"
	"io"
)

// readAll is io.ReadAll for a body that says how long it is, so that a buffer of that size is made once. Of what a body says no more than
// a moderate amount is believed before it is there; a negative length says nothing.
func readAll(r io.Reader, length int64) ([]byte, error) {
	if length < 0 {
		return io.ReadAll(r)
	}
	const believed = 256 << 10
	var b bytes.Buffer
	b.Grow(int(min(length, believed)) + bytes.MinRead)
	_, err := b.ReadFrom(r)
	return b.Bytes(), err
}
