package passive

import (
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/agentward/terraform-provider-agent/internal/kars/cluster"
)

// slicePage is how many ResourceSlices are read at once. Each may hold 128 devices.
const slicePage = 50

// driverFacts are what a DRA driver publishes.
type driverFacts struct {
	devices    int
	shareable  bool            // a device may be given to several, or is a part of one
	rdma       bool            // a device says that it does RDMA
	attributes map[string]bool // names, without their domain
	nodes      map[string]bool // with devices, by name
	versioned  map[string]bool // nodes whose devices all give a version of their driver
}

// sliceFacts are what the probes need of all ResourceSlices: the drivers, by name.
type sliceFacts map[string]*driverFacts

func (l *look) readSlices() (sliceFacts, error) {
	facts := sliceFacts{}
	err := l.list(resourceSlices, cluster.Options{Page: slicePage}, facts.add)
	return facts, err
}

func (f sliceFacts) add(slice *unstructured.Unstructured) {
	name := textAt(slice.Object, "spec", "driver")
	driver := f[name]
	if driver == nil {
		driver = &driverFacts{attributes: map[string]bool{}, nodes: map[string]bool{}, versioned: map[string]bool{}}
		f[name] = driver
	}
	node := textAt(slice.Object, "spec", "nodeName")
	if len(listAt(slice.Object, "spec", "sharedCounters")) > 0 {
		driver.shareable = true
	}
	versioned := true
	for _, device := range listAt(slice.Object, "spec", "devices") {
		if basic := mapAt(device, "basic"); basic != nil { // v1beta1
			device = basic
		}
		driver.devices++
		if many, _, _ := unstructured.NestedBool(device, "allowMultipleAllocations"); many || len(listAt(device, "consumesCounters")) > 0 {
			driver.shareable = true
		}
		version := false
		for attribute, value := range mapAt(device, "attributes") {
			attribute = attribute[strings.LastIndex(attribute, "/")+1:]
			driver.attributes[attribute] = true
			version = version || strings.HasSuffix(strings.ToLower(attribute), "driverversion")
			if v, ok := value.(map[string]any); ok && attribute == "rdma" && v["bool"] == true {
				driver.rdma = true
			}
		}
		versioned = versioned && version
	}
	if node == "" || len(listAt(slice.Object, "spec", "devices")) == 0 {
		return
	}
	_, seen := driver.nodes[node]
	driver.nodes[node] = true
	if versioned && (!seen || driver.versioned[node]) {
		driver.versioned[node] = true
	} else {
		delete(driver.versioned, node)
	}
}

// HandsOutAccelerators says whether a DRA driver of this name hands out accelerators, as far as names tell.
func HandsOutAccelerators(driver string) bool {
	for _, part := range strings.FieldsFunc(driver, func(r rune) bool { return r == '.' || r == '-' }) {
		switch part {
		case "gpu", "gpus", "tpu", "npu", "gaudi", "neuron", "ascend":
			return true
		}
	}
	return false
}

// accelerators are the nodes with accelerators, by device plugin or by DRA, and the DRA drivers that hand them out.
type accelerators struct {
	nodes   map[string]acceleratorNode
	drivers sliceFacts
}

func (a accelerators) none() bool { return len(a.nodes) == 0 && len(a.drivers) == 0 }

// accelerators gives what accelerators the cluster shows.
func (l *look) accelerators(n *notes) accelerators {
	found := accelerators{nodes: map[string]acceleratorNode{}, drivers: sliceFacts{}}
	nodes, err := l.nodes()
	if !n.missed(nodeList, err) {
		for name, node := range nodes.accelerators {
			found.nodes[name] = node
		}
	}
	drivers, err := l.slices()
	if n.missed(resourceSlices, err) {
		return found
	}
	for name, driver := range drivers {
		if !HandsOutAccelerators(name) || driver.devices == 0 {
			continue
		}
		found.drivers[name] = driver
		for node := range driver.nodes {
			if _, ok := found.nodes[node]; !ok {
				found.nodes[node] = acceleratorNode{}
			}
		}
	}
	return found
}
