package config

import (
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/spiffe/go-spiffe/v2/spiffeid"

	"github.com/agentward/terraform-provider-agent/internal/gateway/written"
)

// TLS is what a server that the gateway calls is verified by, and what it is shown.
type TLS struct {
	CAFile           string   // authorities in PEM; "" for those of the system
	ServerName       string   // that the certificate must name, "" for the host of the URL
	SPIFFEIDs        []string // one of which the server must have; then it is verified by the bundles that the gateway trusts
	Certificate, Key string   // that the gateway shows; "" for none
	ClientSVID       bool     // it shows its own certificate
	Minimum          uint16
}

// Credential is what the gateway shows a target. Which fields count is up to its kind.
type Credential struct {
	Kind string // "static", "client_credentials", "token_exchange"

	Header, Prefix string // of a static one
	Secret         Secret // the static one itself, or the client's

	TokenURL          string
	ClientID          string
	Method            string // "basic", "post", "private_key_jwt", "tls"
	KeyFile, KeyID    string
	AssertionAudience string // of what the gateway signs, the token URL where nothing is said
	Scopes            []string
	Resource          string
	Audience          string
	Subject           string // "agent" or "user"
	TLS               *TLS   // for the token URL
}

// Secret is where a secret is: in a file, which is read again when it changes, or in a variable of the environment.
type Secret struct{ File, Env string }

func (r *reading) upstreamTLS(t *written.TLS) *TLS {
	if t == nil {
		return nil
	}
	minimum, ok := tlsVersions[t.Minimum]
	if !ok {
		r.wrong(t.MinimumAt, t.At, "Not a version of TLS", "%q: it is \"1.2\" where nothing is said, and may be \"1.3\".", t.Minimum)
	}
	if t.Minimum == "" {
		minimum = tlsVersions["1.2"]
	}
	made := &TLS{
		CAFile: r.within(t.CAFile), ServerName: t.ServerName, SPIFFEIDs: t.SPIFFEIDs, Certificate: r.within(t.Certificate), Key: r.within(t.Key),
		ClientSVID: t.ClientSVID, Minimum: minimum,
	}
	r.readable(made.CAFile, t.CAFileAt, t.At)
	r.readable(made.Certificate, t.CertificateAt, t.At)
	r.readable(made.Key, t.KeyAt, t.At)
	for _, id := range t.SPIFFEIDs {
		if parsed, err := spiffeid.FromString(id); err != nil {
			r.wrong(t.SPIFFEIDsAt, t.At, "Not a SPIFFE ID", "%q: %v.", id, err)
		} else if parsed.Path() == "" {
			r.wrong(t.SPIFFEIDsAt, t.At, "Not a SPIFFE ID of a server", "%q names a trust domain, not a workload of it.", id)
		}
	}
	switch {
	case t.SPIFFEIDs != nil && len(t.SPIFFEIDs) == 0:
		r.wrong(t.SPIFFEIDsAt, t.At, "No server would do", "Name the SPIFFE IDs of the target, or leave spiffe_ids out to verify its name.")
	case len(t.SPIFFEIDs) > 0 && (t.CAFile != "" || t.ServerName != ""):
		r.wrong(t.SPIFFEIDsAt, t.At, "Two ways to verify a server", "With spiffe_ids a server is verified by the bundle of its trust domain: leave ca_file and server_name out.")
	}
	switch {
	case (t.Certificate == "") != (t.Key == ""):
		r.wrong(t.CertificateAt, t.At, "Half of a certificate", "certificate and key go together.")
	case t.ClientSVID && t.Certificate != "":
		r.wrong(t.ClientSVIDAt, t.At, "Two certificates", "Give either client_svid = true, or certificate and key.")
	}
	return made
}

// headerName is a token of RFC 9110 §5.6.2.
var headerName = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")

// reserved are headers that a credential cannot be sent in, as they mean something to HTTP itself.
var reserved = []string{"host", "connection", "content-length", "content-type", "transfer-encoding", "te", "trailer", "upgrade", "accept", "mcp-session-id"}

func (r *reading) credentials(t *written.Target) []Credential {
	var made []Credential
	for i := range t.Credentials {
		c := r.credential(&t.Credentials[i])
		for _, other := range made {
			if strings.EqualFold(other.Header, c.Header) {
				r.wrong(t.Credentials[i].At, t.At, "Two credentials in one header", "Another credential of target %q is sent in %q already.", t.Name, c.Header)
			}
		}
		made = append(made, c)
	}
	u, err := url.Parse(t.URL)
	if err == nil && len(made) > 0 && u.Scheme == "http" && !onLoopback(u.Hostname()) {
		r.warn(t.URLAt, "Credential in the clear", "Target %q gets a credential over http, where others on the way may read it. Use https if the target has it.", t.Name)
	}
	return made
}

// attribute is one of a credential block: of which kinds it is one, and whether it was written.
type attribute struct {
	name    string
	at      hcl.Range
	written bool
	kinds   string
}

func (r *reading) credential(c *written.Credential) Credential {
	const static, oauth, client, exchange = "static", "client_credentials token_exchange", "client_credentials", "token_exchange"
	made := Credential{Kind: c.Kind}
	if !slices.Contains([]string{static, client, exchange}, c.Kind) {
		r.wrong(c.KindAt, c.At, "Kind of credential is not known", "%q: it may be \"static\", \"client_credentials\" or \"token_exchange\".", c.Kind)
		return made
	}
	for _, a := range []attribute{
		{"header", c.HeaderAt, c.Header != nil, static},
		{"prefix", c.PrefixAt, c.Prefix != nil, static},
		{"file", c.FileAt, c.File != nil, static},
		{"env", c.EnvAt, c.Env != nil, static},
		{"token_url", c.TokenURLAt, c.TokenURL != nil, oauth},
		{"client_id", c.ClientIDAt, c.ClientID != nil, oauth},
		{"client_secret_file", c.SecretFileAt, c.SecretFile != nil, oauth},
		{"client_secret_env", c.SecretEnvAt, c.SecretEnv != nil, oauth},
		{"client_authentication", c.MethodAt, c.Method != nil, oauth},
		{"client_key_file", c.KeyFileAt, c.KeyFile != nil, oauth},
		{"client_key_id", c.KeyIDAt, c.KeyID != nil, oauth},
		{"assertion_audience", c.AssertionAt, c.AssertionAudience != nil, oauth},
		{"scopes", c.ScopesAt, c.Scopes != nil, oauth},
		{"resource", c.ResourceAt, c.Resource != nil, oauth},
		{"audience", c.AudienceAt, c.Audience != nil, oauth},
		{"subject", c.SubjectAt, c.Subject != nil, exchange},
	} {
		if a.written && !slices.Contains(strings.Fields(a.kinds), c.Kind) {
			r.wrong(a.at, c.At, "Attribute of another kind", "%s is nothing that a credential %q has.", a.name, c.Kind)
		}
	}
	if c.TLS != nil && c.Kind == static {
		r.wrong(c.TLS.At, c.At, "Block of another kind", "tls is nothing that a credential %q has.", c.Kind)
	}
	if c.Kind == static {
		r.static(c, &made)
	} else {
		r.oauth(c, &made)
	}
	return made
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func (r *reading) static(c *written.Credential, to *Credential) {
	to.Header, to.Prefix = "Authorization", text(c.Prefix)
	if c.Header != nil {
		to.Header = *c.Header
	} else if c.Prefix == nil {
		to.Prefix = "Bearer "
	}
	if !headerName.MatchString(to.Header) || slices.Contains(reserved, strings.ToLower(to.Header)) {
		r.wrong(c.HeaderAt, c.At, "Not a header for a credential", "%q: use one such as \"Authorization\" or \"X-Api-Key\".", to.Header)
	}
	if strings.ContainsFunc(to.Prefix, func(r rune) bool { return r < ' ' || r > '~' }) {
		r.wrong(c.PrefixAt, c.At, "Not a prefix", "%q cannot stand in a header.", to.Prefix)
	}
	to.Secret = r.secret(c, c.File, c.Env, c.FileAt, c.EnvAt, "file", "env")
}

// secret says where a secret is, which has to be there.
func (r *reading) secret(c *written.Credential, file, env *string, fileAt, envAt hcl.Range, fileName, envName string) Secret {
	made := Secret{File: r.within(text(file)), Env: text(env)}
	switch {
	case (made.File == "") == (made.Env == ""):
		r.wrong(c.At, c.At, "Secret from one place", "Give either %s, or %s with the name of a variable of the environment.", fileName, envName)
	case made.File != "":
		r.readable(made.File, fileAt, c.At)
	case !r.source.Variable(made.Env):
		r.wrong(envAt, c.At, "Variable is not set", "%q: the environment has no such variable, or an empty one.", made.Env)
	}
	return made
}

func (r *reading) oauth(c *written.Credential, to *Credential) {
	to.Header, to.TokenURL, to.ClientID, to.Method = "Authorization", text(c.TokenURL), text(c.ClientID), text(c.Method)
	to.KeyFile, to.KeyID, to.Scopes, to.Resource, to.Audience = r.within(text(c.KeyFile)), text(c.KeyID), c.Scopes, text(c.Resource), text(c.Audience)
	to.AssertionAudience, to.TLS = text(c.AssertionAudience), r.upstreamTLS(c.TLS)
	u, err := url.Parse(to.TokenURL)
	if err != nil || !hosted(u) || u.User != nil || u.Fragment != "" || u.Scheme != "https" && (u.Scheme != "http" || !onLoopback(u.Hostname())) {
		r.wrong(c.TokenURLAt, c.At, "Not a token URL", "%q: use one such as \"https://idp.example.org/token\". Plain http is for loopback alone.", redacted(to.TokenURL))
	} else if u.Scheme == "http" && c.TLS != nil {
		r.wrong(c.TLS.At, c.At, "TLS without https", "The token URL is plain http: leave tls out.")
	}
	if to.ClientID == "" {
		r.wrong(c.ClientIDAt, c.At, "Nobody asks for tokens", "Give client_id, as the authorization server knows the gateway.")
	}
	if to.AssertionAudience == "" {
		to.AssertionAudience = to.TokenURL
	}
	for _, scope := range to.Scopes {
		if scope == "" || strings.ContainsFunc(scope, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' }) {
			r.wrong(c.ScopesAt, c.At, "Not a scope", "%q: a scope is one word of visible ASCII.", scope)
		}
	}
	r.clientMethod(c, to)
	if to.Kind != "token_exchange" {
		return
	}
	if to.Subject = text(c.Subject); to.Subject != "agent" && to.Subject != "user" {
		r.wrong(c.SubjectAt, c.At, "Nobody to exchange a token for", "%q: subject is \"agent\", or \"user\" for whom the agent acts for.", to.Subject)
	}
	if r.TokenService == nil {
		r.wrong(c.KindAt, c.At, "Nobody issues what is exchanged", "A token is exchanged for one that the gateway signs: add a token_service block, whose keys the authorization server trusts.")
	}
}

// clientMethod checks that what a way to authenticate needs is there, and nothing else.
func (r *reading) clientMethod(c *written.Credential, to *Credential) {
	secret, key := c.SecretFile != nil || c.SecretEnv != nil, to.KeyFile != ""
	if to.Method == "" {
		switch {
		case key:
			to.Method = "private_key_jwt"
		case secret:
			to.Method = "basic"
		case c.TLS != nil && (c.TLS.ClientSVID || c.TLS.Certificate != ""):
			to.Method = "tls"
		}
	}
	switch to.Method {
	case "basic", "post":
		to.Secret = r.secret(c, c.SecretFile, c.SecretEnv, c.SecretFileAt, c.SecretEnvAt, "client_secret_file", "client_secret_env")
		secret = false
	case "private_key_jwt":
		if !key {
			r.wrong(c.KeyFileAt, c.At, "No key to sign with", "\"private_key_jwt\" needs client_key_file.")
		}
		r.readable(to.KeyFile, c.KeyFileAt, c.At)
		key = false
	case "tls":
		if c.TLS == nil || !c.TLS.ClientSVID && c.TLS.Certificate == "" {
			r.wrong(c.MethodAt, c.At, "No certificate to show", "\"tls\" needs a tls block with client_svid = true, or with certificate and key.")
		}
	case "":
		r.wrong(c.At, c.At, "Nothing to authenticate with", "The client has no secret, no key and no certificate: give one that the authorization server knows it by.")
		return
	default:
		r.wrong(c.MethodAt, c.At, "Not a way for a client to authenticate", "%q: it may be \"basic\", \"post\", \"private_key_jwt\" or \"tls\".", to.Method)
		return
	}
	if secret || key || c.KeyID != nil && to.Method != "private_key_jwt" {
		r.wrong(c.At, c.At, "Two ways for a client to authenticate", "%q uses no other secret or key: leave it out.", to.Method)
	}
}

// onLoopback says whether a host of a URL is this machine by its very name.
func onLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
