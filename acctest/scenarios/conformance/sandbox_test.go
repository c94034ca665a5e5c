package conformance_test

import (
	"context"
	"os"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/agentward/terraform-provider-agent/acctest/kind"
	"github.com/agentward/terraform-provider-agent/acctest/tool"
	"github.com/agentward/terraform-provider-agent/internal/kars"
	"github.com/agentward/terraform-provider-agent/internal/kars/active"
)

// handlers are runtimes of containerd: gVisor, and one that bears the name of Kata Containers and is the ordinary one.
const handlers = `
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runsc]
  runtime_type = "io.containerd.runsc.v1"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runsc.options]
    TypeUrl = "io.containerd.runsc.v1.options"
    ConfigPath = "/etc/containerd/runsc.toml"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.kata]
  runtime_type = "io.containerd.runc.v2"
  base_runtime_spec = "/etc/containerd/cri-base.json"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.kata.options]
    SystemdCgroup = true
`

// runscConfig has gVisor do without control groups of its own, which it cannot make in a node that is itself a container.
const runscConfig = `
[runsc_config]
  platform = "systrap"
  ignore-cgroups = "true"
`

// A kernel of its own is seen from inside; the name of a sandbox is not enough.
func TestASandboxIsOneByItsKernel(t *testing.T) {
	s := enter(t)
	s.installHandlers()
	s.bring("apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: kars-no-kata}\nhandler: kata\n")
	report := s.soon("workload_sandboxing", kars.Detected, "kars-no-kata")
	r := s.try(report, active.Options{})
	s.want(r, kars.NotDetected, "RuntimeClass kars-no-kata: a pod in it has the boot id of the node")

	s.bring("apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: kars-gvisor}\nhandler: runsc\n")
	report = s.soon("workload_sandboxing", kars.Detected, "kars-gvisor")
	r = s.try(report, active.Options{})
	s.want(r, kars.Verified, "A pod with the RuntimeClass kars-gvisor has a kernel of its own.")
	t.Log(strings.Join(r.Evidence, "\n"))
	s.nothingIsLeft("workload_sandboxing")
}

// A handler that no node has: a pod in it never starts.
func TestARuntimeClassWithoutARuntimeIsNoSandbox(t *testing.T) {
	t.Parallel()
	s := enter(t)
	s.bring("apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: kars-conformance}\nhandler: runsc\n")
	report := s.soon("workload_sandboxing", kars.NotDetected, "no node has the runtime")
	// On a node that does not say which handlers it has, a passive look would believe it.
	report.Results[0].Status = kars.Detected
	s.want(s.try(report, active.Options{}), kars.NotDetected, "No pod runs apart")
}

// installHandlers brings gVisor and the runtimes into the only node, until the test ends.
func (s *stage) installHandlers() {
	s.Helper()
	nodes, err := s.API.CoreV1().Nodes().List(s.Context(), metav1.ListOptions{})
	if err != nil || len(nodes.Items) != 1 {
		s.Fatalf("want a cluster of one node: %d, %v", len(nodes.Items), err)
	}
	node := nodes.Items[0].Name
	run := func(ctx context.Context, stdin string, command ...string) string {
		s.Helper()
		out, err := kind.OnNode(ctx, node, strings.NewReader(stdin), command...)
		if err != nil {
			s.Fatal(err)
		}
		return out
	}
	const config = "/etc/containerd/config.toml"
	before := run(s.Context(), "", "cat", config)
	s.Cleanup(func() {
		run(s.step(), before, "tee", config)
		run(s.step(), "", "systemctl", "restart", "containerd")
	})
	for _, t := range []tool.Tool{tool.Runsc, tool.RunscShim} {
		path, err := t.Build(s.Context(), func(line string) { s.Log(t.Name + ": " + line) })
		if err != nil {
			s.Fatal(err)
		}
		s.copyTo(node, path, "/usr/local/bin/"+t.Name)
	}
	run(s.Context(), runscConfig, "tee", "/etc/containerd/runsc.toml")
	run(s.Context(), before+handlers, "tee", config)
	run(s.Context(), "", "systemctl", "restart", "containerd")
}

// copyTo brings a program of this machine into a node.
func (s *stage) copyTo(node, path, to string) {
	s.Helper()
	program, err := os.Open(path)
	if err != nil {
		s.Fatal(err)
	}
	defer program.Close()
	for _, command := range [][]string{{"dd", "bs=1M", "of=" + to}, {"chmod", "755", to}} {
		if _, err := kind.OnNode(s.Context(), node, program, command...); err != nil {
			s.Fatal(err)
		}
	}
}
