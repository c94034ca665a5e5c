// Package tunnel carries bytes between an agent and a server that the gateway does not look into, once it is sure for which name TLS is begun.
package tunnel

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"
)

// maxHello is how much is read for a ClientHello, in bytes.
const maxHello = 64 << 10

// errHeard ends the handshake that is only listened to.
var errHeard = errors.New("tunnel: heard")

// Hello reads the beginning of a TLS connection and gives the name that it asks for, "" where it asks for none, and the bytes that were read, which
// belong to the server. What is no TLS is an error.
func Hello(r io.Reader) (name string, read []byte, err error) {
	listened := &listening{r: io.LimitReader(r, maxHello)}
	first := make([]byte, 1)
	if _, err := io.ReadFull(listened, first); err != nil {
		return "", nil, err
	}
	if first[0] != 0x16 { // a handshake record (RFC 8446 §5.1)
		return "", nil, errors.New("the client does not begin with TLS")
	}
	heard := false
	listened.again = bytes.NewReader(first)
	err = tls.Server(listened, &tls.Config{ //nolint:gosec // no handshake is done
		GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			name, heard = hello.ServerName, true
			return nil, errHeard
		},
	}).Handshake()
	if !heard {
		return "", nil, fmt.Errorf("the client's TLS cannot be read: %w", err)
	}
	return name, listened.all.Bytes(), nil
}

// listening is a connection that only reads, and keeps what it has read.
type listening struct {
	r     io.Reader
	again io.Reader // what is read once more, nil for nothing
	all   bytes.Buffer
}

// Read implements net.Conn.
func (l *listening) Read(b []byte) (int, error) {
	if l.again != nil {
		if n, err := l.again.Read(b); n > 0 || err == nil {
			return n, nil
		}
		l.again = nil
	}
	n, err := l.r.Read(b)
	l.all.Write(b[:n])
	return n, err
}

func (*listening) Write(b []byte) (int, error)      { return len(b), nil }
func (*listening) Close() error                     { return nil }
func (*listening) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (*listening) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (*listening) SetDeadline(time.Time) error      { return nil }
func (*listening) SetReadDeadline(time.Time) error  { return nil }
func (*listening) SetWriteDeadline(time.Time) error { return nil }

// For says whether a name that TLS asks for is that of a host. A host that is an address cannot be asked for (RFC 6066 §3).
func For(name, host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return name == ""
	}
	return name != "" && strings.EqualFold(strings.TrimSuffix(name, "."), host)
}
