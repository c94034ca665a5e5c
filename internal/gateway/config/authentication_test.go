package config

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/agentward/terraform-provider-agent/internal/gateway/devauthority"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
)

// beside is a folder with a bundle and secrets, which the configurations of these tests lie in.
func beside(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	if _, err := devauthority.Open(folder, "example.org", time.Now); err != nil { // writes bundle.pem
		t.Fatal(err)
	}
	for name, text := range map[string]string{"secret": strings.Repeat("s", 32), "older": strings.Repeat("o", 32), "short": "s", "empty.pem": ""} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

const served = `
target "bank" {
  protocol = "mcp"
  url      = "http://127.0.0.1:3000/mcp"
}
policies { text = "permit (principal, action, resource);" }
`

func TestWhoIsKnownByWhat(t *testing.T) {
	c, diagnostics := Parse(filepath.Join(beside(t), "g.hcl"), []byte(`
identity {
  workload_api = "unix:///run/spire/agent.sock"
  spiffe_id    = "spiffe://example.org/gateway"
  wait         = "5s"
}
trust "partner.example" {
  bundle = "bundle.pem"
  endpoint {
    url       = "https://partner.example/bundle"
    profile   = "https_spiffe"
    spiffe_id = "spiffe://partner.example/spire/server"
    max_age   = "2h"
  }
}
trust "web.example" {
  endpoint {
    url     = "https://web.example/bundle"
    profile = "https_web"
    ca_file = "bundle.pem"
  }
}
trust "friend.example" {}
issuer "https://login.example" {
  audiences  = ["agents"]
  algorithms = ["ES256"]
  types      = ["at+jwt", "JWT"]
  unbound    = true
  user_claim = "email"
  scopes     = ["tools"]
}
token_service {
  secret_files = ["secret", "older"]
  bind         = "key"
  exchange     = ["https://login.example"]
}
dids = ["did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"]
agent "spiffe://example.org/ns/payments/*" { labels = { team = "a", tier = "1" } }
listener "local" {
  address   = "127.0.0.1:8080"
  plain     = true
  principal = "spiffe://example.org/ns/payments/agent/billing"
}
listener "agents" {
  address      = "0.0.0.0:8443"
  authenticate = ["dpop+mtls", "jwt", "jwt-svid", "did", "mtls+dpop"]
}
`+served))
	if diagnostics.HasErrors() {
		t.Fatal(diagnostics)
	}
	if c.Identity.Wait != 5*time.Second || c.Identity.SPIFFEID != "spiffe://example.org/gateway" {
		t.Errorf("identity %+v", c.Identity)
	}
	if len(c.Trust) != 3 || c.Trust[0].Endpoint.MaxAge != 2*time.Hour || c.Trust[1].Endpoint.SPIFFEID != "" || c.Trust[2].Bundle != "" {
		t.Errorf("trust %+v", c.Trust)
	}
	if i := c.Issuers[0]; !i.Unbound || i.User != "email" || len(i.Types) != 2 || i.JWKS != "" {
		t.Errorf("issuer %+v", i)
	}
	if s := c.TokenService; s.Listener != "agents" || !s.KeyAlone || len(s.SecretFiles) != 2 || s.Lifetime != 5*time.Minute {
		t.Errorf("token service %+v", s)
	}
	asked := func(l Listener) (texts []string) {
		for _, one := range l.Authenticate {
			texts = append(texts, one.String())
		}
		return texts
	}
	if got := asked(c.Listeners[0]); !slices.Equal(got, []string{"loopback"}) {
		t.Errorf("the plain listener asks for %v", got)
	}
	if got := asked(c.Listeners[1]); !slices.Equal(got, []string{"dpop+mtls", "jwt", "jwt-svid", "did"}) {
		t.Errorf("the other asks for %v", got)
	}
	for _, name := range []string{"bundle.pem", "secret", "older"} {
		if !slices.Contains(c.Files, filepath.Join(filepath.Dir(c.File), name)) {
			t.Errorf("%s is not watched", name)
		}
	}
}

func TestWhatIsAskedForWhereNothingIsSaid(t *testing.T) {
	for listener, want := range map[string]string{
		"": "dpop+mtls",
		"plain = true\nprincipal = \"spiffe://example.org/a\"": "loopback",
		"plain = true": "dpop",
	} {
		text := strings.Replace(whole, "address = \"127.0.0.1:8443\"\n", "address = \"127.0.0.1:8443\"\n"+listener+"\n", 1)
		text = strings.Replace(text, "token_service {}", "token_service {\nbind = \"key\"\n}\nlistener \"tokens\" {\naddress = \"127.0.0.1:1\"\n}", 1)
		c, diagnostics := Parse("g.hcl", []byte(text))
		if diagnostics.HasErrors() {
			t.Errorf("%q: %v", listener, diagnostics)
			continue
		}
		if got := c.Listeners[1].Authenticate; len(got) != 1 || got[0].String() != want {
			t.Errorf("%q asks for %v, not %s", listener, got, want)
		}
	}
	c, diagnostics := Parse("g.hcl", []byte(strings.Replace(whole, "token_service {}", "", 1)))
	if diagnostics.HasErrors() || c.Listeners[0].Authenticate[0].String() != "mtls" {
		t.Errorf("without a token service: %v", diagnostics)
	}
}

func TestWhatIsWrongWithAuthenticationIsToldWithItsPlace(t *testing.T) {
	const base = `listener "agents" {
  address = "127.0.0.1:8443"
}
development_authority {
  trust_domain = "example.org"
  directory    = "keys"
}
`
	folder := beside(t)
	listener := func(more string) string { return strings.Replace(base, "8443\"\n", "8443\"\n"+more+"\n", 1) }
	files := func(more string) string {
		return strings.Replace(base, "development_authority {\n  trust_domain = \"example.org\"\n  directory    = \"keys\"\n}\n", more, 1)
	}
	for name, c := range map[string]struct {
		text string
		line int
		want string
	}{
		"half an identity":                        {files("identity {\n certificate = \"a.pem\"\n}"), 4, "certificate and key"},
		"an identity from two places":             {files("identity {\n workload_api = \"unix:///a\"\n key = \"b\"\n}"), 5, "either certificate and key"},
		"an identity beside the authority":        {base + "identity {\n workload_api = \"unix:///a\"\n}", 9, "development_authority already"},
		"an address that is none":                 {files("identity {\n workload_api = \"/run/agent.sock\"\n}"), 5, "unix:///run/spire/agent.sock"},
		"a wait for files":                        {files("identity {\n certificate = \"a\"\n key = \"b\"\n wait = \"1s\"\n}"), 4, "go with workload_api"},
		"an identity of a trust domain":           {files("identity {\n workload_api = \"unix:///a\"\n spiffe_id = \"spiffe://a.example\"\n}"), 6, "names a trust domain"},
		"a trust domain without a bundle":         {base + "trust \"a.example\" {}", 8, "Give bundle"},
		"a trust domain as an ID":                 {base + "trust \"spiffe://a.example\" {\n bundle = \"bundle.pem\"\n}", 8, "such as"},
		"a bundle of nothing":                     {base + "trust \"a.example\" {\n bundle = \"empty.pem\"\n}", 9, "no certificate"},
		"an endpoint in clear":                    {base + "trust \"a.example\" {\n endpoint {\n url = \"http://a.example\"\n profile = \"https_web\"\n}\n}", 10, "one of https"},
		"an endpoint of no profile":               {base + "trust \"a.example\" {\n endpoint {\n url = \"https://a.example\"\n profile = \"web\"\n}\n}", 11, "https_spiffe"},
		"an endpoint without its server":          {base + "trust \"a.example\" {\n endpoint {\n url = \"https://a.example\"\n profile = \"https_spiffe\"\n}\n}", 9, "needs spiffe_id"},
		"an endpoint that nothing verifies":       {base + "trust \"a.example\" {\n endpoint {\n url = \"https://a.example\"\n profile = \"https_spiffe\"\n spiffe_id = \"spiffe://a.example/s\"\n}\n}", 12, "a file to begin with"},
		"an endpoint that a stranger serves":      {base + "trust \"a.example\" {\n endpoint {\n url = \"https://a.example\"\n profile = \"https_spiffe\"\n spiffe_id = \"spiffe://b.example/s\"\n}\n}", 12, "has no trust block"},
		"roots for a profile without":             {base + "trust \"a.example\" {\n bundle = \"bundle.pem\"\n endpoint {\n url = \"https://a.example\"\n profile = \"https_spiffe\"\n spiffe_id = \"spiffe://a.example/s\"\n ca_file = \"bundle.pem\"\n}\n}", 14, "goes with https_web"},
		"an issuer in clear":                      {base + "issuer \"http://a.example\" {}", 8, "URL of https"},
		"an issuer that is there twice":           {base + "issuer \"https://a.example\" {}\nissuer \"https://a.example\" {}", 9, "twice"},
		"keys in clear":                           {base + "issuer \"https://a.example\" {\n jwks_uri = \"http://a.example/keys\"\n}", 9, "keys come over https"},
		"a symmetric algorithm":                   {base + "issuer \"https://a.example\" {\n algorithms = [\"HS256\"]\n}", 9, "HS256"},
		"an issuer of a trust domain that isn't":  {base + "issuer \"https://a.example\" {\n trust_domains = [\"A B\"]\n}", 9, "trust domain"},
		"an empty audience":                       {base + "issuer \"https://a.example\" {\n audiences = [\"\"]\n}", 9, "audience"},
		"roots that are not there":                {base + "issuer \"https://a.example\" {\n ca_file = \"none.pem\"\n}", 9, "none.pem"},
		"roots that are none":                     {base + "issuer \"https://a.example\" {\n ca_file = \"empty.pem\"\n}", 9, "no certificate in PEM"},
		"a DID with a letter too few":             {base + "dids = [\"did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2do\"]", 8, "did:key"},
		"a DID of another method":                 {base + "dids = [\"did:web:a.example\"]", 8, "did:key"},
		"a secret that is not there":              {base + "token_service {\n secret_file = \"none\"\n}", 9, "head -c 32"},
		"a secret that is too short":              {base + "token_service {\n secret_files = [\"secret\", \"short\"]\n}", 9, "has 1 bytes, and needs 32"},
		"secrets from two places":                 {base + "token_service {\n secret_file = \"secret\"\n secret_files = [\"older\"]\n}", 9, "either secret_file"},
		"a binding that is none":                  {base + "token_service {\n bind = \"nothing\"\n}", 9, "key_and_certificate"},
		"an exchange with nobody":                 {base + "token_service {\n exchange = [\"https://a.example\"]\n}", 9, "no issuer block"},
		"a listener that is not there":            {base + "token_service {\n listener = \"x\"\n}", 9, "no listener block"},
		"tokens over a plain listener":            {listener("plain = true\nprincipal = \"spiffe://example.org/a\"") + "token_service {\n listener = \"agents\"\n}", 11, "no TLS"},
		"tokens that nobody gives":                {listener("plain = true\nprincipal = \"spiffe://example.org/a\"") + "token_service {}", 10, "every listener is plain"},
		"a plain listener for everybody":          {strings.Replace(listener("plain = true"), "127.0.0.1", "0.0.0.0", 1), 3, "this machine alone"},
		"a plain listener with certificates":      {listener("plain = true\nauthenticate = [\"mtls\"]"), 4, "is plain"},
		"a plain listener with a version of TLS":  {listener("plain = true\nprincipal = \"spiffe://example.org/a\"\nminimum_tls = \"1.2\""), 5, "listeners with TLS"},
		"a plain listener with a secure URL":      {listener("plain = true\nprincipal = \"spiffe://example.org/a\"\nurl = \"https://a.example\""), 5, "http://gateway"},
		"a principal of a listener with TLS":      {listener("principal = \"spiffe://example.org/a\""), 3, "certificates and tokens say it"},
		"loopback that is nobody's":               {listener("authenticate = [\"loopback\"]"), 3, "which agent"},
		"a combination that cannot be":            {listener("authenticate = [\"jwt+did\"]"), 3, "one Authorization header"},
		"tokens of nobody":                        {listener("authenticate = [\"mtls+jwt\"]"), 3, "token_service block, or an issuer"},
		"certificates of nobody":                  {files("identity {\n certificate = \"a\"\n key = \"b\"\n}"), 1, "add a development_authority"},
		"JWT-SVIDs of nobody":                     {files("identity {\n certificate = \"a\"\n key = \"b\"\n}\nissuer \"https://a.example\" {}\n" + "listener \"b\" {\naddress = \"127.0.0.1:1\"\nauthenticate = [\"jwt-svid\"]\n}"), 11, "trust block"},
		"DIDs that may not call":                  {listener("authenticate = [\"did\"]"), 3, "in dids"},
		"tokens bound to what nobody looks at":    {listener("authenticate = [\"dpop\"]") + "token_service {}", 3, "bind = \"key\""},
		"labels of no agent":                      {base + "agent \"billing\" {}", 8, "SPIFFE ID"},
		"labels of nothing":                       {base + "agent \"/*\" {}", 8, "SPIFFE ID"},
		"labels of a trust domain as of an agent": {base + "agent \"spiffe://example.org\" {}", 8, "names a trust domain"},
		"an agent that is there twice":            {base + "agent \"spiffe://example.org/a\" {}\nagent \"spiffe://example.org/a\" {}", 9, "twice"},
		"a label with a blank":                    {base + "agent \"spiffe://example.org/a\" {\n labels = { \"a b\" = \"c\" }\n}", 9, "name of a label"},
		"a label that is too long":                {base + "agent \"spiffe://example.org/a\" {\n labels = { a = \"" + strings.Repeat("x", 257) + "\" }\n}", 9, "may have 256"},
	} {
		t.Run(name, func(t *testing.T) {
			made, diagnostics := Parse(filepath.Join(folder, "g.hcl"), []byte(c.text+served))
			if made != nil || !diagnostics.HasErrors() {
				t.Fatal("it is taken as it is")
			}
			told := slices.ContainsFunc(diagnostics, func(d *hcl.Diagnostic) bool {
				return d.Subject.Start.Line == c.line && strings.Contains(d.Summary+" "+d.Detail, c.want)
			})
			if !told {
				t.Errorf("got %v", diagnostics.Errs())
			}
		})
	}
	if _, diagnostics := Parse(filepath.Join(folder, "g.hcl"), []byte(base+served)); diagnostics.HasErrors() {
		t.Errorf("the control is refused: %v", diagnostics)
	}
}

func TestLabels(t *testing.T) {
	l := labels([]Agent{
		{ID: "spiffe://example.org", All: true, Labels: map[string]string{"org": "e", "tier": "3"}},
		{ID: "spiffe://example.org/ns/a", All: true, Labels: map[string]string{"tier": "2"}},
		{ID: "spiffe://example.org/ns/a/agent/x", Labels: map[string]string{"tier": "1", "team": "t"}},
		{ID: "spiffe://example.org/ns/a/agent/x/instance/7", Labels: map[string]string{"canary": "yes"}},
	})
	for id, want := range map[string]map[string]string{
		"spiffe://example.org/ns/a/agent/x":            {"org": "e", "tier": "1", "team": "t"},
		"spiffe://example.org/ns/a/agent/x/instance/1": {"org": "e", "tier": "1", "team": "t"},
		"spiffe://example.org/ns/a/agent/x/instance/7": {"org": "e", "tier": "1", "team": "t", "canary": "yes"},
		"spiffe://example.org/ns/a/agent/xy":           {"org": "e", "tier": "2"},
		"spiffe://example.org/ns/ab/agent/x":           {"org": "e", "tier": "3"},
		"spiffe://example.org/other":                   {"org": "e", "tier": "3"},
		"spiffe://example.organic/ns/a/agent/x":        nil,
		"":                                             nil,
	} {
		p := principal.FromSPIFFEID(id)
		if got := l.Of(&p); !maps.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", id, got, want)
		}
	}
}
