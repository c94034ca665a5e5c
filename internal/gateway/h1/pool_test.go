package h1_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/acctest/await"
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
					rest()
				}
				if got := p.conns.Load(); got != c.connections {
					t.Errorf("%T: %d connections", transport, got)
				}
			}
		})
	}
}

// rest lets kept connections lie. h1 looks at one only then, and net/http sees to its own in the background and does not tell that it has.
func rest() { time.Sleep(100 * time.Millisecond) }

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
		closed bool // before the second request
		again  bool
	}{
		"a GET that the server did not answer":              {"GET", reads(""), false, true},
		"a GET of which an answer began":                    {"GET", reads("HTTP"), false, false},
		"a POST that the server may have acted on":          {"POST", reads(""), false, false},
		"a POST on a connection that the server had closed": {"POST", func(*bufio.Reader, net.Conn) {}, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			for _, made := range transports {
				p := script(t, once(c.end))
				transport := made()
				if got := told(transport, request(t, http.MethodGet, p.url, http.NoBody)); got == "error" {
					t.Fatal(got)
				}
				if c.closed {
					await.True(t, "the server to close the connection", func() bool { return p.closed.Load() > 0 })
				}
				rest()
				got := told(transport, request(t, c.method, p.url, http.NoBody))
				if (got != "error") != c.again {
					t.Errorf("%T: %s", transport, got)
				}
			}
		})
	}
}
