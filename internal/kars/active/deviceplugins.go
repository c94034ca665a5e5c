package active

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/pager"

	"github.com/agentward/terraform-provider-agent/internal/kars/passive"
)

// acceleratorNode is a node to which pods of probes can come.
type acceleratorNode struct {
	taints []corev1.Taint
	stock  map[string]resource.Quantity // what device plugins hand out of accelerators, by resource
}

// amounts are parts of the names of resources that are no devices but what is used of some.
var amounts = []string{"mem", "cores", "tiles", "percentage"}

// acceleratorNodes gives the nodes to which pods of probes can come, by name, with what device plugins hand out there.
func (a *arena) acceleratorNodes() (map[string]acceleratorNode, error) {
	found := map[string]acceleratorNode{}
	list := pager.New(func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
		return a.kube.CoreV1().Nodes().List(ctx, options)
	})
	err := list.EachListItem(a.ctx, metav1.ListOptions{}, func(object runtime.Object) error {
		if node, ok := object.(*corev1.Node); ok {
			stock(found, node)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list nodes: %w", err)
	}
	return found, nil
}

// stock adds what a node has.
func stock(found map[string]acceleratorNode, node *corev1.Node) {
	if node.Spec.Unschedulable || node.Status.NodeInfo.OperatingSystem == "windows" { // probes are programs of Linux
		return
	}
	n := acceleratorNode{stock: map[string]resource.Quantity{}}
	for name, quantity := range node.Status.Allocatable {
		amount := slices.ContainsFunc(amounts, func(part string) bool { return strings.Contains(string(name), part) })
		if !amount && passive.Accelerates(string(name)) && !quantity.IsZero() {
			n.stock[string(name)] = quantity
		}
	}
	for _, t := range node.Spec.Taints {
		if !strings.HasPrefix(t.Key, "node.kubernetes.io/") { // of nodes that are not well
			n.taints = append(n.taints, t)
		}
	}
	found[node.Name] = n
}

// plugged gives what device plugins hand out, by the name of the resource.
func plugged(nodes map[string]acceleratorNode) []accelerators {
	having := map[string][]string{}
	for name, node := range nodes {
		for kind := range node.stock {
			having[kind] = append(having[kind], name)
		}
	}
	var all []accelerators
	for _, kind := range slices.Sorted(maps.Keys(having)) {
		ask := func(pod *corev1.Pod, count resource.Quantity) {
			resources := &pod.Spec.Containers[0].Resources
			resources.Requests[corev1.ResourceName(kind)], resources.Limits[corev1.ResourceName(kind)] = count, count
		}
		all = append(all, accelerators{
			name: kind, taints: taintsOf(nodes, having[kind]),
			one: func(pod *corev1.Pod) error {
				ask(pod, resource.MustParse("1"))
				return nil
			},
			all: func(pod *corev1.Pod, node string) (string, error) {
				count := nodes[node].stock[kind]
				ask(pod, count)
				return fmt.Sprintf("all %s of the node", count.String()), nil
			},
		})
	}
	return all
}

// taintsOf gives the taints of nodes, each once.
func taintsOf(nodes map[string]acceleratorNode, names []string) []corev1.Taint {
	var all []corev1.Taint
	for _, name := range slices.Sorted(slices.Values(names)) {
		for _, t := range nodes[name].taints {
			if !slices.ContainsFunc(all, func(o corev1.Taint) bool { return o.Key == t.Key && o.Effect == t.Effect }) {
				all = append(all, t)
			}
		}
	}
	return all
}
