package oss

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/agentward/terraform-provider-agent/internal/spec"
)

var updateAdmission = flag.Bool("update", false, "write what is rendered into the golden files")

// A golden file holds the policy and, after the first "---", what each engine gets. A policy that names no engine is rendered
// for all three.
func TestAdmissionRendersTheGoldenObjects(t *testing.T) {
	files, err := filepath.Glob("testdata/admission/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			golden, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			input, _, found := strings.Cut(string(golden), "\n---\n")
			if !found {
				t.Fatal("no --- after the policy")
			}
			got := input + "\n" + renderAll(t, input)
			if *updateAdmission {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != string(golden) {
				t.Errorf("rendering differs from %s; look at it with -update and git diff. Got:\n%s", file, got)
			}
			if again := input + "\n" + renderAll(t, input); again != got {
				t.Error("a second rendering of the same policy gives other bytes")
			}
		})
	}
}

func renderAll(t *testing.T, input string) string {
	t.Helper()
	var p spec.AdmissionPolicy
	if err := yaml.UnmarshalStrict([]byte(input), &p); err != nil {
		t.Fatal(err)
	}
	engines := []spec.Engine{p.Engine}
	if p.Engine == "" {
		engines = []spec.Engine{spec.EngineNative, spec.EngineKyverno, spec.EngineGatekeeper}
	}
	var out bytes.Buffer
	for _, p.Engine = range engines {
		if problems := p.Validate(); len(problems) > 0 {
			t.Fatalf("the policy is not valid: %v", problems)
		}
		objects, err := Admission(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range objects {
			body, err := yaml.Marshal(o.Body)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&out, "---\n# %s %s", p.Engine, o.Key)
			if o.Secret {
				out.WriteString(" (secret)")
			}
			fmt.Fprintf(&out, "\n%s", body)
		}
	}
	return out.String()
}
