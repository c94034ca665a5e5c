package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
)

// whole is a configuration without a fault, which the tests spoil.
const whole = `development_authority {
  trust_domain = "example.org"
  directory    = "keys"
}
token_service {}
listener "agents" {
  address = "127.0.0.1:8443"
}
target "bank" {
  protocol = "mcp"
  url      = "http://127.0.0.1:3000/mcp"
}
policies {
  text = <<EOT
permit (principal, action, resource)
when { context.mtls };
EOT
}
`

func TestEverythingHasItsDefault(t *testing.T) {
	c, diagnostics := Parse("/etc/gateway/g.hcl", []byte(whole))
	if diagnostics.HasErrors() {
		t.Fatal(diagnostics)
	}
	l, target := c.Listeners[0], c.Targets[0]
	if len(l.Authenticate) != 1 || l.Authenticate[0].String() != "dpop+mtls" || l.MinimumTLS != 0x0304 {
		t.Errorf("listener %+v", l)
	}
	if target.Path != "/bank" || target.Audit || target.Versions != nil {
		t.Errorf("target %+v", target)
	}
	if c.Authority.Directory != "/etc/gateway/keys" || c.TokenService.Lifetime != 5*time.Minute || c.Policies.Len() != 1 {
		t.Errorf("%+v", c)
	}
	if c.Limits != Defaults() || !c.Audit.Stdout || c.Audit.Shed || c.Audit.Queue < 1 {
		t.Errorf("limits %+v, audit %+v", c.Limits, c.Audit)
	}
}

func TestBothSyntaxesSayTheSame(t *testing.T) {
	const text = `{
  "development_authority": {"trust_domain": "example.org", "directory": "keys"},
  "token_service": {},
  "listener": {"agents": {"address": "127.0.0.1:8443"}},
  "target": {"bank": {"protocol": "mcp", "url": "http://127.0.0.1:3000/mcp", "mode": "audit"}},
  "policies": {"text": "permit (principal, action, resource);"},
  "suspended": ["spiffe://example.org/ns/a/agent/b"],
  "limits": {"body": 2048, "idle_time": "7s"}
}`
	c, diagnostics := Parse("/etc/gateway/g.hcl.json", []byte(text))
	if diagnostics.HasErrors() {
		t.Fatal(diagnostics)
	}
	if !c.Targets[0].Audit || c.Limits.Body != 2048 || c.Limits.Idle != 7*time.Second || len(c.Suspended) != 1 || c.Policies.Len() != 1 {
		t.Errorf("%+v", c)
	}
}

func TestPoliciesAreFoundBesideTheConfiguration(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("a.cedar", `permit (principal, action, resource);`)
	write("b.cedar", `forbid (principal, action, resource) when { context.mtsl };`)
	write("g.hcl", whole+`policies { files = ["*.cedar"] }`)
	_, diagnostics := Load(filepath.Join(folder, "g.hcl"))
	if got := first(diagnostics); got != filepath.Join(folder, "b.cedar")+":1:53: Policy cannot be used: policy `policy2`: attribute `mtsl` in context not found." {
		t.Errorf("got %s", got)
	}
	write("b.cedar", `forbid (principal, action, resource);`)
	c, diagnostics := Load(filepath.Join(folder, "g.hcl"))
	if diagnostics.HasErrors() || c.Policies.Len() != 3 {
		t.Fatal(diagnostics)
	}
	for _, name := range []string{"g.hcl", "a.cedar", "b.cedar", "*.cedar"} {
		if !slices.Contains(c.Files, filepath.Join(folder, name)) {
			t.Errorf("%s is not watched: %v", name, c.Files)
		}
	}
}

// first is the first error, with where it begins.
func first(d hcl.Diagnostics) string {
	for _, one := range d {
		if one.Severity == hcl.DiagError {
			return fmt.Sprintf("%s:%d:%d: %s: %s", one.Subject.Filename, one.Subject.Start.Line, one.Subject.Start.Column, one.Summary, one.Detail)
		}
	}
	return ""
}

func TestWhatIsWrongIsToldWithItsPlace(t *testing.T) {
	for name, c := range map[string]struct {
		old, new string
		line     int
		want     string // in summary or detail
	}{
		"a syntax error":                        {`listener "agents" {`, `listener "agents {`, 6, ""},
		"an attribute that is not there":        {`address = "127.0.0.1:8443"`, `addr = "127.0.0.1:8443"`, 7, "addr"},
		"a trust domain that is none":           {`"example.org"`, `"Example Org"`, 2, "trust domain"},
		"an address without a port":             {`"127.0.0.1:8443"`, `"127.0.0.1"`, 7, "host:port"},
		"nobody can be authenticated":           {`address = "127.0.0.1:8443"`, "address = \"127.0.0.1:80\"\nauthenticate = []", 8, "every call would be refused"},
		"tokens that nobody issues":             {"token_service {}\nlistener \"agents\" {", "\nlistener \"agents\" {\nauthenticate = [\"dpop\"]", 7, "token_service"},
		"a way to authenticate that is not":     {`address = "127.0.0.1:8443"`, "address = \"127.0.0.1:80\"\nauthenticate = [\"basic\"]", 8, "basic"},
		"a version of TLS that is too old":      {`address = "127.0.0.1:8443"`, "address = \"127.0.0.1:80\"\nminimum_tls = \"1.1\"", 8, "1.1"},
		"a URL with a path":                     {`address = "127.0.0.1:8443"`, "address = \"127.0.0.1:80\"\nurl = \"https://g.example.org/x\"", 8, "without a path"},
		"a URL of another scheme":               {`address = "127.0.0.1:8443"`, "address = \"127.0.0.1:80\"\nurl = \"http://g.example.org\"", 8, "https://gateway"},
		"a target with a slash in its name":     {`target "bank"`, `target "a/b"`, 9, "name of a target"},
		"a protocol that is not known":          {`"mcp"`, `"soap"`, 10, "soap"},
		"a URL that is none":                    {`"http://127.0.0.1:3000/mcp"`, `"127.0.0.1:3000"`, 11, "URL of a target"},
		"a URL with a password":                 {`"http://127.0.0.1:3000/mcp"`, `"http://a:b@127.0.0.1:3000/mcp"`, 11, "without user"},
		"a path that is the gateway's":          {`protocol = "mcp"`, "protocol = \"mcp\"\npath = \"/oauth/x\"", 11, "the gateway's"},
		"a path with two readings":              {`protocol = "mcp"`, "protocol = \"mcp\"\npath = \"/a/../b\"", 11, "path of a target"},
		"a mode that is not known":              {`protocol = "mcp"`, "protocol = \"mcp\"\nmode = \"dry\"", 11, "enforce"},
		"a mode of a listener that is none":     {`address = "127.0.0.1:8443"`, "address = \"127.0.0.1:80\"\nmode = \"dry\"", 8, "enforce"},
		"an origin with a path":                 {`address = "127.0.0.1:8443"`, "address = \"127.0.0.1:80\"\norigins = [\"https://a.example.org/\"]", 8, "as browsers do"},
		"an origin that is a host":              {`address = "127.0.0.1:8443"`, "address = \"127.0.0.1:80\"\norigins = [\"a.example.org\"]", 8, "as browsers do"},
		"a version that is not known":           {`protocol = "mcp"`, "protocol = \"mcp\"\nversions = [\"2024-11-05\"]", 11, "2025-11-25"},
		"a target that is there twice":          {"policies {", "target \"bank\" {\nprotocol = \"mcp\"\nurl = \"http://a\"\n}\npolicies {", 13, "twice"},
		"a path that is taken":                  {"policies {", "target \"b\" {\nprotocol = \"mcp\"\nurl = \"http://a\"\npath = \"/bank\"\n}\npolicies {", 16, "taken"},
		"a bundle that is not there":            {"policies {", "trust \"example.com\" {\nbundle = \"x.pem\"\n}\npolicies {", 14, "x.pem"},
		"two bundles of a trust domain":         {"policies {", "trust \"example.org\" {\nbundle = \"x.pem\"\n}\npolicies {", 13, "twice"},
		"a policy with a misspelt name":         {`context.mtls`, `context.mtsl`, 16, "mtsl"},
		"policies from two places":              {"text = <<EOT", "files = [\"x\"]\ntext = <<EOT", 13, "either files"},
		"policies that are not there":           {"policies {", "policies {\nfiles = [\"x*.cedar\"]\n}\npolicies {", 14, "No file matches"},
		"an admin address beyond this machine":  {"policies {", "admin {\naddress = \":9901\"\n}\npolicies {", 14, "loopback"},
		"an audit log that goes nowhere":        {"policies {", "audit {}\npolicies {", 13, "stdout"},
		"a choice that is none":                 {"policies {", "audit {\nstdout = true\nwhen_full = \"wait\"\n}\npolicies {", 15, "shed"},
		"a queue for nothing":                   {"policies {", "audit {\nstdout = true\nqueue = 0\n}\npolicies {", 15, "from 1 to"},
		"a limit out of bounds":                 {"policies {", "limits {\nbody = 1\n}\npolicies {", 14, "1: it may be from 1024 to"},
		"a limit that is no duration":           {"policies {", "limits {\ntotal_time = \"5 minutes\"\n}\npolicies {", 14, "write one such as"},
		"a suspension of nobody":                {"token_service {}", "token_service {}\nsuspended = [\"\"]", 6, "SPIFFE ID"},
		"a suspension of an ID that is none":    {"token_service {}", "token_service {}\nsuspended = [\"spiffe://example org/ns/a/agent/b\"]", 6, "Use a SPIFFE ID"},
		"a suspension of an ID with one slash":  {"token_service {}", "token_service {}\nsuspended = [\"spiffe:/example.org/ns/a/agent/b\"]", 6, "Use a SPIFFE ID"},
		"an authority beyond this machine":      {`address = "127.0.0.1:8443"`, `address = "0.0.0.0:8443"`, 7, "this machine alone"},
		"a lifetime of tokens that is too long": {"token_service {}", "token_service {\nlifetime = \"2h\"\n}", 6, "up to 1h"},
		"no target at all":                      {"target \"bank\" {\n  protocol = \"mcp\"\n  url      = \"http://127.0.0.1:3000/mcp\"\n}", "", 1, "No target"},
		"no listener at all":                    {"listener \"agents\" {\n  address = \"127.0.0.1:8443\"\n}", "", 1, "No listener"},
		"a listener that is there twice":        {"policies {", "listener \"agents\" {\naddress = \"127.0.0.1:1\"\n}\npolicies {", 13, "twice"},
		"a target that is not there":            {`address = "127.0.0.1:8443"`, "address = \"127.0.0.1:80\"\ntargets = [\"bonk\"]", 8, "no target block"},
		"a listener that serves nothing":        {`address = "127.0.0.1:8443"`, "address = \"127.0.0.1:80\"\ntargets = []", 8, "Leave targets out"},
		"two listeners of one address":          {"policies {", "listener \"b\" {\naddress = \"127.0.0.1:8443\"\n}\npolicies {", 14, "taken"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(whole, c.old, c.new, 1)
			if text == whole {
				t.Fatal("the test spoils nothing")
			}
			made, diagnostics := Parse("g.hcl", []byte(text))
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

func TestAFileThatIsNotThere(t *testing.T) {
	if _, diagnostics := Load(filepath.Join(t.TempDir(), "g.hcl")); !diagnostics.HasErrors() {
		t.Error("nothing is wrong")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(whole), false)
	f.Add([]byte(`{"listener": {"a": {"address": "127.0.0.1:0"}}, "target": {"t": {"protocol": "mcp", "url": "http://h"}}}`), true)
	f.Add([]byte(`policies { text = "permit(principal,action,resource);" } listener "" { address = ":" } limits { body = 1e99 }`), false)
	f.Fuzz(func(t *testing.T, text []byte, json bool) {
		if strings.Contains(string(text), "file") || strings.Contains(string(text), "bundle") {
			t.Skip() // these reach out for files
		}
		name := "g.hcl"
		if json {
			name = "g.hcl.json"
		}
		c, diagnostics := Parse(name, text)
		if (c == nil) != diagnostics.HasErrors() {
			t.Fatalf("a configuration and errors, or neither: %v", diagnostics)
		}
		if c == nil {
			return
		}
		for _, l := range c.Listeners {
			if len(l.Authenticate) == 0 {
				t.Errorf("listener %+v lets in whom it should not", l)
			}
		}
	})
}
