package main

import (
	"bufio"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestMain lets the program that the test runs be every part of its run, as the real one is.
func TestMain(m *testing.M) {
	if roles[os.Getenv(roleVariable)] != nil {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestARunMeasuresEveryHopUnderEveryLoad(t *testing.T) {
	file := filepath.Join(t.TempDir(), "measures.json")
	var out strings.Builder
	if err := run(t.Context(), []string{"-rounds", "1", "-time", "20ms", "-idle", "5", "-json", file}, &out); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var r report
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	hops := map[string]hopReport{}
	for _, h := range r.Hops {
		hops[h.Name] = h
	}
	for _, v := range variants {
		if h := hops[v.name]; len(h.Loads) != len(loads) || h.RestBytes == 0 {
			t.Errorf("%s: %+v", v.name, h)
		}
	}
	_, err = exec.LookPath("nginx")
	if skipped := hops[hopNginx].Skipped != ""; skipped != (err != nil) {
		t.Errorf("nginx: %+v", hops[hopNginx])
	}
	for _, says := range []string{full, "idle stream", "streams: tools/call"} {
		if !strings.Contains(out.String(), says) {
			t.Errorf("the report does not tell of %q:\n%s", says, out.String())
		}
	}
}

func TestPeersAreNamedByTheEnvironment(t *testing.T) {
	got := peersOf([]string{"PATH=/bin", "BENCH_PEER_OTHER=other -l {listen}", "BENCH_PEER_=x", "BENCH_PEER_EMPTY=", "BENCH_PEER_FAR=https://a:1/mcp"})
	if want := map[string]string{"other": "other -l {listen}", "far": "https://a:1/mcp"}; !maps.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestSummaryComparesWithinARound(t *testing.T) {
	at := func(cpu, p50 int) sample {
		return sample{requests: 100, seconds: 1, cpu: time.Duration(cpu) * time.Microsecond, p50: time.Duration(p50) * time.Microsecond}
	}
	// The machine was twice as slow in the second round, and in the third something else ran.
	got := summary("calls", []sample{at(60, 30), at(120, 60), at(90, 50)}, []sample{at(0, 10), at(0, 20), at(0, 25)}, []sample{at(100, 0), at(200, 0), at(100, 0)}, nil)
	if got.CPUOfProxy != 0.6 || got.CPU != 90 || got.AddedP50 != 25 || got.CPUOfNginx != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestAnswersAreReadWhole(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		size int
		bad  bool
	}{
		"a length":                         {"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc", 3, false},
		"chunks":                           {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", 3, false},
		"a refusal":                        {"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", 0, true},
		"an answer that ends too early":    {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na", 0, true},
		"a chunk that ends too early":      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", 0, true},
		"an answer after which is nothing": {"HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			size, err := readAnswer(bufio.NewReader(strings.NewReader(c.text)))
			if (err != nil) != c.bad || !c.bad && size != c.size {
				t.Errorf("got %d, %v", size, err)
			}
		})
	}
}
