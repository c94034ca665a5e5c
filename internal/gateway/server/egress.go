package server

import (
	"net"
	"net/http"
	"net/url"
	"strings"
)

// exit is a target as a forward proxy finds it: by its host.
type exit struct {
	target       *target
	scheme       string
	host, port   string
	path         string // of the target's URL, without a slash at the end
	tunnel, asks bool   // it may be reached through a tunnel; requests for it can be understood
}

// exits are the targets of a listener by which agents reach what lies beyond.
type exits []exit

// addExit adds a target that has a URL.
func (at *site) addExit(t *target) error {
	if !at.listener.Egress || t.Process != nil {
		return nil
	}
	u, err := url.Parse(t.URL)
	if err != nil {
		return err
	}
	at.exits = append(at.exits, exit{
		target: t, scheme: u.Scheme, host: strings.ToLower(u.Hostname()), port: portOf(u.Scheme, u.Port()), path: strings.TrimSuffix(u.EscapedPath(), "/"),
		tunnel: t.Tunnel, asks: t.Protocol != "grpc",
	})
	return nil
}

func portOf(scheme, port string) string {
	switch {
	case port != "":
		return port
	case scheme == "https":
		return "443"
	}
	return "80"
}

// tunnelled gives the target whose host a tunnel may be made to.
func (e exits) tunnelled(host, port string) *exit {
	for i := range e {
		if e[i].tunnel && e[i].host == host && e[i].port == port {
			return &e[i]
		}
	}
	return nil
}

// forward gives the target of a URL, and what follows the target's own path: the longest of whole segments. Whoever names no port asks for the
// target's scheme as well, so that an agent without TLS is understood and the gateway does it.
func (e exits) forward(u *url.URL) (found *exit, below string) {
	path := u.EscapedPath()
	for i := range e {
		one := &e[i]
		rest, ok := strings.CutPrefix(path, one.path)
		named := portOf(u.Scheme, u.Port()) == one.port || u.Scheme == "http" && u.Port() == "" && one.port == portOf(one.scheme, "")
		if !ok || !one.asks || rest != "" && rest[0] != '/' || !named || one.host != strings.ToLower(u.Hostname()) || found != nil && len(found.path) >= len(one.path) {
			continue
		}
		if found, below = one, rest; below == "/" && !one.target.protocol.below() {
			below = ""
		}
	}
	if found != nil && below != "" && !found.target.protocol.below() {
		return nil, ""
	}
	return found, below
}

// proxied says whether a request is made to the gateway as a proxy: in absolute form (RFC 9112 §3.2.2), or CONNECT.
func proxied(r *http.Request) bool { return r.Method == http.MethodConnect || r.URL.Host != "" }

// proxyAnswer asks for credentials as a proxy does (RFC 9110 §15.5.8).
type proxyAnswer struct{ http.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (p proxyAnswer) WriteHeader(status int) {
	if h := p.Header(); status == http.StatusUnauthorized {
		status = http.StatusProxyAuthRequired
		if challenges, ok := h["Www-Authenticate"]; ok {
			delete(h, "Www-Authenticate")
			h["Proxy-Authenticate"] = challenges
		}
	}
	p.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (p proxyAnswer) Unwrap() http.ResponseWriter { return p.ResponseWriter }

// beyond makes of a request to a proxy one for a target's path: from here on it is like any other, and what it is authenticated by is in the same
// places. It is false where there is no such target.
func (x *exchange) beyond() bool {
	inner := new(http.Request)
	*inner = *x.r
	inner.Header = x.r.Header.Clone()
	inner.Header.Del("Authorization") // is for the target, whom the gateway shows credentials of its own
	if own := inner.Header.Values("Proxy-Authorization"); len(own) > 0 {
		inner.Header["Authorization"] = own
		inner.Header.Del("Proxy-Authorization")
	}
	x.r, inner = inner, x.r
	if inner.Method == http.MethodConnect {
		return x.connects(inner.Host)
	}
	found, below := x.site.exits.forward(inner.URL)
	if found == nil {
		return false
	}
	u, err := url.Parse(found.target.Path + below)
	if err != nil {
		return false
	}
	u.RawQuery = inner.URL.RawQuery
	x.r.URL, x.r.RequestURI = u, u.RequestURI()
	x.target, x.below = found.target, below
	x.talk = x.target.protocol.begin(x)
	return true
}

// connects begins a tunnel to a host and port.
func (x *exchange) connects(authority string) bool {
	host, port, err := net.SplitHostPort(strings.ToLower(authority))
	if err != nil {
		return false
	}
	found := x.site.exits.tunnelled(host, port)
	if found == nil {
		return false
	}
	x.target = found.target
	x.r.URL = &url.URL{Path: found.target.Path}
	x.talk = &tunnelConversation{exchange: x, host: host, port: port}
	return true
}

// elsewhere refuses a request for a host that no target has, and writes down who asked for which.
func (x *exchange) elsewhere(host string) {
	if who, err := x.site.callers.Authenticate(x.r, x.site.origin); err == nil {
		x.who = who
	}
	x.host = host
	x.unread()
	x.refuse(refusal{status: http.StatusForbidden, reason: "no target of this listener has this host, port and path"})
}
