//go:build !linux

package controlplane

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// processAttributes gives a background process a session of its own. Without Linux' parent-death signal, a control plane whose
// starter was killed is ended by the next one's sweep.
func processAttributes(background bool) *syscall.SysProcAttr {
	if background {
		return &syscall.SysProcAttr{Setsid: true}
	}
	return &syscall.SysProcAttr{Setpgid: true}
}

// commandOf gives the program that a process was started as, or "" where there is no such process any more.
func commandOf(pid int) string {
	out, err := exec.Command("ps", "-o", "args=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return ""
	}
	// A process that has ended and that nobody has waited for shows as "(etcd)" or "<defunct>". Every component has arguments.
	program, _, _ := strings.Cut(strings.TrimSpace(string(out)), " --")
	return program
}

// frozen says whether a process is stopped.
func frozen(pid int) bool {
	out, err := exec.Command("ps", "-o", "state=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && strings.HasPrefix(strings.TrimSpace(string(out)), "T")
}
