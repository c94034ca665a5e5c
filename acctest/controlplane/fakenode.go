package controlplane

import (
	"context"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/util/retry"
)

// heartbeat is how often a node says that it is ready. kube-controller-manager takes one for lost after 50 s of silence.
const heartbeat = 5 * time.Second

// FakeNode makes a node that is ready until the test ends, with room for some pods, which say that they run and do not. Those that are
// deleted are gone soon after. It needs kube-controller-manager, which lets pods have the node once it is ready.
func (c *ControlPlane) FakeNode(tb testing.TB, name string) {
	tb.Helper()
	client, err := kubernetes.NewForConfig(c.Config())
	if err != nil {
		tb.Fatal(err)
	}
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{corev1.LabelHostname: name, corev1.LabelOSStable: "linux"}}}
	if _, err := client.CoreV1().Nodes().Create(tb.Context(), node, metav1.CreateOptions{}); err != nil {
		tb.Fatalf("make a node: %v", err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(tb.Context()))
	stopped := make(chan struct{})
	tb.Cleanup(func() {
		stop()
		<-stopped
		if err := client.CoreV1().Nodes().Delete(context.Background(), name, metav1.DeleteOptions{}); err != nil {
			tb.Errorf("remove a node: %v", err)
		}
	})
	if err := beat(ctx, client, name); err != nil {
		close(stopped)
		tb.Fatal(err)
	}
	go func() {
		defer close(stopped)
		for last := time.Now(); ; {
			select {
			case <-ctx.Done():
				return
			case <-time.After(500 * time.Millisecond):
				tend(ctx, client, name)
			}
			if time.Since(last) > heartbeat {
				last = time.Now()
				_ = beat(ctx, client, name) // one that is missed does no harm
			}
		}
	}()
	err = poll(tb.Context(), func() error {
		node, err := client.CoreV1().Nodes().Get(tb.Context(), name, metav1.GetOptions{})
		if err == nil && len(node.Spec.Taints) > 0 {
			err = fmt.Errorf("it has the taint %s", node.Spec.Taints[0].Key)
		}
		return err
	})
	if err != nil {
		tb.Fatalf("node %s takes no pods: %v", name, err)
	}
}

// tend says of the node's pods that they run, and lets those go that are being deleted, as a kubelet does. What fails is tried again.
func tend(ctx context.Context, client kubernetes.Interface, name string) {
	pods, err := client.CoreV1().Pods(metav1.NamespaceAll).List(ctx, metav1.ListOptions{FieldSelector: "spec.nodeName=" + name})
	if err != nil {
		return
	}
	for _, pod := range pods.Items {
		switch {
		case pod.DeletionTimestamp != nil:
			_ = client.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, metav1.DeleteOptions{GracePeriodSeconds: new(int64(0))})
		case pod.Status.Phase == corev1.PodPending:
			now := metav1.Now()
			pod.Status.Phase, pod.Status.StartTime = corev1.PodRunning, &now
			for _, kind := range []corev1.PodConditionType{corev1.PodInitialized, corev1.ContainersReady, corev1.PodReady} {
				pod.Status.Conditions = append(pod.Status.Conditions, corev1.PodCondition{Type: kind, Status: corev1.ConditionTrue, LastTransitionTime: now})
			}
			_, _ = client.CoreV1().Pods(pod.Namespace).UpdateStatus(ctx, &pod, metav1.UpdateOptions{})
		}
	}
}

// beat says of a node that it is ready. kube-controller-manager writes to nodes too, most of all to new ones.
func beat(ctx context.Context, client kubernetes.Interface, name string) error {
	return retry.RetryOnConflict(retry.DefaultBackoff, func() error { return sayReady(ctx, client, name) })
}

func sayReady(ctx context.Context, client kubernetes.Interface, name string) error {
	node, err := client.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("node %s: %w", name, err)
	}
	now := metav1.Now()
	room := corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("2"), corev1.ResourceMemory: resource.MustParse("4Gi"), corev1.ResourcePods: resource.MustParse("20")}
	node.Status.Capacity, node.Status.Allocatable = room, room
	node.Status.Conditions = []corev1.NodeCondition{{
		Type: corev1.NodeReady, Status: corev1.ConditionTrue, Reason: "SaysSo", LastHeartbeatTime: now, LastTransitionTime: now,
	}}
	if _, err := client.CoreV1().Nodes().UpdateStatus(ctx, node, metav1.UpdateOptions{}); err != nil {
		return fmt.Errorf("node %s: %w", name, err)
	}
	return nil
}
