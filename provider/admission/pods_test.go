package admission_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/agentward/terraform-provider-agent/acctest/await"
	"github.com/agentward/terraform-provider-agent/acctest/terraform"
)

var pods = schema.GroupVersionResource{Version: "v1", Resource: "pods"}

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
	_, err := c.Resource(pods, pod.GetNamespace()).Create(context.Background(), pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	return err
}

// refused waits until the pod is refused by a policy, and gives the message.
func refused(t *testing.T, c *terraform.Cluster, pod *unstructured.Unstructured) string {
	t.Helper()
	var refusal error
	await.NoError(t, "the policy to refuse pod "+pod.GetName(), func() error {
		if refusal = try(t, c, pod); !apierrors.IsInvalid(refusal) {
			return fmt.Errorf("the last answer was %w", cmp.Or(refusal, errors.New("that it is admitted")))
		}
		return nil
	})
	return refusal.Error()
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
	await.NoError(t, "pod "+pod.GetName()+" to be admitted", func() error { return try(t, c, pod) })
}
