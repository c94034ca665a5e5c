package passive

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/agentward/terraform-provider-agent/internal/kars"
	"github.com/agentward/terraform-provider-agent/internal/kars/cluster"
)

var sandboxController = solution{
	name: "agent-sandbox", group: "agents.x-k8s.io", resources: []string{"sandboxes"}, controllers: []string{"agent-sandbox-controller"},
}

// operators are complex operators for AI.
var operators = []solution{
	{name: "KubeRay", group: "ray.io", resources: []string{"rayclusters", "rayjobs", "rayservices"}, controllers: []string{"kuberay-operator"}},
	{name: "Kubeflow Trainer", group: "trainer.kubeflow.org", resources: []string{"trainjobs"}, controllers: []string{"kubeflow-trainer-controller-manager", "trainer-controller-manager"}},
	{name: "Kubeflow Training Operator", group: "kubeflow.org", resources: []string{"pytorchjobs"}, controllers: []string{"training-operator"}},
	{name: "KServe", group: "serving.kserve.io", resources: []string{"inferenceservices"}, controllers: []string{"kserve-controller-manager"}},
	{name: "JobSet", group: "jobset.x-k8s.io", resources: []string{"jobsets"}, controllers: []string{"jobset-controller-manager"}},
	leaderWorkerSet,
	kueue,
	sandboxController,
}

// robustController wants an operator whose controller is available and whose webhooks, where it has any, have somebody behind them.
func robustController(l *look) kars.Finding {
	n := &notes{}
	hooks, err := l.webhooks()
	unseen := n.missed(webhooks, err)
	var works, broken []string
	for _, operator := range operators {
		switch l.check(operator, n) {
		case half:
			broken = append(broken, operator.name)
		case running:
			if deaf := l.deaf(hooks[operator.group], n); deaf != "" {
				n.saw("%s: %s", operator.name, deaf)
				broken = append(broken, operator.name)
			} else {
				works = append(works, operator.name)
			}
		}
	}
	switch {
	case len(works) > 0 && unseen:
		return n.unknown("%s runs; whether its webhooks answer cannot be seen.", some(works))
	case len(works) > 0:
		return n.found("An operator runs: %s.", some(works))
	case len(broken) > 0:
		return n.absent("What is installed of %s does not work.", some(broken))
	}
	return n.absent("No operator for AI that we know is installed.")
}

// backend is the Service behind a webhook.
type backend struct{ namespace, name string }

// webhooks gives the Services behind the validating webhooks for the kinds of each group.
func (l *look) webhooks() (map[string][]backend, error) {
	found := map[string][]backend{}
	err := l.list(webhooks, cluster.Options{}, func(configuration *unstructured.Unstructured) {
		for _, hook := range listAt(configuration.Object, "webhooks") {
			service := backend{textAt(hook, "clientConfig", "service", "namespace"), textAt(hook, "clientConfig", "service", "name")}
			if service.name == "" {
				continue // reached by a URL, outside of the cluster
			}
			for _, rule := range listAt(hook, "rules") {
				groups, _, _ := unstructured.NestedStringSlice(rule, "apiGroups")
				for _, group := range groups {
					if !slices.Contains(found[group], service) {
						found[group] = append(found[group], service)
					}
				}
			}
		}
	})
	return found, err
}

// deaf says which of the Services has nobody behind it, or "".
func (l *look) deaf(services []backend, n *notes) string {
	for _, s := range services {
		ready := false
		err := l.list(endpointSlices, cluster.Options{Namespace: s.namespace, Labels: "kubernetes.io/service-name=" + s.name}, func(slice *unstructured.Unstructured) {
			for _, endpoint := range listAt(slice.Object, "endpoints") {
				// Ready is what is not said.
				if value, said, _ := unstructured.NestedBool(endpoint, "conditions", "ready"); value || !said {
					ready = true
				}
			}
		})
		if n.missed(endpointSlices, err) {
			continue
		}
		if !ready {
			return fmt.Sprintf("its webhook's Service %s/%s has no endpoint that is ready", s.namespace, s.name)
		}
		n.saw("the Service %s/%s of a webhook has endpoints", s.namespace, s.name)
	}
	return ""
}
