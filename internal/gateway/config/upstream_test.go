package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
)

// beyond is a configuration whose target a test describes, from its fifth line on.
func beyond(t *testing.T, listener, target string) (*Config, hcl.Diagnostics) {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "there.pem"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	text := `development_authority { 
  trust_domain = "example.org"
  directory = "keys"
}
target "tools" {
` + target + `
}
listener "agents" {
  address = "127.0.0.1:8443"
` + listener + `
}
policies { text = "permit (principal, action, resource);" }
`
	if strings.Contains(target, "token_exchange") && !strings.Contains(listener, "//") {
		text += "token_service {}\n"
	}
	return Parse(filepath.Join(folder, "g.hcl"), []byte(text))
}

func TestWhatIsWrongOnTheWayToATarget(t *testing.T) {
	t.Setenv("SECRET", "s")
	const mcp, url = "protocol = \"mcp\"\n", "protocol = \"mcp\"\nurl = \"https://tools.example.org\"\n"
	const oauth = url + "credential \"client_credentials\" {\ntoken_url = \"https://idp.example.org/token\"\nclient_id = \"g\"\n"
	for name, c := range map[string]struct {
		listener, target string
		line             int
		want             string
	}{
		"TLS for plain http":                       {"", mcp + "url = \"http://127.0.0.1:1\"\ntls {}", 8, "TLS without https"},
		"an authority that is not there":           {"", url + "tls {\nca_file = \"x.pem\"\n}", 9, "x.pem"},
		"half of a certificate":                    {"", url + "tls {\ncertificate = \"there.pem\"\n}", 9, "go together"},
		"two certificates":                         {"", url + "tls {\nclient_svid = true\ncertificate = \"there.pem\"\nkey = \"there.pem\"\n}", 9, "Two certificates"},
		"two ways to verify":                       {"", url + "tls {\nca_file = \"there.pem\"\nspiffe_ids = [\"spiffe://example.org/a\"]\n}", 10, "Two ways"},
		"no SPIFFE ID at all":                      {"", url + "tls {\nspiffe_ids = []\n}", 9, "No server would do"},
		"a SPIFFE ID that is none":                 {"", url + "tls {\nspiffe_ids = [\"https://example.org\"]\n}", 9, "Not a SPIFFE ID"},
		"a SPIFFE ID of a whole trust domain":      {"", url + "tls {\nspiffe_ids = [\"spiffe://example.org\"]\n}", 9, "not a workload"},
		"a version of TLS that is too old":         {"", url + "tls {\nminimum = \"1.0\"\n}", 9, "1.0"},
		"a kind of credential that is not known":   {"", url + "credential \"basic\" {}", 8, "may be \"static\""},
		"a secret from nowhere":                    {"", url + "credential \"static\" {}", 8, "either file"},
		"a secret from two places":                 {"", url + "credential \"static\" {\nfile = \"there.pem\"\nenv = \"SECRET\"\n}", 8, "either file"},
		"a secret that is not there":               {"", url + "credential \"static\" {\nfile = \"x\"\n}", 9, "x: no such file"},
		"a variable that is not set":               {"", url + "credential \"static\" {\nenv = \"NO_SUCH_SECRET\"\n}", 9, "NO_SUCH_SECRET"},
		"a header of HTTP itself":                  {"", url + "credential \"static\" {\nenv = \"SECRET\"\nheader = \"Content-Length\"\n}", 10, "Not a header"},
		"a header with a line end":                 {"", url + "credential \"static\" {\nenv = \"SECRET\"\nheader = \"X\\r\\nY\"\n}", 10, "Not a header"},
		"a prefix with a line end":                 {"", url + "credential \"static\" {\nenv = \"SECRET\"\nprefix = \"a\\r\\nb\"\n}", 10, "Not a prefix"},
		"two credentials in one header":            {"", url + "credential \"static\" {\nenv = \"SECRET\"\n}\ncredential \"static\" {\nenv = \"SECRET\"\nheader = \"authorization\"\n}", 11, "Two credentials"},
		"an attribute of another kind":             {"", url + "credential \"static\" {\nenv = \"SECRET\"\ntoken_url = \"https://a\"\n}", 10, "token_url is nothing"},
		"a subject that nobody exchanges":          {"", oauth + "client_secret_env = \"SECRET\"\nsubject = \"user\"\n}", 12, "subject is nothing"},
		"a token URL in the clear":                 {"", strings.Replace(oauth, "https://idp", "http://idp", 1) + "client_secret_env = \"SECRET\"\n}", 9, "loopback alone"},
		"no client":                                {"", strings.Replace(oauth, "client_id = \"g\"", "", 1) + "client_secret_env = \"SECRET\"\n}", 8, "client_id"},
		"a client without a way to authenticate":   {"", oauth + "}", 8, "Nothing to authenticate with"},
		"a way to authenticate that is none":       {"", oauth + "client_authentication = \"magic\"\n}", 11, "\"magic\": it may be \"basic\""},
		"a key that is missing":                    {"", oauth + "client_authentication = \"private_key_jwt\"\n}", 8, "client_key_file"},
		"a certificate that is missing":            {"", oauth + "client_authentication = \"tls\"\n}", 11, "No certificate"},
		"a secret besides a key":                   {"", oauth + "client_key_file = \"there.pem\"\nclient_secret_env = \"SECRET\"\n}", 8, "Two ways"},
		"a scope that is two":                      {"", oauth + "client_secret_env = \"SECRET\"\nscopes = [\"a b\"]\n}", 12, "one word"},
		"nobody to exchange a token for":           {"", strings.Replace(oauth, "client_credentials", "token_exchange", 1) + "client_secret_env = \"SECRET\"\n}", 8, "subject is \"agent\""},
		"nobody issues what is exchanged":          {"//", strings.Replace(oauth, "client_credentials", "token_exchange", 1) + "client_secret_env = \"SECRET\"\nsubject = \"agent\"\n}", 8, "token_service"},
		"an empty command":                         {"", mcp + "command = []", 7, "Nothing to start"},
		"a command and a URL":                      {"", url + "command = [\"a\"]", 8, "leave url"},
		"a command that speaks gRPC":               {"", "protocol = \"grpc\"\nservices = [\"a.B\"]\ncommand = [\"a\"]", 6, "speaks \"mcp\""},
		"variables without a command":              {"", url + "env = { A = \"b\" }", 8, "with a command"},
		"a variable that is none":                  {"", mcp + "command = [\"a\"]\nenv = { \"A=B\" = \"b\" }", 8, "letters, digits"},
		"a variable twice":                         {"", mcp + "command = [\"a\"]\nenv = { A = \"b\" }\nenv_files = { A = \"there.pem\" }", 9, "in env or in env_files"},
		"a variable of a file that is not there":   {"", mcp + "command = [\"a\"]\nenv_files = { A = \"x.pem\" }", 8, "x.pem"},
		"a directory that is not there":            {"", mcp + "command = [\"a\"]\ndirectory = \"x\"", 8, "work there"},
		"more processes than there may be":         {"", mcp + "command = [\"a\"]\nprocesses {\ntotal = 100000\n}", 9, "from 1 to 4096"},
		"a direction that is not known":            {"direction = \"out\"", url, 12, "agent_to_anywhere"},
		"a tunnel that nobody can be given":        {"", url + "tunnel = true", 8, "direction"},
		"a tunnel in the clear":                    {"direction = \"agent_to_anywhere\"", mcp + "url = \"http://127.0.0.1:1\"\ntunnel = true", 8, "plain http"},
		"two tunnels to one host":                  {"direction = \"agent_to_anywhere\"", url + "tunnel = true\n}\ntarget \"more\" {\n" + strings.Replace(url, ".org", ".org:443/more", 1) + "tunnel = true", 13, "a host and port as a whole"},
		"a target without command and without URL": {"", mcp, 5, "Not a URL"},
	} {
		t.Run(name, func(t *testing.T) {
			made, diagnostics := beyond(t, c.listener, c.target)
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
}

func TestACredentialInTheClearIsWarnedOf(t *testing.T) {
	t.Setenv("SECRET", "s")
	for url, warnings := range map[string]int{"http://tools.internal": 1, "https://tools.internal": 0, "http://127.0.0.1:1": 0} {
		c, diagnostics := beyond(t, "", "protocol = \"mcp\"\nurl = \""+url+"\"\ncredential \"static\" { env = \"SECRET\" }")
		if c == nil || len(diagnostics) != warnings {
			t.Errorf("%s: %v", url, diagnostics)
		}
	}
}

func TestWhatIsSaidOfTheWayToATarget(t *testing.T) {
	t.Setenv("SECRET", "s")
	c, diagnostics := beyond(t, `direction = "agent_to_anywhere"`, `protocol = "mcp"
url = "https://tools.example.org"
tunnel = true
credential "static" { env = "SECRET" }
credential "static" {
  header = "X-Key"
  file = "there.pem"
}`)
	if c == nil {
		t.Fatal(diagnostics)
	}
	got := c.Targets[0]
	if !c.Listeners[0].Egress || !got.Tunnel || !got.Guarded || got.AllowPrivate {
		t.Errorf("%+v %+v", c.Listeners[0], got)
	}
	if a, b := got.Credentials[0], got.Credentials[1]; a.Header != "Authorization" || a.Prefix != "Bearer " || b.Header != "X-Key" || b.Prefix != "" || !strings.HasSuffix(b.Secret.File, "/there.pem") {
		t.Errorf("%+v", got.Credentials)
	}
	if c, diagnostics = beyond(t, "", "protocol = \"mcp\"\ncommand = [\"./server\", \"./a\"]\nprocesses { idle_time = \"7s\" }"); c == nil {
		t.Fatal(diagnostics)
	}
	p := c.Targets[0].Process
	if !strings.HasSuffix(p.Command[0], "/server") || p.Command[0] == "./server" || p.Command[1] != "./a" || p.Idle != 7*time.Second || p.PerAgent != 8 || p.Total != 64 || c.Targets[0].Guarded {
		t.Errorf("%+v", p)
	}
}
