package tool

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// heartbeat is how often a running build says that it is alive.
const heartbeat = 30 * time.Second

// Build compiles the program from its pinned module into the cache and gives its path; what the cache already holds is not built
// again. Only one build of a program runs at a time, over all processes, and a program appears in the cache whole or not at all.
// progress, which may be nil, is told every 30 s what the build waits for.
func (t Tool) Build(ctx context.Context, progress func(string)) (string, error) {
	if progress == nil {
		progress = func(string) {}
	}
	path, err := t.cachePath()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", fmt.Errorf("build %s: %w", t.Name, err)
	}
	unlock, err := Lock(ctx, path+".lock", func() { progress("another process builds it; waiting for that") })
	if err != nil {
		return "", fmt.Errorf("build %s: %w", t.Name, err)
	}
	defer unlock()
	if executable(path) {
		return path, nil
	}
	temporary := fmt.Sprintf("%s.%d", path, os.Getpid())
	defer os.Remove(temporary)
	if err := t.compile(ctx, temporary, progress); err != nil {
		return "", fmt.Errorf("build %s: %w", t.Name, err)
	}
	if err := os.Rename(temporary, path); err != nil {
		return "", fmt.Errorf("build %s: %w", t.Name, err)
	}
	return path, nil
}

func (t Tool) buildFlags() ([]string, error) {
	linker := []string{"-s", "-w"}
	if t.stamp != nil {
		version, err := t.Version()
		if err != nil {
			return nil, err
		}
		linker = append(linker, t.stamp(version)...)
	}
	if t.static {
		linker = append(linker, "-linkmode", "external", "-extldflags", "-static")
	}
	flags := []string{"-trimpath", "-buildvcs=false", "-mod=readonly", "-ldflags", strings.Join(linker, " ")}
	if t.tags != "" {
		flags = append(flags, "-tags", t.tags)
	}
	return flags, nil
}

func (t Tool) compile(ctx context.Context, output string, progress func(string)) error {
	dir, err := t.Dir()
	if err != nil {
		return err
	}
	if t.patched {
		if dir, err = os.MkdirTemp("", t.Name+"-"); err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		if err := t.patchedCopy(ctx, dir); err != nil {
			return err
		}
	}
	flags, err := t.buildFlags()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", append(append([]string{"build", "-v", "-o", output}, flags...), t.pkg)...)
	cmd.Dir = dir
	cgo := "CGO_ENABLED=0"
	if t.cgo {
		cgo = "CGO_ENABLED=1"
	}
	// The user's GOFLAGS and workspace are for their own code; here they could only change what is pinned.
	cmd.Env = append(os.Environ(), cgo, "GOFLAGS=", "GOWORK=off")
	// An interrupted go command stops its compilers and removes its work folder; a killed one does neither.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	lines, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("run the go command: %w", err)
	}
	log := &buildLog{}
	stop := make(chan struct{})
	var reporting sync.WaitGroup
	reporting.Go(func() { report(stop, log, progress) })
	log.read(lines)
	err = cmd.Wait()
	close(stop)
	reporting.Wait()
	if err != nil {
		return fmt.Errorf("%w\n%s", err, log.tail())
	}
	return nil
}

func report(stop <-chan struct{}, log *buildLog, progress func(string)) {
	start := time.Now()
	ticker := time.NewTicker(heartbeat)
	defer ticker.Stop()
	for {
		select {
		case <-stop:
			return
		case <-ticker.C:
			progress(fmt.Sprintf("%s so far: %s", time.Since(start).Round(time.Second), log.status()))
		}
	}
}

// buildLog follows what `go build -v` says: a line per downloaded module, then a line per compiled package.
type buildLog struct {
	mu       sync.Mutex
	lines    []string
	packages int
}

func (l *buildLog) read(r io.Reader) {
	scanner := bufio.NewScanner(r)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		line := scanner.Text()
		l.mu.Lock()
		if !strings.Contains(line, " ") {
			l.packages++
		}
		l.lines = append(l.lines, line)
		if len(l.lines) > 60 {
			l.lines = l.lines[len(l.lines)-60:]
		}
		l.mu.Unlock()
	}
}

func (l *buildLog) status() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.lines) == 0 {
		return "the go command loads the module and links what is compiled already"
	}
	last := l.lines[len(l.lines)-1]
	if l.packages == 0 {
		return strings.TrimPrefix(last, "go: ")
	}
	return fmt.Sprintf("%d packages compiled, the last %s", l.packages, last)
}

func (l *buildLog) tail() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines[max(0, len(l.lines)-20):], "\n")
}
