package rpc

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
)

// Encodings are the compressions that a message can be read in, as Grpc-Accept-Encoding lists them.
const Encodings = "identity,gzip"

// The ways in which a message cannot be read.
var (
	ErrEncoding   = errors.New("the message is compressed in a way that cannot be read")
	ErrCompressed = errors.New("the message is not what its compression makes of one")
)

// Plain gives a frame's message without its compression, which the header Grpc-Encoding names; at most limit bytes of it. A message that two
// readers may take for different ones, since something follows the compressed data, is refused.
func (f Frame) Plain(encoding string, limit int64) ([]byte, error) {
	if !f.Compressed {
		return f.Message, nil
	}
	if encoding != "gzip" {
		return nil, fmt.Errorf("%w: %q", ErrEncoding, encoding)
	}
	compressed := bytes.NewReader(f.Message)
	unzip, err := gzip.NewReader(compressed)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCompressed, err)
	}
	unzip.Multistream(false)
	message, err := io.ReadAll(io.LimitReader(unzip, limit+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrCompressed, err)
	case int64(len(message)) > limit:
		return nil, fmt.Errorf("%w: it has more than %d bytes when it is not compressed", ErrTooLarge, limit)
	case compressed.Len() > 0:
		return nil, fmt.Errorf("%w: %d bytes follow it", ErrCompressed, compressed.Len())
	}
	return message, nil
}
