package passive

import (
	"cmp"
	"slices"
)

// read is a resource that probes read. What they may read is this list: ClusterRole is made of it, and look.list and look.get take
// nothing else.
type read struct {
	group, resource string
	// name is the one object that is read, with the verb get. Empty: all are listed.
	name string
}

var (
	nodeList        = read{resource: "nodes"}
	podList         = read{resource: "pods"}
	serviceList     = read{resource: "services"}
	serviceProxy    = read{resource: "services/proxy"}
	autoscalerMap   = read{resource: "configmaps", name: "cluster-autoscaler-status"}
	deployments     = read{group: "apps", resource: "deployments"}
	daemonSets      = read{group: "apps", resource: "daemonsets"}
	statefulSets    = read{group: "apps", resource: "statefulsets"}
	apiServices     = read{group: "apiregistration.k8s.io", resource: "apiservices"}
	endpointSlices  = read{group: "discovery.k8s.io", resource: "endpointslices"}
	runtimeClasses  = read{group: "node.k8s.io", resource: "runtimeclasses"}
	deviceClasses   = read{group: "resource.k8s.io", resource: "deviceclasses"}
	resourceSlices  = read{group: "resource.k8s.io", resource: "resourceslices"}
	gatewayClasses  = read{group: "gateway.networking.k8s.io", resource: "gatewayclasses"}
	inferencePools  = read{group: "inference.networking.k8s.io", resource: "inferencepools"}
	clusterQueues   = read{group: "kueue.x-k8s.io", resource: "clusterqueues"}
	nodePools       = read{group: "karpenter.sh", resource: "nodepools"}
	webhooks        = read{group: "admissionregistration.k8s.io", resource: "validatingwebhookconfigurations"}
	policies        = read{group: "admissionregistration.k8s.io", resource: "validatingadmissionpolicies"}
	policyBindings  = read{group: "admissionregistration.k8s.io", resource: "validatingadmissionpolicybindings"}
	kyvernoPolicies = read{group: "policies.kyverno.io", resource: "validatingpolicies"}
	kyvernoLegacy   = read{group: "kyverno.io", resource: "clusterpolicies"}
	constraints     = read{group: "templates.gatekeeper.sh", resource: "constrainttemplates"}
)

var allReads = []read{
	nodeList, podList, serviceList, serviceProxy, autoscalerMap, deployments, daemonSets, statefulSets, apiServices, endpointSlices, runtimeClasses,
	deviceClasses, resourceSlices, gatewayClasses, inferencePools, clusterQueues, nodePools, webhooks, policies, policyBindings, kyvernoPolicies,
	kyvernoLegacy, constraints,
}

func (r read) verb() string {
	if r.name != "" || r == serviceProxy {
		return "get"
	}
	return "list"
}

// String names the resource as RBAC errors do: "deployments.apps".
func (r read) String() string {
	if r.group == "" {
		return r.resource
	}
	return r.resource + "." + r.group
}

// Rule is one of a ClusterRole.
type Rule struct {
	APIGroups     []string `json:"apiGroups"`
	Resources     []string `json:"resources"`
	ResourceNames []string `json:"resourceNames,omitempty"`
	Verbs         []string `json:"verbs"`
}

// Rules are what a passive run needs besides discovery, which Kubernetes grants everybody who is authenticated: exactly what it
// reads, and no secret. A run with less reports what it could not read, requirement by requirement.
func Rules() []Rule {
	sorted := slices.Clone(allReads)
	slices.SortFunc(sorted, func(a, b read) int {
		return cmp.Or(cmp.Compare(a.group, b.group), cmp.Compare(a.name, b.name), cmp.Compare(a.verb(), b.verb()), cmp.Compare(a.resource, b.resource))
	})
	var rules []Rule
	for _, r := range sorted {
		rule := Rule{APIGroups: []string{r.group}, Resources: []string{r.resource}, Verbs: []string{r.verb()}}
		if r.name != "" {
			rule.ResourceNames = []string{r.name}
		}
		if n := len(rules); n > 0 && slices.Equal(rules[n-1].APIGroups, rule.APIGroups) && slices.Equal(rules[n-1].Verbs, rule.Verbs) && slices.Equal(rules[n-1].ResourceNames, rule.ResourceNames) {
			rules[n-1].Resources = append(rules[n-1].Resources, r.resource)
			continue
		}
		rules = append(rules, rule)
	}
	return rules
}
