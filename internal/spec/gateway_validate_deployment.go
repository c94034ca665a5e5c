package spec

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"
)

// DefaultAdminPort is where pods serve metrics and probes.
const DefaultAdminPort = 9090

// adminPortName is the name of that port.
const adminPortName = "admin"

func (d Deployment) adminPort() int {
	if d.AdminPort == 0 {
		return DefaultAdminPort
	}
	return d.AdminPort
}

// many says whether there may be several replicas at once, apart from the moments of a rollout.
func (d Deployment) many() bool {
	return d.Autoscaling == nil && d.Replicas > 1 || d.Autoscaling != nil && d.Autoscaling.Max > 1
}

// one says how there would be one replica.
func (d Deployment) one() string {
	if d.Autoscaling != nil {
		return "leave deployment.autoscaling out and set deployment.replicas = 1"
	}
	return "set deployment.replicas = 1"
}

// ResourcesOrDefault gives the container's resources: the user's as they are, or, where nothing is said of requests and limits,
// what a gateway of a few hundred requests a second needs. CPU has no limit, as one would add to the latency of every call.
func (d Deployment) ResourcesOrDefault() Resources {
	if len(d.Resources.Requests) > 0 || len(d.Resources.Limits) > 0 {
		return d.Resources
	}
	return Resources{Requests: map[string]string{"cpu": "100m", "memory": "128Mi"}, Limits: map[string]string{"memory": "512Mi"}}
}

func (v *gatewayValidator) deployment() {
	path := []any{"deployment"}
	d := v.gateway.Deployment
	if d.Image == "" {
		v.add(at(path, "image"), "is empty: name the image of the gateway, such as \"registry.example.org/agent-gateway:1.0.0\"")
	}
	if strings.ContainsFunc(d.Image, func(r rune) bool { return r <= ' ' || r > '~' }) {
		v.add(at(path, "image"), "%q is no image: write one such as \"registry.example.org/agent-gateway:1.0.0\"", d.Image)
	}
	if !slices.Contains([]string{"", "Always", "IfNotPresent", "Never"}, d.PullPolicy) {
		v.add(at(path, "pull_policy"), "%q is no pull policy: use Always, IfNotPresent or Never", d.PullPolicy)
	}
	if d.Autoscaling == nil && d.Replicas < 1 {
		v.add(at(path, "replicas"), "%d replicas serve nobody: give 1 or more", d.Replicas)
	}
	if a := d.Autoscaling; a != nil {
		v.autoscaling(at(path, "autoscaling"), *a)
	}
	v.quantities(at(path, "resources", "requests"), d.Resources.Requests)
	v.quantities(at(path, "resources", "limits"), d.Resources.Limits)
	v.requestsWithinLimits(at(path, "resources", "requests"), d.Resources)
	v.labels(at(path, "node_selector"), d.NodeSelector)
	for i, t := range d.Tolerations {
		v.toleration(at(path, "tolerations", i), t)
	}
	if d.PriorityClass != "" {
		for _, msg := range validation.IsDNS1123Subdomain(d.PriorityClass) {
			v.add(at(path, "priority_class"), "%q cannot name a PriorityClass: %s", d.PriorityClass, msg)
		}
	}
	v.labels(at(path, "pod_labels"), d.PodLabels)
	if !slices.Contains([]string{"", "ClusterIP", "LoadBalancer", "NodePort"}, d.ServiceType) {
		v.add(at(path, "service_type"), "%q is no type of a Service that the gateway has: use ClusterIP, LoadBalancer or NodePort", d.ServiceType)
	}
	v.workloadAPI(at(path, "workload_api"), d.WorkloadAPI)
	if msgs := validation.IsValidPortNum(d.adminPort()); len(msgs) > 0 {
		v.add(at(path, "admin_port"), "%d is no port: %s", d.AdminPort, msgs[0])
	}
}

func (v *gatewayValidator) autoscaling(path []any, a Autoscaling) {
	switch {
	case a.Min < 1:
		v.add(at(path, "min"), "%d replicas serve nobody: give 1 or more", a.Min)
	case a.Max < a.Min:
		v.add(at(path, "max"), "%d is less than min, which is %d", a.Max, a.Min)
	}
	if a.CPUUtilization < 0 || a.CPUUtilization > 100 {
		v.add(at(path, "cpu_utilization"), "%d is no percentage that replicas could reach: give 1 to 100", a.CPUUtilization)
	}
	if r := v.gateway.Deployment.ResourcesOrDefault(); r.Requests["cpu"] == "" && r.Limits["cpu"] == "" {
		v.add(at(path, "cpu_utilization"), "is a part of what is requested, and deployment.resources.requests has no cpu: add it")
	}
}

func (v *validator) quantities(path []any, m map[string]string) {
	for _, name := range sortedKeys(m) {
		for _, msg := range validation.IsQualifiedName(name) {
			v.add(at(path, MapKey(name)), "%q is no resource name: %s", name, msg)
		}
		if m[name] == "" {
			v.add(at(path, MapKey(name)), "is empty: write a quantity as Kubernetes does, as in \"500m\", \"2\" or \"512Mi\"")
		}
		v.quantity(at(path, MapKey(name)), m[name])
	}
}

func (v *validator) requestsWithinLimits(path []any, r Resources) {
	for _, name := range sortedKeys(r.Requests) {
		request, err := resource.ParseQuantity(r.Requests[name])
		limit, limitErr := resource.ParseQuantity(r.Limits[name])
		if err == nil && limitErr == nil && request.Cmp(limit) > 0 {
			v.add(at(path, MapKey(name)), "%s is more than the limit, which is %s", r.Requests[name], r.Limits[name])
		}
	}
}

func (v *gatewayValidator) toleration(path []any, t Toleration) {
	if t.Key != "" {
		v.labelKey(at(path, "key"), t.Key)
	}
	switch {
	case !slices.Contains([]string{"", "Equal", "Exists"}, t.Operator):
		v.add(at(path, "operator"), "%q is no operator: use Equal or Exists", t.Operator)
	case t.Operator == "Exists" && t.Value != "":
		v.add(at(path, "value"), "must be left out: operator Exists looks at the key alone")
	case t.Operator != "Exists" && t.Key == "":
		v.add(at(path, "key"), "is empty, which tolerates every taint with operator Exists and none with another: name the taint")
	}
	if !slices.Contains([]string{"", "NoSchedule", "PreferNoSchedule", "NoExecute"}, t.Effect) {
		v.add(at(path, "effect"), "%q is no effect: use NoSchedule, PreferNoSchedule or NoExecute", t.Effect)
	}
	if t.Seconds != nil && t.Effect != "NoExecute" {
		v.add(at(path, "seconds"), "is for the effect NoExecute alone: leave it out")
	}
}

func (v *validator) workloadAPI(path []any, w WorkloadAPI) {
	switch {
	case (w.CSIDriver == "") == (w.HostPath == ""):
		v.add(path, "is in one place: set either csi_driver, such as \"csi.spiffe.io\", or host_path, the folder of the node that holds the socket")
	case w.CSIDriver != "":
		for _, msg := range validation.IsDNS1123Subdomain(w.CSIDriver) {
			v.add(at(path, "csi_driver"), "%q cannot name a CSI driver: %s", w.CSIDriver, msg)
		}
	case !strings.HasPrefix(w.HostPath, "/") || slices.Contains(strings.Split(w.HostPath, "/"), ".."):
		v.add(at(path, "host_path"), "%q is no folder of a node: write an absolute path without \"..\"", w.HostPath)
	}
	if w.Socket == "" || strings.Contains(w.Socket, "/") || w.Socket == ".." {
		v.add(at(path, "socket"), "%q is no name of a socket in that folder: write one such as \"spire-agent.sock\"", w.Socket)
	}
}

func (v *gatewayValidator) network() {
	path := []any{"network"}
	n := v.gateway.Network
	if n.Disabled {
		if len(n.Agents) > 0 || len(n.Clients) > 0 {
			v.add(at(path, "disabled"), "renders no NetworkPolicy, and agents and clients are what policies are about: leave one of them out")
		}
		return
	}
	for i, set := range n.Agents {
		v.podSet(at(path, "agents", i), set)
		if set.Namespace == v.gateway.Namespace && set.Selector.Empty() {
			v.add(at(path, "agents", i, "selector"), "selects every pod of %q, the gateway's own among them, which could then reach no target: add a selector, or give agents a namespace of their own", set.Namespace)
		}
	}
	for i, s := range n.Clients {
		v.selector(at(path, "clients", i), s)
	}
	if v.gateway.Mode == AgentToAnywhere && len(n.Agents) == 0 && len(n.Clients) == 0 {
		v.add(at(path, "agents"), "is empty, and so is clients, so that nobody could reach the gateway: name the pods of its agents, or set network.disabled")
	}
	if n.DNS.Namespace != "" || !n.DNS.Selector.Empty() {
		v.podSet(at(path, "dns"), n.DNS)
	}
	if n.SPIRE != nil {
		v.podSet(at(path, "spire"), *n.SPIRE)
	}
}

func (v *gatewayValidator) podSet(path []any, set PodSet) {
	dnsLabel(&v.problems, at(path, "namespace"), set.Namespace)
	v.selector(at(path, "selector"), set.Selector)
}
