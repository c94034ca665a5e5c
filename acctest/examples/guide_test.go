package examples_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/acctest/terraform"
)

const guide = "../../docs/guides/govern-a-cluster.md"

// Its first line names the file that a block of the guide is.
var fileOf = regexp.MustCompile(`^# ([a-z/-]+\.(?:tf|tftest\.hcl))\n`)

// Whoever follows the guide has a configuration that can be planned after each step, and tests that pass.
func TestTheGuideCanBeFollowed(t *testing.T) {
	text, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	modules := filepath.Join(checkout(t), "modules") + "/"
	dir := t.TempDir()
	write(t, filepath.Join(dir, "render_override.tf"), rendering)
	folder := terraform.At(t, dir)
	files, planned, passed := map[string]bool{}, 0, false
	for _, block := range hclBlocks(string(text)) {
		named := fileOf.FindStringSubmatch(block)
		if named == nil {
			t.Fatalf("a block does not say which file it is:\n%s", block)
		}
		file := named[1]
		files[file] = true
		write(t, filepath.Join(dir, file), strings.ReplaceAll(block, published, modules))
		switch {
		case strings.HasSuffix(file, ".tftest.hcl"):
			run(t, folder, "get", "-no-color", "-test-directory=tests")
			run(t, folder, "test", "-no-color")
			passed = true
		case !strings.HasPrefix(file, "tests/"):
			run(t, folder, "get", "-no-color")
			run(t, folder, "plan", "-no-color")
			planned++
		}
	}
	if len(files) < 6 || planned < 7 || !passed {
		t.Errorf("only %d files, %d plans, tests: %v", len(files), planned, passed)
	}
}
