// Package redis runs a real Redis or Valkey server for tests, as a process on loopback.
package redis

import (
	"context"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/acctest/port"
)

// startTimeout bounds the start of a server, on a machine that is busy with builds.
const startTimeout = time.Minute

// Server is a server that a test can end and start again. What it holds goes with it.
type Server struct {
	// Address is host and port, the same after each start.
	Address string

	tb      testing.TB
	program string
	args    []string
	running *exec.Cmd
}

// Start starts a server until the test ends, and skips the test where neither redis-server nor valkey-server is on PATH. args are more of
// its own.
func Start(tb testing.TB, args ...string) *Server {
	tb.Helper()
	return start(tb, "--port", args)
}

// StartTLS is Start for a server that speaks TLS alone, with a certificate and its key, both files in PEM.
func StartTLS(tb testing.TB, certificate, key string) *Server {
	tb.Helper()
	return start(tb, "--tls-port", []string{"--port", "0", "--tls-cert-file", certificate, "--tls-key-file", key, "--tls-auth-clients", "no"})
}

func start(tb testing.TB, ports string, args []string) *Server {
	tb.Helper()
	program := find()
	if program == "" {
		tb.Skip("neither redis-server nor valkey-server is on PATH: install Debian's package redis-server")
	}
	address := port.Address(tb)
	_, number, _ := strings.Cut(address, ":")
	s := &Server{Address: address, tb: tb, program: program, args: append([]string{
		"--bind", "127.0.0.1", ports, number, "--save", "", "--appendonly", "no", "--dir", tb.TempDir(), "--logfile", filepath.Join(tb.TempDir(), "log"),
	}, args...)}
	tb.Cleanup(s.Stop)
	s.Restart()
	return s
}

func find() string {
	for _, name := range []string{"redis-server", "valkey-server"} {
		if program, err := exec.LookPath(name); err == nil {
			return program
		}
	}
	return ""
}

// Restart ends the server, if it runs, and starts it with nothing in it. It returns when the server takes connections.
func (s *Server) Restart() {
	s.tb.Helper()
	s.Stop()
	s.running = exec.Command(s.program, s.args...)
	if err := s.running.Start(); err != nil {
		s.tb.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	for {
		var d net.Dialer
		c, err := d.DialContext(ctx, "tcp", s.Address)
		if err == nil {
			_ = c.Close() // it was only to see that there is somebody
			return
		}
		select {
		case <-ctx.Done():
			s.tb.Fatalf("%s does not take connections: %v", s.program, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Stop kills the server, if it runs.
func (s *Server) Stop() {
	if s.running == nil {
		return
	}
	_ = s.running.Process.Kill() // it is gone where that fails
	_ = s.running.Wait()         // killed, as it was to be
	s.running = nil
}

// Pause lets the server take connections and answer nothing, until Resume.
func (s *Server) Pause() { s.signal(syscall.SIGSTOP) }

// Resume lets a paused server go on.
func (s *Server) Resume() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(which syscall.Signal) {
	s.tb.Helper()
	if err := s.running.Process.Signal(which); err != nil {
		s.tb.Fatal(err)
	}
}
