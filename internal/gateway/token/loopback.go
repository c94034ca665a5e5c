package token

import "net/netip"

// loopback says whether a host is one that only this machine reaches.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}
