package h1_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestConnectionsAreKept(t *testing.T) {
	const answer = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"
	for name, c := range map[string]struct {
		text        string
		connections int32
		close       bool // by the caller, without reading
	}{
		"after an answer":                   {answer, 1, false},
		"after one without a body":          {"HTTP/1.1 204 No Content\r\n\r\n", 1, false},
		"not where the server ends it":      {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na", 3, false},
		"not where more came than there is": {answer + "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb", 3, false},
		"not where the answer was not read": {"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + strings.Repeat("a", 100000), 3, true},
	} {
		t.Run(name, func(t *testing.T) {
			for _, made := range transports {
				p := script(t, says(c.text, false))
				transport := made()
				for range 3 {
					response, err := transport.RoundTrip(request(t, http.MethodPost, p.url, strings.NewReader("x")))
					if err != nil {
						t.Fatal(err)
					}
					if !c.close {
						if text, _ := io.ReadAll(response.Body); strings.Contains(string(text), "b") {
							t.Errorf("got %q", text)
						}
					}
					_ = response.Body.Close()
					time.Sleep(30 * time.Millisecond) // for net/http, which sees to its connections in the background
				}
				if got := p.conns.Load(); got != c.connections {
					t.Errorf("%T: %d connections", transport, got)
				}
			}
		})
	}
}

func TestARequestIsTriedAgain(t *testing.T) {
	const answer = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"
	// once answers the first request of its first connection, and lets others end as they do.
	once := func(end func(in *bufio.Reader, c net.Conn)) func(int32, *bufio.Reader, net.Conn) {
		return func(n int32, in *bufio.Reader, c net.Conn) {
			if n > 1 {
				says(answer, false)(n, in, c)
				return
			}
			_, _ = http.ReadRequest(in)
			_, _ = io.WriteString(c, answer)
			end(in, c)
		}
	}
	reads := func(said string) func(in *bufio.Reader, c net.Conn) {
		return func(in *bufio.Reader, c net.Conn) {
			_, _ = http.ReadRequest(in)
			_, _ = io.WriteString(c, said)
		}
	}
	for name, c := range map[string]struct {
		method string
		end    func(*bufio.Reader, net.Conn)
		again  bool
	}{
		"a GET that the server did not answer":              {"GET", reads(""), true},
		"a GET of which an answer began":                    {"GET", reads("HTTP"), false},
		"a POST that the server may have acted on":          {"POST", reads(""), false},
		"a POST on a connection that the server had closed": {"POST", func(*bufio.Reader, net.Conn) {}, true},
	} {
		t.Run(name, func(t *testing.T) {
			for _, made := range transports {
				p := script(t, once(c.end))
				transport := made()
				if got := told(transport, request(t, http.MethodGet, p.url, http.NoBody)); got == "error" {
					t.Fatal(got)
				}
				time.Sleep(50 * time.Millisecond) // the server may close the connection
				got := told(transport, request(t, c.method, p.url, http.NoBody))
				if (got != "error") != c.again {
					t.Errorf("%T: %s", transport, got)
				}
			}
		})
	}
}
