package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/acctest/tool"
)

func TestQuickstart(t *testing.T) {
	tool.Require(t, tool.Etcd)
	tool.Require(t, tool.KubeAPIServer)
	dir := filepath.Join(t.TempDir(), "quickstart")
	t.Cleanup(func() {
		if err := down(context.WithoutCancel(t.Context()), dir, t.Output()); err != nil {
			t.Error(err)
		}
	})

	t.Run("shows a refusal, an admission, and drift that is found and put back", func(t *testing.T) {
		said := up(t, dir)
		for _, want := range []string{
			"denied request",
			"is admitted",
			`"none" -> "ai-agent"`,
			"agent_admission_policy.approved will be updated in-place",
			"0 added, 1 changed, 0 destroyed",
			"No changes.",
			"make quickstart-down",
		} {
			if !strings.Contains(said, want) {
				t.Errorf("it did not say %q", want)
			}
		}
	})

	t.Run("may be run again", func(t *testing.T) {
		said := up(t, dir)
		if !strings.Contains(said, "runs already") || !strings.Contains(said, "0 added, 0 changed, 0 destroyed") {
			t.Error("it was to find the cluster, and its objects as they should be")
		}
	})

	t.Run("fails where the policy does not hold", func(t *testing.T) {
		root, err := tool.Root()
		if err != nil {
			t.Fatal(err)
		}
		s := &show{root: root, example: toothless(t, root), dir: dir, out: t.Output(), patience: 5 * time.Second}
		err = s.up(t.Context(), "local")
		if err == nil || !strings.Contains(err.Error(), "the policy is not enforced") {
			t.Errorf("got %v, want that nothing was refused", err)
		}
	})

	t.Run("is removed without a trace", func(t *testing.T) {
		cluster, err := controlplane.Load(localDir(dir))
		if err != nil {
			t.Fatal(err)
		}
		if err := run(t.Context(), []string{"-dir", dir, "down"}, t.Output()); err != nil {
			t.Fatal(err)
		}
		if cluster.Running() {
			t.Error("the control plane runs still")
		}
		if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the folder: %v, want it gone", err)
		}
	})
}

func TestDownWithoutUpIsNoError(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "never-made")
	if err := run(t.Context(), []string{"-dir", dir, "down"}, t.Output()); err != nil {
		t.Error(err)
	}
}

func TestMissingTerraformIsSaidFirst(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv("AGENTWARD_TERRAFORM", "")
	dir := filepath.Join(t.TempDir(), "quickstart")
	err := run(t.Context(), []string{"-dir", dir, "up"}, t.Output())
	if err == nil || !strings.Contains(err.Error(), "neither terraform nor tofu is on PATH") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("something was made all the same: %v", err)
	}
}

func TestKindIsRefusedWithoutDocker(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	s := &show{dir: t.TempDir(), out: t.Output()}
	_, err := s.cluster(t.Context(), "kind")
	if err == nil || !strings.Contains(err.Error(), "docker does not run") {
		t.Errorf("got %v", err)
	}
}

func up(t *testing.T, dir string) string {
	t.Helper()
	var said bytes.Buffer
	if err := run(t.Context(), []string{"-dir", dir, "-cluster=local", "up"}, &said); err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	return said.String()
}

// toothless gives a copy of the example whose policy only audits.
func toothless(t *testing.T, root string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, "examples", "quickstart", "main.tf"))
	if err != nil {
		t.Fatal(err)
	}
	engine := `  engine = "native"`
	if !strings.Contains(string(content), engine) {
		t.Fatalf("the example has no line %s", engine)
	}
	weaker := strings.Replace(string(content), engine, engine+"\n  actions = [\"audit\"]", 1)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(weaker), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}
