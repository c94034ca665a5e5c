// Package examples_test holds the examples, and with them the documentation, to what the provider accepts.
package examples_test

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/version"

	"github.com/agentward/terraform-provider-agent/acctest/terraform"
)

func TestMain(m *testing.M) { terraform.Main(m) }

const root = "../../examples"

// required is what the documentation leaves out of most examples.
const required = `terraform {
  required_providers {
    agent = { source = "agentward/agent" }
  }
}
`

func TestExamplesAreValid(t *testing.T) {
	dir := checkout(t)
	for _, folder := range folders(t, dir) {
		t.Run(folder, func(t *testing.T) {
			path := filepath.Join(dir, folder)
			if whole(t, path) {
				for _, diagnostic := range installed(t, path).Validate(t) {
					t.Error(diagnostic)
				}
				return
			}
			for _, configuration := range configurations(t, path) {
				composed := t.TempDir()
				for name, content := range configuration {
					write(t, filepath.Join(composed, name), content)
				}
				for _, diagnostic := range terraform.Validate(t, composed) {
					t.Errorf("%v: %s", slices.Sorted(maps.Keys(configuration)), diagnostic)
				}
			}
		})
	}
}

// A check that could not fail would prove nothing: the same one must refuse an example that says what the provider does not know.
func TestABrokenExampleIsFound(t *testing.T) {
	dir := t.TempDir()
	broken := required + "resource \"agent_admission_policy\" \"test\" {\n  name  = \"test\"\n  rules = { approved = true }\n}\n"
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(broken), 0o600); err != nil {
		t.Fatal(err)
	}
	if len(terraform.Validate(t, dir)) == 0 {
		t.Error("an unknown rule is accepted")
	}
}

func TestExamplesAreFormatted(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), program(), "fmt", "-check", "-diff", "-recursive", root, "../../modules").CombinedOutput()
	if err != nil {
		t.Errorf("terraform fmt: %v\n%s", err, out)
	}
}

func program() string { return os.Getenv("TF_ACC_TERRAFORM_PATH") }

// folders gives those that hold configuration, examples and modules.
func folders(t *testing.T, dir string) []string {
	t.Helper()
	found := map[string]bool{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && strings.HasSuffix(path, ".tf") && !strings.Contains(path, ".terraform/") {
			found[filepath.Dir(path)] = true
		}
		return err
	})
	if err != nil || len(found) == 0 {
		t.Fatalf("no examples in %s: %v", dir, err)
	}
	return slices.Sorted(maps.Keys(found))
}

// whole says whether a folder is a configuration of its own, which names its providers: others are put together from what a page shows.
func whole(t *testing.T, folder string) bool {
	t.Helper()
	for _, file := range files(t, folder) {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(content), "required_providers") {
			return true
		}
	}
	return false
}

// configurations gives what a reader would put together from a folder: all of it, with each way to import in turn.
func configurations(t *testing.T, folder string) []map[string]string {
	t.Helper()
	common, imports := map[string]string{"required.tf": required}, map[string]string{}
	for _, file := range files(t, folder) {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if name := filepath.Base(file); strings.HasPrefix(name, "import") {
			imports[name] = string(content)
		} else {
			common[name] = string(content)
		}
	}
	all := []map[string]string{common}
	for _, name := range slices.Sorted(maps.Keys(imports)) {
		if strings.Contains(name, "identity") && !knowsIdentity(t) {
			continue
		}
		with := maps.Clone(common)
		with[name] = imports[name]
		all = append(all, with)
	}
	return all
}

func files(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.tf"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// knowsIdentity says whether the program under test imports by identity, as Terraform and OpenTofu do since 1.12.
func knowsIdentity(t *testing.T) bool {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), program(), "version", "-json").Output()
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Version string `json:"terraform_version"`
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		t.Fatal(err)
	}
	return version.MustParseGeneric(answer.Version).AtLeast(version.MajorMinor(1, 12))
}
