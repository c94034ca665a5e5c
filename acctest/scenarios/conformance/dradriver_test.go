package conformance_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/agentward/terraform-provider-agent/acctest/cluster"
	"github.com/agentward/terraform-provider-agent/acctest/tool"
	"github.com/agentward/terraform-provider-agent/internal/kars"
	"github.com/agentward/terraform-provider-agent/internal/kars/active"
)

// draDriver is the name by which Kubernetes' example of a DRA driver publishes what it hands out.
const draDriver = "gpu.example.com"

// A driver hands out a device and the container runtime keeps it from others; one that hands out environment variables alone, as the example
// does by itself, hands out nothing.
func TestAnAcceleratorOfADriverIsForThePodThatClaimsIt(t *testing.T) {
	s := enter(t)
	s.soon("secure_accelerator_access", kars.Unknown, "No node shows an accelerator")
	start := s.exampleDriver()

	start(device)
	r := s.try(s.soon("secure_accelerator_access", kars.Detected, "no pod is set up to go past it"), active.Options{})
	s.want(r, kars.Verified, "can open it, and pods beside it that ask for none cannot")
	if evidence := strings.Join(r.Evidence, "\n"); !strings.Contains(evidence, draDriver+": on node") || !strings.Contains(evidence, device+" (c:10:229)") || !strings.Contains(evidence, "all devices of the node") {
		t.Errorf("the evidence is\n%s", evidence)
	} else {
		t.Log(evidence)
	}
	s.want(s.soon("driver_runtime_management", kars.Detected, "Every node with accelerators").Results[0], kars.Detected, "")
	s.want(s.try(s.look("dra_support"), active.Options{}), kars.Verified, "can be worked with")
	// A driver that is away takes back nothing of what pods have.
	s.nothingIsLeft("secure_accelerator_access")

	start("")
	r = s.try(s.soon("secure_accelerator_access", kars.Detected, "no pod is set up to go past it"), active.Options{})
	s.want(r, kars.NotDetected, "a pod on node "+s.node()+" that was given one sees no device that pods without do not see")
	s.nothingIsLeft("secure_accelerator_access")
}

// exampleDriver brings the driver into the node until the test ends. What it gives starts it, in the place of the one before, to hand out a
// device, or none. The driver signs in as the kubelet of its node, which may publish what its node has.
func (s *stage) exampleDriver() (start func(device string)) {
	s.Helper()
	program, err := tool.DRAExample.Build(s.Context(), func(line string) { s.Log(tool.DRAExample.Name + ": " + line) })
	if err != nil {
		s.Fatal(err)
	}
	node := s.node()
	s.Cleanup(func() { // once it is stopped
		s.publishesNothing()
		s.onNode(node, "rm", "-rf", "/var/lib/kubelet/plugins/"+draDriver)
	})
	driver := s.unit("agentward-dra-driver", program)
	return func(device string) {
		s.Helper()
		driver.stop()
		s.publishesNothing()
		driver.start([]string{"--setenv=DEVICE_NODE=" + device},
			"--node-name="+node, "--kubeconfig=/etc/kubernetes/kubelet.conf", "--cdi-root=/var/run/cdi", "--num-devices=2")
		s.publishes(2)
	}
}

// publishesNothing removes what the driver published: it leaves that behind, and the kubelet removes it half a minute later.
func (s *stage) publishesNothing() {
	s.Helper()
	ctx, all := s.step(), s.API.ResourceV1().ResourceSlices()
	list, err := all.List(ctx, metav1.ListOptions{FieldSelector: "spec.driver=" + draDriver})
	if err != nil {
		s.Fatal(err)
	}
	for _, slice := range list.Items {
		if err := all.Delete(ctx, slice.Name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
			s.Error(err)
		}
	}
}

// publishes waits until the driver publishes so many devices.
func (s *stage) publishes(want int) {
	s.Helper()
	cluster.Eventually(s, fmt.Sprintf("the driver publishes %d devices", want), func(ctx context.Context) error {
		list, err := s.API.ResourceV1().ResourceSlices().List(ctx, metav1.ListOptions{FieldSelector: "spec.driver=" + draDriver})
		if err != nil {
			return err
		}
		devices := 0
		for _, slice := range list.Items {
			devices += len(slice.Spec.Devices)
		}
		if devices != want {
			return fmt.Errorf("it publishes %d", devices)
		}
		return nil
	})
}
