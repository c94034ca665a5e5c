package examples_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/acctest/terraform"
	"github.com/agentward/terraform-provider-agent/acctest/tool"
)

// rendering makes a configuration ask no cluster. Terraform merges what an override file says into the block of that name.
const rendering = "provider \"agent\" {\n  mode = \"render\"\n}\n"

// checkout copies examples/ and modules/ to where a test may write, and gives the folder that holds both. What somebody left there who tried
// an example is none of it.
func checkout(t *testing.T) string {
	t.Helper()
	root, err := tool.Root()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, folder := range []string{"examples", "modules"} {
		if err := os.CopyFS(filepath.Join(dir, folder), os.DirFS(filepath.Join(root, folder))); err != nil {
			t.Fatal(err)
		}
	}
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		switch name := entry.Name(); {
		case err != nil:
			return err
		case name == ".terraform":
			if err := os.RemoveAll(path); err != nil {
				return err
			}
			return fs.SkipDir
		case name == "override.tf", strings.Contains(name, ".tfstate"):
			return os.Remove(path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// write writes a file of a configuration, and the folder that it is in.
func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// installed gives a folder whose modules Terraform has looked up.
func installed(t *testing.T, path string) *terraform.Folder {
	t.Helper()
	folder := terraform.At(t, path)
	run(t, folder, "get", "-no-color")
	return folder
}

// run runs Terraform, which must succeed, and gives what it printed.
func run(t *testing.T, folder *terraform.Folder, args ...string) string {
	t.Helper()
	out, complaints, err := folder.Run(t.Context(), args...)
	if err != nil {
		t.Fatalf("terraform %s: %v\n%s%s", strings.Join(args, " "), err, out, complaints)
	}
	return out
}
