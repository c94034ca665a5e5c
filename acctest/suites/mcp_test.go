package suites

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/acctest/gateway"
	"github.com/agentward/terraform-provider-agent/acctest/npm"
	"github.com/agentward/terraform-provider-agent/acctest/port"
	"github.com/agentward/terraform-provider-agent/acctest/tool"
)

const conformance = "@modelcontextprotocol/conformance/dist/index.js"

// verdicts are the suite's checks of each scenario, sorted, as "id STATUS".
type verdicts map[string][]string

// passed counts the checks with a verdict, and those of them that passed.
func (v verdicts) passed() (passed, judged int) {
	for _, checks := range v {
		for _, c := range checks {
			switch {
			case strings.HasSuffix(c, " SUCCESS"):
				passed++
				judged++
			case strings.HasSuffix(c, " FAILURE"):
				judged++
			}
		}
	}
	return passed, judged
}

// differences names the scenarios that end otherwise here than there.
func (v verdicts) differences(there verdicts) []string {
	names := map[string]bool{}
	for name := range v {
		names[name] = true
	}
	for name := range there {
		names[name] = true
	}
	var found []string
	for name := range names {
		if !slices.Equal(v[name], there[name]) {
			found = append(found, fmt.Sprintf("%s: %q, not %q", name, v[name], there[name]))
		}
	}
	slices.Sort(found)
	return found
}

// judge runs the suite, and gives what it found. That checks fail is no error here.
func judge(t *testing.T, packages *npm.Packages, args ...string) verdicts {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	home := t.TempDir()
	cmd := packages.Command(ctx, home, packages.Path(conformance), append(args, "--output-dir", filepath.Join(home, "found"))...)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
		t.Fatalf("%v\n%s", err, out)
	}
	return verdictsIn(t, filepath.Join(home, "found"), out)
}

// verdictsIn reads what the suite wrote.
func verdictsIn(t *testing.T, folder string, out []byte) verdicts {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*", "checks.json"))
	if nested, _ := filepath.Glob(filepath.Join(folder, "*", "*", "checks.json")); len(nested) > 0 {
		files = append(files, nested...) // scenarios whose names have a slash
	}
	if err != nil || len(files) == 0 {
		t.Fatalf("the suite wrote no verdicts, %v\n%s", err, out)
	}
	found := verdicts{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var checks []struct{ ID, Status, ErrorMessage string }
		if err := json.Unmarshal(text, &checks); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		scenario, err := filepath.Rel(folder, filepath.Dir(file))
		if err != nil {
			t.Fatal(err)
		}
		name := scenario[:len(scenario)-len("-2006-01-02T15-04-05-000Z")]
		if found[name] != nil {
			t.Fatalf("two verdicts on %s", name)
		}
		found[name] = []string{}
		for _, c := range checks {
			found[name] = append(found[name], c.ID+" "+c.Status)
			if c.Status == "FAILURE" {
				t.Logf("%s: %s: %s", name, c.ID, c.ErrorMessage)
			}
		}
		slices.Sort(found[name])
	}
	return found
}

// everything runs the MCP SDK's server for the suite, and gives its URL.
func everything(t *testing.T, stateless bool) string {
	t.Helper()
	address := port.Address(t)
	_, log := gateway.Start(t, exec.Command(tool.Require(t, tool.EverythingServer), "-http", address, fmt.Sprintf("-stateless=%t", stateless))) //nolint:noctx // it is asked to end
	log.Wait(t, "listening at")
	return "http://" + address + "/"
}

// fronted runs a gateway before an MCP server, and gives it and the URL of a sidecar: mutual TLS, tokens bound by DPoP with nonces, Cedar
// and the audit log are all at work.
func fronted(t *testing.T, server string) (*gateway.Gateway, string) {
	t.Helper()
	g := gateway.Serve(t, fmt.Sprintf(`
development_authority {
  trust_domain = "example.org"
  directory    = "keys"
}
token_service {}
listener "agents" {
  address     = "ADDRESS"
  dpop_nonces = true
}
target "everything" {
  protocol  = "mcp"
  url       = %q
  keep_host = true # the suite checks what the server makes of a foreign name
}
policies { text = "permit (principal is Agent, action, resource) when { context.mtls };" }
`, server))
	return g, g.Sidecar(t, "suites/judge")
}

// The official suite finds the same through the gateway as without it, check by check.
func TestMCPConformance(t *testing.T) {
	packages := npm.Require(t)
	for _, revision := range []struct {
		name      string
		stateless bool
		least     int // checks that the SDK's server passes
	}{{"2025-11-25", false, 82}, {"2026-07-28", true, 165}} {
		t.Run(revision.name, func(t *testing.T) {
			t.Parallel()
			server := everything(t, revision.stateless)
			g, through := fronted(t, server)
			direct := judge(t, packages, "server", "--url", server, "--requirements", revision.name)
			governed := judge(t, packages, "server", "--url", through, "--requirements", revision.name)
			for _, d := range governed.differences(direct) {
				t.Errorf("through the gateway %s", d)
			}
			passed, judged := governed.passed()
			t.Logf("%d of %d checks of %d scenarios pass", passed, judged, len(governed))
			if passed < revision.least {
				t.Errorf("%d checks pass; without a gateway it was %d when this was written", passed, revision.least)
			}
			methods := map[string]bool{}
			for _, line := range g.Audit.All() {
				var record struct {
					Method string `json:"mcp.method.name"`
					Proven []string
				}
				if err := json.Unmarshal([]byte(line), &record); err != nil {
					t.Fatal(err)
				}
				if slices.Contains(record.Proven, "mtls") && slices.Contains(record.Proven, "dpop") {
					methods[record.Method] = true
				}
			}
			for _, method := range []string{"tools/call", "tools/list", "resources/read", "prompts/get"} {
				if !methods[method] {
					t.Errorf("the audit log has no %s of the suite", method)
				}
			}
		})
	}
}

// The suite notices what a proxy does wrong: the control of the test above.
func TestMCPConformanceNoticesABrokenProxy(t *testing.T) {
	packages := npm.Require(t)
	server := everything(t, false)
	to, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range []struct {
		name, scenario string
		proxy          *httputil.ReverseProxy
	}{
		{"one that writes its own name into Host", "dns-rebinding-protection", &httputil.ReverseProxy{
			Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) },
		}},
		{"one that waits for the end of an answer", "tools-call-elicitation", &httputil.ReverseProxy{
			Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host },
			ModifyResponse: func(r *http.Response) error {
				body, err := io.ReadAll(r.Body)
				r.Body = io.NopCloser(bytes.NewReader(body))
				return err
			},
		}},
	} {
		t.Run(fault.name, func(t *testing.T) {
			t.Parallel()
			on, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			fault.proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
			endpoint := &http.Server{Handler: fault.proxy, ReadHeaderTimeout: time.Minute}
			go func() { _ = endpoint.Serve(on) }()
			t.Cleanup(func() { _ = endpoint.Close() })
			// Only what never ends uses its milliseconds up: a server that is right may take its time on a busy machine.
			judged := func(url, timeout string) verdicts {
				return judge(t, packages, "server", "--scenario", fault.scenario, "--timeout", timeout, "--url", url)
			}
			direct, through := judged(server, "60000"), judged("http://"+on.Addr().String()+"/", "4000")
			if d := through.differences(direct); len(d) == 0 {
				t.Errorf("the suite finds no difference: %q", through)
			}
		})
	}
}
