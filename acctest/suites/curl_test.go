package suites

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/acctest/gateway"
	"github.com/agentward/terraform-provider-agent/internal/gateway/devauthority"
)

// certificates writes the SVID of an agent as files, for clients that know nothing of SPIFFE, and gives their folder.
func certificates(t *testing.T, g *gateway.Gateway, agent string) string {
	t.Helper()
	authority, err := devauthority.Open(filepath.Join(filepath.Dir(g.Config), "keys"), "example.org", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	id, err := authority.Agent("suites", agent, "")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := authority.Write(folder, id); err != nil {
		t.Fatal(err)
	}
	return folder
}

// curl asks as its users do. The gateway's name is its SPIFFE ID, which curl does not look for: the test looks at what is answered.
func TestCurlThroughMutualTLS(t *testing.T) {
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skip("not run: there is no curl on PATH")
	}
	g := gateway.Serve(t, fmt.Sprintf(`
development_authority {
  trust_domain = "example.org"
  directory    = "keys"
}
listener "agents" {
  address      = "ADDRESS"
  authenticate = ["mtls"]
}
target "everything" {
  protocol = "mcp"
  url      = %q
}
policies {
  text = <<-CEDAR
    permit (principal == Agent::"spiffe://example.org/ns/suites/agent/curl", action, resource);
    @id("no-images") @reason("images are not for agents")
    forbid (principal, action, resource == Tool::"everything/test_image_content");
  CEDAR
}
`, everything(t, true)))
	ask := func(folder, tool string, args ...string) (string, error) {
		if folder != "" {
			args = append(args, "--cert", filepath.Join(folder, devauthority.CertificateFile), "--key", filepath.Join(folder, devauthority.KeyFile))
		}
		args = append([]string{
			"-sS", "--insecure", "--max-time", "30", "-w", "\n%{http_version} %{http_code}", "https://" + g.Address + "/everything",
			"-H", "Content-Type: application/json", "-H", "Accept: application/json, text/event-stream",
			"-d", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"` + tool + `","arguments":{}}}`,
		}, args...)
		var said bytes.Buffer
		cmd := exec.CommandContext(t.Context(), curl, args...)
		cmd.Stderr = &said
		out, err := cmd.Output()
		return string(out) + said.String(), err
	}
	agent, other := certificates(t, g, "curl"), certificates(t, g, "other")
	versions := map[string]string{"--http1.1": "1.1", "--http2": "2"}
	if out, err := exec.CommandContext(t.Context(), curl, "--version").Output(); err != nil || !slices.Contains(strings.Fields(string(out)), "HTTP2") {
		delete(versions, "--http2")
	}
	for flag, version := range versions {
		for name, c := range map[string]struct{ folder, tool, want string }{
			"what is permitted":             {agent, "test_simple_text", version + " 200"},
			"what a policy forbids":         {agent, "test_image_content", version + " 403"},
			"what no policy permits":        {other, "test_simple_text", version + " 403"},
			"whoever brings no certificate": {"", "test_simple_text", version + " 40"},
		} {
			out, err := ask(c.folder, c.tool, flag)
			if err != nil || !strings.Contains(out, "\n"+c.want) {
				t.Errorf("%s: %s over HTTP/%s, %v", name, out, version, err)
			}
			if name == "what a policy forbids" && !strings.Contains(out, "images are not for agents") {
				t.Errorf("%s is not told why: %s", name, out)
			}
		}
	}
	if out, err := ask(agent, "test_simple_text", "--tls-max", "1.2"); err == nil {
		t.Errorf("TLS 1.2 was not asked for, and gives %s", out)
	}
	g.Audit.Wait(t, `"decision":"deny"`, "no-images", "agent/curl")
	g.Audit.Wait(t, `"decision":"deny"`, "agent/other")
}
