package config

import (
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

type listener struct {
	Name           string    `hcl:"name,label"`
	Address        string    `hcl:"address"`
	AddressAt      hcl.Range `hcl:"address,attr_value_range"`
	URL            string    `hcl:"url,optional"`
	URLAt          hcl.Range `hcl:"url,attr_value_range"`
	MinimumTLS     string    `hcl:"minimum_tls,optional"`
	MinimumTLSAt   hcl.Range `hcl:"minimum_tls,attr_value_range"`
	Authenticate   []string  `hcl:"authenticate,optional"`
	AuthenticateAt hcl.Range `hcl:"authenticate,attr_value_range"`
	Nonces         bool      `hcl:"dpop_nonces,optional"`
	Targets        []string  `hcl:"targets,optional"`
	TargetsAt      hcl.Range `hcl:"targets,attr_value_range"`
	Origins        []string  `hcl:"origins,optional"`
	OriginsAt      hcl.Range `hcl:"origins,attr_value_range"`
	Mode           string    `hcl:"mode,optional"`
	ModeAt         hcl.Range `hcl:"mode,attr_value_range"`
	At             hcl.Range `hcl:",def_range"`
}

func (r *reading) listener(l *listener, tokens bool) {
	if _, port, err := net.SplitHostPort(l.Address); err != nil || port == "" {
		r.wrong(l.AddressAt, l.At, "Not an address", "%q is not of the form host:port. Use one such as \"127.0.0.1:8443\".", l.Address)
	}
	for _, other := range r.Listeners {
		if other.Name == l.Name {
			r.wrong(l.At, l.At, "Listener is there twice", "There is another listener %q. Give each a name of its own.", l.Name)
		}
		if other.Address == l.Address && !strings.HasSuffix(l.Address, ":0") {
			r.wrong(l.AddressAt, l.At, "Address is taken", "Listener %q has %q already.", other.Name, l.Address)
		}
	}
	version, ok := tlsVersions[l.MinimumTLS]
	if !ok {
		r.wrong(l.MinimumTLSAt, l.At, "Not a version of TLS", "%q: it is \"1.3\" where nothing is said, and may be \"1.2\".", l.MinimumTLS)
	}
	made := Listener{Targets: l.Targets, Name: l.Name, Address: l.Address, URL: strings.TrimSuffix(l.URL, "/"), MinimumTLS: version, Nonces: l.Nonces}
	if u, err := url.Parse(l.URL); l.URL != "" && (err != nil || u.Host == "" || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" || u.User != nil ||
		u.Scheme != "https") {
		r.wrong(l.URLAt, l.At, "Not a URL of this listener", "%q: it is the origin that agents call, without a path, such as \"https://gateway.example.org\".", l.URL)
	}
	made.Origins = r.origins(l)
	made.Audit = r.audits(l.Mode, l.ModeAt, l.At)
	made.Authenticate = r.methods(l, tokens)
	r.Listeners = append(r.Listeners, made)
}

// methods are those that the listener asks for: all that it can where nothing is said.
func (r *reading) methods(l *listener, tokens bool) []Method {
	var methods []Method
	if l.Authenticate == nil {
		methods = append(methods, MTLS)
		if tokens {
			methods = append(methods, DPoP)
		}
	}
	for _, m := range l.Authenticate {
		switch {
		case Method(m) == DPoP && !tokens:
			r.wrong(l.AuthenticateAt, l.At, "Nobody issues tokens", "\"dpop\" needs a token_service block.")
		case Method(m) != MTLS && Method(m) != DPoP:
			r.wrong(l.AuthenticateAt, l.At, "Not a way to authenticate", "%q: it may be \"mtls\" or \"dpop\".", m)
		case !slices.Contains(methods, Method(m)):
			methods = append(methods, Method(m))
		}
	}
	if len(methods) == 0 && !r.diagnostics.HasErrors() {
		r.wrong(l.AuthenticateAt, l.At, "Nobody can be authenticated",
			"Listener %q asks callers for nothing, so that every call would be refused. Leave authenticate out, or name \"mtls\".", l.Name)
	}
	return methods
}

// served checks the names of the targets that a listener serves.
func (r *reading) served(l *listener) {
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
