package suites

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/acctest/gateway"
	"github.com/agentward/terraform-provider-agent/acctest/npm"
)

const inspector = "@modelcontextprotocol/inspector/clients/launcher/build/index.js"

// seen is what the inspector's command line gives.
type seen struct {
	status     int
	out, error string
}

// inspect runs the command line of the MCP inspector.
func inspect(t *testing.T, packages *npm.Packages, server, era string, args ...string) seen {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	args = append([]string{"--cli", server, "--transport", "http", "--protocol-era", era, "--format", "json", "-q"}, args...)
	cmd := packages.Command(ctx, t.TempDir(), packages.Path(inspector), args...)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return seen{cmd.ProcessState.ExitCode(), out.String(), said.String()}
}

// told is what a result says to the client's user: how long it may be cached, and by whom, is the gateway's to say.
func told(t *testing.T, out string) string {
	t.Helper()
	if out == "" {
		return ""
	}
	var answer struct{ Result map[string]any }
	if err := json.Unmarshal([]byte(out), &answer); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	delete(answer.Result, "cacheScope")
	delete(answer.Result, "ttlMs")
	return fmt.Sprint(answer.Result)
}

// A real client sees through the gateway what it sees without it, in each era of the protocol that it speaks.
func TestMCPInspector(t *testing.T) {
	packages := npm.Require(t)
	call := []string{"--method", "tools/call", "--tool-name", "test_simple_text"}
	for _, stateless := range []bool{false, true} {
		server := everything(t, stateless)
		_, through := fronted(t, server)
		for _, era := range []string{"legacy", "auto", "modern"} {
			t.Run(fmt.Sprintf("stateless=%t/%s", stateless, era), func(t *testing.T) {
				t.Parallel()
				for _, args := range [][]string{call, {"--method", "tools/list"}} {
					direct, governed := inspect(t, packages, server, era, args...), inspect(t, packages, through, era, args...)
					direct.out, governed.out = told(t, direct.out), told(t, governed.out)
					if governed != direct {
						t.Errorf("%q: through the gateway %+v\nnot %+v", args, governed, direct)
					}
					if works := stateless || era != "modern"; (governed.status == 0) != works {
						t.Errorf("%q: %+v", args, governed)
					}
				}
			})
		}
	}
}

// What a policy forbids is not in the list that the inspector shows, and calling it anyway says why not.
func TestMCPInspectorIsToldWhatIsDenied(t *testing.T) {
	packages := npm.Require(t)
	g := gateway.Serve(t, fmt.Sprintf(`
development_authority {
  trust_domain = "example.org"
  directory    = "keys"
}
token_service {}
listener "agents" { address = "ADDRESS" }
target "everything" {
  protocol = "mcp"
  url      = %q
}
policies {
  text = <<-CEDAR
    permit (principal, action, resource);
    @id("no-images") @reason("images are not for agents")
    forbid (principal, action, resource == Tool::"everything/test_image_content");
  CEDAR
}
`, everything(t, true)))
	sidecar := g.Sidecar(t, "suites/inspector")
	for _, era := range []string{"legacy", "modern"} {
		list := inspect(t, packages, sidecar, era, "--method", "tools/list")
		if list.status != 0 || !strings.Contains(list.out, "test_simple_text") || strings.Contains(list.out, "test_image_content") {
			t.Errorf("%s: the list is %+v", era, list)
		}
		// The inspector looks a tool up in the list, so one that is hidden is unknown to it.
		if denied := inspect(t, packages, sidecar, era, "--method", "tools/call", "--tool-name", "test_image_content"); denied.status == 0 || !strings.Contains(denied.error, "test_image_content") {
			t.Errorf("%s: a denied call gives %+v", era, denied)
		}
	}
}
