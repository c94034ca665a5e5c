package passive

import (
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/agentward/terraform-provider-agent/internal/kars/cluster"
)

// acceleratorResources are prefixes of the extended resources with which device plugins publish accelerators.
var acceleratorResources = []string{
	"nvidia.com/gpu", "nvidia.com/mig-", "amd.com/gpu", "gpu.intel.com/", "habana.ai/gaudi", "google.com/tpu", "aws.amazon.com/neuron",
	"huawei.com/ascend", "cambricon.com/", "mthreads.com/", "metax-tech.com/", "qualcomm.com/qaic", "rebellions.ai/", "furiosa.ai/",
}

// Accelerates says whether an extended resource of this name is that of an accelerator, as far as names tell.
func Accelerates(resource string) bool { return hasPrefix(resource, acceleratorResources) }

// driverLabels are labels of nodes that give the version of an accelerator's driver.
var driverLabels = []string{
	"nvidia.com/cuda.driver-version.full", "nvidia.com/cuda.driver.major", "amd.com/gpu.driver-version", "gpu.intel.com/driver-version",
	"cloud.google.com/gke-gpu-driver-version",
}

// networkResources are prefixes of the extended resources of fast networks.
var networkResources = []string{"rdma/", "vpc.amazonaws.com/efa", "mellanox.com/", "nvidia.com/hostdev", "intel.com/ipu", "openshift.io/mlnx"}

// nodeFacts are what the probes need of all nodes.
type nodeFacts struct {
	total        int
	accelerators map[string]acceleratorNode // by node
	runtimes     map[string]int             // nodes by container runtime and version
	reporting    int                        // nodes whose runtime says which handlers it has
	handlers     map[string]int             // nodes by such a handler
	networks     map[string]int             // nodes by extended resource of a fast network
	groups       map[string]int             // nodes by label of Karpenter's NodePool
}

// acceleratorNode is a node with accelerators.
type acceleratorNode struct {
	resources map[string]int64
	driver    string // version, with the label that gives it
	sharing   string // how its accelerators are shared
	virtual   string // what says that they are virtual
}

func (l *look) readNodes() (nodeFacts, error) {
	facts := nodeFacts{accelerators: map[string]acceleratorNode{}, runtimes: map[string]int{}, handlers: map[string]int{}, networks: map[string]int{}, groups: map[string]int{}}
	err := l.list(nodeList, cluster.Options{}, facts.add)
	return facts, err
}

func (f *nodeFacts) add(node *unstructured.Unstructured) {
	f.total++
	f.runtimes[textAt(node.Object, "status", "nodeInfo", "containerRuntimeVersion")]++
	if handlers := listAt(node.Object, "status", "runtimeHandlers"); len(handlers) > 0 {
		f.reporting++
		for _, handler := range handlers {
			f.handlers[textAt(handler, "name")]++
		}
	}
	labels := node.GetLabels()
	if group := labels["karpenter.sh/nodepool"]; group != "" {
		f.groups[group]++
	}
	found := acceleratorNode{resources: map[string]int64{}}
	for name, quantity := range quantities(node) {
		if Accelerates(name) && quantity > 0 {
			found.resources[name] = quantity
		}
		if hasPrefix(name, networkResources) && quantity > 0 {
			f.networks[name]++
		}
	}
	if len(found.resources) == 0 {
		return
	}
	for _, label := range driverLabels {
		if version := labels[label]; version != "" {
			found.driver = label + "=" + version
			break
		}
	}
	found.sharing = shared(labels, found.resources)
	found.virtual = virtual(labels, found.resources)
	f.accelerators[node.GetName()] = found
}

// quantities gives what a node can hand out, and where that is nothing now what it has.
func quantities(node *unstructured.Unstructured) map[string]int64 {
	all := map[string]int64{}
	for _, part := range []string{"capacity", "allocatable"} {
		for name, value := range mapAt(node.Object, "status", part) {
			if !strings.Contains(name, "/") {
				continue
			}
			given, _ := value.(string)
			if quantity, err := resource.ParseQuantity(given); err == nil {
				all[name] = max(all[name], quantity.Value())
			}
		}
	}
	return all
}

func hasPrefix(name string, prefixes []string) bool {
	for _, prefix := range prefixes {
		if strings.HasPrefix(strings.ToLower(name), prefix) {
			return true
		}
	}
	return false
}

// shared says how a node's accelerators are shared, or "".
func shared(labels map[string]string, resources map[string]int64) string {
	if strategy := labels["nvidia.com/gpu.sharing-strategy"]; strategy != "" && strategy != "none" {
		return "nvidia.com/gpu.sharing-strategy=" + strategy
	}
	if strategy := labels["cloud.google.com/gke-gpu-sharing-strategy"]; strategy != "" {
		return "cloud.google.com/gke-gpu-sharing-strategy=" + strategy
	}
	for name := range resources {
		if strings.HasPrefix(name, "nvidia.com/mig-") || strings.HasSuffix(name, ".shared") || strings.HasPrefix(name, "amd.com/gpu-") {
			return "resource " + name
		}
	}
	return ""
}

// virtual says what shows that a node's accelerators are virtual, or "".
func virtual(labels map[string]string, resources map[string]int64) string {
	if labels["nvidia.com/vgpu.present"] == "true" {
		return "nvidia.com/vgpu.present=true"
	}
	for name := range resources {
		if strings.Contains(strings.ToLower(name), "vgpu") {
			return "resource " + name
		}
	}
	return ""
}
