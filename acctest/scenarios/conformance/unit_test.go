package conformance_test

import (
	"github.com/agentward/terraform-provider-agent/acctest/kind"
)

// device is what accelerators of the tests are: a node for the kernel's FUSE, which does nothing when it is opened and is in no container by
// itself.
const device = "/dev/agentward-accelerator"

// unit is a program that hands out the device, as a unit of systemd on the node.
type unit struct {
	*stage
	name, node, program string
}

// unit brings the device and a program into the node until the test ends.
func (s *stage) unit(name, program string) unit {
	s.Helper()
	u := unit{s, name, s.node(), "/usr/local/bin/" + name}
	s.Cleanup(func() {
		u.stop()
		u.onNode(u.node, "rm", "-f", device, u.program)
	})
	u.onNode(u.node, "rm", "-f", device)
	u.onNode(u.node, "mknod", "--mode=666", device, "c", "10", "229")
	s.copyTo(u.node, program, u.program)
	return u
}

// start starts the program in the place of the one before. options are those of systemd-run.
func (u unit) start(options []string, arguments ...string) {
	u.Helper()
	u.stop()
	command := append([]string{"systemd-run", "--collect", "--unit=" + u.name}, options...)
	u.onNode(u.node, append(append(command, u.program), arguments...)...)
}

func (u unit) stop() {
	u.Helper()
	u.onNode(u.node, "sh", "-c", "if systemctl is-active --quiet "+u.name+"; then systemctl stop "+u.name+"; fi")
}

// onNode runs a command on a node.
func (s *stage) onNode(node string, command ...string) {
	s.Helper()
	if _, err := kind.OnNode(s.step(), node, nil, command...); err != nil {
		s.Error(err)
	}
}
