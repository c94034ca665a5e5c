package active

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/agentward/terraform-provider-agent/internal/kars"
)

// draSupport works with the kinds of DRA as users do. What is for the whole cluster is only tried by a dry run.
func draSupport(a *arena) (kars.Finding, error) {
	var evidence []string
	for _, try := range []struct {
		kind, resource, namespace string
		spec                      map[string]any
	}{
		{"DeviceClass", "deviceclasses", "", map[string]any{"selectors": []any{map[string]any{"cel": map[string]any{"expression": "device.driver == 'example.org'"}}}}},
		{"ResourceClaim", "resourceclaims", a.namespace, map[string]any{"devices": map[string]any{"requests": []any{request()}}}},
		{"ResourceClaimTemplate", "resourceclaimtemplates", a.namespace, map[string]any{"spec": map[string]any{"devices": map[string]any{"requests": []any{request()}}}}},
	} {
		gvr, err := a.served("resource.k8s.io", try.resource, "v1")
		if err != nil {
			return kars.Finding{}, err // errNoProbe for versions before v1, which have other shapes
		}
		object := map[string]any{
			"apiVersion": gvr.GroupVersion().String(), "kind": try.kind, "metadata": map[string]any{"name": "agentward-kars-probe"}, "spec": try.spec,
		}
		if err := a.workWith(gvr, try.namespace, &unstructured.Unstructured{Object: object}); err != nil {
			return failed(evidence, "A %s cannot be worked with: %v.", try.kind, err)
		}
		evidence = append(evidence, fmt.Sprintf("a %s was made%s", try.kind, map[bool]string{true: " by a dry run", false: ", listed, changed and deleted"}[try.namespace == ""]))
	}
	return verified(evidence, "The kinds of DRA can be worked with.")
}

func request() map[string]any {
	return map[string]any{"name": "device", "exactly": map[string]any{"deviceClassName": "agentward-kars-probe"}}
}

func (a *arena) workWith(gvr schema.GroupVersionResource, namespace string, object *unstructured.Unstructured) error {
	to := a.dynamic.Resource(gvr).Namespace(namespace)
	if namespace == "" {
		_, err := to.Create(a.ctx, object, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		return err
	}
	if _, err := to.Create(a.ctx, object, metav1.CreateOptions{}); err != nil {
		return err
	}
	if _, err := to.Patch(a.ctx, object.GetName(), types.MergePatchType, []byte(`{"metadata":{"labels":{"changed":"yes"}}}`), metav1.PatchOptions{}); err != nil {
		return err
	}
	list, err := to.List(a.ctx, metav1.ListOptions{LabelSelector: "changed=yes"})
	if err != nil {
		return err
	}
	if len(list.Items) != 1 {
		return fmt.Errorf("of one that was changed %d are listed", len(list.Items))
	}
	return to.Delete(a.ctx, object.GetName(), metav1.DeleteOptions{})
}
