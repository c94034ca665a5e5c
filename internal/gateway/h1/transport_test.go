package h1_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/h1"
)

// transports makes both, with the same bounds.
var transports = map[string]func() http.RoundTripper{
	standard: func() http.RoundTripper {
		return &http.Transport{DisableCompression: true, MaxResponseHeaderBytes: 8 << 10}
	},
	fast: func() http.RoundTripper { return &h1.Transport{HeaderSize: 8 << 10} },
}

// peer is a server that says what it is told to, on one connection after the other.
type peer struct {
	url    string
	conns  atomic.Int32
	closed atomic.Int32
}

// script serves each connection with a function; the connection is closed when it returns.
func script(t *testing.T, serve func(n int32, in *bufio.Reader, c net.Conn)) *peer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	p := &peer{url: "http://" + l.Addr().String() + "/a?b=c"}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			n := p.conns.Add(1)
			go func() {
				defer func() {
					_ = c.Close()
					p.closed.Add(1)
				}()
				_ = c.SetDeadline(time.Now().Add(time.Minute))
				serve(n, bufio.NewReader(c), c)
			}()
		}
	}()
	return p
}

// says answers every request with the same bytes, and closes the connection if they are the last.
func says(text string, last bool) func(int32, *bufio.Reader, net.Conn) {
	return func(_ int32, in *bufio.Reader, c net.Conn) {
		for {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, r.Body)
			if _, err := io.WriteString(c, text); err != nil || last {
				return
			}
		}
	}
}

func request(t *testing.T, method, url string, body io.Reader) *http.Request {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// told is what a caller gets of an answer.
func told(transport http.RoundTripper, r *http.Request) string {
	response, err := transport.RoundTrip(r)
	if err != nil {
		return "error"
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return fmt.Sprintf("%s %v %q length=%d trailer=%v whole=%t", response.Status, response.Header, body, response.ContentLength, response.Trailer, err == nil)
}

func TestAnswersAreReadAsNetHTTPReadsThem(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		last bool
	}{
		"a length":                         {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", false},
		"no body":                          {"HTTP/1.1 204 No Content\r\n\r\n", false},
		"a length of nothing":              {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false},
		"chunks":                           {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", false},
		"chunks with trailers":             {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n1\r\na\r\n0\r\nX-T: t\r\n\r\n", false},
		"a body to the end":                {"HTTP/1.1 200 OK\r\n\r\nabc", true},
		"a body of HTTP/1.0":               {"HTTP/1.0 200 OK\r\n\r\nabc", true},
		"words before the answer":          {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", false},
		"too many words before the answer": {strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 300) + "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", false},
		"an error":                         {"HTTP/1.1 500 Broken\r\nContent-Length: 1\r\n\r\na", false},
		"a length that is too large":       {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", true},
		"chunks that end too early":        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc", true},
		"a chunk without a size":           {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\nabc\r\n", true},
		"two lengths":                      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", true},
		"a negative length":                {"HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nabc", true},
		"an encoding that is not known":    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc", true},
		"no status":                        {"HTTP/1.1 \r\n\r\n", true},
		"a status that is no number":       {"HTTP/1.1 abc OK\r\n\r\n", true},
		"no HTTP":                          {"220 mail.example.org\r\n", true},
		"nothing":                          {"", true},
		"a header that ends too early":     {"HTTP/1.1 200 OK\r\nContent-Le", true},
		"a header without a colon":         {"HTTP/1.1 200 OK\r\nnothing\r\n\r\n", true},
		"a header that is too large":       {"HTTP/1.1 200 OK\r\nX-A: " + strings.Repeat("a", 20<<10) + "\r\nContent-Length: 0\r\n\r\n", true},
		"a protocol that nobody asked for": {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na", true},
	} {
		t.Run(name, func(t *testing.T) {
			p := script(t, says(c.text, c.last))
			got := map[string]string{}
			for name, made := range transports {
				got[name] = told(made(), request(t, http.MethodPost, p.url, strings.NewReader("x")))
			}
			if got[standard] != got[fast] {
				t.Errorf("net/http: %s\nh1:       %s", got[standard], got[fast])
			}
		})
	}
}

func TestRequestsArriveAsNetHTTPWritesThem(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		for _, name := range []string{"X-Test", "Te"} {
			fmt.Fprintf(w, "%s=%q ", name, r.Header[name])
		}
		fmt.Fprintf(w, "%s %s host=%s agent=%t length=%d te=%v trailer=%v %d %v", r.Method, r.RequestURI, r.Host, r.Header["User-Agent"] != nil, r.ContentLength, r.TransferEncoding, r.Trailer, len(body), err)
	}))
	t.Cleanup(server.Close)
	for name, change := range map[string]func(*http.Request){
		"as it is":                func(*http.Request) {},
		"another host":            func(r *http.Request) { r.Host = "other.example.org" },
		"no user agent":           func(r *http.Request) { r.Header["User-Agent"] = nil },
		"values":                  func(r *http.Request) { r.Header["X-Test"] = []string{"a", "", "b"} },
		"a value with a line end": func(r *http.Request) { r.Header.Set("X-Test", "a\r\nX-B: b") },
		"a name that is none":     func(r *http.Request) { r.Header["X Test"] = []string{"a"} },
		"a method that is none":   func(r *http.Request) { r.Method = "G T" },
		"a framing of its own": func(r *http.Request) {
			r.Header.Set("Transfer-Encoding", "chunked")
			r.Header.Set("Content-Length", "7")
		},
		"no body":       func(r *http.Request) { r.Body, r.ContentLength = nil, 0 },
		"an empty body": func(r *http.Request) { r.Body, r.ContentLength = http.NoBody, 0 },
		"GET":           func(r *http.Request) { r.Method, r.Body, r.ContentLength = "GET", nil, 0 },
		"DELETE":        func(r *http.Request) { r.Method, r.Body, r.ContentLength = "DELETE", nil, 0 },
		"a large body": func(r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(make([]byte, 300<<10))), 300<<10
		},
		"an unknown length": func(r *http.Request) { r.ContentLength = -1 },
		"trailers": func(r *http.Request) {
			r.ContentLength, r.Trailer = -1, http.Header{"X-T": {"t"}}
		},
		"a body that is shorter than its length": func(r *http.Request) { r.ContentLength = 9 },
		"a body that is longer than its length":  func(r *http.Request) { r.ContentLength = 2 },
		"a body that fails":                      func(r *http.Request) { r.Body = io.NopCloser(io.MultiReader(strings.NewReader("a"), failing{})) },
		"a large body that is shorter than its length": func(r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(make([]byte, 200<<10))), 300<<10
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := map[string]string{}
			for name, made := range transports {
				r := request(t, http.MethodPost, server.URL+"/a/%2F?b=c", strings.NewReader("body"))
				change(r)
				response, err := made().RoundTrip(r)
				if err != nil {
					got[name] = "error"
					continue
				}
				body, _ := io.ReadAll(response.Body)
				_ = response.Body.Close()
				got[name] = string(body)
			}
			if got[standard] != got[fast] {
				t.Errorf("net/http: %s\nh1:       %s", got[standard], got[fast])
			}
		})
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("no more") }

func TestTheEndOfAContextEndsTheRequest(t *testing.T) {
	for name, text := range map[string]string{"before an answer": "", "in the header": "HTTP/1.1 200 OK\r\nX-A", "in the body": "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\na"} {
		t.Run(name, func(t *testing.T) {
			for _, made := range transports {
				ended := make(chan struct{})
				p := script(t, func(_ int32, in *bufio.Reader, c net.Conn) {
					_, _ = http.ReadRequest(in)
					_, _ = io.WriteString(c, text)
					_, _ = io.Copy(io.Discard, in)
					close(ended)
				})
				ctx, cancel := context.WithCancelCause(t.Context())
				why := errors.New("why")
				time.AfterFunc(50*time.Millisecond, func() { cancel(why) })
				r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, strings.NewReader("x"))
				if err != nil {
					t.Fatal(err)
				}
				transport := made()
				response, err := transport.RoundTrip(r)
				if err == nil {
					_, err = io.ReadAll(response.Body)
				}
				if !errors.Is(err, why) && !errors.Is(err, context.Canceled) {
					t.Errorf("%T: %v", transport, err)
				}
				<-ended
			}
		})
	}
}

func TestAnAnswerMayComeBeforeTheRequestIsWhole(t *testing.T) {
	for _, made := range transports {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			control := http.NewResponseController(w)
			_ = control.EnableFullDuplex()
			_ = control.Flush()
			_, _ = io.Copy(flushing{w, control}, r.Body)
		}))
		t.Cleanup(server.Close)
		out, in := io.Pipe()
		transport := made()
		response, err := transport.RoundTrip(request(t, http.MethodPost, server.URL, out))
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"one", "two"} {
			_, _ = io.WriteString(in, word)
			got := make([]byte, 3)
			if _, err := io.ReadFull(response.Body, got); err != nil || string(got) != word {
				t.Errorf("%T: got %q, %v", transport, got, err)
			}
		}
		_ = in.Close()
		if rest, err := io.ReadAll(response.Body); err != nil || len(rest) > 0 {
			t.Errorf("%T: then %q, %v", transport, rest, err)
		}
		_ = response.Body.Close()
	}
}

type flushing struct {
	io.Writer
	*http.ResponseController
}

func (f flushing) Write(b []byte) (int, error) {
	n, err := f.Writer.Write(b)
	return n, errors.Join(err, f.Flush())
}

func TestHTTP2IsLeftToWhoSpeaksIt(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) }))
	for name, c := range map[string]struct {
		offered, taken bool
		proto          string
	}{
		"where both do":                 {true, true, "HTTP/2.0"},
		"not where the server does not": {false, true, "HTTP/1.1"},
		"not where nobody is there to":  {true, false, "HTTP/1.1"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewUnstartedServer(server.Config.Handler)
			server.EnableHTTP2 = c.offered
			server.StartTLS()
			t.Cleanup(server.Close)
			config := server.Client().Transport.(*http.Transport).TLSClientConfig
			transport := &h1.Transport{TLS: config.Clone()}
			if c.taken {
				transport.HTTP2 = &http.Transport{TLSClientConfig: config.Clone(), ForceAttemptHTTP2: true}
			}
			t.Cleanup(transport.CloseIdleConnections)
			for range 3 {
				if got := told(transport, request(t, http.MethodPost, server.URL, strings.NewReader("x"))); !strings.Contains(got, `"`+c.proto+`"`) {
					t.Errorf("got %s", got)
				}
			}
		})
	}
}
