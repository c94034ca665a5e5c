package config

import (
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/gateway/written"
)

// egress says whether a listener is one by which agents reach what lies beyond.
func (r *reading) egress(l *written.Listener) bool {
	switch l.Direction {
	case "", "client_to_agent":
		return false
	case "agent_to_anywhere":
		return true
	}
	r.wrong(l.DirectionAt, l.At, "Direction is not known", "%q: it is \"client_to_agent\" where nothing is said, and may be \"agent_to_anywhere\".", l.Direction)
	return false
}

// beyond reads what is said of the way to a target.
func (r *reading) beyond(t *written.Target, to *Target) {
	to.Process = r.process(t)
	to.TLS = r.upstreamTLS(t.TLS)
	to.Credentials = r.credentials(t)
	to.Tunnel, to.AllowPrivate = t.Tunnel, t.AllowPrivate != nil && *t.AllowPrivate
	u, err := url.Parse(t.URL)
	if err != nil {
		return
	}
	if t.Tunnel && u.Scheme != "https" {
		r.wrong(t.TunnelAt, t.At, "Tunnel without TLS", "Target %q is plain http: agents reach it as a proxy's target, where each request is decided on. A tunnel is for https.", t.Name)
	}
	if t.TLS != nil && u.Scheme == "http" {
		r.wrong(t.TLS.At, t.At, "TLS without https", "The URL of target %q is plain http: leave tls out, or write https.", t.Name)
	}
}

// guard says of which targets the addresses are looked at: those that agents reach on their way out.
func (r *reading) guard(f *written.File) {
	for i := range r.Targets {
		t, served, tunnelled := &r.Targets[i], false, false
		for j := range r.Listeners {
			l := &r.Listeners[j]
			served = served || l.Egress && l.Serves(t.Name)
			tunnelled = tunnelled || l.Egress && l.Serves(t.Name) && t.Tunnel
		}
		for j := range r.Targets[:i] {
			if other := &r.Targets[j]; t.Tunnel && other.Tunnel && hostPort(t.URL) == hostPort(other.URL) {
				r.wrong(f.Targets[i].TunnelAt, f.Targets[i].At, "Two tunnels to one host", "Target %q gives tunnels to %s already; a tunnel is to a host and port as a whole.", other.Name, hostPort(t.URL))
			}
		}
		t.Guarded = served && t.Process == nil
		at := slices.IndexFunc(f.Targets, func(w written.Target) bool { return w.Name == t.Name })
		if said := &f.Targets[at]; t.Tunnel && !tunnelled {
			r.wrong(said.TunnelAt, said.At, "Nobody can be given a tunnel", "No listener with direction = \"agent_to_anywhere\" serves target %q.", t.Name)
		}
	}
}

// hostPort gives host and port of a URL.
func hostPort(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}
