package examples_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/agentward/terraform-provider-agent/acctest/terraform"
)

// Validation sees a configuration alone. In render mode, all that a plan says of an example is checked too, but for the cluster.
func TestExamplesOfResourcesRender(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root, "resources", "*", "resource.tf"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples of resources: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			step := resource.TestStep{Config: rendering + string(content)}
			if filepath.Base(filepath.Dir(file)) == "kars_conformance" { // it renders nothing, and needs a cluster to look at
				step.ExpectError = regexp.MustCompile(`touches no API`)
			}
			terraform.Test(t, step)
		})
	}
}

// failedCheck is what Terraform says of a check that does not hold.
const failedCheck = "Check block assertion failed"

// Each protocol's example is permitted what it says, by what it renders.
func TestExamplesOfProtocolsRender(t *testing.T) {
	dir := checkout(t)
	for _, protocol := range []string{"mcp", "a2a", "rest", "grpc"} {
		t.Run(protocol, func(t *testing.T) {
			path := filepath.Join(dir, "examples", "protocols", protocol)
			write(t, filepath.Join(path, "render_override.tf"), rendering)
			// A check is made when the gateway that it is about has been applied, and where it fails Terraform warns.
			if out := run(t, terraform.At(t, path), "apply", "-auto-approve", "-no-color"); strings.Contains(out, failedCheck) {
				t.Error(out)
			}
		})
	}
}

// The control: a check that does not hold is seen.
func TestACheckThatFailsIsSeen(t *testing.T) {
	path := filepath.Join(checkout(t), "examples", "protocols", "mcp")
	text, err := os.ReadFile(filepath.Join(path, "main.tf"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(path, "main.tf"), strings.Replace(string(text), "small = 50", "small = 500", 1))
	write(t, filepath.Join(path, "render_override.tf"), rendering)
	if out := run(t, terraform.At(t, path), "apply", "-auto-approve", "-no-color"); !strings.Contains(out, failedCheck) {
		t.Error(out)
	}
}
