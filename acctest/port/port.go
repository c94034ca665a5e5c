// Package port finds ports on loopback for programs that have to be told theirs, and keep it when they are started again.
package port

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync/atomic"
	"testing"
)

// Ports are looked for between these. The kernel hands out others by itself, from 32768 on or 49152 on, to whoever listens on port 0 and for
// the near end of every connection: one of those could be anybody's between the look at it and its use, or while a program is down.
const first, past = 10_000, 30_000 // NodePorts begin there

// last is the one that was looked at last. Processes begin at different ones, and none looks at the same twice before it has seen all.
var last atomic.Uint32

func init() { last.Store(rand.Uint32N(past - first)) }

// Free gives a port that nobody listens on.
func Free() (int, error) {
	for range past - first {
		port := first + int(last.Add(1)%(past-first))
		l, err := net.Listen("tcp", at(port))
		if err != nil {
			continue
		}
		if err := l.Close(); err != nil {
			return 0, fmt.Errorf("find a free port: %w", err)
		}
		return port, nil
	}
	return 0, errors.New("find a free port: there is none")
}

// Address gives an address, host and port, that nobody listens on.
func Address(tb testing.TB) string {
	tb.Helper()
	port, err := Free()
	if err != nil {
		tb.Fatal(err)
	}
	return at(port)
}

func at(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
