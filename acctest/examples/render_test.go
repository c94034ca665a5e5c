package examples_test

import (
	"os"
	"path/filepath"
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
			terraform.Test(t, resource.TestStep{Config: "provider \"agent\" {\n  mode = \"render\"\n}\n" + string(content)})
		})
	}
}
