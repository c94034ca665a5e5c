package admission_test

import (
	"context"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/agentward/terraform-provider-agent/acctest/terraform"
)

var pods = schema.GroupVersionResource{Version: "v1", Resource: "pods"}

// effective bounds the wait for a policy to take effect: API servers learn of one by a watch, and compile it then.
const effective = 30 * time.Second

func pod(namespace, name string, labels map[string]any) *unstructured.Unstructured {
	metadata := map[string]any{"namespace": namespace, "name": name}
	if labels != nil {
		metadata["labels"] = labels
	}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Pod", "metadata": metadata,
		"spec": map[string]any{"containers": []any{map[string]any{"name": "agent", "image": "registry.example.org/agents/billing:1"}}},
	}}
}

// try creates the pod in a dry run, which passes admission as any request does.
func try(t *testing.T, c *terraform.Cluster, pod *unstructured.Unstructured) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), effective)
	defer cancel()
	_, err := c.Resource(pods, pod.GetNamespace()).Create(ctx, pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	return err
}

// refused waits until the pod is refused by a policy, and gives the message.
func refused(t *testing.T, c *terraform.Cluster, pod *unstructured.Unstructured) string {
	t.Helper()
	var err error
	for deadline := time.Now().Add(effective); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if err = try(t, c, pod); apierrors.IsInvalid(err) {
			return err.Error()
		}
	}
	t.Fatalf("pod %s was never refused by the policy: %v", pod.GetName(), err)
	return ""
}

// admitted asks that the pod is let in, once a refusal of another has shown that the policy is in force.
func admitted(t *testing.T, c *terraform.Cluster, pod *unstructured.Unstructured) {
	t.Helper()
	if err := try(t, c, pod); err != nil {
		t.Errorf("pod %s is not admitted: %v", pod.GetName(), err)
	}
}

// eventuallyAdmitted waits until the pod is let in.
func eventuallyAdmitted(t *testing.T, c *terraform.Cluster, pod *unstructured.Unstructured) {
	t.Helper()
	var err error
	for deadline := time.Now().Add(effective); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if err = try(t, c, pod); err == nil {
			return
		}
	}
	t.Errorf("pod %s is still refused: %v", pod.GetName(), err)
}
