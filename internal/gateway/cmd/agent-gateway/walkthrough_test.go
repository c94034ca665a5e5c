package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/acctest/port"
)

// block is a fenced block of a page.
type block struct {
	language, text string
	line           int // of its first line
}

// blocks reads the fenced blocks of a page.
func blocks(t *testing.T, path string) []block {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var found []block
	var open *block
	indent := "" // of a block in a list
	for i, line := range strings.SplitAfter(string(text), "\n") {
		language, fence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case fence && open == nil:
			open = &block{language: language, line: i + 2}
			indent = line[:strings.IndexByte(line, '`')]
		case fence:
			found, open = append(found, *open), nil
		case open != nil:
			open.text += strings.TrimPrefix(line, indent)
		}
	}
	if open != nil {
		t.Fatalf("%s:%d: the block does not end", path, open.line)
	}
	return found
}

// walk runs the commands of a page's sh blocks in one shell, in folder, and compares what each writes with the block without a language
// that follows it. Texts of the page are replaced by those that hold in the test.
func walk(t *testing.T, folder string, page []block, replaced *strings.Replacer) {
	t.Helper()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed")
	}
	const mark = "--- step ---"
	script := "set -eu\n"
	var want []string
	for i, b := range page {
		if b.language != "sh" {
			continue
		}
		script += replaced.Replace(b.text) + "\necho '" + mark + "'\n"
		expected := ""
		if i+1 < len(page) && page[i+1].language == "" {
			expected = page[i+1].text
		}
		want = append(want, expected)
	}
	shell := exec.CommandContext(t.Context(), "bash", "-c", script)
	shell.Dir = folder
	var stderr bytes.Buffer
	shell.Stderr = &stderr
	out, err := shell.Output()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, stderr.String())
	}
	got := strings.Split(string(out), mark+"\n")
	for i, expected := range want {
		if i < len(got) && strings.TrimSpace(got[i]) != strings.TrimSpace(expected) {
			t.Errorf("step %d writes\n%s\nand not\n%s\n%s", i+1, got[i], expected, stderr.String())
		}
	}
}

// replace puts other texts into a file of an example.
func replace(t *testing.T, path string, pairs ...string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(pairs); i += 2 {
		if !bytes.Contains(text, []byte(pairs[i])) {
			t.Fatalf("%s has no %s", path, pairs[i])
		}
		text = bytes.ReplaceAll(text, []byte(pairs[i]), []byte(pairs[i+1]))
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// The README of examples/gateway/mcp from the third terminal on: a session, a list, a stream, and what the server asks of the agent.
func TestTheExampleOfSessions(t *testing.T) {
	folder := filepath.Join(copied(t), "mcp")
	binary := filepath.Join(folder, "kitchen")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../../../../examples/gateway/mcp/server").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	upstream, configuration := port.Address(t), filepath.Join(folder, "gateway.hcl")
	replace(t, configuration, "127.0.0.1:3001", upstream, "127.0.0.1:8444", port.Address(t))
	kitchen, kitchenTo := newLines()
	server := exec.CommandContext(t.Context(), binary, "-listen", upstream)
	server.Stderr = kitchenTo
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Wait() }) // it is killed with the test's context
	kitchen.wait(t, upstream)
	audit, auditTo := newLines()
	gateway, gatewayTo := newLines()
	start(t, auditTo, gatewayTo, "serve", "-config", configuration)
	gateway.wait(t, "msg=serving", "target=kitchen")
	sidecar, sidecarTo := newLines()
	start(t, io.Discard, sidecarTo, "sidecar", "-config", configuration, "-agent", "demo/waiter", "-listen", "127.0.0.1:0")
	_, at, _ := strings.Cut(sidecar.wait(t, "msg=sidecar"), "url=")
	at, _, _ = strings.Cut(at, " ")
	page := blocks(t, filepath.Join(folder, "README.md"))
	walk(t, folder, page[2:], strings.NewReplacer("http://127.0.0.1:7070", at))
	audit.wait(t, `"direction":"to_agent"`, `"method":"sampling/createMessage"`, `"policies":["no-sampling"]`)
	audit.wait(t, `"direction":"to_agent"`, `"method":"elicitation/create"`, `"policies":["ask-the-customer"]`)
}

// The README of examples/gateway/authentication from the second terminal on.
func TestTheExampleOfAuthentication(t *testing.T) {
	root := t.TempDir()
	if err := os.CopyFS(filepath.Join(root, "examples", "gateway"), os.DirFS("../../../../examples/gateway")); err != nil {
		t.Fatal(err)
	}
	asProgram(t, filepath.Join(root, ".build", "bin", "agent-gateway"))
	_, bank := example(t)
	folder := filepath.Join(root, "examples", "gateway", "authentication")
	secure, plain := port.Address(t), port.Address(t)
	replace(t, filepath.Join(folder, "gateway.hcl"), "127.0.0.1:3000", bank, "127.0.0.1:8445", secure, "127.0.0.1:8080", plain)
	gateway, gatewayTo := newLines()
	audit, auditTo := newLines()
	start(t, auditTo, gatewayTo, "serve", "-config", filepath.Join(folder, "gateway.hcl"))
	gateway.wait(t, "msg=serving", "target=bank")
	page := blocks(t, filepath.Join(folder, "README.md"))
	walk(t, root, page[1:], strings.NewReplacer("127.0.0.1:8445", secure, "127.0.0.1:8080", plain))
	audit.wait(t, `"proven":["loopback"]`, `"policies":["front-desk"]`)
	audit.wait(t, "needed is dpop+mtls")
}
