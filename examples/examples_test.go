// Package examples_test keeps the examples, which are what the documentation shows, true to the provider.
package examples_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/agentward/terraform-provider-agent/acctest/terraform"
)

func TestMain(m *testing.M) { terraform.Main(m) }

// Every example of a provider block, a resource or a data source is valid as it stands.
func TestExamplesAreValid(t *testing.T) {
	for _, pattern := range []string{"provider/provider.tf", "quickstart/main.tf", "resources/*/resource.tf", "data-sources/*/data-source.tf"} {
		for _, file := range files(t, pattern) {
			t.Run(file, func(t *testing.T) {
				dir := t.TempDir()
				content := read(t, file)
				if base := filepath.Base(file); base == "resource.tf" || base == "data-source.tf" {
					// What a reader has in another file of the folder.
					content = "terraform {\n  required_providers {\n    agent = { source = \"agentward/agent\" }\n  }\n}\n" + content
				}
				if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
				for _, diagnostic := range terraform.Validate(t, dir) {
					t.Error(diagnostic)
				}
			})
		}
	}
}

// Validation sees the configuration alone. In render mode, all that a plan says of an example is checked too, but for the cluster.
func TestExamplesOfResourcesRender(t *testing.T) {
	for _, file := range files(t, "resources/*/resource.tf") {
		t.Run(file, func(t *testing.T) {
			config := "provider \"agent\" {\n  mode = \"render\"\n}\n" + read(t, file)
			terraform.Test(t, resource.TestStep{Config: config})
		})
	}
}

func files(t *testing.T, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.FromSlash(pattern))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
