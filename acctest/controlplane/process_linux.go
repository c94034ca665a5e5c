package controlplane

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// processAttributes ties a process to the one that starts it: the kernel kills it when that one ends, however it ends. A
// background process gets a session of its own instead and stays. In both cases a Ctrl-C in the terminal does not reach it.
func processAttributes(background bool) *syscall.SysProcAttr {
	if background {
		return &syscall.SysProcAttr{Setsid: true}
	}
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// commandOf gives the program that a process was started as, or "" where there is no such process any more.
func commandOf(pid int) string {
	// A process that has ended and that nobody has waited for has no command line left.
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return ""
	}
	program, _, _ := strings.Cut(string(line), "\x00")
	return program
}

// frozen says whether every thread of a process is stopped (proc(5), state T).
func frozen(pid int) bool {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	if err != nil || len(threads) == 0 {
		return false
	}
	for _, thread := range threads {
		stat, err := os.ReadFile(thread)
		if err != nil {
			return false // it has just ended
		}
		// The state follows the program's name, which stands in parentheses and may hold any character.
		if _, state, _ := strings.Cut(string(stat[strings.LastIndexByte(string(stat), ')')+1:]), " "); !strings.HasPrefix(state, "T") {
			return false
		}
	}
	return true
}
