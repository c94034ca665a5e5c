package passive

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/agentward/terraform-provider-agent/internal/kars"
	"github.com/agentward/terraform-provider-agent/internal/kars/cluster"
)

// noAccelerator is what there is to say where no accelerator is to be seen: such hardware may be of a kind that we do not know, or come
// with a node that is not there yet.
const noAccelerator = "No node shows an accelerator, by a device plugin or by DRA."

// draSupport asks of the API what its users need of it: the four kinds, with the verbs to work with them.
func draSupport(l *look) kars.Finding {
	n := &notes{}
	d, err := l.discovery()
	if n.missed(deviceClasses, err) {
		return n.unknown("Discovery cannot be read.")
	}
	for _, resource := range []string{"deviceclasses", "resourceclaims", "resourceclaimtemplates", "resourceslices"} {
		version, verbs, ok := d.Serves("resource.k8s.io", resource)
		if !ok {
			return n.absent("The API server does not serve %s.resource.k8s.io.", resource)
		}
		for _, verb := range []string{"create", "update", "list", "patch", "delete"} {
			if !slices.Contains(verbs, verb) {
				return n.absent("The API server serves %s.resource.k8s.io without the verb %s.", resource, verb)
			}
		}
		n.saw("%s.resource.k8s.io/%s is served with create, update, list, patch and delete", resource, version)
	}
	var classes []string
	err = l.list(deviceClasses, cluster.Options{Names: true}, func(object *unstructured.Unstructured) { classes = append(classes, object.GetName()) })
	if !n.missed(deviceClasses, err) && len(classes) > 0 {
		n.saw("DeviceClasses: %s", some(classes))
	}
	if drivers, err := l.slices(); !n.missed(resourceSlices, err) {
		for name := range drivers {
			n.saw("driver %s publishes ResourceSlices", name)
		}
	}
	return n.found("The kinds of resource.k8s.io are served with all that users need to work with them.")
}

// driverRuntimeManagement wants every node with accelerators to say which driver it has.
func driverRuntimeManagement(l *look) kars.Finding {
	n := &notes{}
	found := l.accelerators(n)
	if found.none() {
		return n.unknown(noAccelerator)
	}
	var silent []string
	for name, node := range found.nodes {
		told := node.driver != ""
		for driver, facts := range found.drivers {
			if facts.versioned[name] {
				told = true
				n.saw("driver %s publishes the version of what is installed in ResourceSlices", driver)
			}
		}
		if node.driver != "" {
			n.saw("label %s", node.driver)
		}
		if !told {
			silent = append(silent, name)
		}
	}
	if nodes, err := l.nodes(); err == nil {
		for runtime, count := range nodes.runtimes {
			n.saw("%d nodes run %s", count, runtime)
		}
	}
	if len(silent) > 0 {
		return n.absent("%d of %d nodes with accelerators do not say which driver they have: %s.", len(silent), len(found.nodes), some(silent))
	}
	return n.found("Every node with accelerators says which driver it has.")
}

// gpuSharing looks for accelerators that are shared now. Whether those that are not could be is known of NVIDIA's alone.
func gpuSharing(l *look) kars.Finding {
	n := &notes{}
	found := l.accelerators(n)
	if found.none() {
		return n.unknown(noAccelerator)
	}
	shared, capable := false, false
	for _, node := range found.nodes {
		if node.sharing != "" {
			n.saw("%s", node.sharing)
			shared = true
		}
		for resource := range node.resources {
			capable = capable || strings.HasPrefix(resource, "nvidia.com/")
		}
	}
	for name, driver := range found.drivers {
		if driver.shareable {
			n.saw("driver %s publishes devices that can be shared", name)
			shared = true
		}
		capable = capable || name == "gpu.nvidia.com"
	}
	switch {
	case shared:
		return n.found("Parts of accelerators can be asked for.")
	case capable:
		return n.absent("There are accelerators that can be shared, and none is.")
	}
	return n.unknown("There are accelerators and none is shared; whether they can be does not show.")
}

func virtualizedAccelerator(l *look) kars.Finding {
	n := &notes{}
	found := l.accelerators(n)
	if found.none() {
		return n.unknown(noAccelerator)
	}
	virtual := false
	for _, node := range found.nodes {
		if node.virtual != "" {
			n.saw("%s", node.virtual)
			virtual = true
		}
	}
	for name, driver := range found.drivers {
		for attribute := range driver.attributes {
			if strings.Contains(strings.ToLower(attribute), "vgpu") {
				n.saw("driver %s publishes the attribute %s", name, attribute)
				virtual = true
			}
		}
	}
	if virtual {
		return n.found("Virtual accelerators are published.")
	}
	return n.unknown("There are accelerators and none shows as virtual; whether they can be does not show.")
}

// devicePaths are prefixes of what a host path to an accelerator looks like.
var devicePaths = []string{"/dev/nvidia", "/dev/dri", "/dev/kfd", "/dev/accel", "/dev/vfio", "/dev/neuron", "/dev/davinci", "/dev/apex"}

// LeadsToAccelerator says whether a file of this path is that of an accelerator, as far as names tell.
func LeadsToAccelerator(path string) bool { return hasPrefix(path, devicePaths) }

// secureAcceleratorAccess looks for pods that reach accelerators past the resource framework. Agents of the node itself, which DaemonSets
// and the kubelet run, have to.
func secureAcceleratorAccess(l *look) kars.Finding {
	n := &notes{}
	found := l.accelerators(n)
	if found.none() {
		return n.unknown(noAccelerator)
	}
	for _, node := range found.nodes {
		for resource := range node.resources {
			n.saw("a device plugin hands out %s", resource)
		}
	}
	for name := range found.drivers {
		n.saw("the DRA driver %s hands out devices", name)
	}
	var around []string
	err := l.list(podList, cluster.Options{Fields: "status.phase!=Succeeded,status.phase!=Failed"}, func(pod *unstructured.Unstructured) {
		if way := bypass(pod, found.nodes); way != "" {
			around = append(around, fmt.Sprintf("%s/%s (%s)", pod.GetNamespace(), pod.GetName(), way))
		}
	})
	if n.missed(podList, err) {
		return n.unknown("Whether pods go past the resource framework cannot be seen.")
	}
	if len(around) > 0 {
		return n.absent("%d pods can reach accelerators past the resource framework: %s.", len(around), some(around))
	}
	return n.found("Accelerators are handed out by the resource framework, and no pod is set up to go past it.")
}

// bypass says how a pod can reach accelerators that it was not given, or "".
func bypass(pod *unstructured.Unstructured, nodes map[string]acceleratorNode) string {
	for _, owner := range pod.GetOwnerReferences() {
		if owner.Kind == "DaemonSet" || owner.Kind == "Node" {
			return ""
		}
	}
	for _, volume := range listAt(pod.Object, "spec", "volumes") {
		path := textAt(volume, "hostPath", "path")
		if path == "/dev" || LeadsToAccelerator(path) {
			return "host path " + path
		}
	}
	if _, ok := nodes[textAt(pod.Object, "spec", "nodeName")]; !ok {
		return ""
	}
	for _, list := range []string{"containers", "initContainers"} {
		for _, container := range listAt(pod.Object, "spec", list) {
			if privileged, _, _ := unstructured.NestedBool(container, "securityContext", "privileged"); privileged {
				return "a privileged container beside accelerators"
			}
		}
	}
	return ""
}
