package cluster

import (
	"context"
	"errors"
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/agentward/terraform-provider-agent/acctest/crd"
)

// Ready waits until those of the objects that run pods (Deployments, StatefulSets, DaemonSets and pods) have done so, in their latest
// form and in full, and until the kinds of CRDs are served. The error says what is missing.
func (c *Cluster) Ready(ctx context.Context, objects ...*unstructured.Unstructured) error {
	for _, object := range objects {
		err := Until(ctx, func(ctx context.Context) error { return c.ready(ctx, object) })
		if err != nil {
			return fmt.Errorf("wait for the %s: %w", named(object), err)
		}
	}
	return nil
}

// Rollout waits until a Deployment has its latest form in full.
func (c *Cluster) Rollout(ctx context.Context, namespace, deployment string) error {
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(appsv1.SchemeGroupVersion.WithKind("Deployment"))
	object.SetNamespace(namespace)
	object.SetName(deployment)
	return c.Ready(ctx, object)
}

// ready says what an object lacks, nil for nothing.
func (c *Cluster) ready(ctx context.Context, object *unstructured.Unstructured) error {
	namespace, name := object.GetNamespace(), object.GetName()
	var selector *metav1.LabelSelector
	var lacks string
	switch object.GetKind() {
	case "Deployment":
		d, err := c.API.AppsV1().Deployments(namespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		want, s := int32(1), d.Status
		if d.Spec.Replicas != nil {
			want = *d.Spec.Replicas
		}
		selector = d.Spec.Selector
		lacks = short(s.ObservedGeneration >= d.Generation, want, s.UpdatedReplicas, s.AvailableReplicas, s.Replicas)
	case "StatefulSet":
		set, err := c.API.AppsV1().StatefulSets(namespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		want, s := int32(1), set.Status
		if set.Spec.Replicas != nil {
			want = *set.Spec.Replicas
		}
		selector = set.Spec.Selector
		lacks = short(s.ObservedGeneration >= set.Generation, want, s.UpdatedReplicas, s.ReadyReplicas, s.Replicas)
	case "DaemonSet":
		set, err := c.API.AppsV1().DaemonSets(namespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		s := set.Status
		selector = set.Spec.Selector
		lacks = short(s.ObservedGeneration >= set.Generation && s.DesiredNumberScheduled > 0, s.DesiredNumberScheduled, s.UpdatedNumberScheduled, s.NumberAvailable, s.CurrentNumberScheduled)
	case "Pod":
		pod, err := c.API.CoreV1().Pods(namespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		return says(pod)
	case "CustomResourceDefinition":
		return c.served(ctx, object)
	}
	if lacks == "" {
		return nil
	}
	pods, err := c.Pods(ctx, namespace, selector)
	if err != nil {
		return err
	}
	problems := []error{errors.New(lacks)}
	for _, pod := range pods {
		problems = append(problems, says(&pod))
	}
	return errors.Join(problems...)
}

// served says what keeps a CRD's kind from being used.
func (c *Cluster) served(ctx context.Context, definition *unstructured.Unstructured) error {
	live, err := c.Get(ctx, definition)
	if err != nil {
		return err
	}
	return crd.Established(live)
}

// short says what is missing of the replicas that are wanted.
func short(observed bool, want, updated, available, all int32) string {
	if observed && updated == want && available == want && all == want {
		return ""
	}
	return fmt.Sprintf("of %d replicas %d are of the latest form, %d available, and %d there", want, updated, available, all)
}

// says tells what keeps a pod from being ready, nil where it is.
func says(pod *corev1.Pod) error {
	var why []string
	for _, status := range append(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses...) {
		switch {
		case status.State.Waiting != nil:
			why = append(why, fmt.Sprintf("%s waits: %s %s", status.Name, status.State.Waiting.Reason, status.State.Waiting.Message))
		case status.State.Terminated != nil && status.State.Terminated.ExitCode != 0:
			why = append(why, fmt.Sprintf("%s ended with %d", status.Name, status.State.Terminated.ExitCode))
		}
	}
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodReady && condition.Status == corev1.ConditionTrue {
			return nil
		}
		if condition.Status == corev1.ConditionFalse && condition.Message != "" {
			why = append(why, condition.Message)
		}
	}
	return fmt.Errorf("pod %s is %s: %s", pod.Name, pod.Status.Phase, strings.Join(why, "; "))
}

// Pods gives the pods of a namespace that a selector takes, those that are ending aside.
func (c *Cluster) Pods(ctx context.Context, namespace string, selector *metav1.LabelSelector) ([]corev1.Pod, error) {
	chosen, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		return nil, err
	}
	list, err := c.API.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: chosen.String()})
	if err != nil {
		return nil, fmt.Errorf("list the pods of namespace %q: %w", namespace, err)
	}
	var pods []corev1.Pod
	for _, pod := range list.Items {
		if pod.DeletionTimestamp == nil {
			pods = append(pods, pod)
		}
	}
	return pods, nil
}
