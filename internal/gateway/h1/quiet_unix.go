//go:build unix

package h1

import (
	"crypto/tls"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// quiet says whether nothing has come on a connection: neither bytes that nobody asked for nor its end.
func quiet(c net.Conn) bool {
	silent := false
	err := control(c, func(fd int) {
		var one [1]byte
		_, _, err := unix.Recvfrom(fd, one[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
		silent = err == unix.EAGAIN || err == unix.EINTR //nolint:errorlint // a system call's own
	})
	return err == nil && silent
}

// hungUp says whether the other side of a connection has closed it, whatever is still to be read before that.
func hungUp(c net.Conn) bool {
	gone := false
	err := control(c, func(fd int) {
		poll := []unix.PollFd{{Fd: int32(fd), Events: pollEnd}} //nolint:gosec // descriptors are small
		n, err := unix.Poll(poll, 0)
		gone = err == nil && n > 0 && poll[0].Revents&(pollEnd|unix.POLLHUP|unix.POLLERR) != 0
	})
	return err == nil && gone
}

// control calls f with the descriptor of a connection, under TLS or not. Of others nothing is known.
func control(c net.Conn, f func(fd int)) error {
	if secured, ok := c.(*tls.Conn); ok {
		c = secured.NetConn()
	}
	s, ok := c.(syscall.Conn)
	if !ok {
		return syscall.ENOTSUP
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return err
	}
	return raw.Control(func(fd uintptr) { f(int(fd)) })
}
