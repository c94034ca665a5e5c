package controlplane

import "syscall"

// processAttributes ties a process to the one that starts it: the kernel kills it when that one ends, however it ends. A
// background process gets a session of its own instead and stays. In both cases a Ctrl-C in the terminal does not reach it.
func processAttributes(background bool) *syscall.SysProcAttr {
	if background {
		return &syscall.SysProcAttr{Setsid: true}
	}
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
