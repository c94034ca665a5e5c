package active

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/agentward/terraform-provider-agent/internal/kars"
	"github.com/agentward/terraform-provider-agent/internal/kars/inside"
	"github.com/agentward/terraform-provider-agent/internal/kars/passive"
)

// workloadSandboxing runs a pod in each sandbox beside one in none, and compares what they see of the kernel.
func workloadSandboxing(a *arena) (kars.Finding, error) {
	classes, err := a.kube.NodeV1().RuntimeClasses().List(a.ctx, metav1.ListOptions{})
	if err != nil {
		return kars.Finding{}, fmt.Errorf("list RuntimeClasses: %w", err)
	}
	var evidence []string
	var untried []error
	for i, class := range classes.Items {
		if !passive.Sandboxes(class.Handler) {
			continue
		}
		apart, saw, err := a.trySandbox(fmt.Sprint(i), class.Name)
		if err != nil {
			untried = append(untried, fmt.Errorf("RuntimeClass %s: %w", class.Name, err))
			continue
		}
		evidence = append(evidence, fmt.Sprintf("RuntimeClass %s: %s", class.Name, saw))
		if apart {
			return verified(evidence, "A pod with the RuntimeClass %s has a kernel of its own.", class.Name)
		}
	}
	if len(untried) > 0 {
		return kars.Finding{}, errors.Join(untried...)
	}
	slices.Sort(evidence)
	return failed(evidence, "No pod runs apart from the kernel of its node: %s.", strings.Join(evidence, "; "))
}

// trySandbox has a pod go to a node that has the sandbox, and another one to the same node without it: kernels of two nodes would differ in any
// case. The error is that there was nothing to compare, as where no node has room; that the pod in the sandbox does not run says something only
// where the one beside it does.
func (a *arena) trySandbox(suffix, class string) (apart bool, saw string, err error) {
	sandboxed := a.pod("inside-" + suffix)
	sandboxed.Spec.RuntimeClassName = &class
	if _, err := a.kube.CoreV1().Pods(a.namespace).Create(a.ctx, sandboxed, metav1.CreateOptions{}); err != nil {
		return false, "", fmt.Errorf("make pod %s: %w", sandboxed.Name, err)
	}
	node := ""
	err = a.until(func(ctx context.Context) (bool, string, error) {
		now, err := a.kube.CoreV1().Pods(a.namespace).Get(ctx, sandboxed.Name, metav1.GetOptions{})
		if err != nil {
			return false, "", err
		}
		node = now.Spec.NodeName
		return node != "", "a node has room for a pod in it (" + trouble(now) + ")", nil
	})
	if err != nil {
		return false, "", err
	}
	beside := a.pod("outside-" + suffix)
	beside.Spec.Affinity = &corev1.Affinity{NodeAffinity: onNode(node)}
	// Nodes with a sandbox are often kept for what runs in it.
	beside.Spec.Tolerations = []corev1.Toleration{{Operator: corev1.TolerationOpExists}}
	outside, err := a.start(a.namespace, beside)
	if err != nil {
		return false, "", err
	}
	facts, err := a.answers(a.namespace, sandboxed.Name)
	if what, yes := tooLate(err); yes {
		return false, fmt.Sprintf("%s, while one beside it runs on node %s", what, node), nil
	}
	if err != nil {
		return false, "", err
	}
	if shared := sharedKernel(outside, facts); shared != "" {
		return false, fmt.Sprintf("a pod in it has %s of the node", shared), nil
	}
	return true, fmt.Sprintf("a pod in it sees kernel %s, and one beside it on node %s sees %s", facts.Kernel, node, outside.Kernel), nil
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
