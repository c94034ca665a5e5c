package controlplane

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// stopTimeout bounds the wait for the kernel to end a process that was killed, or to stop one that was paused.
const stopTimeout = 30 * time.Second

// errPortTaken says that a component could not listen on the port chosen for it.
var errPortTaken = errors.New("another process took the port")

// component is one process of the control plane.
type component struct {
	name       string
	program    string
	args       []string
	log        string
	background bool

	pid  int           // 0 while it does not run
	done chan struct{} // closed when the process has ended; nil for a process that another one started
}

// start runs the program. Its output goes to the log file. The context bounds the start alone, not the life of the process.
func (p *component) start(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	if p.running() {
		return nil
	}
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	cmd := exec.Command(p.program, p.args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = processAttributes(p.background)
	started := make(chan error)
	done := make(chan struct{})
	go func() {
		// The kernel ends the process with the thread that started it (see processAttributes), so this thread has to live
		// as long as the process.
		runtime.LockOSThread()
		defer close(done)
		defer log.Close()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	p.pid, p.done = cmd.Process.Pid, done
	return nil
}

// watch calls ready until it succeeds, and gives up when the context ends or the process does.
func (p *component) watch(ctx context.Context, ready func(context.Context) error) error {
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
			return fmt.Errorf("%s ended while it was starting; the end of its log:\n%s", p.name, tail)
		case <-ctx.Done():
			return fmt.Errorf("%s did not become ready: %w; last answer: %w; the end of its log:\n%s", p.name, ctx.Err(), err, p.tail())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (p *component) running() bool {
	if p.pid == 0 {
		return false
	}
	if p.done == nil {
		return alive(p.pid, p.program)
	}
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// stop kills the process: what it could save by ending in good order is thrown away anyway, and a cluster that dies gives no
// notice. A process that has ended already is no error.
func (p *component) stop() error {
	if !p.running() {
		return nil
	}
	if err := syscall.Kill(p.pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("stop %s: %w", p.name, err)
	}
	if !p.gone(stopTimeout) {
		return fmt.Errorf("stop %s: process %d is still there", p.name, p.pid)
	}
	return nil
}

func (p *component) gone(within time.Duration) bool {
	deadline := time.Now().Add(within)
	for p.running() {
		if time.Now().After(deadline) {
			return false
		}
		time.Sleep(20 * time.Millisecond)
	}
	return true
}

// pause returns once no thread of the process runs any more, which on a busy machine is a while after the signal.
func (p *component) pause() error {
	if err := syscall.Kill(p.pid, syscall.SIGSTOP); err != nil {
		return fmt.Errorf("pause %s: %w", p.name, err)
	}
	deadline := time.Now().Add(stopTimeout)
	for !frozen(p.pid) {
		if time.Now().After(deadline) {
			return fmt.Errorf("pause %s: process %d still runs %s after the signal", p.name, p.pid, stopTimeout)
		}
		time.Sleep(5 * time.Millisecond)
	}
	return nil
}

func (p *component) resume() error {
	if err := syscall.Kill(p.pid, syscall.SIGCONT); err != nil {
		return fmt.Errorf("resume %s: %w", p.name, err)
	}
	return nil
}

// tail gives the last lines of the log.
func (p *component) tail() string {
	content, err := os.ReadFile(p.log)
	if err != nil {
		return fmt.Sprintf("(no log: %v)", err)
	}
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	return strings.Join(lines[max(0, len(lines)-30):], "\n")
}
