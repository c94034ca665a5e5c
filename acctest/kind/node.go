package kind

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os/exec"
	"strings"
)

// OnNode runs a program in a node, whose container bears the node's name, and gives what it prints. stdin may be nil.
func OnNode(ctx context.Context, node string, stdin io.Reader, command ...string) (string, error) {
	var complaints strings.Builder
	cmd := exec.CommandContext(ctx, "docker", append([]string{"exec", "--interactive", node}, command...)...)
	cmd.Stdin, cmd.Stderr = stdin, &complaints
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("run %s in node %s: %w: %s", strings.Join(command, " "), node, err, strings.TrimSpace(complaints.String()))
	}
	return string(out), nil
}

// Tag gives an image of a node another name.
func Tag(ctx context.Context, node, image, as string) error {
	_, err := OnNode(ctx, node, nil, "ctr", "--namespace", "k8s.io", "images", "tag", "--force", image, as)
	return err
}

// InContainer runs a program in a container of a node without the API server, as the container's user and with its environment. container
// is its ID, as a pod's status has it: "containerd://…".
func InContainer(ctx context.Context, node, container string, stdin io.Reader, command ...string) (string, error) {
	id := strings.TrimPrefix(container, "containerd://")
	task := []string{"ctr", "--namespace", "k8s.io", "tasks", "exec", "--exec-id", fmt.Sprintf("agentward-%08x", rand.Uint32()), id}
	return OnNode(ctx, node, stdin, append(task, command...)...)
}
