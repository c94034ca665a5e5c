package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWhatIsToRunIsFound(t *testing.T) {
	for line, want := range map[string]string{
		"--root /r --log /l create --bundle /b --pid-file /p id": "/b/config.json",
		"--root /r run -b=/b id":                                 "/b/config.json",
		"create id":                                              "config.json",
		"--log /l --systemd-cgroup exec --process /p/x.json --detach i": "/p/x.json",
		"exec id sh":         "",
		"--root /r state id": "",
	} {
		got, _ := description(strings.Fields(line))
		if got != want {
			t.Errorf("%s: %q, and should be %q", line, got, want)
		}
	}
}

func TestTheCapabilityIsTaken(t *testing.T) {
	for name, c := range map[string]struct {
		text, want string
		within     bool
	}{
		"a bundle": {
			`{"ociVersion":"1.0.2","process":{"capabilities":{"bounding":["CAP_KILL","CAP_SYS_RESOURCE"]},"rlimits":[{"type":"RLIMIT_CORE"}],"oomScoreAdj":-998}}`,
			`{"ociVersion":"1.0.2","process":{"capabilities":{"bounding":["CAP_KILL"]},"oomScoreAdj":0}}`, true,
		},
		"a process": {`{"capabilities":{"effective":["CAP_SYS_RESOURCE"]},"oomScoreAdj":5,"user":{"uid":18446744073709551615}}`, `{"capabilities":{"effective":[]},"oomScoreAdj":5,"user":{"uid":18446744073709551615}}`, false},
		"nothing":   {`{}`, `{}`, true},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "config.json")
			if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := lessen(file, c.within); err != nil {
				t.Fatal(err)
			}
			if got, _ := os.ReadFile(file); string(got) != c.want {
				t.Errorf("got %s", got)
			}
		})
	}
}
