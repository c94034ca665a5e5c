package config

import (
	"crypto/tls"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
	"github.com/agentward/terraform-provider-agent/internal/gateway/written"
)

// Listener is an address that agents call.
type Listener struct {
	Name, Address string
	URL           string // as agents see it, without a slash at the end
	MinimumTLS    uint16
	Plain         bool   // HTTP without TLS, for callers on this machine
	Principal     string // SPIFFE ID of whoever reaches it, "" where that proves nothing; of a plain listener alone
	// Authenticate are the combinations of methods of which a call must prove one.
	Authenticate []principal.Combination
	Audit        bool     // decides and records, and denies nothing, whatever its targets say
	Origins      []string // of web pages that may call, besides the listener's own
	Nonces       bool     // a DPoP proof must carry a nonce of ours
	Targets      []string // names of those that are served here, all where nothing is said
	Egress       bool     // agents reach what lies beyond by it: it is a forward proxy as well
}

// Asks says whether one of the combinations has a method.
func (l *Listener) Asks(method string) bool {
	return slices.ContainsFunc(l.Authenticate, func(c principal.Combination) bool { return c.Has(method) })
}

// Serves says whether a target is served here.
func (l *Listener) Serves(target string) bool {
	return l.Targets == nil || slices.Contains(l.Targets, target)
}

// tlsVersions are those that a listener may allow.
var tlsVersions = map[string]uint16{"": tls.VersionTLS13, "1.3": tls.VersionTLS13, "1.2": tls.VersionTLS12}

func (r *reading) listener(l *written.Listener, tokens bool) {
	if _, port, err := net.SplitHostPort(l.Address); err != nil || port == "" {
		r.wrong(l.AddressAt, l.At, "Not an address", "%q is not of the form host:port. Use one such as \"127.0.0.1:8443\".", l.Address)
	}
	for _, other := range r.Listeners {
		if other.Name == l.Name {
			r.wrong(l.At, l.At, "Listener is there twice", "There is another listener %q. Give each a name of its own.", l.Name)
		}
		if collide(other.Address, l.Address) {
			r.wrong(l.AddressAt, l.At, "Address is taken", "%q: listener %q has %q already.", l.Address, other.Name, other.Address)
		}
	}
	version, ok := tlsVersions[l.MinimumTLS]
	if !ok {
		r.wrong(l.MinimumTLSAt, l.At, "Not a version of TLS", "%q: it is \"1.3\" where nothing is said, and may be \"1.2\".", l.MinimumTLS)
	}
	made := Listener{
		Targets: l.Targets, Name: l.Name, Address: l.Address, URL: strings.TrimSuffix(l.URL, "/"), MinimumTLS: version, Nonces: l.Nonces,
		Plain: l.Plain, Principal: l.Principal,
	}
	made.Origins = r.origins(l)
	r.origin(l)
	r.near(l)
	r.plain(l)
	made.Audit = r.audits(l.Mode, l.ModeAt, l.At)
	made.Egress = r.egress(l)
	made.Authenticate = r.enough(l, tokens)
	r.Listeners = append(r.Listeners, made)
}

// origin checks the URL that agents call a listener by.
func (r *reading) origin(l *written.Listener) {
	if l.URL == "" {
		return
	}
	scheme := "https"
	if l.Plain {
		scheme = "http"
	}
	u, err := url.Parse(l.URL)
	if err != nil || u.Host == "" || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" || u.User != nil || u.Scheme != scheme {
		r.wrong(l.URLAt, l.At, "Not a URL of this listener", "%q: it is the origin that agents call, without a path, such as \"%s://gateway.example.org\".", l.URL, scheme)
	}
}

// near checks that whom only a development authority vouches for is served on its machine.
func (r *reading) near(l *written.Listener) {
	if r.Authority != nil && !loopback(l.Address) {
		r.wrong(l.AddressAt, l.At, "Listener of a development authority is not on loopback",
			"%q: a development_authority serves this machine alone. Use an address such as \"127.0.0.1:8443\", or an identity block in its place.", l.Address)
	}
}

// plain checks what a listener without TLS may be.
func (r *reading) plain(l *written.Listener) {
	if !l.Plain {
		if l.Principal != "" {
			r.wrong(l.PrincipalAt, l.At, "Not of a listener with TLS", "principal says who reaches a plain listener. Here certificates and tokens say it.")
		}
		return
	}
	if !loopback(l.Address) {
		r.wrong(l.PlainAt, l.At, "Plain listener is not on loopback", "%q: without TLS it serves this machine alone. Use an address such as \"127.0.0.1:8080\".", l.Address)
	}
	if l.MinimumTLS != "" {
		r.wrong(l.MinimumTLSAt, l.At, "Not of a plain listener", "minimum_tls is for listeners with TLS.")
	}
	if l.Principal != "" {
		r.spiffeID(l.Principal, l.PrincipalAt, l.At)
	}
}

// enough reads the combinations that a listener asks for. Where nothing is said, it is all that the gateway can ask for at once.
func (r *reading) enough(l *written.Listener, tokens bool) []principal.Combination {
	asked := l.Authenticate
	if asked == nil {
		asked = []string{principal.MTLS}
		switch {
		case l.Plain && l.Principal != "":
			asked = []string{principal.Loopback}
		case l.Plain:
			asked = []string{principal.DPoP}
		case tokens:
			asked = []string{"mtls+dpop"}
		}
	}
	if len(asked) == 0 {
		r.wrong(l.AuthenticateAt, l.At, "Nobody can be authenticated",
			"Listener %q asks callers for nothing, so that every call would be refused. Leave authenticate out, or name \"mtls\".", l.Name)
	}
	var all []principal.Combination
	for _, text := range asked {
		c, err := principal.ParseCombination(text)
		if err != nil {
			r.wrong(l.AuthenticateAt, l.At, "Not a way to authenticate", "%v.", err)
			continue
		}
		r.possible(l, c, tokens)
		if !slices.ContainsFunc(all, func(other principal.Combination) bool { return slices.Equal(other, c) }) {
			all = append(all, c)
		}
	}
	return all
}

// possible checks that there is something to verify each part of a combination with.
func (r *reading) possible(l *written.Listener, c principal.Combination, tokens bool) {
	needs := func(method, summary, what string) {
		if c.Has(method) {
			r.wrong(l.AuthenticateAt, l.At, summary, "%q: %s.", c, what)
		}
	}
	if l.Plain {
		needs(principal.MTLS, "No certificates without TLS", "listener "+l.Name+" is plain")
		needs(principal.CertBound, "No certificates without TLS", "listener "+l.Name+" is plain")
	} else if c.Has(principal.MTLS) && !r.trusting() {
		needs(principal.MTLS, "Nobody is trusted", "add a development_authority, an identity of the Workload API, or a trust block")
	}
	if !tokens && len(r.Issuers) == 0 {
		for _, method := range []string{principal.DPoP, principal.CertBound, principal.JWT} {
			needs(method, "Nobody issues tokens", "add a token_service block, or an issuer block")
		}
	}
	if l.Principal == "" {
		needs(principal.Loopback, "Loopback is nobody", "say which agent reaches listener "+l.Name+" with plain = true and principal")
	}
	if len(r.DIDs) == 0 {
		needs(principal.DID, "No DID may call", "name those that may in dids")
	}
	if !r.trusting() {
		needs(principal.JWTSVID, "Nobody is trusted", "add an identity of the Workload API, or a trust block")
	}
}

// trusting says whether any trust domain is trusted.
func (r *reading) trusting() bool {
	return r.Authority != nil || len(r.Trust) > 0 || r.Identity != nil && r.Identity.WorkloadAPI != ""
}

// served checks the names of the targets that a listener serves.
func (r *reading) served(l *written.Listener) {
	for _, name := range l.Targets {
		if !slices.ContainsFunc(r.Targets, func(t Target) bool { return t.Name == name }) {
			r.wrong(l.TargetsAt, l.At, "No such target", "%q: there is no target block of that name.", name)
		}
	}
	if l.Targets != nil && len(l.Targets) == 0 {
		r.wrong(l.TargetsAt, l.At, "Nothing is served", "Leave targets out to serve all of them.")
	}
}

func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// collide says that no two can listen at these addresses. Port 0 is another each time.
func collide(a, b string) bool {
	hostA, portA, errA := net.SplitHostPort(a)
	hostB, portB, errB := net.SplitHostPort(b)
	if errA != nil || errB != nil || portA != portB || portA == "0" {
		return false
	}
	everywhere := func(host string) bool {
		ip, err := netip.ParseAddr(host)
		return host == "" || err == nil && ip.IsUnspecified()
	}
	named := func(host string) string {
		if host == "localhost" {
			return "127.0.0.1"
		}
		return host
	}
	return named(hostA) == named(hostB) || everywhere(hostA) || everywhere(hostB)
}
