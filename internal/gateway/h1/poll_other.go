//go:build unix && !linux

package h1

import "golang.org/x/sys/unix"

// pollEnd is the event that a connection has ended. Where only Linux tells that the other side sends no more, a client that is gone is
// noticed when something is written to it.
const pollEnd = unix.POLLHUP
