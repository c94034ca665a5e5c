package h1

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// The bounds of a Server where it names none.
const (
	defaultHeaderTime = 10 * time.Second
	defaultIdle       = 5 * time.Minute
	defaultReadHeader = 64 << 10
)

// Server serves HTTP/1.1, and gives connections that negotiate HTTP/2 to net/http. Its fields are not to be changed once it serves.
type Server struct {
	// Handler answers. Its ResponseWriter supports http.ResponseController, http.Flusher and http.Hijacker.
	Handler http.Handler
	// TLS secures the connections; nil serves plain HTTP.
	TLS *tls.Config
	// HTTP2 has the bounds of HTTP/2 connections, where TLS offers "h2".
	HTTP2 *http.HTTP2Config
	// HeaderTime is how long a handshake may take, and then a request's header; 0 is 10 s.
	HeaderTime time.Duration
	// IdleTime is how long a connection may be without a request; 0 is 5 min.
	IdleTime time.Duration
	// HeaderSize is how many bytes a request's line and header may have; 0 is 64 KiB.
	HeaderSize int
	// Log is told what is wrong with connections; nil discards it.
	Log *slog.Logger

	setup     sync.Once
	mu        sync.Mutex
	stopping  atomic.Bool
	listeners map[net.Listener]struct{}
	conns     map[*conn]struct{}
	ended     chan struct{} // closed, and made anew, when a connection ends
	watching  bool
	second    *http.Server
	handed    chan net.Conn
	stop      chan struct{}
}

func (s *Server) init() {
	s.setup.Do(func() {
		s.listeners, s.conns = map[net.Listener]struct{}{}, map[*conn]struct{}{}
		s.ended, s.stop = make(chan struct{}), make(chan struct{})
		if s.Log == nil {
			s.Log = slog.New(slog.DiscardHandler)
		}
		if s.TLS == nil {
			return
		}
		s.handed = make(chan net.Conn)
		s.second = &http.Server{
			Handler: s.Handler, TLSConfig: s.TLS, HTTP2: s.HTTP2, ReadHeaderTimeout: s.headerTime(), IdleTimeout: s.idleTime(), MaxHeaderBytes: s.headerSize(),
			ErrorLog: slog.NewLogLogger(s.Log.Handler(), slog.LevelDebug),
		}
	})
}

func (s *Server) headerTime() time.Duration {
	if s.HeaderTime > 0 {
		return s.HeaderTime
	}
	return defaultHeaderTime
}

func (s *Server) idleTime() time.Duration {
	if s.IdleTime > 0 {
		return s.IdleTime
	}
	return defaultIdle
}

func (s *Server) headerSize() int {
	if s.HeaderSize > 0 {
		return s.HeaderSize
	}
	return defaultReadHeader
}

// Serve takes connections until the server is shut down, and then returns http.ErrServerClosed.
func (s *Server) Serve(l net.Listener) error {
	s.init()
	if !s.add(l) {
		return errors.Join(http.ErrServerClosed, l.Close())
	}
	if s.second != nil {
		handed := &handedOver{conns: s.handed, stop: s.stop, at: l.Addr()}
		go func() {
			if err := s.second.Serve(handed); !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
				s.Log.Error("HTTP/2 is not served", "error", err)
			}
		}()
	}
	pause := time.Duration(0)
	for {
		c, err := l.Accept()
		switch {
		case err == nil:
			pause = 0
			go s.serve(c)
		case s.stopping.Load():
			return http.ErrServerClosed
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("accept: %w", err)
		default:
			// Most often there is no descriptor left, which passes.
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			s.Log.Warn("accept; will try again", "error", err)
			time.Sleep(pause)
		}
	}
}

func (s *Server) add(l net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping.Load() {
		return false
	}
	s.listeners[l] = struct{}{}
	return true
}

// serve has a connection to its end.
func (s *Server) serve(raw net.Conn) {
	c := &conn{s: s, raw: raw, addr: raw.RemoteAddr().String()}
	if !s.enter(c) {
		_ = raw.Close() // nothing was read from it
		return
	}
	defer s.leave(c)
	if s.TLS != nil {
		secured := tls.Server(raw, s.TLS)
		ctx, cancel := context.WithTimeout(context.Background(), s.headerTime())
		err := secured.HandshakeContext(ctx)
		cancel()
		if err != nil {
			s.Log.Debug("TLS handshake", "client", c.addr, "error", err)
			_ = raw.Close() // the handshake has said why
			return
		}
		state := secured.ConnectionState()
		if state.NegotiatedProtocol == protoH2 {
			select {
			case s.handed <- secured:
			case <-s.stop:
				_ = secured.Close()
			}
			return
		}
		c.raw, c.tls = secured, &state
	}
	c.serve()
}

func (s *Server) enter(c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping.Load() {
		return false
	}
	s.conns[c] = struct{}{}
	if !s.watching {
		s.watching = true
		go s.watch()
	}
	return true
}

func (s *Server) leave(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	close(s.ended)
	s.ended = make(chan struct{})
}

// watchEvery is how soon it is noticed that the client of a request under way is gone.
const watchEvery = time.Second

// watch ends the context of requests whose clients are gone, as long as there are connections. One goroutine sees to all of them: what a
// request takes no longer than watchEvery is never looked at.
func (s *Server) watch() {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	var under []*conn
	for range tick.C {
		under = under[:0]
		s.mu.Lock()
		if len(s.conns) == 0 {
			s.watching = false
			s.mu.Unlock()
			return
		}
		for c := range s.conns {
			if c.state.Load() == busy {
				under = append(under, c)
			}
		}
		s.mu.Unlock()
		for i, c := range under {
			c.look()
			under[i] = nil
		}
	}
}

// Shutdown takes no new connections, ends those that nothing is under way on, and waits for the others until ctx is done; for the handler of
// a hijacked connection too, though the connection itself is no longer the server's.
func (s *Server) Shutdown(ctx context.Context) error {
	s.init()
	s.quit()
	failures := make(chan error, 1)
	go func() {
		var err error
		if s.second != nil {
			err = s.second.Shutdown(ctx)
		}
		failures <- err
	}()
	for {
		s.mu.Lock()
		left, ended := len(s.conns), s.ended
		for c := range s.conns {
			if c.state.CompareAndSwap(waiting, closed) {
				_ = c.raw.Close() // nothing is under way on it
			}
		}
		s.mu.Unlock()
		if left == 0 {
			return <-failures
		}
		select {
		case <-ended:
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("%d connections have not ended: %w", left, ctx.Err()), <-failures)
		}
	}
}

// Close ends all connections now.
func (s *Server) Close() error {
	s.init()
	s.quit()
	s.mu.Lock()
	for c := range s.conns {
		_ = c.raw.Close() // what is under way is given up
	}
	s.mu.Unlock()
	if s.second != nil {
		return s.second.Close()
	}
	return nil
}

func (s *Server) quit() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping.Swap(true) {
		return
	}
	close(s.stop)
	for l := range s.listeners {
		_ = l.Close() // no connection is lost with it
	}
}

// handedOver is a listener of connections that others accepted.
type handedOver struct {
	conns <-chan net.Conn
	stop  <-chan struct{}
	at    net.Addr
}

// Accept implements net.Listener.
func (h *handedOver) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.stop:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (h *handedOver) Close() error { return nil }

// Addr implements net.Listener.
func (h *handedOver) Addr() net.Addr { return h.at }
