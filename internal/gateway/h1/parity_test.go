package h1_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/h1"
)

// server is one of the two that behave alike.
type server interface {
	Serve(net.Listener) error
	Shutdown(context.Context) error
	Close() error
}

const (
	standard = "net/http"
	fast     = "h1"
)

// servers makes both, with the same bounds.
var servers = map[string]func(http.Handler) server{
	standard: func(h http.Handler) server {
		return &http.Server{Handler: h, ReadHeaderTimeout: time.Second, IdleTimeout: 3 * time.Second, MaxHeaderBytes: 8 << 10, ErrorLog: log.New(io.Discard, "", 0)}
	},
	fast: func(h http.Handler) server {
		return &h1.Server{Handler: h, HeaderTime: time.Second, IdleTime: 3 * time.Second, HeaderSize: 8 << 10}
	},
}

// both runs a test against each server.
func both(t *testing.T, handler http.HandlerFunc, test func(t *testing.T, address string, s server)) {
	t.Helper()
	for name, made := range servers {
		t.Run(name, func(t *testing.T) {
			s, address := listen(t, made(handler))
			test(t, address, s)
		})
	}
}

func listen(t *testing.T, s server) (server, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	t.Cleanup(func() {
		_ = s.Close()
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("Serve gives %v", err)
		}
	})
	return s, l.Addr().String()
}

// connect opens a connection that has ten seconds in all.
func connect(t *testing.T, address string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return c
}

// echo tells what a handler sees of a request.
func echo(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	fmt.Fprintf(w, "%s %s %q host=%s length=%d te=%v trailer=%v bad=%t", r.Method, r.URL, body, r.Host, r.ContentLength, r.TransferEncoding, r.Trailer, err != nil)
}

const refused = "refused"

// verdicts are what net/http and this package make of the same bytes. Where they differ they are asked once more, with more time: a server
// that is late to read finds the end of what is sent together with the request.
func verdicts(t *testing.T, addresses map[string]string, sent []byte) (want, got []string) {
	t.Helper()
	for _, pause := range []time.Duration{30 * time.Millisecond, 2 * time.Second} {
		want, got = verdict(connect(t, addresses[standard]), sent, pause), verdict(connect(t, addresses[fast]), sent, pause)
		if slices.Equal(want, got) {
			break
		}
	}
	return want, got
}

// verdict is what a server makes of bytes: every answer's status and body, until the connection ends or nothing more comes. The client's
// side ends after a pause.
func verdict(c net.Conn, sent []byte, pause time.Duration) (answers []string) {
	go func() {
		_, _ = c.Write(sent)
		time.Sleep(pause) // to net/http, an end that comes with the request is a client that is gone
		if half, ok := c.(interface{ CloseWrite() error }); ok {
			_ = half.CloseWrite()
		}
	}()
	in := bufio.NewReader(c)
	for {
		response, err := http.ReadResponse(in, nil)
		if err != nil {
			return answers
		}
		body, err := io.ReadAll(response.Body)
		if response.StatusCode >= 400 {
			return append(answers, refused) // in each server's own words
		}
		answers = append(answers, fmt.Sprintf("%d %s %v", response.StatusCode, body, err))
	}
}

// vectors are requests that two parsers could read differently.
var vectors = map[string]string{
	"a plain request":                           "GET /a HTTP/1.1\r\nHost: x\r\n\r\n",
	"two requests at once":                      "GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n",
	"a body and a request after it":             "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET /b HTTP/1.1\r\nHost: x\r\n\r\n",
	"chunks and a request after them":           "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n",
	"chunks and a length":                       "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n",
	"a length and chunks":                       "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\nXXXX",
	"two lengths that differ":                   "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
	"two lengths that agree":                    "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
	"a list of lengths":                         "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3, 3\r\n\r\nabc",
	"a length with a sign":                      "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc",
	"a negative length":                         "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\nabc",
	"an empty length":                           "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: \r\n\r\nabc",
	"a length in hexadecimal":                   "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0x3\r\n\r\nabc",
	"a length that no number holds":             "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\nabc",
	"another encoding than chunked":             "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\nabc",
	"chunked twice":                             "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	"chunked after identity":                    "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n",
	"chunked with a vertical tab":               "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
	"chunked in capitals":                       "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: CHUNKED\r\n\r\n1\r\na\r\n0\r\n\r\n",
	"chunks of HTTP/1.0":                        "POST /a HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
	"a space before the colon":                  "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length : 3\r\n\r\nabc",
	"a space before the colon of an encoding":   "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
	"a line that continues":                     "GET /a HTTP/1.1\r\nHost: x\r\nX-A: b\r\n c\r\n\r\n",
	"a first line of the header that continues": "GET /a HTTP/1.1\r\n Host: x\r\n\r\n",
	"line feeds alone":                          "GET /a HTTP/1.1\nHost: x\n\n",
	"a carriage return alone":                   "GET /a HTTP/1.1\r\nHost: x\rX-A: b\r\n\r\n",
	"a NUL in a value":                          "GET /a HTTP/1.1\r\nHost: x\r\nX-A: a\x00b\r\n\r\n",
	"a NUL in a name":                           "GET /a HTTP/1.1\r\nHost: x\r\nX\x00A: b\r\n\r\n",
	"a header without a name":                   "GET /a HTTP/1.1\r\nHost: x\r\n: b\r\n\r\n",
	"a header without a colon":                  "GET /a HTTP/1.1\r\nHost: x\r\nnothing\r\n\r\n",
	"no Host":                                   "GET /a HTTP/1.1\r\n\r\n",
	"no Host in HTTP/1.0":                       "GET /a HTTP/1.0\r\n\r\n",
	"two Hosts":                                 "GET /a HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
	"a Host with a slash":                       "GET /a HTTP/1.1\r\nHost: x/y\r\n\r\n",
	"a Host with a space":                       "GET /a HTTP/1.1\r\nHost: x y\r\n\r\n",
	"an absolute target":                        "GET http://y/a HTTP/1.1\r\nHost: x\r\n\r\n",
	"a target with a fragment":                  "GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n",
	"a target with a space":                     "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
	"a target that is no path":                  "GET a HTTP/1.1\r\nHost: x\r\n\r\n",
	"a target with a bad escape":                "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n",
	"an authority":                              "CONNECT y:443 HTTP/1.1\r\nHost: y:443\r\n\r\n",
	"a method that is no token":                 "G(T /a HTTP/1.1\r\nHost: x\r\n\r\n",
	"two spaces after the method":               "GET  /a HTTP/1.1\r\nHost: x\r\n\r\n",
	"a version that there is not":               "GET /a HTTP/1.2\r\nHost: x\r\n\r\n",
	"a version of another kind":                 "GET /a HTTP/3.0\r\nHost: x\r\n\r\n",
	"a version in small letters":                "GET /a http/1.1\r\nHost: x\r\n\r\n",
	"no version":                                "GET /a\r\n\r\n",
	"the preface of HTTP/2":                     "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
	"TLS to a server without":                   "\x16\x03\x01\x02\x00\x01\x00",
	"a chunk with an extension":                 "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;a=b\r\na\r\n0\r\n\r\n",
	"a chunk with an extension that goes on":    "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;\na\r\na\r\n0\r\n\r\n",
	"a chunk whose size ends in a line feed":    "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\na\r\n0\r\n\r\n",
	"a chunk that is longer than it says":       "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n",
	"a chunk of a negative size":                "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\na\r\n0\r\n\r\n",
	"a chunk of a size that no number holds":    "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\na\r\n0\r\n\r\n",
	"a size with 0x":                            "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n",
	"trailers":                                  "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n1\r\na\r\n0\r\nX-T: b\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n",
	"a length in a trailer":                     "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: Content-Length\r\n\r\n1\r\na\r\n0\r\nContent-Length: 5\r\n\r\n",
	"a body that ends too early":                "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc",
	"chunks that end too early":                 "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
	"a GET with a body":                         "GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET /b HTTP/1.1\r\nHost: x\r\n\r\n",
	"an expectation that is not known":          "POST /a HTTP/1.1\r\nHost: x\r\nExpect: more\r\nContent-Length: 1\r\n\r\na",
	"a connection to be closed":                 "GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n",
	"HTTP/1.0 and another request":              "GET /a HTTP/1.0\r\nHost: x\r\n\r\nGET /b HTTP/1.0\r\nHost: x\r\n\r\n",
	"HTTP/1.0 that asks to stay":                "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /b HTTP/1.0\r\n\r\n",
	"a header that is too large":                "GET /a HTTP/1.1\r\nHost: x\r\nX-A: " + strings.Repeat("a", 20<<10) + "\r\n\r\n",
	"a line that is too large":                  "GET /" + strings.Repeat("a", 20<<10) + " HTTP/1.1\r\nHost: x\r\n\r\n",
	"a header that ends too early":              "GET /a HTTP/1.1\r\nHost: x\r\n",
	"nothing":                                   "",
	"empty lines before the request":            "\r\n\r\nGET /a HTTP/1.1\r\nHost: x\r\n\r\n",
	"many headers":                              "GET /a HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("A: b\r\n", 500) + "\r\n",
}

// stricter are the vectors of which less is taken than net/http takes, and why.
var stricter = map[string]string{"the preface of HTTP/2": "it is no request of HTTP/1.1"}

func TestRequestsAreReadAsNetHTTPReadsThem(t *testing.T) {
	addresses := map[string]string{}
	for name, made := range servers {
		_, addresses[name] = listen(t, made(http.HandlerFunc(echo)))
	}
	for name, sent := range vectors {
		t.Run(name, func(t *testing.T) {
			want, got := verdicts(t, addresses, []byte(sent))
			if why := stricter[name]; why != "" {
				if len(got) > 0 && strings.HasPrefix(got[0], "2") {
					t.Errorf("%s, and yet %q", why, got)
				}
				return
			}
			if !slices.Equal(got, want) {
				t.Errorf("net/http: %q\nh1:       %q", want, got)
			}
		})
	}
}

// FuzzRequests looks for bytes that are read otherwise than net/http reads them. More may be refused.
func FuzzRequests(f *testing.F) {
	for _, v := range vectors {
		f.Add([]byte(v))
	}
	addresses := map[string]string{}
	for name, made := range servers {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			f.Fatal(err)
		}
		s := made(http.HandlerFunc(echo))
		go func() { _ = s.Serve(l) }()
		f.Cleanup(func() { _ = s.Close() })
		addresses[name] = l.Addr().String()
	}
	f.Fuzz(func(t *testing.T, sent []byte) {
		if len(sent) > 4<<10 || bytes.Contains(bytes.ToLower(sent), []byte("upgrade")) || bytes.Contains(bytes.ToLower(sent), []byte("expect")) {
			return
		}
		want, got := verdicts(t, addresses, sent)
		for i := range max(len(want), len(got)) {
			switch {
			case i < len(got) && got[i] == refused:
				return
			case i >= len(want) || i >= len(got) || want[i] != got[i]:
				t.Fatalf("%q\nnet/http: %q\nh1:       %q", sent, want, got)
			}
		}
	})
}
