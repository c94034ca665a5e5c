package h1

import "golang.org/x/sys/unix"

// pollEnd is the event that the other side sends no more.
const pollEnd = unix.POLLRDHUP
