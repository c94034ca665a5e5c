// Package golden holds renderings to files that show them: what goes in, and every object that comes out.
package golden

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

var update = flag.Bool("update", false, "write what is rendered into the golden files")

// Check checks every file of a folder of testdata: what stands before the first "---" line is the input, and what render makes of it stands
// after. With -update the files are written anew. Rendering twice must give the same bytes.
func Check(t *testing.T, folder string, render func(t *testing.T, input string) string) {
	t.Helper()
	for _, file := range Files(t, folder) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			input := Input(t, file)
			got := input + "\n" + render(t, input)
			if again := input + "\n" + render(t, input); again != got {
				t.Error("a second rendering of the same input gives other bytes")
			}
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != string(want) {
				t.Errorf("rendering differs from %s; look at it with -update and git diff. Got:\n%s", file, got)
			}
		})
	}
}

// Files lists the files of a folder of testdata, of which there must be some.
func Files(t testing.TB, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", folder, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files in %s: %v", folder, err)
	}
	return files
}

// Input gives what stands before the first "---" line of a file.
func Input(t testing.TB, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	input, _, found := strings.Cut(string(text), "\n---\n")
	if !found {
		t.Fatal("no --- after the input")
	}
	return input
}

// YAML gives the objects in the order in which they are applied.
func YAML(t testing.TB, objects []stack.Object) string {
	t.Helper()
	var out bytes.Buffer
	if len(objects) == 0 {
		out.WriteString("---\n# nothing\n")
	}
	for _, o := range objects {
		body, err := yaml.Marshal(o.Body)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "---\n# %s\n%s", o.Key, body)
	}
	return out.String()
}
