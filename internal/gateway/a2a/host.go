package a2a

import (
	"net/netip"
	"net/url"
	"strings"
)

// host gives the host of a URL, in lower case and without its port, "" for a URL without one. A web URL is one of http or https, and has a
// host. What two readers of URLs take differently is refused: a user, backslashes, escapes or letters beyond ASCII in the host, numbers
// that only some take for an address.
func host(s string, web bool) (string, *Error) {
	refused := func(why string) (string, *Error) { return "", newError(InvalidParams, "url: "+why) }
	if len(s) > maxName {
		return refused("is too long")
	}
	for _, c := range []byte(s) {
		if c <= ' ' || c == 0x7f || c == '\\' {
			return refused("holds spaces, control characters or backslashes")
		}
	}
	u, err := url.Parse(s)
	if err != nil {
		return refused("is none")
	}
	if http := u.Scheme == "http" || u.Scheme == "https"; http || web {
		rest, ok := strings.CutPrefix(s[min(len(u.Scheme), len(s)):], "://")
		if !http || !ok || rest == "" || rest[0] == '/' || u.Host == "" || u.Opaque != "" {
			return refused("must be one of http or https, with a host")
		}
	}
	if u.User != nil {
		return refused("must not name a user")
	}
	name := strings.ToLower(u.Hostname())
	if strings.HasPrefix(u.Host, "[") {
		ip, err := netip.ParseAddr(name)
		if err != nil || ip.Zone() != "" {
			return refused("its host is no address")
		}
		return ip.String(), nil
	}
	for _, c := range []byte(name) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '.' && c != '-' && c != '_' {
			return refused("its host holds characters that not all readers take alike")
		}
	}
	name = strings.TrimSuffix(name, ".")
	last := name[strings.LastIndexByte(name, '.')+1:]
	if last != "" && last[0] >= '0' && last[0] <= '9' {
		// 127.1, 0x7f.1 and 2130706433 are addresses to some
		if ip, err := netip.ParseAddr(name); err != nil || !ip.Is4() {
			return refused("its host is no address that all readers take alike")
		}
	}
	return name, nil
}
