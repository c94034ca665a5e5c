package passive

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/agentward/terraform-provider-agent/internal/kars"
	"github.com/agentward/terraform-provider-agent/internal/kars/cluster"
)

var kueue = solution{
	name: "Kueue", group: "kueue.x-k8s.io", resources: []string{"clusterqueues", "localqueues", "workloads"}, controllers: []string{"kueue-controller-manager"},
}

// gangSchedulers are those besides Kueue, of which more can be seen, and besides the scheduler itself.
var gangSchedulers = []solution{
	{name: "Volcano", group: "scheduling.volcano.sh", resources: []string{"podgroups", "queues"}, controllers: []string{"volcano-scheduler", "vc-scheduler"}},
	{name: "scheduler-plugins", group: "scheduling.x-k8s.io", resources: []string{"podgroups"}, controllers: []string{"scheduler-plugins-scheduler"}},
	{name: "KAI Scheduler", group: "scheduling.run.ai", resources: []string{"podgroups"}, controllers: []string{"kai-scheduler", "kai-scheduler-default"}},
	{name: "Apache YuniKorn", controllers: []string{"yunikorn-scheduler"}},
}

func gangScheduling(l *look) kars.Finding {
	n := &notes{}
	run, part := l.survey(gangSchedulers, n)
	switch l.check(kueue, n) {
	case running:
		if idle := l.idleQueues(n); idle != "" {
			part = append(part, "Kueue ("+idle+")")
		} else {
			run = append(run, kueue.name)
		}
	case half:
		part = append(part, kueue.name)
	}
	if version, ok := l.native(); ok {
		n.saw("podgroups and workloads of scheduling.k8s.io/%s are served", version)
		run = append(run, "the API server's own PodGroups (whether the scheduler keeps to them only an active probe sees)")
	}
	switch {
	case len(run) > 0:
		return n.found("Gang scheduling is offered by %s.", some(run))
	case len(part) > 0:
		return n.absent("What is installed of %s does not run.", some(part))
	}
	return n.absent("No gang scheduler is installed.")
}

// native gives the version in which the API server serves its own groups of pods.
func (l *look) native() (version string, ok bool) {
	groups, err := l.served(read{group: "scheduling.k8s.io", resource: "podgroups"})
	if err != nil {
		return "", false
	}
	_, err = l.served(read{group: "scheduling.k8s.io", resource: "workloads"})
	return groups.Version, err == nil
}

// idleQueues says that there are ClusterQueues and that none of them works, or "".
func (l *look) idleQueues(n *notes) string {
	queues, active := 0, 0
	err := l.list(clusterQueues, cluster.Options{}, func(queue *unstructured.Unstructured) {
		queues++
		ok, reason := holds(listAt(queue.Object, "status", "conditions"), queue.GetGeneration(), "Active")
		if ok {
			active++
		} else {
			n.saw("ClusterQueue %s is not active: %s", queue.GetName(), reason)
		}
	})
	if n.missed(clusterQueues, err) || queues == 0 || active > 0 {
		return ""
	}
	return fmt.Sprintf("none of %d ClusterQueues is active", queues)
}

// statusAge is how old the status of Cluster Autoscaler may be, which it writes every ten seconds.
const statusAge = 15 * time.Minute

var probeTime = regexp.MustCompile(`(?:lastProbeTime: "?|LastProbeTime:\s*)(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2})`)

var autoscalers = []solution{
	{name: "Cluster Autoscaler", controllers: []string{"cluster-autoscaler", "aws-cluster-autoscaler", "clusterapi-cluster-autoscaler"}},
	{name: "Karpenter", group: "karpenter.sh", resources: []string{"nodepools", "nodeclaims"}, controllers: []string{"karpenter", "karpenter-controller"}},
}

// clusterAutoscaling looks for an autoscaler, and for nodes with accelerators that it could have made. Those of a cloud do not run in
// the cluster, so that none is to be seen says nothing.
func clusterAutoscaling(l *look) kars.Finding {
	n := &notes{}
	run, part := l.survey(autoscalers, n)
	works := len(run) > 0
	switch fresh, there := l.autoscalerStatus(n); {
	case fresh:
		works = true
	case there:
		part = append(part, "Cluster Autoscaler")
	}
	if l.readyPools(n) {
		works = true
	}
	if len(part) > 0 && !works {
		return n.absent("What is installed of %s does not run.", some(part))
	}
	if !works {
		return n.unknown("No autoscaler of nodes is to be seen; a provider's own would not be.")
	}
	if l.accelerators(n).none() {
		return n.unknown("An autoscaler runs; whether it has nodes with accelerators does not show.")
	}
	return n.found("An autoscaler runs, in a cluster with accelerators.")
}

// autoscalerStatus says whether the status that Cluster Autoscaler writes is there, and of now.
func (l *look) autoscalerStatus(n *notes) (fresh, there bool) {
	gvr, err := l.served(autoscalerMap)
	if n.missed(autoscalerMap, err) || err != nil {
		return false, false
	}
	status, err := l.api.Get(l.ctx, gvr, "kube-system", autoscalerMap.name)
	if n.missed(autoscalerMap, err) || err != nil {
		return false, false
	}
	said := textAt(status.Object, "data", "status")
	match := probeTime.FindStringSubmatch(said)
	if match == nil {
		n.saw("ConfigMap kube-system/cluster-autoscaler-status says nothing of when it was written")
		return false, true
	}
	at, err := time.Parse(time.DateTime, strings.Replace(match[1], "T", " ", 1))
	if err != nil || l.now.Sub(at) > statusAge {
		n.saw("ConfigMap kube-system/cluster-autoscaler-status is not written any more")
		return false, true
	}
	n.saw("ConfigMap kube-system/cluster-autoscaler-status is written")
	return true, true
}

// readyPools says whether a NodePool of Karpenter is ready, which managed installations show alone.
func (l *look) readyPools(n *notes) bool {
	ready := false
	err := l.list(nodePools, cluster.Options{}, func(pool *unstructured.Unstructured) {
		if ok, _ := holds(listAt(pool.Object, "status", "conditions"), pool.GetGeneration(), "Ready"); ok {
			n.saw("NodePool %s is ready", pool.GetName())
			ready = true
		}
	})
	n.missed(nodePools, err)
	return ready
}

// podAutoscaling wants somebody to serve metrics of workloads to HorizontalPodAutoscalers.
func podAutoscaling(l *look) kars.Finding {
	n := &notes{}
	if _, err := l.served(read{group: "autoscaling", resource: "horizontalpodautoscalers"}); err != nil {
		if n.missed(read{group: "autoscaling", resource: "horizontalpodautoscalers"}, err) {
			return n.unknown("Discovery cannot be read.")
		}
		return n.conclude(kars.NotApplicable, "The platform does not support the HorizontalPodAutoscaler.")
	}
	var available, registered, resources bool
	err := l.list(apiServices, cluster.Options{}, func(service *unstructured.Unstructured) {
		group := textAt(service.Object, "spec", "group")
		custom := group == "custom.metrics.k8s.io" || group == "external.metrics.k8s.io"
		if !custom && group != "metrics.k8s.io" {
			return
		}
		registered = registered || custom
		ok, reason := holds(listAt(service.Object, "status", "conditions"), 0, "Available")
		if ok {
			available, resources = available || custom, resources || !custom
			n.saw("APIService %s is available", service.GetName())
		} else {
			n.saw("APIService %s is not available: %s", service.GetName(), reason)
		}
	})
	switch {
	case n.missed(apiServices, err):
		return n.unknown("Whether somebody serves custom metrics cannot be seen.")
	case available:
		return n.found("HorizontalPodAutoscalers can follow metrics of workloads.")
	case registered:
		return n.absent("Custom metrics are registered, and nobody serves them.")
	case resources:
		return n.absent("HorizontalPodAutoscalers can follow the use of processor and memory, and have no custom metrics to follow.")
	}
	return n.absent("HorizontalPodAutoscalers have no custom metrics to follow.")
}
