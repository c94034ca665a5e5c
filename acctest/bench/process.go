package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	sampleInterval = 50 * time.Millisecond
	// searchEvery is after how many samples new children are looked for among all processes, which costs more than to look
	// again at those that are known.
	searchEvery = 5
	// clockTick is the unit of CPU time in /proc, which Linux gives to programs as 1/100 s whatever the kernel's own is.
	clockTick = 10 * time.Millisecond
	// commLength is how much of a program's name the kernel keeps.
	commLength = 15
)

// watch samples what the children of a process use, as /proc tells. Where there is no /proc, they use nothing.
type watch struct {
	parent int
	name   string
	done   chan struct{}
	result chan struct{}

	cpu  map[int]time.Duration // by process id, as last seen
	peak int64
}

func newWatch(parent int, name string) *watch {
	return &watch{
		parent: parent, name: name[:min(len(name), commLength)],
		done: make(chan struct{}), result: make(chan struct{}), cpu: map[int]time.Duration{},
	}
}

// watchChildren watches those children of the process whose program is called name, until stop.
func watchChildren(parent int, name string) *watch {
	w := newWatch(parent, name)
	go w.run()
	return w
}

func (w *watch) run() {
	defer close(w.result)
	if w.name == "" {
		return
	}
	tick := time.NewTicker(sampleInterval)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-w.done:
			return
		case <-tick.C:
		}
		if i%searchEvery == 0 {
			w.search()
		}
		for pid := range w.cpu {
			w.sample(pid)
		}
	}
}

// stop gives the CPU time of all children, and the most memory that one of them ever held, in bytes.
func (w *watch) stop() (cpu time.Duration, peak int64) {
	close(w.done)
	<-w.result
	for _, c := range w.cpu {
		cpu += c
	}
	return cpu, w.peak
}

func (w *watch) search() {
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if _, known := w.cpu[pid]; err == nil && !known {
			w.sample(pid)
		}
	}
}

// sample looks at one process. What ends while it is looked at stays as it was.
func (w *watch) sample(pid int) {
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	content, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return
	}
	s, ok := parseStat(string(content))
	if !ok || s.parent != w.parent || s.name != w.name {
		return
	}
	w.cpu[s.pid] = s.cpu
	status, err := os.ReadFile(filepath.Join(dir, "status"))
	if err == nil {
		w.peak = max(w.peak, peakOf(string(status)))
	}
}

type stat struct {
	pid, parent int
	name        string
	cpu         time.Duration
}

// parseStat reads /proc/<pid>/stat (proc(5)). The name is in brackets and may itself hold any.
func parseStat(text string) (stat, bool) {
	open, end := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	if open < 0 || end < open {
		return stat{}, false
	}
	fields := strings.Fields(text[end+1:]) // from field 3, state, on
	if len(fields) < 13 {
		return stat{}, false
	}
	var numbers [4]int64
	for i, field := range []string{strings.TrimSpace(text[:open]), fields[1], fields[11], fields[12]} {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return stat{}, false
		}
		numbers[i] = n
	}
	return stat{
		pid: int(numbers[0]), parent: int(numbers[1]), name: text[open+1 : end],
		cpu: time.Duration(numbers[2]+numbers[3]) * clockTick,
	}, true
}

// peakOf gives VmHWM of /proc/<pid>/status in bytes.
func peakOf(status string) int64 {
	for line := range strings.Lines(status) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
			if err != nil {
				return 0
			}
			return kib << 10
		}
	}
	return 0
}
