//go:build !unix

package h1

import "net"

// quiet takes kept connections as they are: whether the server has closed one shows when it is used.
func quiet(net.Conn) bool { return true }

// hungUp knows nothing here: a client that is gone is noticed when something is written to it.
func hungUp(net.Conn) bool { return false }
