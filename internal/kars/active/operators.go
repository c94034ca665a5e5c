package active

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/agentward/terraform-provider-agent/internal/kars"
)

// kueueController has Kueue refuse a ClusterQueue that only its webhook can tell from a valid one, and take one into use.
func kueueController(a *arena) (kars.Finding, error) {
	queues, err := a.served("kueue.x-k8s.io", "clusterqueues", "v1beta2", "v1beta1")
	if err != nil {
		return kars.Finding{}, err
	}
	invalid := map[string]any{
		"apiVersion": queues.GroupVersion().String(), "kind": "ClusterQueue", "metadata": map[string]any{"name": a.namespace + "-invalid"},
		"spec": map[string]any{"namespaceSelector": map[string]any{"matchExpressions": []any{map[string]any{"key": "team", "operator": "Resembles"}}}},
	}
	err = a.make(queues, "", invalid)
	switch {
	case err == nil:
		return failed(nil, "A ClusterQueue that is none was let in by Kueue.")
	case apierrors.IsInternalError(err):
		return failed(nil, "The webhook of Kueue does not answer: %v.", err)
	case !refused(err):
		return kars.Finding{}, fmt.Errorf("make a ClusterQueue that is none: %w", err)
	}
	evidence := []string{"a ClusterQueue that is none was refused: " + err.Error()}
	if err := a.makeQueue(queues.GroupVersion()); err != nil {
		return kars.Finding{}, err
	}
	err = a.until(func(ctx context.Context) (bool, string, error) {
		queue, err := a.dynamic.Resource(queues.GroupVersion().WithResource("localqueues")).Namespace(a.namespace).Get(ctx, a.namespace, metav1.GetOptions{})
		if err != nil {
			return false, "", err
		}
		return active(queue), "it becomes active", nil
	})
	if what, yes := tooLate(err); yes {
		return failed(evidence, "Kueue does not take a queue into use: %s.", what)
	}
	if err != nil {
		return kars.Finding{}, err
	}
	return verified(append(evidence, "a LocalQueue became active"), "Kueue took a queue into use, and one that is none was refused by its webhook.")
}

// active says whether a controller calls an object active.
func active(object *unstructured.Unstructured) bool {
	conditions, _, _ := unstructured.NestedSlice(object.Object, "status", "conditions")
	for _, c := range conditions {
		if c, ok := c.(map[string]any); ok && c["type"] == "Active" {
			return c["status"] == "True"
		}
	}
	return false
}
