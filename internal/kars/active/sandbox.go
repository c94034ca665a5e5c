package active

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/agentward/terraform-provider-agent/internal/kars"
	"github.com/agentward/terraform-provider-agent/internal/kars/inside"
	"github.com/agentward/terraform-provider-agent/internal/kars/passive"
)

// workloadSandboxing runs a pod in each sandbox beside one in none, on the same node, and compares what they see of the kernel.
func workloadSandboxing(a *arena) (kars.Finding, error) {
	classes, err := a.kube.NodeV1().RuntimeClasses().List(a.ctx, metav1.ListOptions{})
	if err != nil {
		return kars.Finding{}, fmt.Errorf("list RuntimeClasses: %w", err)
	}
	outside, err := a.start(a.namespace, a.pod("outside"))
	if err != nil {
		return kars.Finding{}, err
	}
	var evidence []string
	for i, class := range classes.Items {
		if !passive.Sandboxes(class.Handler) {
			continue
		}
		pod := a.pod(fmt.Sprintf("inside-%d", i))
		pod.Spec.RuntimeClassName = &class.Name
		pod.Spec.Affinity = beside()
		facts, err := a.start(a.namespace, pod)
		if what, yes := a.tooLate(err); yes {
			evidence = append(evidence, fmt.Sprintf("RuntimeClass %s: %s", class.Name, what))
			continue
		}
		if err != nil {
			return kars.Finding{}, err
		}
		if shared := sharedKernel(outside, facts); shared != "" {
			evidence = append(evidence, fmt.Sprintf("RuntimeClass %s: a pod in it has %s of the node", class.Name, shared))
			continue
		}
		evidence = append(evidence, fmt.Sprintf("RuntimeClass %s: a pod in it sees kernel %s, and the node has %s", class.Name, facts.Kernel, outside.Kernel))
		return verified(evidence, "A pod with the RuntimeClass %s has a kernel of its own.", class.Name)
	}
	slices.Sort(evidence)
	return failed(evidence, "No pod runs apart from the kernel of its node: %s.", strings.Join(evidence, "; "))
}

// beside has a pod run on the node of the one that is outside of the sandbox. Where another node alone has the sandbox, the kernels
// differ for that reason, so that it must not.
func beside() *corev1.Affinity {
	return &corev1.Affinity{PodAffinity: &corev1.PodAffinity{RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{{
		LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "outside"}}, TopologyKey: corev1.LabelHostname,
	}}}}
}

// sharedKernel says what shows that two pods of a node have the same kernel, or "".
func sharedKernel(a, b inside.Facts) string {
	switch {
	case a.BootID != "" && a.BootID == b.BootID:
		return "the boot id"
	case b.BootID == "" && a.Version == b.Version:
		return "the kernel's version"
	}
	return ""
}
