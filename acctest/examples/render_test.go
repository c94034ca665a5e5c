package examples_test

import (
	"os"
	"path/filepath"
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
			terraform.Test(t, resource.TestStep{Config: rendering + string(content)})
		})
	}
}

// Each protocol's example is permitted what it says, by what it renders.
func TestExamplesOfProtocolsRender(t *testing.T) {
	dir := checkout(t)
	for _, protocol := range []string{"mcp", "a2a", "rest", "grpc"} {
		t.Run(protocol, func(t *testing.T) {
			path := filepath.Join(dir, "examples", "protocols", protocol)
			write(t, filepath.Join(path, "render_override.tf"), rendering)
			// A check that fails is a warning of the plan, and an error of the test.
			if out := run(t, terraform.At(t, path), "plan", "-no-color"); strings.Contains(out, "Check block assertion") {
				t.Error(out)
			}
		})
	}
}
