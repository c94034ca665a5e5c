package conformance_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/agentward/terraform-provider-agent/acctest/cluster"
	"github.com/agentward/terraform-provider-agent/acctest/tool"
	"github.com/agentward/terraform-provider-agent/internal/kars"
	"github.com/agentward/terraform-provider-agent/internal/kars/active"
)

// accelerator is the name of a resource of which probes think that it is one.
const accelerator = "rebellions.ai/kars-conformance"

// A device plugin hands out a device and the container runtime keeps it from others; one that only counts hands out nothing.
func TestAnAcceleratorIsForThePodThatAsksForIt(t *testing.T) {
	s := enter(t)
	plugin := s.devicePlugin()
	s.soon("secure_accelerator_access", kars.Unknown, "No node shows an accelerator")

	plugin("-device", device)
	r := s.try(s.soon("secure_accelerator_access", kars.Detected, "no pod is set up to go past it"), active.Options{})
	s.want(r, kars.Verified, "can open it, and pods beside it that ask for none cannot")
	if evidence := strings.Join(r.Evidence, "\n"); !strings.Contains(evidence, device+" (c:10:229)") || !strings.Contains(evidence, "all 2 of the node") {
		t.Errorf("the evidence is\n%s", evidence)
	} else {
		t.Log(evidence)
	}

	plugin()
	r = s.try(s.soon("secure_accelerator_access", kars.Detected, "no pod is set up to go past it"), active.Options{})
	s.want(r, kars.NotDetected, "a pod on node "+s.node()+" that was given one sees no device that pods without do not see")
	s.nothingIsLeft("secure_accelerator_access")
}

// node is the only one.
func (s *stage) node() string {
	s.Helper()
	nodes, err := s.API.CoreV1().Nodes().List(s.Context(), metav1.ListOptions{})
	if err != nil || len(nodes.Items) != 1 {
		s.Fatalf("want a cluster of one node: %d, %v", len(nodes.Items), err)
	}
	return nodes.Items[0].Name
}

// devicePlugin brings a device plugin for two accelerators into the node until the test ends. What it gives starts it with further arguments,
// in the place of the one before.
func (s *stage) devicePlugin() (start func(arguments ...string)) {
	s.Helper()
	root, err := tool.Root()
	if err != nil {
		s.Fatal(err)
	}
	program := filepath.Join(s.TempDir(), "deviceplugin")
	build := exec.CommandContext(s.Context(), "go", "build", "-trimpath", "-buildvcs=false", "-o", program, "./acctest/platform/deviceplugin")
	build.Dir, build.Env = root, append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
	if out, err := build.CombinedOutput(); err != nil {
		s.Fatalf("%v\n%s", err, out)
	}
	node := s.node()
	s.Cleanup(func() { s.handsOut(node, 0) }) // once it is stopped
	plugin := s.unit("agentward-deviceplugin", program)
	return func(arguments ...string) {
		s.Helper()
		plugin.start(nil, append([]string{"-resource", accelerator, "-count", "2"}, arguments...)...)
		s.handsOut(node, 2)
	}
}

// handsOut waits until the node says how many accelerators it has.
func (s *stage) handsOut(node string, want int64) {
	s.Helper()
	cluster.Eventually(s, fmt.Sprintf("the node says that it has %d accelerators", want), func(ctx context.Context) error {
		now, err := s.API.CoreV1().Nodes().Get(ctx, node, metav1.GetOptions{})
		if err != nil {
			return err
		}
		allocatable, capacity := now.Status.Allocatable[corev1.ResourceName(accelerator)], now.Status.Capacity[corev1.ResourceName(accelerator)]
		if allocatable.Value() != want || capacity.Value() != want {
			return fmt.Errorf("it has %s, of which %s can be given out", &capacity, &allocatable)
		}
		return nil
	})
}
