package active

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/pager"

	"github.com/agentward/terraform-provider-agent/internal/kars/passive"
)

// published is what a DRA driver publishes of accelerators.
type published struct {
	nodes  []string
	shared bool // some may be given to several pods, or are parts of others
}

// acceleratorDrivers gives what DRA drivers hand out, by the name of the driver. Which DeviceClass has a driver's devices, expressions say, so
// that the arena has a class of its own for each. untried are drivers of a version of the API that has other shapes.
func (a *arena) acceleratorDrivers(nodes map[string]acceleratorNode) (all []accelerators, untried []string, err error) {
	drivers, err := a.publishedAccelerators()
	if err != nil || len(drivers) == 0 {
		return nil, nil, err
	}
	names := slices.Sorted(maps.Keys(drivers))
	claims, err := a.served("resource.k8s.io", "resourceclaims", "v1", "v1beta2")
	if errors.Is(err, errNoProbe) {
		return nil, names, nil
	}
	if err != nil {
		return nil, nil, err
	}
	for i, name := range names {
		class := fmt.Sprintf("%s-%d", a.namespace, i+1)
		if err := a.make(claims.GroupVersion().WithResource("deviceclasses"), "", map[string]any{
			"apiVersion": claims.GroupVersion().String(), "kind": "DeviceClass", "metadata": map[string]any{"name": class},
			"spec": map[string]any{"selectors": []any{map[string]any{"cel": map[string]any{"expression": fmt.Sprintf("device.driver == %q", name)}}}},
		}); err != nil {
			return nil, nil, fmt.Errorf("make a DeviceClass of what %s hands out: %w", name, err)
		}
		of := accelerators{
			name: name, taints: taintsOf(nodes, drivers[name].nodes),
			one: func(pod *corev1.Pod) error {
				return a.claim(claims, pod, map[string]any{"deviceClassName": class})
			},
		}
		if !drivers[name].shared {
			of.all = func(pod *corev1.Pod, _ string) (string, error) {
				return "all devices of the node", a.claim(claims, pod, map[string]any{"deviceClassName": class, "allocationMode": "All"})
			}
		}
		all = append(all, of)
	}
	return all, nil, nil
}

// claim makes a claim of the pod's name, and has the pod ask for what it is given.
func (a *arena) claim(claims schema.GroupVersionResource, pod *corev1.Pod, devices map[string]any) error {
	const request = "accelerator"
	if err := a.make(claims, a.namespace, map[string]any{
		"apiVersion": claims.GroupVersion().String(), "kind": "ResourceClaim", "metadata": map[string]any{"name": pod.Name},
		"spec": map[string]any{"devices": map[string]any{"requests": []any{map[string]any{"name": request, "exactly": devices}}}},
	}); err != nil {
		return fmt.Errorf("make a ResourceClaim: %w", err)
	}
	pod.Spec.ResourceClaims = []corev1.PodResourceClaim{{Name: request, ResourceClaimName: &pod.Name}}
	pod.Spec.Containers[0].Resources.Claims = []corev1.ResourceClaim{{Name: request}}
	return nil
}

// publishedAccelerators gives the DRA drivers that have accelerators to hand out, by name.
func (a *arena) publishedAccelerators() (map[string]published, error) {
	slicesOf, err := a.served("resource.k8s.io", "resourceslices", "v1", "v1beta2", "v1beta1")
	if errors.Is(err, errNoProbe) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	drivers := map[string]published{}
	list := pager.New(func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
		return a.dynamic.Resource(slicesOf).List(ctx, options)
	})
	list.PageSize = 50 // each may hold 128 devices
	err = list.EachListItem(a.ctx, metav1.ListOptions{}, func(object runtime.Object) error {
		if slice, ok := object.(*unstructured.Unstructured); ok {
			publishes(drivers, slice)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list resourceslices: %w", err)
	}
	return drivers, nil
}

// publishes adds what a slice publishes.
func publishes(drivers map[string]published, slice *unstructured.Unstructured) {
	name, _, _ := unstructured.NestedString(slice.Object, "spec", "driver")
	devices, _, _ := unstructured.NestedSlice(slice.Object, "spec", "devices")
	if len(devices) == 0 || !passive.HandsOutAccelerators(name) {
		return
	}
	driver := drivers[name]
	if node, _, _ := unstructured.NestedString(slice.Object, "spec", "nodeName"); node != "" && !slices.Contains(driver.nodes, node) {
		driver.nodes = append(driver.nodes, node)
	}
	for _, d := range devices {
		device, _ := d.(map[string]any)
		many, _, _ := unstructured.NestedBool(device, "allowMultipleAllocations")
		parts, _, _ := unstructured.NestedSlice(device, "consumesCounters")
		driver.shared = driver.shared || many || len(parts) > 0
	}
	drivers[name] = driver
}
