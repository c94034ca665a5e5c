package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/spiffe/go-spiffe/v2/spiffeid"

	"github.com/agentward/terraform-provider-agent/internal/gateway/mcp"
	"github.com/agentward/terraform-provider-agent/internal/gateway/policy"
)

// reading is a configuration on its way from what is written to what is meant.
type reading struct {
	Config
	folder      string
	text        []byte
	diagnostics hcl.Diagnostics
}

// wrong notes an error. at is what to point at, or, where that was not written, the block.
func (r *reading) wrong(at, block hcl.Range, summary, format string, values ...any) {
	if at.Empty() {
		at = block
	}
	r.diagnostics = append(r.diagnostics, &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: summary, Detail: fmt.Sprintf(format, values...), Subject: at.Ptr(),
	})
}

// within makes a path of the configuration one of the process.
func (r *reading) within(name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(r.folder, name)
}

func (r *reading) file(f *file) {
	r.identities(f)
	r.limits(f.Limits)
	r.Suspended = f.Suspended
	for _, id := range f.Suspended {
		if id == "" || strings.HasSuffix(id, "/") {
			r.wrong(f.SuspendedAt, r.start(), "Nobody is suspended", "%q: name an agent's SPIFFE ID, without a slash at the end, or a subject.", id)
		}
	}
	for i := range f.Listeners {
		r.listener(&f.Listeners[i], f.TokenService != nil)
	}
	for i := range f.Targets {
		r.target(&f.Targets[i])
	}
	r.audit(f.Audit)
	if f.Admin != nil {
		if !loopback(f.Admin.Address) {
			r.wrong(f.Admin.AddressAt, f.Admin.At, "Admin address is not on loopback",
				"%q: metrics and readiness are for this machine alone. Use an address such as \"127.0.0.1:9901\".", f.Admin.Address)
		}
		r.Admin = f.Admin.Address
	}
	r.policies(f.Policies)
	if len(f.Listeners) == 0 {
		r.wrong(r.start(), r.start(), "No listener", "Add a block such as listener \"agents\" { address = \"127.0.0.1:8443\" }.")
	}
	if len(f.Targets) == 0 {
		r.wrong(r.start(), r.start(), "No target", "Add a block such as target \"tools\" { protocol = \"mcp\", url = \"http://127.0.0.1:3000/mcp\" }.")
	}
}

// start is the beginning of the file, for what is missing.
func (r *reading) start() hcl.Range {
	return hcl.Range{Filename: r.File, Start: hcl.InitialPos, End: hcl.Pos{Line: 1, Column: 2, Byte: 1}}
}

func (r *reading) identities(f *file) {
	if a := f.Authority; a != nil {
		if _, err := spiffeid.TrustDomainFromString(a.TrustDomain); err != nil {
			r.wrong(a.TrustDomainAt, a.At, "Not a trust domain", "%q: %v. Use a name such as \"example.org\".", a.TrustDomain, err)
		}
		r.Authority = &Authority{TrustDomain: a.TrustDomain, Directory: r.within(a.Directory)}
	}
	if i := f.Identity; i != nil {
		r.Identity = &Identity{Certificate: r.within(i.Certificate), Key: r.within(i.Key)}
		r.Files = append(r.Files, r.Identity.Certificate, r.Identity.Key)
	}
	seen := map[string]bool{}
	if f.Authority != nil {
		seen[f.Authority.TrustDomain] = true
	}
	for _, t := range f.Trust {
		if _, err := spiffeid.TrustDomainFromString(t.Domain); err != nil {
			r.wrong(t.At, t.At, "Not a trust domain", "%q: %v. Use a name such as \"example.org\".", t.Domain, err)
		}
		if seen[t.Domain] {
			r.wrong(t.At, t.At, "Trust domain is there twice", "%q has a bundle already. Bundles of one trust domain belong in one file.", t.Domain)
		}
		seen[t.Domain] = true
		bundle := r.within(t.Bundle)
		if _, err := os.Stat(bundle); err != nil {
			r.wrong(t.BundleAt, t.At, "Bundle cannot be read", "%v. Name a file with the trust domain's certificates in PEM.", err)
		}
		r.Trust = append(r.Trust, Trust{Domain: t.Domain, Bundle: bundle})
		r.Files = append(r.Files, bundle)
	}
	if s := f.TokenService; s != nil {
		r.TokenService = &TokenService{SecretFile: r.within(s.Secret), Lifetime: 5 * time.Minute}
		if s.Lifetime != "" {
			r.duration(&r.TokenService.Lifetime, s.Lifetime, s.LifetimeAt, time.Hour)
		}
	}
}

// name is what may be part of an identifier in a policy: a slash would make Tool::"a/b" two things.
var name = regexp.MustCompile(`^[a-z0-9]([a-z0-9_.-]*[a-z0-9])?$`)

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
	made := Listener{Name: l.Name, Address: l.Address, URL: strings.TrimSuffix(l.URL, "/"), MinimumTLS: version, Nonces: l.Nonces}
	if u, err := url.Parse(l.URL); l.URL != "" && (err != nil || u.Host == "" || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" || u.User != nil ||
		u.Scheme != "https") {
		r.wrong(l.URLAt, l.At, "Not a URL of this listener", "%q: it is the origin that agents call, without a path, such as \"https://gateway.example.org\".", l.URL)
	}
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

func (r *reading) target(t *target) {
	if !name.MatchString(t.Name) {
		r.wrong(t.NameAt, t.At, "Not a name of a target", "%q: use lower case letters, digits, and - _ . between them.", t.Name)
	}
	if t.Protocol != "mcp" {
		r.wrong(t.ProtocolAt, t.At, "Protocol is not known", "%q: it may be \"mcp\".", t.Protocol)
	}
	if u, err := url.Parse(t.URL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.Fragment != "" {
		r.wrong(t.URLAt, t.At, "Not a URL of a target", "%q: use one such as \"https://tools.example.org/mcp\", without user or fragment.", t.URL)
	}
	made := Target{Name: t.Name, Protocol: t.Protocol, URL: t.URL, Path: t.Path, Audit: t.Mode == "audit", Versions: t.Versions, KeepHost: t.KeepHost}
	if made.Path == "" {
		made.Path = "/" + t.Name
	}
	if !strings.HasPrefix(made.Path, "/") || path.Clean(made.Path) != made.Path || strings.ContainsAny(made.Path, "?#%{}") || made.Path == "/" ||
		strings.HasPrefix(made.Path, "/.well-known") || strings.HasPrefix(made.Path+"/", "/oauth/") {
		r.wrong(t.PathAt, t.At, "Not a path of a target", "%q: use one such as \"/tools\", without a slash at the end. /.well-known and /oauth are the gateway's.", t.Path)
	}
	if t.Mode != "" && t.Mode != "audit" && t.Mode != "enforce" {
		r.wrong(t.ModeAt, t.At, "Mode is not known", "%q: it is \"enforce\" where nothing is said, and may be \"audit\".", t.Mode)
	}
	for _, v := range t.Versions {
		if !slices.Contains(mcp.Versions(), v) {
			r.wrong(t.VersionsAt, t.At, "Version is not known", "%q: it may be one of %s.", v, strings.Join(mcp.Versions(), ", "))
		}
	}
	for _, other := range r.Targets {
		if other.Name == made.Name {
			r.wrong(t.NameAt, t.At, "Target is there twice", "There is another target %q. Give each a name of its own.", t.Name)
		} else if other.Path == made.Path {
			r.wrong(t.PathAt, t.At, "Path is taken", "Target %q has the path %q already.", other.Name, made.Path)
		}
	}
	r.Targets = append(r.Targets, made)
}

// policies reads and checks all policies. Their errors point into the file that they are written in.
func (r *reading) policies(blocks []policies) {
	var sources []policy.Source
	for _, b := range blocks {
		if (b.Text == "") == (len(b.Files) == 0) {
			r.wrong(b.At, b.At, "Policies from one place", "Give either files, such as [\"policies/*.cedar\"], or text.")
		}
		for _, pattern := range b.Files {
			found, err := filepath.Glob(r.within(pattern))
			if err != nil || len(found) == 0 {
				r.wrong(b.FilesAt, b.At, "No such policies", "No file matches %q.", r.within(pattern))
			}
			for _, f := range found {
				text, err := os.ReadFile(f)
				if err != nil {
					r.wrong(b.FilesAt, b.At, "Policies cannot be read", "%v.", err)
					continue
				}
				r.Files = append(r.Files, f)
				sources = append(sources, policy.Source{Name: f, Text: text})
			}
			r.Files = append(r.Files, r.within(pattern))
		}
		if b.Text != "" {
			sources = append(sources, r.inline(b))
		}
	}
	engine, err := policy.New(sources...)
	for _, problem := range problems(err) {
		at := hcl.Pos{Line: problem.Line, Column: problem.Column}
		r.diagnostics = append(r.diagnostics, &hcl.Diagnostic{
			Severity: hcl.DiagError, Summary: "Policy cannot be used", Detail: problem.Message + ".",
			Subject: &hcl.Range{Filename: problem.File, Start: at, End: hcl.Pos{Line: at.Line, Column: at.Column + 1}},
		})
	}
	r.Policies = engine
}

// inline gives policies that stand in the configuration itself. A heredoc begins on the line after its mark.
func (r *reading) inline(b policies) policy.Source {
	s := policy.Source{Name: r.File, Text: []byte(b.Text), Line: b.TextAt.Start.Line}
	if from := b.TextAt.Start.Byte; from >= 0 && from+2 <= len(r.text) && string(r.text[from:from+2]) == "<<" {
		s.Line++
	}
	return s
}

func problems(err error) []*policy.Problem {
	var found []*policy.Problem
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		for _, e := range joined.Unwrap() {
			found = append(found, problems(e)...)
		}
		return found
	}
	var one *policy.Problem
	if errors.As(err, &one) {
		found = append(found, one)
	}
	return found
}

func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
