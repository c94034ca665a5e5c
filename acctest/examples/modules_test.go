package examples_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/acctest/terraform"
)

// published begins the address of a module as users write it.
const published = "github.com/agentward/terraform-provider-agent//modules/"

// The modules, and what else has tests of its own, pass them with the provider as it is.
func TestModulesPassTheirTests(t *testing.T) {
	dir := checkout(t)
	for _, folder := range tested(t, dir) {
		t.Run(folder, func(t *testing.T) {
			run(t, installedTests(t, filepath.Join(dir, folder)), "test", "-no-color")
		})
	}
}

// The control: a module that does not do what its tests say does not pass.
func TestAModuleThatIsWrongFailsItsTests(t *testing.T) {
	dir := checkout(t)
	main := filepath.Join(dir, "modules", "agent", "main.tf")
	text, err := os.ReadFile(main)
	if err != nil {
		t.Fatal(err)
	}
	broken := regexp.MustCompile(`suspended\s+= var\.suspended\n`).ReplaceAllString(string(text), "suspended = false\n")
	if broken == string(text) {
		t.Fatal("the module has no kill switch to break")
	}
	write(t, main, broken)
	folder := terraform.At(t, filepath.Dir(main))
	if out, _, err := folder.Run(t.Context(), "test", "-no-color"); err == nil || !strings.Contains(out, `"the_kill_switch_withdraws_the_identity_and_tells_the_gateways"... fail`) {
		t.Errorf("a kill switch without effect passes: %v\n%s", err, out)
	}
}

// Whoever reads a module's page can use what stands there.
func TestExamplesOfModulesAreValid(t *testing.T) {
	dir := checkout(t)
	pages, err := filepath.Glob(filepath.Join(dir, "modules", "*", "README.md"))
	if err != nil || len(pages) < 3 {
		t.Fatalf("only %d modules have a page: %v", len(pages), err)
	}
	for _, page := range pages {
		t.Run(filepath.Base(filepath.Dir(page)), func(t *testing.T) {
			text, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			written, _, found := strings.Cut(string(text), "<!-- BEGIN_TF_DOCS -->")
			if !found {
				t.Fatal("the page has no place for inputs and outputs")
			}
			examples := hclBlocks(written)
			if len(examples) == 0 {
				t.Fatal("the page has no example")
			}
			for _, example := range examples {
				example = strings.ReplaceAll(example, published, filepath.Join(dir, "modules")+"/")
				folder := t.TempDir()
				write(t, filepath.Join(folder, "main.tf"), required+example)
				at := installed(t, folder)
				if out, complaints, err := at.Run(t.Context(), "validate", "-no-color"); err != nil {
					t.Errorf("%v\n%s%s\n%s", err, out, complaints, example)
				}
			}
		})
	}
}

// tested gives the folders, below that of a checkout, that have files for "terraform test".
func tested(t *testing.T, dir string) []string {
	t.Helper()
	var folders []string
	for _, pattern := range []string{"modules/*/tests", "examples/environments/*/tests"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, tests := range found {
			folder, err := filepath.Rel(dir, filepath.Dir(tests))
			if err != nil {
				t.Fatal(err)
			}
			folders = append(folders, folder)
		}
	}
	if len(folders) < 4 {
		t.Fatalf("only %v have tests", folders)
	}
	return folders
}

// installedTests gives a folder of which the modules are looked up that its tests use, too.
func installedTests(t *testing.T, path string) *terraform.Folder {
	t.Helper()
	folder := terraform.At(t, path)
	run(t, folder, "get", "-no-color", "-test-directory=tests")
	return folder
}

var hclBlock = regexp.MustCompile("(?s)```(?:hcl|terraform)\n(.*?)```")

// hclBlocks gives the blocks of HCL in a page.
func hclBlocks(page string) []string {
	var blocks []string
	for _, found := range hclBlock.FindAllStringSubmatch(page, -1) {
		blocks = append(blocks, found[1])
	}
	return blocks
}
