// Package otlp sends logs, spans and metrics to a receiver of OpenTelemetry's protocol: protobuf over HTTP, or gRPC.
package otlp

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"
)

// Signal is a kind of telemetry.
type Signal struct{ path, method string }

// The signals, with the paths that OTLP/HTTP has for them and the methods of OTLP/gRPC.
var (
	Logs    = Signal{"/v1/logs", "/opentelemetry.proto.collector.logs.v1.LogsService/Export"}
	Traces  = Signal{"/v1/traces", "/opentelemetry.proto.collector.trace.v1.TraceService/Export"}
	Metrics = Signal{"/v1/metrics", "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"}
)

// Options are what a Client is made from.
type Options struct {
	// Endpoint is http:// or https://, a host, and for HTTP perhaps a path that the signals' paths follow.
	Endpoint string
	// GRPC speaks gRPC; otherwise it is protobuf over HTTP.
	GRPC bool
	// HeadersFile holds lines "Name: value" that go with every request, "" for none. It is read again when it changes.
	HeadersFile string
	// CAFile holds the certificates of the authorities that are trusted, in PEM; "" trusts the system's.
	CAFile string
	// Timeout bounds one request.
	Timeout time.Duration
}

// Client sends to one receiver. It is safe for concurrent use.
type Client struct {
	timeout time.Duration
	headers *headers
	wire    wire
}

// wire is how requests go.
type wire interface {
	export(ctx context.Context, s Signal, header http.Header, request, response proto.Message) error
	close() error
}

// Error is a receiver's refusal, or that there was none to ask.
type Error struct {
	// Retryable says that the same request may be taken later (OTLP §Failures). One that is not is a fault of the request itself.
	Retryable bool
	// After is how long the receiver asks to wait, 0 where it does not say.
	After time.Duration
	Err   error
}

// Error implements error.
func (e *Error) Error() string { return "otlp: " + e.Err.Error() }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// New gives a client. It does not connect.
func New(o Options) (*Client, error) {
	u, err := url.Parse(o.Endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("otlp: the endpoint is not a URL that begins with http:// or https://")
	}
	var secure *tls.Config
	if u.Scheme == "https" {
		if secure, err = tlsConfig(o.CAFile); err != nil {
			return nil, err
		}
	}
	c := &Client{timeout: o.Timeout, headers: &headers{file: o.HeadersFile}}
	if _, err := c.headers.get(); err != nil {
		return nil, err
	}
	if o.GRPC {
		c.wire, err = newGRPC(u, secure)
	} else {
		c.wire = newHTTP(u, secure)
	}
	return c, err
}

func tlsConfig(file string) (*tls.Config, error) {
	secure := &tls.Config{MinVersion: tls.VersionTLS12}
	if file == "" {
		return secure, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("otlp: ca_file: %w", err)
	}
	secure.RootCAs = x509.NewCertPool()
	if !secure.RootCAs.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("otlp: ca_file: %s holds no certificate in PEM", file)
	}
	return secure, nil
}

// Export sends one request, once. Errors are of type *Error.
func (c *Client) Export(ctx context.Context, s Signal, request, response proto.Message) error {
	header, err := c.headers.get()
	if err != nil {
		return &Error{Retryable: true, Err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	return c.wire.export(ctx, s, header, request, response)
}

// The waits between attempts: the first, and the longest.
const (
	firstWait = 100 * time.Millisecond
	lastWait  = 5 * time.Second
)

// Insist sends a request until it is taken, refused for good, or ctx is done.
func (c *Client) Insist(ctx context.Context, s Signal, request, response proto.Message) error {
	for wait := firstWait; ; wait = min(2*wait, lastWait) {
		err := c.Export(ctx, s, request, response)
		var e *Error
		if err == nil || errors.As(err, &e) && !e.Retryable {
			return err
		}
		if e != nil && e.After > 0 {
			wait = e.After
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
	}
}

// Close ends the connections.
func (c *Client) Close() error { return c.wire.close() }

// largestHeaders is how much of a file of headers is read, in bytes.
const largestHeaders = 64 << 10

// headers are read from a file that may change.
type headers struct {
	file string

	mu   sync.Mutex
	seen time.Time
	size int64
	last http.Header
}

// get gives the headers. A file that cannot be read while it changes leaves the last good ones.
func (h *headers) get() (http.Header, error) {
	if h.file == "" {
		return nil, nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	info, err := os.Stat(h.file)
	if err == nil && h.last != nil && info.ModTime().Equal(h.seen) && info.Size() == h.size {
		return h.last, nil
	}
	if err == nil {
		var read http.Header
		if read, err = readHeaders(h.file); err == nil {
			h.last, h.seen, h.size = read, info.ModTime(), info.Size()
		}
	}
	if h.last == nil {
		return nil, fmt.Errorf("otlp: headers_file: %w", err)
	}
	return h.last, nil
}

// readHeaders reads lines "Name: value". Errors say where, and not what stands there.
func readHeaders(file string) (http.Header, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if len(text) > largestHeaders {
		return nil, fmt.Errorf("%s has more than %d bytes", file, largestHeaders)
	}
	read := http.Header{}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, largestHeaders+1)
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || !token(name) || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) {
			return nil, fmt.Errorf("%s:%d is not of the form \"Name: value\"", file, number)
		}
		read.Add(name, strings.TrimSpace(value))
	}
	return read, lines.Err()
}

// token says whether a name can be that of a header.
func token(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
	})
}
