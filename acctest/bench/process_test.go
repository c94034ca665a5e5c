package main

import (
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want stat
		ok   bool
	}{
		"a process": {
			"4711 (terraform-provi) S 4242 4711 4242 0 -1 4194304 900 0 0 0 150 25 7 3 20 0 9 0 1 1 1",
			stat{pid: 4711, parent: 4242, name: "terraform-provi", cpu: 1750 * time.Millisecond},
			true,
		},
		"a name with spaces and brackets": {
			"7 (a ) (b) R 1 7 7 0 -1 0 0 0 0 0 1 0 0 0 20 0 1 0 1 1 1",
			stat{pid: 7, parent: 1, name: "a ) (b", cpu: 10 * time.Millisecond},
			true,
		},
		"nothing":       {"", stat{}, false},
		"half a line":   {"7 (a) R 1 7", stat{}, false},
		"not a process": {"x (a) R 1 7 7 0 -1 0 0 0 0 0 1 0 0 0 20", stat{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got, ok := parseStat(c.text); got != c.want || ok != c.ok {
				t.Errorf("got %+v, %v; want %+v, %v", got, ok, c.want, c.ok)
			}
		})
	}
}

func TestPeakOf(t *testing.T) {
	if got := peakOf("Name:\tx\nVmPeak:\t  999999 kB\nVmHWM:\t   70000 kB\nVmRSS:\t   60000 kB\n"); got != 70000<<10 {
		t.Errorf("got %d, want %d", got, 70000<<10)
	}
	if got := peakOf("Name:\tkthreadd\n"); got != 0 {
		t.Errorf("a process without memory of its own has %d", got)
	}
}

func TestChildrenAreWatchedByName(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has /proc")
	}
	child := exec.CommandContext(t.Context(), "sleep", "60")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = child.Wait() }()
	defer func() { _ = child.Process.Kill() }()
	ours, others := newWatch(os.Getpid(), "sleep"), newWatch(os.Getpid(), "terraform-provider-agent")
	// The child has its name from the moment at which it runs the program.
	for ours.peak == 0 && t.Context().Err() == nil {
		ours.search()
	}
	others.search()
	if len(ours.cpu) != 1 {
		t.Errorf("saw %d children called sleep, want 1", len(ours.cpu))
	}
	if others.peak != 0 {
		t.Error("a child of another name was counted")
	}
}
