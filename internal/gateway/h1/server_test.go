package h1_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

const get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

// exchange sends text and reads one answer.
func exchange(t *testing.T, address, sent string) (*http.Response, string) {
	t.Helper()
	c := connect(t, address)
	if _, err := io.WriteString(c, sent); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(sent, " ")
	return receive(t, bufio.NewReader(c), method)
}

func receive(t *testing.T, in *bufio.Reader, method string) (*http.Response, string) {
	t.Helper()
	response, err := http.ReadResponse(in, &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		body = append(body, "; "+err.Error()...)
	}
	return response, string(body)
}

func TestAnswersAreFramedAsNetHTTPFramesThem(t *testing.T) {
	const large = 300 << 10
	for name, c := range map[string]struct {
		sent    string
		handler http.HandlerFunc
	}{
		"nothing at all":       {get, func(http.ResponseWriter, *http.Request) {}},
		"a short body":         {get, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "short") }},
		"a status and no body": {get, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }},
		"no content":           {get, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }},
		"not modified":         {get, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) }},
		"a body where none may be": {get, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNoContent)
			if _, err := io.WriteString(w, "x"); !errors.Is(err, http.ErrBodyNotAllowed) {
				panic(err)
			}
		}},
		"a length that is kept": {get, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "3")
			_, _ = io.WriteString(w, "abc")
		}},
		"more than the length": {get, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "3")
			_, _ = io.WriteString(w, "abc")
			if _, err := io.WriteString(w, "d"); !errors.Is(err, http.ErrContentLength) {
				panic(err)
			}
		}},
		"less than the length": {get, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "5")
			_, _ = io.WriteString(w, "abc")
		}},
		"a large body": {get, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, large)) }},
		"a large body of a known length": {get, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(large))
			_, _ = w.Write(make([]byte, large))
		}},
		"a stream": {get, func(w http.ResponseWriter, _ *http.Request) {
			for _, part := range []string{"a", "bc", ""} {
				_, _ = io.WriteString(w, part)
				_ = http.NewResponseController(w).Flush()
			}
		}},
		"a stream to HTTP/1.0": {"GET / HTTP/1.0\r\n\r\n", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "a")
			_ = http.NewResponseController(w).Flush()
			_, _ = io.WriteString(w, "b")
		}},
		"a stream of nothing":    {get, func(w http.ResponseWriter, _ *http.Request) { _ = http.NewResponseController(w).Flush() }},
		"HEAD":                   {"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "short") }},
		"HEAD with a length":     {"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "7") }},
		"HEAD of a stream":       {"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", func(w http.ResponseWriter, _ *http.Request) { _ = http.NewResponseController(w).Flush() }},
		"a type that is guessed": {get, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") }},
		"no type, on purpose": {get, func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = nil
			_, _ = io.WriteString(w, "x")
		}},
		"a header with line ends":  {get, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-A", "a\r\nX-B: b") }},
		"a header with a bad name": {get, func(w http.ResponseWriter, _ *http.Request) { w.Header()["X A"] = []string{"a"} }},
		"a header of many values":  {get, func(w http.ResponseWriter, _ *http.Request) { w.Header()["X-A"] = []string{"a", "", "b"} }},
		"a header after the status": {get, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusOK)
			w.Header().Set("X-A", "late")
		}},
		"a second status": {get, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusTeapot)
			w.WriteHeader(http.StatusOK)
		}},
		"trailers": {get, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Trailer", "X-T")
			_ = http.NewResponseController(w).Flush()
			w.Header().Set("X-T", "t")
			w.Header().Set(http.TrailerPrefix+"X-U", "u")
		}},
		"a word before the answer": {get, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Link", "</a>")
			w.WriteHeader(http.StatusEarlyHints)
			_, _ = io.WriteString(w, "x")
		}},
		"a connection that the handler ends": {get, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Connection", "close") }},
		"a status without a name":            {get, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(599) }},
	} {
		t.Run(name, func(t *testing.T) {
			got := map[string]string{}
			both(t, c.handler, func(t *testing.T, address string, _ server) {
				response, body := exchange(t, address, c.sent)
				response.Header.Del("Date")
				// How a large body is framed is each server's own affair.
				encoding, length := response.TransferEncoding, response.ContentLength
				if len(body) >= large {
					encoding, length, body = nil, 0, fmt.Sprint(len(body))
				}
				got[t.Name()[strings.LastIndex(t.Name(), "/")+1:]] = fmt.Sprintf("%s %v te=%v length=%d close=%t trailer=%v %q", response.Status, response.Header, encoding, length, response.Close, response.Trailer, body)
			})
			if got["http"] != got[fast] {
				t.Errorf("net/http: %s\nh1:       %s", got["http"], got[fast])
			}
		})
	}
}

func TestAConnectionIsUsedAgain(t *testing.T) {
	both(t, echo, func(t *testing.T, address string, _ server) {
		c := connect(t, address)
		in := bufio.NewReader(c)
		for _, sent := range []string{
			get, "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
		} {
			_, _ = io.WriteString(c, sent)
			if response, text := receive(t, in, "POST"); response.StatusCode != 200 || response.Close {
				t.Errorf("%d %s", response.StatusCode, text)
			}
		}
	})
}

func TestAnUnreadBody(t *testing.T) {
	nothing := func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "done") }
	both(t, nothing, func(t *testing.T, address string, _ server) {
		t.Run("that is small leaves the connection as it was", func(t *testing.T) {
			c := connect(t, address)
			in := bufio.NewReader(c)
			_, _ = io.WriteString(c, "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"+get)
			for range 2 {
				if _, text := receive(t, in, "POST"); text != "done" {
					t.Errorf("got %q", text)
				}
			}
		})
		t.Run("that is large ends the connection, after the answer", func(t *testing.T) {
			c := connect(t, address)
			in := bufio.NewReader(c)
			_, _ = io.WriteString(c, "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\nabc")
			if response, text := receive(t, in, "POST"); text != "done" || !response.Close {
				t.Errorf("got %q, close %t", text, response.Close)
			}
		})
		t.Run("that the client was not told to send ends the connection", func(t *testing.T) {
			response, text := exchange(t, address, "POST /b HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
			if response.StatusCode != 200 || text != "done" || !response.Close {
				t.Errorf("%d %q, close %t", response.StatusCode, text, response.Close)
			}
		})
	})
}

func TestAClientIsToldToSendItsBody(t *testing.T) {
	both(t, echo, func(t *testing.T, address string, _ server) {
		c := connect(t, address)
		in := bufio.NewReader(c)
		_, _ = io.WriteString(c, "POST /b HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\nContent-Length: 3\r\n\r\n")
		if response, _ := receive(t, in, "POST"); response.StatusCode != 100 {
			t.Fatalf("got %d", response.StatusCode)
		}
		_, _ = io.WriteString(c, "abc")
		if response, text := receive(t, in, "POST"); response.StatusCode != 200 || !strings.Contains(text, `"abc"`) {
			t.Errorf("%d %s", response.StatusCode, text)
		}
	})
}

func TestASlowClientIsCutOff(t *testing.T) {
	both(t, echo, func(t *testing.T, address string, _ server) {
		for name, sent := range map[string]string{"that sends nothing": "", "in its header": "GET / HTTP/1.1\r\nHo", "that stays idle": get} {
			t.Run(name, func(t *testing.T) {
				c := connect(t, address)
				_, _ = io.WriteString(c, sent)
				if _, err := io.ReadAll(c); err != nil {
					t.Errorf("the connection is still open: %v", err)
				}
			})
		}
	})
}

func TestADeadlineOfTheHandlerHolds(t *testing.T) {
	got := make(chan error, 1)
	handler := func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		_, err := io.ReadAll(r.Body)
		got <- err
		_, _ = io.WriteString(w, "slow")
	}
	both(t, handler, func(t *testing.T, address string, _ server) {
		_, text := exchange(t, address, "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na")
		if err := <-got; !errors.Is(err, os.ErrDeadlineExceeded) || text != "slow" {
			t.Errorf("the body gives %v, the client gets %q", err, text)
		}
	})
}

func TestAClientThatIsGoneEndsTheRequest(t *testing.T) {
	for name, sent := range map[string]string{
		"before an answer":          get,
		"with a body":               "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
		"with more to say":          get + get,
		"in the middle of a stream": "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			started, ended := make(chan struct{}), make(chan error, 1)
			handler := func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.ReadAll(r.Body)
				if r.URL.Path == "/stream" {
					_ = http.NewResponseController(w).Flush()
				}
				started <- struct{}{}
				select {
				case <-r.Context().Done():
					ended <- nil
				case <-time.After(10 * time.Second):
					ended <- errors.New("the request goes on")
				}
			}
			both(t, handler, func(t *testing.T, address string, _ server) {
				if strings.HasSuffix(t.Name(), standard) && strings.Contains(sent, get+get) {
					t.Skip("net/http does not notice it")
				}
				c := connect(t, address)
				_, _ = io.WriteString(c, sent)
				<-started
				_ = c.Close()
				if err := <-ended; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestAHandlerThatPanicsHasNotAnswered(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"before the answer": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"with something held back": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "part")
			panic("fault")
		},
		"in a stream": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "part")
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, handler, func(t *testing.T, address string, _ server) {
				c := connect(t, address)
				_, _ = io.WriteString(c, get)
				response, err := http.ReadResponse(bufio.NewReader(c), nil)
				if err == nil {
					_, err = io.ReadAll(response.Body)
				}
				if err == nil {
					t.Error("the answer looks whole")
				}
			})
		})
	}
}
