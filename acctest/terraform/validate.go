package terraform

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/agentward/terraform-provider-agent/provider"
)

// Diagnostic is one error or warning of "terraform validate".
type Diagnostic struct {
	Severity string // error or warning
	Summary  string
	Detail   string
	Block    string // the block that it is in, as: resource "agent_identity" "test"
	Code     string // the line that it is about
}

// String gives the diagnostic in one line.
func (d Diagnostic) String() string {
	return fmt.Sprintf("%s: %s: %s: %s", d.Severity, d.Block, d.Summary, d.Detail)
}

const providerBinary = "terraform-provider-agent"

// Validate runs "terraform validate" on a folder, which it leaves as it is, and gives all errors and what the provider warns of.
// Terraform starts this test binary, which Main lets be a provider, so there is none to build or to install.
func Validate(t *testing.T, dir string) []Diagnostic {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	if err := os.Symlink(program, filepath.Join(home, providerBinary)); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(home, "terraform.rc")
	overrides := fmt.Sprintf("provider_installation {\n  dev_overrides {\n    \"agentward/agent\" = %q\n  }\n  direct {}\n}\n", home)
	if err := os.WriteFile(config, []byte(overrides), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Getenv("TF_ACC_TERRAFORM_PATH"), "validate", "-json", "-no-color")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+config, "TF_DATA_DIR="+filepath.Join(home, "data"))
	var complaints strings.Builder
	cmd.Stderr = &complaints
	// It fails where the configuration is not valid; what it prints then says why.
	out, runErr := cmd.Output()
	var report struct {
		Diagnostics []struct {
			Severity, Summary, Detail string
			Snippet                   struct{ Context, Code string }
		}
	}
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatalf("terraform validate: %v: %s%s", runErr, out, complaints.String())
	}
	var diagnostics []Diagnostic
	for _, d := range report.Diagnostics {
		if d.Summary != "Provider development overrides are in effect" {
			diagnostics = append(diagnostics, Diagnostic{d.Severity, d.Summary, d.Detail, d.Snippet.Context, d.Snippet.Code})
		}
	}
	return diagnostics
}

// serveIfAsked makes this process the provider where Terraform has started it as one.
func serveIfAsked() {
	if filepath.Base(os.Args[0]) != providerBinary {
		return
	}
	if err := providerserver.Serve(context.Background(), provider.New("test"), providerserver.ServeOpts{Address: "registry.terraform.io/agentward/agent"}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}
