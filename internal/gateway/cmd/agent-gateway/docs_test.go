package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
	"github.com/agentward/terraform-provider-agent/internal/gateway/devauthority"
)

// TestMain makes the test's own binary the program where a test's shell asks for it.
func TestMain(m *testing.M) {
	if os.Getenv("RUN_AS_AGENT_GATEWAY") != "" {
		os.Exit(run(context.Background(), environment{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}, os.Args[1:]))
	}
	os.Exit(m.Run())
}

// asProgram writes a script that is the program, for a test's shell.
func asProgram(t *testing.T, path string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("#!/bin/sh\nRUN_AS_AGENT_GATEWAY=1 exec '"+self+"' \"$@\"\n"), 0o755); err != nil { //nolint:gosec // it is run
		t.Fatal(err)
	}
}

// The README of examples/gateway/policies: every call is decided as its name says.
func TestTheExampleOfPolicies(t *testing.T) {
	root := t.TempDir()
	if err := os.CopyFS(filepath.Join(root, "examples", "gateway"), os.DirFS("../../../../examples/gateway")); err != nil {
		t.Fatal(err)
	}
	asProgram(t, filepath.Join(root, ".build", "bin", "agent-gateway"))
	page := blocks(t, filepath.Join(root, "examples", "gateway", "policies", "README.md"))
	walk(t, root, page, strings.NewReplacer())
	for _, b := range page {
		for line := range strings.Lines(b.text) {
			name, said, ok := strings.Cut(line, ": ")
			word, _, named := strings.Cut(name, "-")
			if ok && named && b.language == "" && !strings.HasPrefix(said, word) {
				t.Errorf("%s", line)
			}
		}
	}
}

// Configurations in the pages are valid, as far as they go: what they leave out is added.
func TestThePagesConfigurations(t *testing.T) {
	for _, name := range []string{"authentication.md", "mcp.md", "policies.md", "rest.md", "grpc.md"} {
		found := 0
		for _, b := range blocks(t, filepath.Join("../../../../docs/gateway", name)) {
			if b.language != "hcl" {
				continue
			}
			found++
			folder := t.TempDir()
			if err := os.MkdirAll(filepath.Join(folder, "policies"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(folder, "policies", "some.cedar"), []byte(`permit (principal, action in Action::"discover", resource);`), 0o600); err != nil {
				t.Fatal(err)
			}
			for name, from := range map[string]string{"crm.yaml": "rest/openapi.yaml", "shop.binpb": "grpc/shop.binpb"} {
				content, err := os.ReadFile(filepath.Join("../../../../examples/gateway", from))
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			beside(t, folder)
			text := b.text
			for block, whole := range map[string]string{
				"listener ":             `listener "agents" { address = "127.0.0.1:8443" }`,
				"target ":               "target \"bank\" {\nprotocol = \"mcp\"\nurl = \"http://127.0.0.1:3000/mcp\"\n}",
				"development_authority": "development_authority {\ntrust_domain = \"example.org\"\ndirectory = \"keys\"\n}",
				"token_service":         "token_service {}",
			} {
				if !strings.Contains(text, block) {
					text += "\n" + whole + "\n"
				}
			}
			text = strings.ReplaceAll(text, "0.0.0.0:", "127.0.0.1:") // the authority that was added is for loopback alone
			if _, diagnostics := config.Parse(filepath.Join(folder, "gateway.hcl"), []byte(text)); diagnostics.HasErrors() {
				t.Errorf("%s:%d: %v", name, b.line, diagnostics)
			}
		}
		if found == 0 {
			t.Errorf("%s has no configuration", name)
		}
	}
}

// beside writes the files that the pages' configurations name.
func beside(t *testing.T, folder string) {
	t.Helper()
	if _, err := devauthority.Open(folder, "partner.example", time.Now); err != nil { // writes bundle.pem
		t.Fatal(err)
	}
	bundle, err := os.ReadFile(filepath.Join(folder, devauthority.BundleFile))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{
		"partner.json": bundle, "friend.pem": bundle, "secret": bytes.Repeat([]byte("s"), 32), "secret-before": bytes.Repeat([]byte("b"), 32),
	} {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// What the page on policies says that explain prints, it prints.
func TestThePageOnExplain(t *testing.T) {
	page := blocks(t, "../../../../docs/gateway/policies.md")
	folder := t.TempDir()
	t.Chdir(folder)
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("gateway.hcl", `development_authority {
  trust_domain = "example.org"
  directory    = "keys"
}
listener "agents" { address = "127.0.0.1:8443" }
target "bank" {
  protocol = "mcp"
  url      = "http://127.0.0.1:3000/mcp"
}
policies { files = ["policy.cedar"] }
`)
	var asked string
	var want []string
	for i, b := range page {
		switch {
		case b.language == "cedar" && i == 0:
			write("policy.cedar", b.text)
		case b.language == "json":
			asked = b.text
			want = []string{page[i+1].text, page[i+2].text}
		}
	}
	for i, in := range []string{asked, strings.TrimSuffix(strings.TrimSpace(asked), "}") + `, "listing": true}`} {
		var out, errors bytes.Buffer
		status := run(t.Context(), environment{stdin: strings.NewReader(in), stdout: &out, stderr: &errors}, []string{"explain", "-config", "gateway.hcl"})
		if status != 0 || out.String() != want[i] {
			t.Errorf("%d\n%s\n%s", status, out.String(), errors.String())
		}
	}
}
