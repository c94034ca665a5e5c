package tool

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestEveryToolIsPinned(t *testing.T) {
	for _, tool := range All() {
		t.Run(tool.Name, func(t *testing.T) {
			version, err := tool.Version()
			if err != nil {
				t.Fatal(err)
			}
			dir, err := tool.Dir()
			if err != nil {
				t.Fatal(err)
			}
			mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(version, "v") || !strings.Contains(string(mod), tool.pkg) {
				t.Errorf("version %q; go.mod names the package %s: %t", version, tool.pkg, strings.Contains(string(mod), tool.pkg))
			}
			if named, err := Named(tool.Name); err != nil || named.pkg != tool.pkg {
				t.Errorf("Named(%q) = %s, %v", tool.Name, named.pkg, err)
			}
		})
	}
}

func TestNamedListsTheToolsThereAre(t *testing.T) {
	_, err := Named("kubekuttl")
	if err == nil || !strings.Contains(err.Error(), "kube-apiserver") {
		t.Errorf("got %v, want the names to choose from", err)
	}
}

func TestFind(t *testing.T) {
	cases := map[string]struct {
		prepare func(t *testing.T, tool Tool) (want string)
		want    error
	}{
		"nothing anywhere": {
			prepare: func(*testing.T, Tool) string { return "" },
			want:    ErrNotFound,
		},
		"the variable's program, before all others": {
			prepare: func(t *testing.T, tool Tool) string {
				program(t, cached(t, tool), "")
				path := program(t, filepath.Join(t.TempDir(), "mine"), "")
				t.Setenv(tool.EnvVar(), path)
				return path
			},
		},
		"the assets before the cache": {
			prepare: func(t *testing.T, tool Tool) string {
				program(t, cached(t, tool), "")
				dir := t.TempDir()
				t.Setenv("KUBEBUILDER_ASSETS", dir)
				return program(t, filepath.Join(dir, tool.Name), "")
			},
		},
		"the cache before PATH": {
			prepare: func(t *testing.T, tool Tool) string {
				program(t, filepath.Join(os.Getenv("PATH"), tool.Name), "etcd Version: 3.7.3")
				return program(t, cached(t, tool), "")
			},
		},
		"PATH, where the version is the pinned one": {
			prepare: func(t *testing.T, tool Tool) string {
				return program(t, filepath.Join(os.Getenv("PATH"), tool.Name), "etcd Version: 3.7.3")
			},
		},
		"not PATH, where the version is another": {
			prepare: func(t *testing.T, tool Tool) string {
				program(t, filepath.Join(os.Getenv("PATH"), tool.Name), "etcd Version: 3.4.0")
				return ""
			},
			want: ErrNotFound,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Chdir(repository(t, "require go.etcd.io/etcd/server/v3 v3.7.3"))
			t.Setenv("AGENTWARD_CACHE", t.TempDir())
			t.Setenv("KUBEBUILDER_ASSETS", "")
			t.Setenv("PATH", t.TempDir())
			tool := Tool{Name: "etcd", module: "hello", pin: "go.etcd.io/etcd/server/v3", asset: true, versionArgs: []string{"--version"}}
			t.Setenv(tool.EnvVar(), "")
			want := c.prepare(t, tool)
			got, err := tool.Find()
			if got != want || !errors.Is(err, c.want) {
				t.Errorf("found %q (%v), want %q (%v)", got, err, want, c.want)
			}
		})
	}
}

func TestFindRefusesAVariableThatNamesNoProgram(t *testing.T) {
	t.Setenv(Etcd.EnvVar(), filepath.Join(t.TempDir(), "absent"))
	_, err := Etcd.Find()
	if err == nil || errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), "AGENTWARD_ETCD") {
		t.Errorf("got %v, want an error that names the variable, and no other program taken instead", err)
	}
}

func TestTwoBuildsAtOnceMakeOneProgram(t *testing.T) {
	t.Chdir(repository(t, ""))
	t.Setenv("AGENTWARD_CACHE", t.TempDir())
	tool := Tool{Name: "hello", module: "hello", pkg: "."}
	var group sync.WaitGroup
	var paths [2]string
	var errs [2]error
	for i := range paths {
		group.Go(func() { paths[i], errs[i] = tool.Build(t.Context(), nil) })
	}
	group.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	found, err := tool.Find()
	if err != nil || found != paths[0] || found != paths[1] {
		t.Errorf("found %q (%v), built %q", found, err, paths)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(found), "*"))
	if err != nil || len(left) != 2 {
		t.Errorf("the cache holds %q, want the program and its lock", left)
	}
}

func TestChangedModuleIsAnotherProgram(t *testing.T) {
	dir := repository(t, "")
	t.Chdir(dir)
	t.Setenv("AGENTWARD_CACHE", t.TempDir())
	tool := Tool{Name: "hello", module: "hello", pkg: "."}
	before := cached(t, tool)
	write(t, filepath.Join(dir, "acctest/tools/hello/stub/stub.go"), "package stub\n")
	if after := cached(t, tool); after == before {
		t.Errorf("both are %s", after)
	}
}

func TestFailedBuildShowsTheCompilersWordsAndLeavesNothing(t *testing.T) {
	dir := repository(t, "")
	write(t, filepath.Join(dir, "acctest/tools/hello/main.go"), "package main\n\nfunc main() { undefinedThing() }\n")
	t.Chdir(dir)
	t.Setenv("AGENTWARD_CACHE", t.TempDir())
	tool := Tool{Name: "hello", module: "hello", pkg: "."}
	_, err := tool.Build(t.Context(), nil)
	if err == nil || !strings.Contains(err.Error(), "undefined: undefinedThing") {
		t.Errorf("got %v, want the compiler's words", err)
	}
	if path, err := tool.Find(); !errors.Is(err, ErrNotFound) {
		t.Errorf("found %q, %v", path, err)
	}
}

// repository makes a stand-in for this one, with one program called hello.
func repository(t *testing.T, require string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "go.mod"), "module github.com/agentward/terraform-provider-agent\n")
	write(t, filepath.Join(dir, "acctest/tools/hello/go.mod"), "module hello\n\ngo 1.26.0\n\n"+require+"\n")
	write(t, filepath.Join(dir, "acctest/tools/hello/main.go"), "package main\n\nfunc main() {}\n")
	return dir
}

func cached(t *testing.T, tool Tool) string {
	t.Helper()
	path, err := tool.cachePath()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// program writes a shell script that prints its version.
func program(t *testing.T, path, version string) string {
	t.Helper()
	write(t, path, "#!/bin/sh\necho '"+version+"'\n")
	if err := os.Chmod(path, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}
