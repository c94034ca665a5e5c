package active

import (
	"cmp"
	"slices"

	"github.com/agentward/terraform-provider-agent/internal/kars/passive"
)

// right is what may be done with a resource.
type right struct {
	group, resource string
	verbs           []string
}

func may(group, resource string, verbs ...string) right { return right{group, resource, verbs} }

// ofAll are the rights that every probe takes: those of an arena and of the pods in it, and of the sweep.
var ofAll = []right{
	may("", "namespaces", "create", "delete", "list"),
	may("", "resourcequotas", "create"),
	may("", "pods", "create", "get", "list"),
	may("", "pods/proxy", "get"),
}

// rights are what each probe takes besides. A run without those of one of them says so of its requirement, and goes on.
var rights = map[string][]right{
	"ai_inference": {
		may("", "services", "create"),
		may("gateway.networking.k8s.io", "gatewayclasses", "list"),
		may("gateway.networking.k8s.io", "gateways", "create", "get", "delete"),
		may("gateway.networking.k8s.io", "httproutes", "create", "get", "delete"),
	},
	"dra_support": {
		may("resource.k8s.io", "deviceclasses", "create"),
		may("resource.k8s.io", "resourceclaims", "create", "patch", "list", "delete"),
		may("resource.k8s.io", "resourceclaimtemplates", "create", "patch", "list", "delete"),
	},
	"gang_scheduling": {
		may("batch", "jobs", "create", "delete"),
		may("kueue.x-k8s.io", "resourceflavors", "create", "delete", "list"),
		may("kueue.x-k8s.io", "clusterqueues", "create", "delete", "list"),
		may("kueue.x-k8s.io", "localqueues", "create"),
		may("scheduling.k8s.io", "podgroups", "create"),
		may("scheduling.k8s.io", "workloads", "create"),
		may("scheduling.volcano.sh", "podgroups", "create"),
	},
	"ai_service_metrics": {
		may("", "services", "list"),
		may("", "services/proxy", "get"),
		may("monitoring.coreos.com", "prometheuses", "list"),
		may("monitoring.coreos.com", "podmonitors", "create"),
	},
	"pod_autoscaling": {
		may("apiregistration.k8s.io", "apiservices", "list"),
		may("apps", "deployments", "create"),
		may("autoscaling", "horizontalpodautoscalers", "create", "get"),
	},
	"workload_sandboxing": {may("node.k8s.io", "runtimeclasses", "list")},
	"secure_accelerator_access": {
		may("", "nodes", "list"),
		may("resource.k8s.io", "resourceslices", "list"),
		may("resource.k8s.io", "deviceclasses", "create", "delete", "list"),
		may("resource.k8s.io", "resourceclaims", "create"),
	},
	"robust_controller": {
		may("agents.x-k8s.io", "sandboxes", "create"),
		may("kueue.x-k8s.io", "resourceflavors", "create", "delete", "list"),
		may("kueue.x-k8s.io", "clusterqueues", "create", "delete", "list"),
		may("kueue.x-k8s.io", "localqueues", "create", "get"),
	},
	"in_place_pod_resize": {may("", "pods/resize", "patch")},
	"workload_aware_scheduling": {
		may("scheduling.k8s.io", "podgroups", "create"),
		may("scheduling.k8s.io", "workloads", "create"),
	},
	"agent_identity": {
		may("storage.k8s.io", "csidrivers", "get"),
		may("spire.spiffe.io", "clusterspiffeids", "create", "delete", "list"),
	},
	"policy_enforcement": nil,
	"agent_sandbox":      {may("agents.x-k8s.io", "sandboxes", "create")},
	"long_running_stability": {
		may("", "pods/resize", "patch"),
		may("", "pods/eviction", "create"),
		may("policy", "poddisruptionbudgets", "create"),
	},
}

// Rules are what an active run needs besides passive.Rules: what its probes make, look at and remove. They hold in every namespace, since
// those of the probes have no names before they are made; who may make pods everywhere may have what pods may have.
func Rules() []passive.Rule {
	type resource struct{ group, name string }
	verbs := map[resource][]string{}
	add := func(rights []right) {
		for _, r := range rights {
			key := resource{r.group, r.resource}
			verbs[key] = append(verbs[key], r.verbs...)
		}
	}
	add(ofAll)
	for _, r := range rights {
		add(r)
	}
	var rules []passive.Rule
	for r, v := range verbs {
		slices.Sort(v)
		rules = append(rules, passive.Rule{APIGroups: []string{r.group}, Resources: []string{r.name}, Verbs: slices.Compact(v)})
	}
	slices.SortFunc(rules, func(a, b passive.Rule) int {
		return cmp.Or(cmp.Compare(a.APIGroups[0], b.APIGroups[0]), slices.Compare(a.Verbs, b.Verbs), cmp.Compare(a.Resources[0], b.Resources[0]))
	})
	merged := rules[:0]
	for _, r := range rules {
		if n := len(merged); n > 0 && merged[n-1].APIGroups[0] == r.APIGroups[0] && slices.Equal(merged[n-1].Verbs, r.Verbs) {
			merged[n-1].Resources = append(merged[n-1].Resources, r.Resources...)
			continue
		}
		merged = append(merged, r)
	}
	return merged
}
