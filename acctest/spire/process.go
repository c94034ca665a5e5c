package spire

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/acctest/port"
)

const (
	// startTimeout bounds the start of one process, on a machine that is busy with builds.
	startTimeout = 2 * time.Minute
	stopGrace    = 10 * time.Second
	pollEvery    = 50 * time.Millisecond
)

// process is a program that runs until it is stopped.
type process struct {
	name, program, log string
	args, env          []string

	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
}

func (p *process) start(tb testing.TB) {
	tb.Helper()
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		tb.Fatalf("start %s: %v", p.name, err)
	}
	cmd, done, started := exec.Command(p.program, p.args...), make(chan struct{}), make(chan error)
	cmd.Env = append(os.Environ(), p.env...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = processAttributes()
	go func() {
		// The kernel ends the process with the thread that started it, so the thread has to stay.
		runtime.LockOSThread()
		defer close(done)
		defer log.Close()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is in its log
		}
	}()
	if err := <-started; err != nil {
		tb.Fatalf("start %s: %v", p.name, err)
	}
	p.cmd, p.done = cmd, done
}

// errPortTaken says that another process took the port between its choice and its use.
var errPortTaken = errors.New("another process took the port")

// launch starts the process on ports that prepare chooses and configures, anew where somebody else took one, and returns when
// ready succeeds.
func (p *process) launch(tb testing.TB, prepare func(), ready func(context.Context) error) {
	tb.Helper()
	for attempt := 1; ; attempt++ {
		prepare()
		p.start(tb)
		err := p.await(tb, ready)
		if err == nil {
			return
		}
		if attempt == 3 || !errors.Is(err, errPortTaken) {
			tb.Fatal(err)
		}
		if err := os.Remove(p.log); err != nil {
			tb.Fatal(err)
		}
	}
}

// await polls ready until it succeeds; it gives up when the process ends, or takes too long.
func (p *process) await(tb testing.TB, ready func(context.Context) error) error {
	tb.Helper()
	// A clean-up may start a process again, when the test's own context has ended.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), startTimeout)
	defer cancel()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			tail := p.tail()
			if strings.Contains(tail, "address already in use") {
				return fmt.Errorf("start %s: %w", p.name, errPortTaken)
			}
			return fmt.Errorf("%s ended; the end of its log:\n%s", p.name, tail)
		case <-ctx.Done():
			return fmt.Errorf("%s took too long: %w; the end of its log:\n%s", p.name, err, p.tail())
		case <-time.After(pollEvery):
		}
	}
}

func (p *process) stop(tb testing.TB) {
	tb.Helper()
	if p.cmd == nil {
		return
	}
	p.signal(tb, syscall.SIGCONT) // a paused process takes no SIGTERM
	p.signal(tb, syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(stopGrace):
		p.kill(tb)
	}
}

func (p *process) kill(tb testing.TB) {
	tb.Helper()
	p.signal(tb, syscall.SIGKILL)
	<-p.done
}

func (p *process) signal(tb testing.TB, signal syscall.Signal) {
	tb.Helper()
	select {
	case <-p.done:
		return
	default:
	}
	if err := p.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		tb.Errorf("signal %s: %v", p.name, err)
	}
}

func (p *process) tail() string {
	content, err := os.ReadFile(p.log)
	if err != nil {
		return fmt.Sprintf("(no log: %v)", err)
	}
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	return strings.Join(lines[max(0, len(lines)-30):], "\n")
}

// workDir makes a folder with a path short enough for a Unix socket (107 bytes), which processes of other users may pass
// through. It is removed at the end of the test, unless that failed: then it is named, for its logs.
func workDir(tb testing.TB) string {
	tb.Helper()
	base := os.TempDir()
	if len(base) > 40 {
		base = "/tmp"
	}
	dir, err := os.MkdirTemp(base, "spire-") //nolint:usetesting // tb.TempDir is too long for a socket, and other users cannot enter it
	if err == nil {
		err = os.Chmod(dir, 0o711)
	}
	if err != nil {
		tb.Fatalf("make a working folder: %v", err)
	}
	tb.Cleanup(func() {
		if tb.Failed() {
			tb.Logf("logs are kept in %s", dir)
			return
		}
		if err := os.RemoveAll(dir); err != nil {
			tb.Errorf("remove the working folder: %v", err)
		}
	})
	return dir
}

func subDir(tb testing.TB, dir, name string, mode os.FileMode) string {
	tb.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(path, mode); err != nil {
		tb.Fatalf("make a working folder: %v", err)
	}
	return path
}

func writeFile(tb testing.TB, path, content string) {
	tb.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		tb.Fatal(err)
	}
}

func freePort(tb testing.TB) int {
	tb.Helper()
	free, err := port.Free()
	if err != nil {
		tb.Fatal(err)
	}
	return free
}
