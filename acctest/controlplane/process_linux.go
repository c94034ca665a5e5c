package controlplane

import (
	"fmt"
	"os"
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
