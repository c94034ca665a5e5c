package examples_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/acctest/terraform"
)

// The example of tests for policies passes, and fails where a policy permits more than its tests let it.
func TestPoliciesAreTestedWithoutAGateway(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(root, "policy-tests"))); err != nil {
		t.Fatal(err)
	}
	folder := terraform.At(t, dir)
	if out, complaints, err := folder.Run(t.Context(), "get", "-no-color", "-test-directory=tests"); err != nil {
		t.Fatalf("terraform get: %v\n%s%s", err, out, complaints)
	}
	if out, complaints, err := folder.Run(t.Context(), "test", "-no-color"); err != nil || !strings.Contains(out, "4 passed, 0 failed") {
		t.Errorf("terraform test: %v\n%s%s", err, out, complaints)
	}
	loose := "permit (principal, action == Action::\"callTool\", resource);\n"
	if err := os.WriteFile(filepath.Join(dir, "policies", "loose.cedar"), []byte(loose), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, complaints, err := folder.Run(t.Context(), "test", "-no-color"); err == nil || !strings.Contains(out+complaints, "An agent of another namespace may transfer.") {
		t.Errorf("a policy that permits everything passes: %v\n%s%s", err, out, complaints)
	}
}
