package kind

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// logs are what a node says of itself: the file that it is kept in, and the command that prints it.
var logs = map[string][]string{
	"kubelet.log":    {"journalctl", "--no-pager", "--unit", "kubelet"},
	"containerd.log": {"journalctl", "--no-pager", "--unit", "containerd"},
	"journal.log":    {"journalctl", "--no-pager"},
	"images.txt":     {"ctr", "--namespace", "k8s.io", "images", "list"},
	"containers.txt": {"ctr", "--namespace", "k8s.io", "containers", "list"},
	"processes.txt":  {"ps", "-ef"},
	// Of containers, by pod, those that have ended included: an API server that was started again is in none of the cluster's own logs.
	"pods.tar": {"tar", "-C", "/var/log", "-c", "pods"},
}

// SaveLogs writes what the nodes say of themselves to a folder of each below dir. It asks nothing of a node but what every node image has:
// `kind export logs` wants crictl. It writes what it can, and the error says what it could not.
func (c Cluster) SaveLogs(ctx context.Context, dir string) error {
	out, err := exec.CommandContext(ctx, c.Program, "get", "nodes", "--name", c.Name).Output()
	if err != nil {
		return fmt.Errorf("list the nodes of the kind cluster %s: %w", c.Name, err)
	}
	var problems []error
	for _, node := range strings.Fields(string(out)) {
		if err := os.MkdirAll(filepath.Join(dir, node), 0o755); err != nil {
			return err
		}
		for name, command := range logs {
			text, err := OnNode(ctx, node, nil, command...)
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, node, name), []byte(text), 0o600)
			}
			problems = append(problems, err)
		}
	}
	return errors.Join(problems...)
}
