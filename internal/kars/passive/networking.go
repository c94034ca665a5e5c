package passive

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/agentward/terraform-provider-agent/internal/kars"
	"github.com/agentward/terraform-provider-agent/internal/kars/cluster"
)

// aiInference wants a GatewayClass that a controller has accepted as it is now. Kinds alone are promises.
func aiInference(l *look) kars.Finding {
	n := &notes{}
	d, err := l.discovery()
	if n.missed(gatewayClasses, err) {
		return n.unknown("Discovery cannot be read.")
	}
	for _, resource := range []string{"gatewayclasses", "gateways", "httproutes"} {
		version, _, ok := d.Serves("gateway.networking.k8s.io", resource)
		if !ok {
			return n.absent("The API server does not serve %s.gateway.networking.k8s.io.", resource)
		}
		n.saw("%s.gateway.networking.k8s.io/%s is served", resource, version)
	}
	accepted, classes := 0, 0
	err = l.list(gatewayClasses, cluster.Options{}, func(class *unstructured.Unstructured) {
		classes++
		if lack := LacksForHTTP(class); lack != "" {
			n.saw("GatewayClass %s %s", class.GetName(), lack)
			return
		}
		accepted++
		n.saw("GatewayClass %s is accepted by %s", class.GetName(), textAt(class.Object, "spec", "controllerName"))
	})
	switch {
	case n.missed(gatewayClasses, err):
		return n.unknown("Whether a controller has accepted a GatewayClass cannot be seen.")
	case classes == 0:
		return n.absent("The Gateway API is served, and there is no GatewayClass.")
	case accepted == 0:
		return n.absent("The Gateway API is served, and no controller has accepted a GatewayClass for HTTPRoutes.")
	}
	return n.found("A controller has accepted a GatewayClass, and routes by weight and header are part of what it implements.")
}

// LacksForHTTP says what keeps a GatewayClass from being of use for HTTPRoutes, as far as the class itself tells, or "".
func LacksForHTTP(class *unstructured.Unstructured) string {
	if ok, reason := Holds(mapAt(class.Object, "status"), class.GetGeneration(), "Accepted"); !ok {
		return "is not accepted: " + reason
	}
	if features := supported(class); len(features) > 0 && !slices.Contains(features, "HTTPRoute") {
		return "is accepted and does not support HTTPRoute"
	}
	return ""
}

// supported gives the features that a GatewayClass says it has: names, or objects with one in older versions.
func supported(class *unstructured.Unstructured) []string {
	value, _, _ := unstructured.NestedFieldNoCopy(class.Object, "status", "supportedFeatures")
	list, _ := value.([]any)
	var features []string
	for _, feature := range list {
		switch f := feature.(type) {
		case string:
			features = append(features, f)
		case map[string]any:
			features = append(features, textAt(f, "name"))
		}
	}
	return features
}

// advancedInferenceIngress wants an InferencePool that a gateway has accepted.
func advancedInferenceIngress(l *look) kars.Finding {
	n := &notes{}
	if _, err := l.served(inferencePools); err != nil {
		n.missed(inferencePools, err)
		return n.absent("The API server does not serve inferencepools.inference.networking.k8s.io.")
	}
	pools, accepted := 0, 0
	err := l.list(inferencePools, cluster.Options{}, func(pool *unstructured.Unstructured) {
		pools++
		name := pool.GetNamespace() + "/" + pool.GetName()
		for _, parent := range listAt(pool.Object, "status", "parents") {
			ok, reason := holds(listAt(parent, "conditions"), pool.GetGeneration(), "Accepted")
			by := textAt(parent, "parentRef", "name")
			if ok {
				accepted++
				n.saw("InferencePool %s is accepted by the Gateway %s", name, by)
			} else {
				n.saw("InferencePool %s is not accepted by the Gateway %s: %s", name, by, reason)
			}
		}
	})
	switch {
	case n.missed(inferencePools, err):
		return n.unknown("Whether a gateway has accepted an InferencePool cannot be seen.")
	case pools == 0:
		return n.absent("The Inference Extension is served, and there is no InferencePool that would show who implements it.")
	case accepted == 0:
		return n.absent("The Inference Extension is served, and no gateway has accepted any of %d InferencePools.", pools)
	}
	return n.found("A gateway has accepted an InferencePool.")
}

var multus = solution{
	name: "Multus", group: "k8s.cni.cncf.io", resources: []string{"network-attachment-definitions"},
	controllers: []string{"multus", "kube-multus-ds", "multus-cni", "kube-multus"},
}

// highPerformanceNetworking looks for networks that can be asked for. That there are none may be because nobody needs them.
func highPerformanceNetworking(l *look) kars.Finding {
	n := &notes{}
	drivers, err := l.slices()
	there := false
	if !n.missed(resourceSlices, err) {
		for name, driver := range drivers {
			if driver.devices > 0 && (name == "dra.net" || driver.rdma || networks(name)) {
				n.saw("the DRA driver %s publishes network devices", name)
				there = true
			}
		}
	}
	nodes, err := l.nodes()
	if !n.missed(nodeList, err) {
		for resource, count := range nodes.networks {
			n.saw("%d nodes hand out %s", count, resource)
			there = true
		}
	}
	state := l.check(multus, n)
	switch {
	case there:
		return n.found("Network devices can be asked for.")
	case state == half:
		return n.absent("Multus is there in part, and no network device is published.")
	case state == running:
		return n.unknown("Pods can have more than one network interface; whether any is fast does not show.")
	}
	return n.unknown("No network device is published; whether any is needed does not show.")
}

// networks says whether a DRA driver of this name hands out network devices, as far as names tell.
func networks(driver string) bool {
	return slices.Contains([]string{"dra.net", "networking.gke.io", "netdev.google.com", "mrdma.google.com", "cni.dra.networking.x-k8s.io", "sriovnetwork.k8snetworkplumbingwg.io"}, driver)
}

var disaggregated = []solution{
	{name: "NVIDIA Dynamo", group: "nvidia.com", resources: []string{"dynamographdeployments"}, controllers: []string{"dynamo-operator", "dynamo-operator-controller-manager", "dynamo-kubernetes-operator"}},
	{name: "KServe LLMInferenceService", group: "serving.kserve.io", resources: []string{"llminferenceservices"}, controllers: []string{"kserve-controller-manager", "llmisvc-controller-manager"}},
	{name: "AIBrix", group: "orchestration.aibrix.ai", resources: []string{"stormservices"}, controllers: []string{"aibrix-controller-manager"}},
	{name: "llm-d", group: "llm-d.ai", resources: []string{"modelservices"}, controllers: []string{"modelservice-controller-manager", "llm-d-modelservice"}},
}

// leaderWorkerSet can carry such a stack and is none.
var leaderWorkerSet = solution{
	name: "LeaderWorkerSet", group: "leaderworkerset.x-k8s.io", resources: []string{"leaderworkersets"}, controllers: []string{"lws-controller-manager", "lws"},
}

func disaggregatedInference(l *look) kars.Finding {
	n := &notes{}
	run, part := l.survey(disaggregated, n)
	carrier := l.check(leaderWorkerSet, n)
	switch {
	case len(run) > 0:
		return n.found("A stack for disaggregated serving is installed: %s.", some(run))
	case len(part) > 0:
		return n.absent("What is installed of %s does not run.", some(part))
	case carrier == running:
		return n.unknown("LeaderWorkerSet runs, which can carry disaggregated serving; whether a model is served so does not show.")
	}
	return n.absent("No stack for disaggregated serving is installed%s.", partly(carrier, leaderWorkerSet))
}

// partly adds what is there in part.
func partly(s state, of solution) string {
	if s == half {
		return fmt.Sprintf("; %s is there and does not run", of.name)
	}
	return ""
}
