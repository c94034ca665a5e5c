package spire

import "syscall"

// processAttributes has the kernel end a process together with the test that started it, however that ends.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
