package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// machine is a PATH of stand-ins for docker, kind and go, and the tools as if they were there. Every call of kind and go is
// written down, and the calls of the program that fails end with an error.
type machine struct{ calls string }

func newMachine(t *testing.T, failing string) machine {
	t.Helper()
	dir := t.TempDir()
	m := machine{calls: filepath.Join(dir, "calls")}
	t.Setenv("CALLS", m.calls)
	t.Setenv("FAILING", failing)
	script := func(name, body string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+body), 0o700); err != nil { //nolint:gosec // it is a program
			t.Fatal(err)
		}
		return path
	}
	const record = `echo "${0##*/} $* [$AGENTWARD_KUBECONFIG]" >>"$CALLS"; case "${0##*/} $1" in "$FAILING") exit 1;; esac`
	script("docker", "exit 0")
	script("go", record)
	for _, name := range []string{"ETCD", "KUBE_APISERVER", "SPIRE_SERVER", "SPIRE_CONTROLLER_MANAGER"} {
		t.Setenv("AGENTWARD_"+name, script(strings.ToLower(name), "exit 1"))
	}
	t.Setenv("AGENTWARD_KIND", script("kind", record))
	t.Setenv("TMPDIR", t.TempDir())
	t.Setenv("PATH", dir)
	t.Setenv("KIND_NODE_IMAGE", "example.org/node:1")
	t.Setenv("KEEP", "")
	t.Setenv("ONLY", "provider")
	t.Setenv("TESTACC_EVIDENCE", t.TempDir())
	t.Setenv("TESTACC_KUBECONFIG", "")
	t.Setenv("AGENTWARD_KUBECONFIG", "")
	return m
}

// made gives the calls with what changes from run to run left out.
func (m machine) made(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile(m.calls)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`agentward-testacc-[0-9a-f]{8}`).ReplaceAllString(string(content), "NAME")
	return regexp.MustCompile(`[^ \[]*/NAME-\d+/`).ReplaceAllString(text, "DIR/")
}

const (
	creates = "kind create cluster --name NAME --image example.org/node:1 --kubeconfig DIR/kubeconfig --wait 3m []\n"
	exports = "kind get nodes --name NAME []\n"
	runs    = "go test -count=1 -run X ./provider/... [DIR/kubeconfig]\n"
	deletes = "kind delete cluster --name NAME --kubeconfig DIR/kubeconfig []\n"
)

func TestKindClusterGoesWithTheRun(t *testing.T) {
	for name, test := range map[string]struct{ failing, keep, want, wantErr string }{
		"when the tests pass":                  {want: creates + runs + deletes},
		"when the tests fail":                  {failing: "go test", want: creates + runs + exports + deletes, wantErr: "run the provider's tests"},
		"when it comes up in part":             {failing: "kind create", want: creates + exports + deletes, wantErr: "create a kind cluster"},
		"unless it is to be kept":              {keep: "1", want: creates + runs},
		"and it is said where it cannot be so": {failing: "kind delete", want: creates + runs + deletes, wantErr: "delete the kind cluster agentward-testacc-"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t, test.failing)
			t.Setenv("KEEP", test.keep)
			var said bytes.Buffer
			err := run(t.Context(), []string{"-run", "X"}, &said)
			if test.wantErr == "" && err != nil || test.wantErr != "" && (err == nil || !strings.Contains(err.Error(), test.wantErr)) {
				t.Errorf("got %v, want %q", err, test.wantErr)
			}
			if made := m.made(t); made != test.want {
				t.Errorf("it called\n%swant\n%s", made, test.want)
			}
			left, err := os.ReadDir(os.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			if kept := test.keep == "1" || test.failing == "kind delete"; (len(left) > 0) != kept {
				t.Errorf("it left %v", left)
			}
			if test.keep == "1" && !strings.Contains(said.String(), "delete cluster --name agentward-testacc-") {
				t.Errorf("it does not say how to remove the cluster: %s", said.String())
			}
		})
	}
}

func TestGivenClusterIsUsedAndNothingOfItIsDeleted(t *testing.T) {
	m := newMachine(t, "")
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(kubeconfig, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TESTACC_KUBECONFIG", kubeconfig)
	if err := run(t.Context(), nil, t.Output()); err != nil {
		t.Fatal(err)
	}
	if made, want := m.made(t), "go test -count=1 ./provider/... ["+kubeconfig+"]\n"; made != want {
		t.Errorf("it called\n%swant\n%s", made, want)
	}
}

func TestWithoutAClusterItFailsAndSaysWhatToDo(t *testing.T) {
	t.Run("no Docker and no kubeconfig", func(t *testing.T) {
		m := newMachine(t, "")
		t.Setenv("PATH", t.TempDir())
		err := run(t.Context(), nil, t.Output())
		if err == nil || !strings.Contains(err.Error(), "start Docker, with which kind makes one, or set TESTACC_KUBECONFIG") {
			t.Errorf("got %v", err)
		}
		if made := m.made(t); made != "" {
			t.Errorf("it called %s all the same", made)
		}
	})
	t.Run("a kubeconfig that is not there", func(t *testing.T) {
		m := newMachine(t, "")
		t.Setenv("TESTACC_KUBECONFIG", filepath.Join(t.TempDir(), "absent"))
		if err := run(t.Context(), nil, t.Output()); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "TESTACC_KUBECONFIG") {
			t.Errorf("got %v", err)
		}
		if made := m.made(t); made != "" {
			t.Errorf("it called %s all the same", made)
		}
	})
}

func TestLanesGoOnAtOnceAndAreHeardOneAfterTheOther(t *testing.T) {
	broken := errors.New("broken")
	for name, test := range map[string]struct {
		first, second error
		none          bool
	}{
		"both pass":                            {},
		"the first fails":                      {first: broken},
		"the second fails":                     {second: broken},
		"there is no cluster":                  {errNoCluster, errNoCluster, true},
		"there is no second cluster":           {second: errNoCluster},
		"one fails, and the other has nothing": {first: broken, second: errNoCluster},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			second := make(chan struct{})
			err := together([]lane{nil, {nil}}, &out, func(l lane, out io.Writer) error {
				if len(l) == 1 {
					fmt.Fprintln(out, "second")
					close(second)
					return test.second
				}
				<-second // it does not come before the first has ended, unless they go on at once
				fmt.Fprintln(out, "first")
				return test.first
			})
			if (err != nil) != (test.first != nil || test.second != nil) || errors.Is(err, errNoCluster) != test.none {
				t.Errorf("got %v", err)
			}
			if want := "first\nWaiting for the tests on the other cluster. What they said:\nsecond\n"; out.String() != want {
				t.Errorf("it said\n%s", &out)
			}
		})
	}
}
