// Package terraform runs the provider under the real Terraform (or OpenTofu) program against a real control plane.
package terraform

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/internal/gcp"
	"github.com/agentward/terraform-provider-agent/provider"
)

// ProgramVariable names the terraform or tofu program to test with. Without it the one on the PATH is taken.
const ProgramVariable = "AGENTWARD_TERRAFORM"

// Main is the TestMain of a package whose tests run Terraform. It looks the program up, keeps it from reaching out, and ends
// the shared control plane with the tests.
func Main(m *testing.M) {
	serveIfAsked()
	if err := setUp(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	controlplane.Main(m)
}

func setUp() error {
	program := os.Getenv(ProgramVariable)
	if program == "" {
		program = "terraform"
	}
	path, err := exec.LookPath(program)
	if err != nil {
		return fmt.Errorf("the provider's tests need Terraform 1.11 or OpenTofu 1.11: %w; install it, or name it in %s", err, ProgramVariable)
	}
	dir, err := os.MkdirTemp("", "agentward-terraform-")
	if err != nil {
		return err
	}
	// The folder is left to the system's clean-up: Main does not return.
	config := filepath.Join(dir, "terraform.rc")
	if err := os.WriteFile(config, nil, 0o600); err != nil {
		return err
	}
	environment := map[string]string{
		"TF_ACC":                "1",
		"TF_ACC_TERRAFORM_PATH": path,
		"TF_CLI_CONFIG_FILE":    config,
		"CHECKPOINT_DISABLE":    "1",
		"KUBE_CONFIG_PATH":      "",
	}
	if strings.HasPrefix(filepath.Base(path), "tofu") {
		environment["TF_ACC_PROVIDER_HOST"] = "registry.opentofu.org"
		environment["TF_ACC_PROVIDER_NAMESPACE"] = "hashicorp"
	}
	for name, value := range environment {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	return nil
}

// Test runs the steps with a provider in this process. At its end everything is destroyed.
func Test(t *testing.T, steps ...resource.TestStep) {
	t.Helper()
	resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: Factories(), Steps: steps})
}

// pace has tests on Google Cloud wait as users do, as often and a hundred times as fast: fakes of its APIs count how often they are asked, and
// look at no clock.
var pace = gcp.Pace{First: 5 * time.Millisecond, Longest: 300 * time.Millisecond, Settle: 1200 * time.Millisecond}

// Factories gives the provider as terraform-plugin-testing takes it.
func Factories() map[string]func() (tfprotov6.ProviderServer, error) {
	noteProgram()
	return map[string]func() (tfprotov6.ProviderServer, error){
		"agent": providerserver.NewProtocol6WithError(provider.New("test", provider.GooglePace(pace))()),
	}
}

// noteProgram lets go test know that the results are those of one program. It keeps results by the variables that were read while
// tests ran, and Main reads this one before.
func noteProgram() { os.Getenv(ProgramVariable) }

// Configuration gives the provider block for a kubeconfig, with more attributes, and what follows it.
func Configuration(kubeconfig, attributes, rest string) string {
	return fmt.Sprintf(`
provider "agent" {
  trust_domain = "agents.example.org"
  kubernetes   = { config_path = %q }
  %s
}
%s`, kubeconfig, attributes, rest)
}
