package active

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/internal/kars"
)

// A node that says that it has accelerators is no proof that anybody can have one.
func TestAnAcceleratorThatNoPodGetsIsNotVerified(t *testing.T) {
	config := controlplane.Shared(t).Config()
	c, err := connect(config, Options{}.defaulted())
	if err != nil {
		t.Fatal(err)
	}
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "promises"}}
	nodes := c.kube.CoreV1().Nodes()
	if node, err = nodes.Create(t.Context(), node, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := nodes.Delete(context.Background(), node.Name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	node.Status.Allocatable = corev1.ResourceList{"nvidia.com/gpu": resource.MustParse("8")}
	node.Status.Capacity = node.Status.Allocatable
	if _, err := nodes.UpdateStatus(t.Context(), node, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	r := run(t, config, detected("secure_accelerator_access"), Options{Patience: 5 * time.Second})
	if says := strings.Join(r.Unread, " "); r.Status != kars.Detected || r.Probe != kars.Passive || !strings.Contains(says, "nvidia.com/gpu: it did not come in time: pod asks-1 runs (Pending)") {
		t.Errorf("%s by a probe that is %s: %s %s", r.Status, r.Probe, r.Reason, says)
	}
	nothingIsLeft(t, config)
}

// What a DRA driver hands out is known, so that it is not passed over where what device plugins hand out is well.
func TestDriversWhoseAcceleratorsAreNotTriedAreKnown(t *testing.T) {
	c, err := connect(controlplane.Shared(t).Config(), Options{}.defaulted())
	if err != nil {
		t.Fatal(err)
	}
	all := c.kube.ResourceV1().ResourceSlices()
	for _, driver := range []string{"gpu.example.com", "dra.net"} {
		slice := &resourcev1.ResourceSlice{
			ObjectMeta: metav1.ObjectMeta{Name: "untried-" + driver},
			Spec:       resourcev1.ResourceSliceSpec{Driver: driver, AllNodes: new(true), Pool: resourcev1.ResourcePool{Name: "untried", ResourceSliceCount: 1}},
		}
		if _, err := all.Create(t.Context(), slice, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := all.Delete(context.Background(), slice.Name, metav1.DeleteOptions{}); err != nil {
				t.Error(err)
			}
		})
	}
	drivers, err := (&arena{client: c, ctx: t.Context()}).acceleratorDrivers()
	if err != nil || !slices.Equal(drivers, []string{"gpu.example.com"}) {
		t.Errorf("%v: %v", drivers, err)
	}
}
