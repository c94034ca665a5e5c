package upstream

import (
	"fmt"
	"net/netip"
)

// never are addresses that no name of a target leads to: this machine and its links, and services of clouds that hand out credentials.
var never = prefixes(
	"0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32", "100.100.100.200/32",
	"::/127", "fe80::/10", "ff00::/8", "fec0::/10", "fd00:ec2::/64",
)

// private are addresses of networks that are not the Internet (RFC 6890).
var private = prefixes(
	"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24",
	"203.0.113.0/24", "fc00::/7", "2001:db8::/32", "2001::/32", "64:ff9b:1::/48", "100::/64", "::/96",
)

// nat64 and sixToFour hold an IPv4 address, at these bytes: it is what would be reached.
var (
	nat64     = netip.MustParsePrefix("64:ff9b::/96")
	sixToFour = netip.MustParsePrefix("2002::/16")
)

func prefixes(texts ...string) []netip.Prefix {
	made := make([]netip.Prefix, len(texts))
	for i, t := range texts {
		made[i] = netip.MustParsePrefix(t)
	}
	return made
}

// Guard says which addresses the names of targets may lead to, so that a name that others have a say in (DNS rebinding, a taken-over record)
// does not lead the gateway to what only it can reach.
type Guard struct {
	// Private allows addresses of private networks.
	Private bool
}

// Check says why an address may not be reached under the name of a host of the configuration; nil where it may. A host that is an address
// itself is meant, and localhost is this machine.
func (g *Guard) Check(host string, a netip.Addr) error {
	a = a.Unmap().WithZone("")
	if literal, err := netip.ParseAddr(host); err == nil && literal.Unmap().WithZone("") == a {
		return nil
	}
	if host == "localhost" && a.IsLoopback() {
		return nil
	}
	reached := a
	if b := a.As16(); nat64.Contains(a) {
		reached = netip.AddrFrom4([4]byte(b[12:]))
	} else if sixToFour.Contains(a) {
		reached = netip.AddrFrom4([4]byte(b[2:6]))
	}
	if in(never, reached) {
		return fmt.Errorf("%s is an address that no name of a target may lead to", a)
	}
	if !g.Private && in(private, reached) {
		return fmt.Errorf("%s is an address of a private network: set allow_private = true for the target if it is meant", a)
	}
	return nil
}

func in(list []netip.Prefix, a netip.Addr) bool {
	for _, p := range list {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
