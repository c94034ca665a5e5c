package h1_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
)

func TestAHijackedConnectionIsTheHandlers(t *testing.T) {
	handler := func(w http.ResponseWriter, _ *http.Request) {
		c, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		if _, err := w.Write([]byte("x")); !errors.Is(err, http.ErrHijacked) {
			panic(err)
		}
		defer c.Close()
		said := make([]byte, 4)
		_, _ = io.ReadFull(rw, said)
		_, _ = io.WriteString(c, "HTTP/1.1 200 Connected\r\n\r\n"+string(said))
	}
	both(t, handler, func(t *testing.T, address string, s server) {
		c := connect(t, address)
		_, _ = io.WriteString(c, "CONNECT y:1 HTTP/1.1\r\nHost: y:1\r\n\r\nmore")
		text, err := io.ReadAll(c)
		if err != nil || string(text) != "HTTP/1.1 200 Connected\r\n\r\nmore" {
			t.Errorf("got %q, %v", text, err)
		}
		if err := s.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestShutdown(t *testing.T) {
	t.Run("waits for what is under way, and ends what is idle", func(t *testing.T) {
		release := make(chan struct{})
		started := make(chan struct{}, 1)
		handler := func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/wait" {
				started <- struct{}{}
				<-release
			}
			_, _ = io.WriteString(w, "done")
		}
		both(t, handler, func(t *testing.T, address string, s server) {
			idle := connect(t, address)
			reader := bufio.NewReader(idle)
			_, _ = io.WriteString(idle, get)
			receive(t, reader, "GET")
			c := connect(t, address)
			_, _ = io.WriteString(c, "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n")
			<-started
			down := make(chan error, 1)
			go func() { down <- s.Shutdown(context.Background()) }()
			if _, err := reader.ReadByte(); !errors.Is(err, io.EOF) {
				t.Errorf("an idle connection gives %v", err)
			}
			if len(down) > 0 {
				t.Error("it did not wait")
			}
			release <- struct{}{}
			if response, text := receive(t, bufio.NewReader(c), "GET"); text != "done" || !response.Close {
				t.Errorf("got %q, close %t", text, response.Close)
			}
			if err := <-down; err != nil {
				t.Error(err)
			}
		})
	})
	t.Run("does not wait longer than it may", func(t *testing.T) {
		started := make(chan struct{}, 1)
		handler := func(_ http.ResponseWriter, r *http.Request) {
			started <- struct{}{}
			<-r.Context().Done()
		}
		both(t, handler, func(t *testing.T, address string, s server) {
			c := connect(t, address)
			_, _ = io.WriteString(c, get)
			<-started
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := s.Shutdown(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
			_ = c.Close() // so that the handler ends
		})
	})
}
