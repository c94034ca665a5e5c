package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/dynamic"
)

// manager owns the fields of what Apply writes.
const manager = "agentward-acceptance"

// Read gives the objects of a stream of YAML documents. Members that are null are left out, as kubectl leaves them.
func Read(text []byte) ([]*unstructured.Unstructured, error) {
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096)
	var objects []*unstructured.Unstructured
	for {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(&object.Object)
		switch {
		case errors.Is(err, io.EOF):
			return objects, nil
		case err != nil:
			return nil, fmt.Errorf("read manifests: after %d objects: %w", len(objects), err)
		case len(object.Object) == 0:
			continue
		}
		withoutNulls(object.Object)
		objects = append(objects, object)
	}
}

func withoutNulls(value any) {
	switch v := value.(type) {
	case map[string]any:
		for key, member := range v {
			if member == nil {
				delete(v, key)
			}
			withoutNulls(member)
		}
	case []any:
		for _, element := range v {
			withoutNulls(element)
		}
	}
}

// Apply writes objects in the order given, by server-side apply, over whatever was there. It waits for kinds that are being introduced, and
// writes again what nobody took for a reason that passes.
func (c *Cluster) Apply(ctx context.Context, objects ...*unstructured.Unstructured) error {
	for _, object := range objects {
		client, err := c.client(ctx, object)
		if err != nil {
			return err
		}
		var refusal error
		err = Until(ctx, func(ctx context.Context) error {
			_, err := client.Apply(ctx, object.GetName(), object, metav1.ApplyOptions{FieldManager: manager, Force: true})
			if err != nil && !passes(err) {
				refusal = err
				return nil
			}
			return err
		})
		if err = errors.Join(refusal, err); err != nil {
			return fmt.Errorf("apply the %s: %w", named(object), err)
		}
	}
	return nil
}

// passes says whether the API server, or a webhook that it asks, is only too busy at the moment.
func passes(err error) bool {
	return apierrors.IsInternalError(err) || apierrors.IsServerTimeout(err) || apierrors.IsTimeout(err) || apierrors.IsTooManyRequests(err) ||
		apierrors.IsServiceUnavailable(err)
}

// ApplyText is Apply for YAML documents.
func (c *Cluster) ApplyText(ctx context.Context, text string) error {
	objects, err := Read([]byte(text))
	if err != nil {
		return err
	}
	return c.Apply(ctx, objects...)
}

// Get gives an object as it is now; of the one given its kind, namespace and name count.
func (c *Cluster) Get(ctx context.Context, object *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	client, err := c.client(ctx, object)
	if err != nil {
		return nil, err
	}
	live, err := client.Get(ctx, object.GetName(), metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("read the %s: %w", named(object), err)
	}
	return live, nil
}

// Update writes an object over what is there, as kubectl edit and kubectl replace do, in the name of a field manager.
func (c *Cluster) Update(ctx context.Context, object *unstructured.Unstructured, manager string) error {
	client, err := c.client(ctx, object)
	if err != nil {
		return err
	}
	if _, err := client.Update(ctx, object, metav1.UpdateOptions{FieldManager: manager}); err != nil {
		return fmt.Errorf("update the %s: %w", named(object), err)
	}
	return nil
}

// Delete removes objects in the reverse of the order given, and waits until each is gone. One that is not there is no error.
func (c *Cluster) Delete(ctx context.Context, objects ...*unstructured.Unstructured) error {
	for i := len(objects) - 1; i >= 0; i-- {
		client, err := c.client(ctx, objects[i])
		if err != nil {
			return err
		}
		name := objects[i].GetName()
		background := metav1.DeletePropagationForeground
		if err := client.Delete(ctx, name, metav1.DeleteOptions{PropagationPolicy: &background}); err != nil && !apierrors.IsNotFound(err) {
			return fmt.Errorf("delete the %s: %w", named(objects[i]), err)
		}
		err = Until(ctx, func(ctx context.Context) error {
			_, err := client.Get(ctx, name, metav1.GetOptions{})
			if apierrors.IsNotFound(err) {
				return nil
			}
			return errors.Join(errors.New("it is still there"), err)
		})
		if err != nil {
			return fmt.Errorf("delete the %s: %w", named(objects[i]), err)
		}
	}
	return nil
}

// client gives the interface for an object's kind and namespace.
func (c *Cluster) client(ctx context.Context, object *unstructured.Unstructured) (dynamic.ResourceInterface, error) {
	kind := object.GroupVersionKind()
	var mapping *meta.RESTMapping
	asking, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	err := Until(asking, func(context.Context) (err error) {
		mapping, err = c.mapper.RESTMapping(kind.GroupKind(), kind.Version)
		if meta.IsNoMatchError(err) {
			c.mapper.Reset()
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("the kind of the %s: %w", named(object), err)
	}
	if mapping.Scope.Name() == meta.RESTScopeNameRoot {
		return c.Dynamic.Resource(mapping.Resource), nil
	}
	return c.Dynamic.Resource(mapping.Resource).Namespace(object.GetNamespace()), nil
}

// named says which object it is.
func named(o *unstructured.Unstructured) string {
	if o.GetNamespace() == "" {
		return fmt.Sprintf("%s %q", o.GetKind(), o.GetName())
	}
	return fmt.Sprintf("%s %q of namespace %q", o.GetKind(), o.GetName(), o.GetNamespace())
}
