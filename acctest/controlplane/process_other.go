//go:build !linux

package controlplane

import "syscall"

// processAttributes gives a background process a session of its own. Without Linux' parent-death signal, a control plane whose
// starter was killed is ended by the next one's sweep.
func processAttributes(background bool) *syscall.SysProcAttr {
	if background {
		return &syscall.SysProcAttr{Setsid: true}
	}
	return &syscall.SysProcAttr{Setpgid: true}
}
