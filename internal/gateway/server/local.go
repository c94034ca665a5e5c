package server

import (
	"net/http"
	"net/netip"
	"net/url"
)

// local says that a request to a plain listener was made by a program of this machine and by no page in its browser, beyond what foreign finds: a page
// that a foreign name leads here (DNS rebinding) writes that name into Host, and what a page asks for without Origin says so in Sec-Fetch-Site.
func (at *site) local(r *http.Request) bool {
	if r.Method == http.MethodConnect || r.URL.IsAbs() {
		return true // asked as a proxy, which no page can make a browser do
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "none" && site != "same-origin" && r.Header.Get("Origin") == "" {
		return false
	}
	if u, err := url.Parse(at.origin); err == nil && r.Host == u.Host {
		return true
	}
	host := (&url.URL{Host: r.Host}).Hostname()
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
