package h1

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"golang.org/x/net/http/httpguts"
)

// The bounds of a Transport where it names none.
const (
	defaultIdlePerHost     = 256
	defaultIdleTime        = 90 * time.Second
	defaultHandshakeTime   = 10 * time.Second
	defaultDialTime        = 30 * time.Second
	defaultHeaderSize      = 256 << 10
	maxInformational       = 5 // answers with a status of 1xx before the one that counts, as net/http takes
	http2LastSeen          = 10 * time.Minute
	protocolHTTP1, protoH2 = "http/1.1", "h2"
)

// ErrHeaderTooLarge says that an answer's header was larger than the transport takes.
var ErrHeaderTooLarge = errors.New("h1: the answer's header is too large")

// errGone is a connection that ended before anything of an answer came.
var errGone = errors.New("h1: the connection was closed before an answer came")

// Transport is an http.RoundTripper for HTTP/1.1 upstreams. It asks no proxy, leaves bodies as they are and follows nothing. Its zero
// value is ready; it is safe for concurrent use, and its fields are not to be changed once it is used.
type Transport struct {
	// Dial opens a connection; nil dials TCP, for 30 s at most.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// TLS is what connections to https URLs are secured with; nil is the system's roots.
	TLS *tls.Config
	// DialTLS opens a connection to an https URL that is secured already, in place of Dial and TLS; nil leaves it to them.
	DialTLS func(ctx context.Context, network, address string) (*tls.Conn, error)
	// HTTP2 takes the requests to hosts that negotiate HTTP/2. Nil negotiates HTTP/1.1 alone.
	HTTP2 http.RoundTripper
	// IdlePerHost is how many connections to one host are kept; 0 is 256.
	IdlePerHost int
	// IdleTime is how long a connection is kept; 0 is 90 s.
	IdleTime time.Duration
	// HeaderSize is how many bytes an answer's header may have, informational answers included; 0 is 256 KiB.
	HeaderSize int

	mu     sync.Mutex
	idle   map[key][]*upstream // the last is the one used last
	second map[key]time.Time   // hosts that speak HTTP/2, and when they said so
	sweep  *time.Timer
}

// key is what connections are alike by.
type key struct{ scheme, address string }

// RoundTrip implements http.RoundTripper. A request is tried again, on another connection, only where nothing of an answer came on one that
// was kept, and where the request either cannot have reached the server or does no harm when it is done twice (RFC 9110 §9.2.2).
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	k, err := check(r)
	if err != nil {
		closeBody(r)
		return nil, err
	}
	ctx := r.Context()
	for {
		if err := context.Cause(ctx); err != nil {
			closeBody(r)
			return nil, err
		}
		if t.speaksHTTP2(k) {
			return t.HTTP2.RoundTrip(r)
		}
		u, err := t.take(ctx, k)
		if err != nil {
			closeBody(r)
			return nil, err
		}
		if u == nil {
			continue // the host turned out to speak HTTP/2
		}
		response, err := u.roundTrip(r)
		if err == nil {
			return response, nil
		}
		if !u.again(r) || ctx.Err() != nil {
			return nil, err
		}
		if r, err = rewound(r, err); err != nil {
			return nil, err
		}
	}
}

// rewound gives the request with its body at the beginning, or why it was to be sent again.
func rewound(r *http.Request, why error) (*http.Request, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return r, nil
	}
	if r.GetBody == nil {
		return nil, why
	}
	body, err := r.GetBody()
	if err != nil {
		return nil, why
	}
	again := *r
	again.Body = body
	return &again, nil
}

func closeBody(r *http.Request) {
	if r.Body != nil {
		_ = r.Body.Close() // it was not read
	}
}

// check gives where a request goes, if it is one that can be written.
func check(r *http.Request) (key, error) {
	if r.URL == nil || r.Header == nil || r.URL.Host == "" {
		return key{}, errors.New("h1: the request has no URL, host or header")
	}
	port := ""
	switch r.URL.Scheme {
	case "http":
		port = "80"
	case "https":
		port = "443"
	default:
		return key{}, fmt.Errorf("h1: the scheme %q is neither http nor https", r.URL.Scheme)
	}
	if r.Method != "" && !token(r.Method) {
		return key{}, errors.New("h1: the method is no token")
	}
	if r.Host != "" && !httpguts.ValidHostHeader(r.Host) {
		return key{}, errors.New("h1: the host is none")
	}
	for _, h := range []http.Header{r.Header, r.Trailer} {
		for name, values := range h {
			if !httpguts.ValidHeaderFieldName(name) {
				return key{}, fmt.Errorf("h1: %q is not the name of a header", name)
			}
			// What is wrong with a value stays unsaid: it may be a secret.
			if slices.ContainsFunc(values, func(v string) bool { return !httpguts.ValidHeaderFieldValue(v) }) {
				return key{}, fmt.Errorf("h1: the header %s has a value that it cannot have", name)
			}
		}
	}
	address := r.URL.Host
	if r.URL.Port() == "" {
		address = net.JoinHostPort(r.URL.Hostname(), port)
	}
	return key{r.URL.Scheme, address}, nil
}

// token says whether something is a token (RFC 9110 §5.6.2).
func token(text string) bool { return httpguts.ValidHeaderFieldName(text) }

// dial opens a connection. Nil is one that turned out to speak HTTP/2.
func (t *Transport) dial(ctx context.Context, k key) (*upstream, error) {
	if k.scheme == "https" && t.DialTLS != nil {
		secured, err := t.DialTLS(ctx, "tcp", k.address)
		if err != nil {
			return nil, err
		}
		return t.secured(k, secured)
	}
	dial := t.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: defaultDialTime}).DialContext
	}
	conn, err := dial(ctx, "tcp", k.address)
	if err != nil {
		return nil, err
	}
	if k.scheme == "http" {
		return t.upstream(k, conn), nil
	}
	config := t.TLS.Clone()
	if config == nil {
		config = &tls.Config{}
	}
	config.NextProtos = []string{protocolHTTP1}
	if t.HTTP2 != nil {
		config.NextProtos = []string{protoH2, protocolHTTP1}
	}
	if config.ServerName == "" {
		if config.ServerName, _, err = net.SplitHostPort(k.address); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	ctx, cancel := context.WithTimeout(ctx, defaultHandshakeTime)
	defer cancel()
	secured := tls.Client(conn, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = conn.Close() // the handshake's error says why
		return nil, fmt.Errorf("TLS handshake with %s: %w", k.address, err)
	}
	return t.secured(k, secured)
}

// secured takes a connection over whose protocol has been negotiated. Nil is one that turned out to speak HTTP/2.
func (t *Transport) secured(k key, secured *tls.Conn) (*upstream, error) {
	if secured.ConnectionState().NegotiatedProtocol == protoH2 {
		t.sawHTTP2(k)
		_ = secured.Close() // HTTP2 opens its own, and keeps it
		return nil, nil
	}
	return t.upstream(k, secured), nil
}

// speaksHTTP2 says whether a host negotiated HTTP/2 not long ago.
func (t *Transport) speaksHTTP2(k key) bool {
	if t.HTTP2 == nil || k.scheme != "https" {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	at, ok := t.second[k]
	if ok && time.Since(at) > http2LastSeen {
		delete(t.second, k)
		return false
	}
	return ok
}

func (t *Transport) sawHTTP2(k key) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.second == nil {
		t.second = map[key]time.Time{}
	}
	t.second[k] = time.Now()
}

// CloseIdleConnections closes the connections that nothing is under way on.
func (t *Transport) CloseIdleConnections() {
	t.mu.Lock()
	idle := t.idle
	t.idle = nil
	t.mu.Unlock()
	for _, list := range idle {
		for _, u := range list {
			u.close()
		}
	}
	if c, ok := t.HTTP2.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

var _ http.RoundTripper = (*Transport)(nil)

// drained reads what is left of a body, if that is little.
func drained(r io.Reader) bool {
	n, err := io.CopyN(io.Discard, r, maxDrain+1)
	return errors.Is(err, io.EOF) && n <= maxDrain
}

// maxDrain is how much of a body that nobody wants is read, so that its connection can be used again.
const maxDrain = 64 << 10
