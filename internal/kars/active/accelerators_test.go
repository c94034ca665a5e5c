package active

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/internal/kars"
)

// A node that says that it has accelerators is no proof that anybody can have one.
func anAcceleratorThatNoPodGets(t *testing.T) {
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
	r := run(t, config, detected("secure_accelerator_access"), Options{Patience: 30 * time.Second})
	if says := strings.Join(r.Unread, " "); r.Status != kars.Detected || r.Probe != kars.Passive || !strings.Contains(says, "nvidia.com/gpu: it did not come in time: pod asks-1 runs (Pending)") {
		t.Errorf("%s by a probe that is %s: %s %s", r.Status, r.Probe, r.Reason, says)
	}
}

// A slice is no proof either: the claim on what a driver publishes is made, by a class of its own, and nobody allocates it.
func anAcceleratorThatADriverPromises(t *testing.T) {
	config := controlplane.Shared(t).Config()
	publish(t, config, "gpu.example.com")
	r := run(t, config, detected("secure_accelerator_access"), Options{Patience: 30 * time.Second})
	if says := strings.Join(r.Unread, " "); r.Status != kars.Detected || r.Probe != kars.Passive || !strings.Contains(says, "gpu.example.com: it did not come in time: pod asks-1 runs (Pending)") {
		t.Errorf("%s by a probe that is %s: %s %s", r.Status, r.Probe, r.Reason, says)
	}
}

// publish has DRA drivers publish a device each, until the test ends.
func publish(t *testing.T, config *rest.Config, drivers ...string) {
	t.Helper()
	c, err := connect(config, Options{}.defaulted())
	if err != nil {
		t.Fatal(err)
	}
	all := c.kube.ResourceV1().ResourceSlices()
	for _, driver := range drivers {
		slice := &resourcev1.ResourceSlice{
			ObjectMeta: metav1.ObjectMeta{Name: "promises-" + driver},
			Spec: resourcev1.ResourceSliceSpec{
				Driver: driver, AllNodes: new(true), Pool: resourcev1.ResourcePool{Name: "promises", ResourceSliceCount: 1}, Devices: []resourcev1.Device{{Name: "d0"}},
			},
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
}

func TestWhatDriversPublish(t *testing.T) {
	found := map[string]published{}
	for _, text := range []string{
		"spec: {driver: gpu.example.com, nodeName: n1, devices: [{name: d0}]}",
		"spec: {driver: gpu.example.com, nodeName: n2, devices: [{name: d0}]}",
		"spec: {driver: gpu.parts.example.com, nodeName: n1, devices: [{name: d0}, {name: d1, consumesCounters: [{counterSet: c}]}]}",
		"spec: {driver: tpu.example.com, nodeName: n1, devices: [{name: d0, allowMultipleAllocations: true}]}",
		"spec: {driver: dra.net, nodeName: n1, devices: [{name: eth1}]}",
		"spec: {driver: npu.example.com, nodeName: n1}",
	} {
		slice := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(text), &slice.Object); err != nil {
			t.Fatal(err)
		}
		publishes(found, slice)
	}
	want := map[string]published{
		"gpu.example.com": {[]string{"n1", "n2"}, false}, "gpu.parts.example.com": {[]string{"n1"}, true}, "tpu.example.com": {[]string{"n1"}, true},
	}
	if !reflect.DeepEqual(found, want) {
		t.Errorf("%+v, want %+v", found, want)
	}
}
