package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/acctest/port"
	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
)

// built is a program of the examples, built into folder.
func built(t *testing.T, folder, name string) string {
	t.Helper()
	path := filepath.Join(folder, filepath.Base(name))
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, "../../../../examples/gateway/"+name).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// running starts a program of the examples, until the test ends, and waits until it says where it listens.
func running(t *testing.T, address, program string, args ...string) {
	t.Helper()
	said, to := newLines()
	server := exec.CommandContext(t.Context(), program, append([]string{"-listen", address}, args...)...)
	server.Stderr = to
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Wait() }) // it is killed with the test's context
	said.wait(t, address)
}

// served starts the gateway of an example.
func served(t *testing.T, configuration string) (audit *lines) {
	t.Helper()
	audit, auditTo := newLines()
	gateway, gatewayTo := newLines()
	start(t, auditTo, gatewayTo, "serve", "-config", configuration)
	gateway.wait(t, "msg=serving", "target=bank")
	return audit
}

// assistant starts the sidecar of an example's agent, and says where.
func assistant(t *testing.T, configuration string) string {
	t.Helper()
	sidecar, to := newLines()
	start(t, io.Discard, to, "sidecar", "-config", configuration, "-agent", "demo/assistant", "-listen", "127.0.0.1:0")
	_, at, _ := strings.Cut(sidecar.wait(t, "msg=sidecar"), "url=")
	at, _, _ = strings.Cut(at, " ")
	return at
}

func TestTheExampleOfTheWayOut(t *testing.T) {
	folder := filepath.Join(copied(t), "egress")
	configuration := filepath.Join(folder, "gateway.hcl")
	bank, site, out := port.Address(t), port.Address(t), port.Address(t)
	replace(t, configuration, "127.0.0.1:3000", bank, "127.0.0.1:3443", site, "127.0.0.1:8080", out)
	running(t, bank, built(t, t.TempDir(), "mcp-server"))
	running(t, site, built(t, t.TempDir(), "egress/site"))
	audit := served(t, configuration)
	page := blocks(t, filepath.Join(folder, "README.md"))
	walk(t, folder, page[1:], strings.NewReplacer("127.0.0.1:3000", bank, "127.0.0.1:3443", site, "127.0.0.1:8080", out))
	audit.wait(t, `"decision":"allow"`, `"policies":["site"]`, `"protocol":"tunnel"`)
	audit.wait(t, `"event":"refused"`, `"server.address":"169.254.169.254:443"`, `"principal":"spiffe://example.org/ns/demo/agent/assistant"`)
}

func TestTheExampleOfAProcess(t *testing.T) {
	folder := filepath.Join(copied(t), "stdio")
	configuration := filepath.Join(folder, "gateway.hcl")
	replace(t, configuration, "../../../.build/bin/mcp-server", built(t, t.TempDir(), "mcp-server"), "127.0.0.1:8445", port.Address(t))
	served(t, configuration)
	page := blocks(t, filepath.Join(folder, "README.md"))
	walk(t, folder, page[2:], strings.NewReplacer("http://127.0.0.1:7070", assistant(t, configuration)))
}

func TestTheExampleOfCredentials(t *testing.T) {
	folder := filepath.Join(copied(t), "credentials")
	configuration, secret := filepath.Join(folder, "gateway.hcl"), filepath.Join(folder, "bank.token")
	if err := os.WriteFile(secret, []byte("first-secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	bank := port.Address(t)
	replace(t, configuration, "127.0.0.1:3002", bank, "127.0.0.1:8446", port.Address(t))
	running(t, bank, built(t, t.TempDir(), "mcp-server"), "-token-file", secret)
	served(t, configuration)
	page := blocks(t, filepath.Join(folder, "README.md"))
	walk(t, folder, page[2:], strings.NewReplacer("http://127.0.0.1:7070", assistant(t, configuration), "127.0.0.1:3002", bank))
}

// Configurations in the pages on the way to targets are valid as they stand, with the files and variables that they name.
func TestThePagesOnTheWayToTargets(t *testing.T) {
	t.Setenv("TOOLS_CLIENT_SECRET", "s")
	for _, name := range []string{"targets.md", "egress.md", "stdio.md"} {
		found := 0
		for _, b := range blocks(t, filepath.Join("../../../../docs/gateway", name)) {
			if b.language != "hcl" {
				continue
			}
			found++
			folder := t.TempDir()
			for _, file := range []string{"ca.pem", "client.pem", "client.key", "tools.token", "gateway.key", "api.key"} {
				if err := os.WriteFile(filepath.Join(folder, file), nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			text := b.text + "\npolicies { text = \"permit (principal, action, resource);\" }\ntoken_service {}\ndevelopment_authority {\ntrust_domain = \"example.org\"\ndirectory = \"keys\"\n}\n"
			if !strings.Contains(text, "listener ") {
				text += "listener \"agents\" { address = \"127.0.0.1:8443\" }\n"
			}
			if _, diagnostics := config.Parse(filepath.Join(folder, "gateway.hcl"), []byte(text)); diagnostics.HasErrors() {
				t.Errorf("%s:%d: %v", name, b.line, diagnostics)
			}
		}
		if found == 0 {
			t.Errorf("%s has no configuration", name)
		}
	}
}
