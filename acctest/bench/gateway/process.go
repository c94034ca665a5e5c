package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/agentward/terraform-provider-agent/acctest/port"
)

// startTime is how long a program has to take connections.
const startTime = 20 * time.Second

// clockTick is the unit of CPU time in /proc, which Linux gives to programs as 1/100 s whatever the kernel's own is.
const clockTick = 10 * time.Millisecond

// process is a program that was started for the run.
type process struct {
	name    string
	command *exec.Cmd
	ended   chan error
	log     *lines
}

// lines is what a process writes to its standard error.
type lines struct {
	mu   sync.Mutex
	text []byte
}

// Write implements io.Writer.
func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.text) < 1<<20 {
		l.text = append(l.text, b...)
	}
	return len(b), nil
}

// String gives what was written.
func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}

// startProcess starts a program and waits until it takes connections at an address.
func startProcess(ctx context.Context, name, address string, env []string, program string, args ...string) (*process, error) {
	command := exec.Command(program, args...)
	command.Env = append(os.Environ(), env...)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p := &process{name: name, command: command, ended: make(chan error, 1), log: &lines{}}
	command.Stderr = p.log
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	go func() { p.ended <- command.Wait() }()
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for {
		connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err == nil {
			return p, connection.Close()
		}
		select {
		case ended := <-p.ended:
			return nil, fmt.Errorf("%s ended: %w: %s", name, errors.Join(ended, errors.New("it was to serve")), p.log)
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("%s does not take connections at %s", name, address), p.stop())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// stop ends the program and those that it started.
func (p *process) stop() error {
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		if err := syscall.Kill(-p.command.Process.Pid, s); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		select {
		case <-p.ended: //nolint:errcheck // by the signal: its status says nothing
			return nil
		case <-time.After(15 * time.Second):
		}
	}
	return fmt.Errorf("%s does not end", p.name)
}

// pids are the process and its children, as the workers of nginx.
func (p *process) pids() []int {
	pids := []int{p.command.Process.Pid}
	for i := 0; i < len(pids); i++ {
		tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pids[i]))
		if err != nil {
			continue
		}
		for _, t := range tasks {
			text, err := os.ReadFile(t)
			if err != nil {
				continue // it ended
			}
			for field := range strings.FieldsSeq(string(text)) {
				if pid, err := strconv.Atoi(field); err == nil {
					pids = append(pids, pid)
				}
			}
		}
	}
	return pids
}

// cpu gives the CPU time that the process and its children have used so far, user and system.
func (p *process) cpu() (sum time.Duration) {
	for _, pid := range p.pids() {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue
		}
		// The name of the program, in parentheses, may hold anything.
		fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		for _, f := range fields[11:13] { // utime and stime (proc(5))
			ticks, err := strconv.ParseInt(f, 10, 64)
			if err == nil {
				sum += time.Duration(ticks) * clockTick
			}
		}
	}
	return sum
}

// resident gives the bytes of memory that the process and its children hold, pages that they share counted once for each.
func (p *process) resident() (sum int64) {
	for _, pid := range p.pids() {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
		if err != nil {
			continue
		}
		if fields := strings.Fields(string(text)); len(fields) > 1 {
			pages, err := strconv.ParseInt(fields[1], 10, 64)
			if err == nil {
				sum += pages * int64(os.Getpagesize())
			}
		}
	}
	return sum
}

func freeAddress() (string, error) {
	free, err := port.Free()
	return fmt.Sprintf("127.0.0.1:%d", free), err
}
