package upstream

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// Limits of a connection's beginning.
const (
	dialTimeout      = 10 * time.Second
	handshakeTimeout = 10 * time.Second
)

// Dialer makes connections to targets.
type Dialer struct {
	TLS *TLS
	// Guard checks each address that a name was resolved to, right before it is connected to; nil lets names lead anywhere.
	Guard *Guard
	// Protocols are offered in place of HTTP/2 and HTTP/1.1 (ALPN).
	Protocols []string
}

// DialContext makes a connection without TLS.
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}
	if d.Guard != nil {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		dialer.ControlContext = func(_ context.Context, _, resolved string, _ syscall.RawConn) error {
			to, err := netip.ParseAddrPort(resolved)
			if err != nil {
				return fmt.Errorf("connect to %s: %w", resolved, err)
			}
			return d.Guard.Check(host, to.Addr())
		}
	}
	return dialer.DialContext(ctx, network, address)
}

// DialTLSContext is DialTLS for net/http, which sees by the *tls.Conn whether HTTP/2 was agreed on.
func (d *Dialer) DialTLSContext(ctx context.Context, network, address string) (net.Conn, error) {
	secure, err := d.DialTLS(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return secure, nil
}

// DialTLS makes a connection whose server has been verified.
func (d *Dialer) DialTLS(ctx context.Context, network, address string) (*tls.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	config, err := d.TLS.Config(host)
	if err != nil {
		return nil, err
	}
	if d.Protocols != nil {
		config.NextProtos = d.Protocols
	}
	plain, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	secure := tls.Client(plain, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = plain.Close()
		return nil, fmt.Errorf("TLS with %s: %w", address, err)
	}
	return secure, nil
}
