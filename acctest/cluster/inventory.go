package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Inventory gives all objects of the cluster, each as "RESOURCE NAMESPACE/NAME UID", sorted. Resources of except, such as
// "leases.coordination.k8s.io", are left out.
func (c *Cluster) Inventory(ctx context.Context, except ...string) ([]string, error) {
	lists, err := c.discovery.ServerPreferredResources()
	if err != nil {
		return nil, fmt.Errorf("list the kinds of the cluster: %w", err)
	}
	var all []string
	var problems []error
	for _, list := range lists {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			return nil, err
		}
		for _, kind := range list.APIResources {
			resource := version.WithResource(kind.Name)
			name := resource.GroupResource().String()
			if !slices.Contains(kind.Verbs, "list") || slices.Contains(except, name) {
				continue
			}
			objects, err := c.Dynamic.Resource(resource).List(ctx, metav1.ListOptions{})
			if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsMethodNotSupported(err) {
				problems = append(problems, fmt.Errorf("list %s: %w", name, err))
				continue
			}
			if objects == nil {
				continue
			}
			for _, object := range objects.Items {
				all = append(all, fmt.Sprintf("%s %s/%s %s", name, object.GetNamespace(), object.GetName(), object.GetUID()))
			}
		}
	}
	slices.Sort(all)
	return all, errors.Join(problems...)
}
