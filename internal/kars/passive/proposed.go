package passive

import (
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/agentward/terraform-provider-agent/internal/kars"
	"github.com/agentward/terraform-provider-agent/internal/kars/cluster"
)

// resizable says whether a running pod can be resized.
func (l *look) resizable(n *notes) bool {
	d, err := l.discovery()
	if n.missed(podList, err) {
		return false
	}
	_, verbs, ok := d.Serves("", "pods/resize")
	if ok && slices.Contains(verbs, "patch") {
		n.saw("the subresource pods/resize is served")
		return true
	}
	return false
}

func inPlacePodResize(l *look) kars.Finding {
	n := &notes{}
	if l.resizable(n) {
		return n.found("Running pods can be resized; whether their runtime does it without a restart only an active probe sees.")
	}
	return n.absent("The API server does not serve pods/resize.")
}

func workloadAwareScheduling(l *look) kars.Finding {
	n := &notes{}
	if _, err := l.discovery(); n.missed(read{group: "scheduling.k8s.io", resource: "podgroups"}, err) {
		return n.unknown("Discovery cannot be read.")
	}
	if version, ok := l.native(); ok {
		n.saw("podgroups and workloads of scheduling.k8s.io/%s are served", version)
		return n.found("The API server knows groups of pods; whether the scheduler keeps to them only an active probe sees.")
	}
	return n.absent("The API server does not serve podgroups and workloads of scheduling.k8s.io.")
}

// issuers of identities: both parts of SPIRE have to run, and somebody has to register pods with it.
var (
	spireServer    = solution{name: "SPIRE server", controllers: []string{"spire-server"}}
	spireAgent     = solution{name: "SPIRE agent", controllers: []string{"spire-agent"}}
	spireRegistrar = solution{name: "SPIRE controller manager", group: "spire.spiffe.io", resources: []string{"clusterspiffeids"}, controllers: []string{"spire-controller-manager", "spire-server"}}
)

func agentIdentity(l *look) kars.Finding {
	n := &notes{}
	server, agent, registrar := l.check(spireServer, n), l.check(spireAgent, n), l.check(spireRegistrar, n)
	switch {
	case server == running && agent == running && registrar == running:
		return n.found("SPIRE runs and registers pods; whether an instance gets an identity of its own only an active probe sees.")
	case server != absent || agent != absent || registrar != absent:
		return n.absent("SPIRE is there in part.")
	}
	return n.absent("No issuer of identities that we know runs.")
}

// engines enforce policies of their own kinds.
var engines = []struct {
	solution
	policies []read
}{
	{solution{name: "Kyverno", controllers: []string{"kyverno-admission-controller", "kyverno"}}, []read{kyvernoPolicies, kyvernoLegacy}},
	{solution{name: "Gatekeeper", group: "templates.gatekeeper.sh", resources: []string{"constrainttemplates"}, controllers: []string{"gatekeeper-controller-manager"}}, []read{constraints}},
}

// policyEnforcement wants a policy and somebody who enforces it. Whether it is for agents only an active probe can see.
func policyEnforcement(l *look) kars.Finding {
	n := &notes{}
	enforced := l.nativePolicies(n)
	var idle []string
	for _, engine := range engines {
		state := l.check(engine.solution, n)
		count := 0
		for _, kind := range engine.policies {
			err := l.list(kind, cluster.Options{Names: true}, func(*unstructured.Unstructured) { count++ })
			n.missed(kind, err)
		}
		switch {
		case state == running && count > 0:
			n.saw("%s has policies to enforce", engine.name)
			enforced = append(enforced, engine.name)
		case state != absent || count > 0:
			idle = append(idle, engine.name)
		}
	}
	switch {
	case len(enforced) > 0:
		return n.found("Policies are enforced by %s; whether they refuse an agent that nobody approved only an active probe sees.", some(enforced))
	case len(idle) > 0:
		return n.absent("%s is there, without a policy or without an engine that runs.", some(idle))
	}
	return n.absent("Nothing enforces a policy on pods.")
}

// nativePolicies names the API server where it denies by a policy of its own that is for pods.
func (l *look) nativePolicies(n *notes) []string {
	forPods := map[string]bool{}
	err := l.list(policies, cluster.Options{}, func(policy *unstructured.Unstructured) {
		for _, rule := range listAt(policy.Object, "spec", "matchConstraints", "resourceRules") {
			resources, _, _ := unstructured.NestedStringSlice(rule, "resources")
			if slices.Contains(resources, "pods") || slices.Contains(resources, "*") {
				forPods[policy.GetName()] = true
			}
		}
	})
	if n.missed(policies, err) {
		return nil
	}
	denies := false
	err = l.list(policyBindings, cluster.Options{}, func(binding *unstructured.Unstructured) {
		actions, _, _ := unstructured.NestedStringSlice(binding.Object, "spec", "validationActions")
		if name := textAt(binding.Object, "spec", "policyName"); forPods[name] && slices.Contains(actions, "Deny") {
			n.saw("ValidatingAdmissionPolicy %s denies pods", name)
			denies = true
		}
	})
	n.missed(policyBindings, err)
	if !denies {
		return nil
	}
	return []string{"the API server"}
}

func agentSandbox(l *look) kars.Finding {
	n := &notes{}
	switch l.check(sandboxController, n) {
	case running:
		return n.found("agent-sandbox runs.")
	case half:
		return n.absent("agent-sandbox is there and does not run.")
	}
	return n.absent("agent-sandbox is not installed.")
}

// longRunningStability shows in what becomes of a pod, not in objects.
func longRunningStability(l *look) kars.Finding {
	n := &notes{}
	if !l.resizable(n) {
		return n.absent("The API server does not serve pods/resize, so that a pod has to restart to grow.")
	}
	return n.unknown("Whether an agent outlives a resize and a drain only an active probe sees.")
}
