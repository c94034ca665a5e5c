//go:build !unix

package stdio

import "os/exec"

// There are no groups of processes: what a server starts is its own to end.
func group(*exec.Cmd) {}

func terminate(*exec.Cmd) {} // its closed standard input asks it to end

func kill(cmd *exec.Cmd) { _ = cmd.Process.Kill() } // an error says that it has ended
