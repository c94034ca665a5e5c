package spire

import (
	"context"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// Node is the node that RunPod puts every pod on.
const Node = "node-1"

// RunPod makes a pod as it looks when a kubelet runs it, on a cluster without any: it is bound to a node and its status says
// Running. That is all that spire-controller-manager looks at. The namespace has to be there; the node and the ServiceAccount are
// made where they are not. The pod is given back as the API server stored it, with its UID.
func RunPod(tb testing.TB, config *rest.Config, pod corev1.Pod) *corev1.Pod {
	tb.Helper()
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		tb.Fatal(err)
	}
	ctx := tb.Context()
	if pod.Spec.ServiceAccountName == "" {
		pod.Spec.ServiceAccountName = "default"
	}
	ensureNodeAndAccount(ctx, tb, client, pod.Namespace, pod.Spec.ServiceAccountName)

	pod.Spec.NodeName = Node
	token := false
	pod.Spec.AutomountServiceAccountToken = &token
	if len(pod.Spec.Containers) == 0 {
		pod.Spec.Containers = []corev1.Container{{Name: "agent", Image: "registry.example.org/agent:1"}}
	}
	created, err := client.CoreV1().Pods(pod.Namespace).Create(ctx, &pod, metav1.CreateOptions{})
	if err != nil {
		tb.Fatalf("create the pod %s: %v", pod.Name, err)
	}
	created.Status = corev1.PodStatus{
		Phase: corev1.PodRunning, PodIP: "10.1.0.1", PodIPs: []corev1.PodIP{{IP: "10.1.0.1"}},
		Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}},
	}
	running, err := client.CoreV1().Pods(pod.Namespace).UpdateStatus(ctx, created, metav1.UpdateOptions{})
	if err != nil {
		tb.Fatalf("set the status of the pod %s: %v", pod.Name, err)
	}
	return running
}

func ensureNodeAndAccount(ctx context.Context, tb testing.TB, client kubernetes.Interface, namespace, account string) {
	tb.Helper()
	_, err := client.CoreV1().Nodes().Create(ctx, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: Node}}, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		tb.Fatalf("create the node %s: %v", Node, err)
	}
	_, err = client.CoreV1().ServiceAccounts(namespace).Create(ctx, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: account}}, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		tb.Fatalf("create the ServiceAccount %s: %v", account, err)
	}
}
