package active

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/agentward/terraform-provider-agent/internal/kars"
)

// gangLabel names the group of a pod.
const gangLabel = "gang"

// gangScheduler is a scheduler that starts the pods of a group together.
type gangScheduler struct {
	name string
	// prefix begins the names of what is made for it.
	prefix string
	// kind is that of its groups.
	kind schema.GroupVersionResource
	// group makes a group that wants so many pods at once.
	group func(name string, pods int) error
	// join makes a pod one of the group.
	join func(pod *corev1.Pod, group string)
}

// nativeGang tries the groups that the API server itself has. That it has them says nothing of the scheduler, which has a gate of its own.
func nativeGang(a *arena) (kars.Finding, error) {
	groups, err := a.served("scheduling.k8s.io", "podgroups", "v1beta1") // earlier versions have other shapes
	if err != nil {
		return kars.Finding{}, err
	}
	workloads := groups.GroupVersion().WithResource("workloads")
	object := func(kind, name string, spec map[string]any) map[string]any {
		return map[string]any{"apiVersion": groups.GroupVersion().String(), "kind": kind, "metadata": map[string]any{"name": name}, "spec": spec}
	}
	return a.tryGang(gangScheduler{
		name: "the scheduler", prefix: "native-", kind: groups,
		group: func(name string, pods int) error {
			policy := map[string]any{"gang": map[string]any{"minCount": int64(pods)}}
			const template = "workers"
			if err := a.make(workloads, a.namespace, object("Workload", name, map[string]any{
				"podGroupTemplates": []any{map[string]any{"name": template, "schedulingPolicy": policy}},
			})); err != nil {
				return err
			}
			return a.make(groups, a.namespace, object("PodGroup", name, map[string]any{
				"workloadRef": map[string]any{"workloadName": name, "templateName": template}, "schedulingPolicy": policy,
			}))
		},
		join: func(pod *corev1.Pod, group string) {
			pod.Spec.SchedulingGroup = &corev1.PodSchedulingGroup{PodGroupName: &group}
		},
	})
}

// volcanoGang tries Volcano, by the name that its scheduler has where nobody gave it another, and with its default queue.
func volcanoGang(a *arena) (kars.Finding, error) {
	groups, err := a.served("scheduling.volcano.sh", "podgroups", "v1beta1")
	if err != nil {
		return kars.Finding{}, err
	}
	return a.tryGang(gangScheduler{
		name: "Volcano", prefix: "volcano-", kind: groups,
		group: func(name string, pods int) error {
			return a.make(groups, a.namespace, map[string]any{
				"apiVersion": groups.GroupVersion().String(), "kind": "PodGroup", "metadata": map[string]any{"name": name},
				"spec": map[string]any{"minMember": int64(pods), "queue": "default"},
			})
		},
		join: func(pod *corev1.Pod, group string) {
			pod.Annotations = map[string]string{"scheduling.k8s.io/group-name": group}
			pod.Spec.SchedulerName = "volcano"
		},
	})
}

// tryGang makes a shortage of which nobody else notices: pods that must be on one node and cannot be there together, so that there is room
// for one. Of two such pods, one is bound; of two that are a group, none may be. A group for which there is room has to start.
func (a *arena) tryGang(s gangScheduler) (kars.Finding, error) {
	fits, tooLarge := s.prefix+"fits", s.prefix+"too-large"
	node, err := a.shortage(s.prefix + "alone")
	if err != nil {
		return kars.Finding{}, err
	}
	evidence := []string{"of two pods with room for one, which are no group, one was bound to a node"}
	made := time.Now()
	if err := a.makeGang(s, fits, node, false); err != nil {
		return kars.Finding{}, err
	}
	err = a.until(func(ctx context.Context) (bool, string, error) {
		bound, err := a.bound(ctx, fits)
		return len(bound) == 2, fmt.Sprintf("%d of 2 pods are bound to a node", len(bound)), err
	})
	if what, yes := tooLate(err); yes {
		return failed(evidence, "A group of two pods with room for both is not started by %s: %s.", s.name, what)
	}
	if err != nil {
		return kars.Finding{}, err
	}
	evidence, took := append(evidence, "both pods of a group with room for two were bound"), time.Since(made)
	if err := a.makeGang(s, tooLarge, node, true); err != nil {
		return kars.Finding{}, err
	}
	for start := time.Now(); time.Since(start) < asLongAs(took); {
		bound, err := a.bound(a.ctx, tooLarge)
		if err != nil {
			return kars.Finding{}, err
		}
		if len(bound) > 0 {
			return failed(evidence, "%d of 2 pods of a group were bound by %s, though there was no room for both.", len(bound), s.name)
		}
		time.Sleep(500 * time.Millisecond)
	}
	return verified(append(evidence, "of a group of two with room for one, none was bound"), "A group of pods is started whole or not at all by %s.", s.name)
}

// shortage shows that there is room for one pod of two which are no group, and gives the node of that room.
func (a *arena) shortage(name string) (node string, err error) {
	pods := a.kube.CoreV1().Pods(a.namespace)
	if _, err := pods.Create(a.ctx, a.member(name, 1, "", true), metav1.CreateOptions{}); err != nil {
		return "", fmt.Errorf("make a pod: %w", err)
	}
	err = a.until(func(ctx context.Context) (bool, string, error) {
		bound, err := a.bound(ctx, name)
		if len(bound) > 0 {
			node = bound[0]
		}
		return node != "", "a pod is bound to a node", err
	})
	if err != nil {
		return "", err
	}
	second, err := pods.Create(a.ctx, a.member(name, 2, node, true), metav1.CreateOptions{})
	if err != nil {
		return "", fmt.Errorf("make a pod: %w", err)
	}
	return node, a.until(func(ctx context.Context) (bool, string, error) {
		now, err := pods.Get(ctx, second.Name, metav1.GetOptions{})
		if err != nil {
			return false, "", err
		}
		if now.Spec.NodeName != "" {
			return false, "", errors.New("two pods that cannot be on one node are bound to one")
		}
		return unschedulable(now), "the scheduler has no room for a second pod", nil
	})
}

func unschedulable(pod *corev1.Pod) bool {
	return slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse && c.Reason == corev1.PodReasonUnschedulable
	})
}

// makeGang makes a group of two pods for a node. Where they are apart, there is room for one of them.
func (a *arena) makeGang(s gangScheduler, name, node string, apart bool) error {
	if err := s.group(name, 2); err != nil {
		return fmt.Errorf("make one of the %s of %s: %w", s.kind.Resource, s.name, err)
	}
	for i := range 2 {
		pod := a.member(name, i+1, node, apart)
		s.join(pod, name)
		if _, err := a.kube.CoreV1().Pods(a.namespace).Create(a.ctx, pod, metav1.CreateOptions{}); err != nil {
			return fmt.Errorf("make a pod of a group of %s: %w", s.name, err)
		}
	}
	return nil
}

// member is one pod of several, for a node, or for any. Where they are apart, no node can have two of them.
func (a *arena) member(group string, number int, node string, apart bool) *corev1.Pod {
	pod := a.pod(fmt.Sprintf("%s-%d", group, number))
	pod.Labels[gangLabel] = group
	pod.Spec.Affinity = &corev1.Affinity{}
	if node != "" {
		pod.Spec.Affinity.NodeAffinity = onNode(node)
	}
	if apart {
		pod.Spec.Affinity.PodAntiAffinity = &corev1.PodAntiAffinity{RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{{
			LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{gangLabel: group}}, TopologyKey: corev1.LabelHostname,
		}}}
	}
	return pod
}

// bound gives the nodes of the pods of a group that are bound to one.
func (a *arena) bound(ctx context.Context, group string) (nodes []string, err error) {
	pods, err := a.kube.CoreV1().Pods(a.namespace).List(ctx, metav1.ListOptions{LabelSelector: gangLabel + "=" + group})
	if err != nil {
		return nil, err
	}
	for _, pod := range pods.Items {
		if pod.Spec.NodeName != "" {
			nodes = append(nodes, pod.Spec.NodeName)
		}
	}
	return nodes, nil
}
