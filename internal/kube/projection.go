package kube

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v6/typed"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// objectTypes converts the objects of one group and version to their OpenAPI types.
type objectTypes struct{ converter managedfields.TypeConverter }

// errNoType says that the server's OpenAPI document does not describe a kind (yet).
var errNoType = errors.New("the API server's OpenAPI document does not describe this kind yet")

func (c *Client) loadTypes(ctx context.Context, gv schema.GroupVersion) (objectTypes, error) {
	paths, err := c.openapi.PathsWithContext(ctx)
	if err != nil {
		return objectTypes{}, fmt.Errorf("list the OpenAPI documents: %w", err)
	}
	path := "apis/" + gv.String()
	if gv.Group == "" {
		path = "api/" + gv.Version
	}
	document, ok := paths[path]
	if !ok {
		return objectTypes{}, fmt.Errorf("%w: no document for %s", errNoType, gv)
	}
	text, err := document.SchemaWithContext(ctx, runtime.ContentTypeJSON)
	if apierrors.IsNotFound(err) {
		return objectTypes{}, fmt.Errorf("%w: no document for %s", errNoType, gv)
	}
	if err != nil {
		return objectTypes{}, fmt.Errorf("read OpenAPI document of %s: %w", gv, err)
	}
	// The rest of a document, its paths, is larger than its schemas and is of no use here.
	var content struct {
		Components struct {
			Schemas map[string]*spec.Schema `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(text, &content); err != nil {
		return objectTypes{}, fmt.Errorf("read OpenAPI document of %s: %w", gv, err)
	}
	if len(content.Components.Schemas) == 0 {
		return objectTypes{}, fmt.Errorf("%w: document of %s has no schemas", errNoType, gv)
	}
	converter, err := managedfields.NewTypeConverter(content.Components.Schemas, false)
	if err != nil {
		return objectTypes{}, fmt.Errorf("read OpenAPI types of %s: %w", gv, err)
	}
	return objectTypes{converter}, nil
}

// typesFor gives the types that know this kind. A kind that is missing is looked up again, since its CRD may be new.
func (c *Client) typesFor(ctx context.Context, key stack.Key) (objectTypes, error) {
	gv := schema.GroupVersion{Group: key.Group, Version: key.Version}
	types, fresh, err := c.types.get(ctx, gv)
	if err != nil {
		return objectTypes{}, err
	}
	if types.knows(key) {
		return types, nil
	}
	if !fresh {
		c.types.forget(gv)
		if types, _, err = c.types.get(ctx, gv); err != nil {
			return objectTypes{}, err
		}
		if types.knows(key) {
			return types, nil
		}
	}
	c.types.forget(gv)
	return objectTypes{}, fmt.Errorf("%w: no %s in %s", errNoType, key.Kind, gv)
}

func (t objectTypes) knows(key stack.Key) bool {
	probe := &unstructured.Unstructured{}
	probe.SetAPIVersion(key.APIVersion())
	probe.SetKind(key.Kind)
	_, err := t.converter.ObjectToTyped(probe)
	return err == nil
}

// projection sees an object through the fields that manager owns, united with those of prior: an edit by somebody else moves
// ownership away, so what we own now is not all that we answer for.
func (t objectTypes) projection(obj *unstructured.Unstructured, manager, prior string) (string, error) {
	fields, err := ownedFields(obj, manager)
	if err != nil {
		return "", err
	}
	if prior != "" {
		before, err := t.fieldsOf(prior)
		if err != nil {
			return "", err
		}
		fields = fields.Union(before)
	}
	seen, err := t.extract(obj, fields)
	if err != nil {
		return "", err
	}
	seen.SetAPIVersion(obj.GetAPIVersion())
	seen.SetKind(obj.GetKind())
	seen.SetName(obj.GetName())
	if ns := obj.GetNamespace(); ns != "" {
		seen.SetNamespace(ns)
	}
	return stack.CanonicalJSON(stack.HashSecret(seen.Object))
}

// extract gives the part of obj that fields names.
func (t objectTypes) extract(obj *unstructured.Unstructured, fields *fieldpath.Set) (*unstructured.Unstructured, error) {
	value, err := t.converter.ObjectToTyped(obj, typed.AllowDuplicates)
	if err != nil {
		return nil, fmt.Errorf("read %s %q by its OpenAPI type: %w", obj.GetKind(), obj.GetName(), err)
	}
	part := value.ExtractItems(fields.Leaves(), typed.WithAppendKeyFields()).AsValue().Unstructured()
	content, ok := part.(map[string]any)
	if !ok {
		content = map[string]any{}
	}
	// The extracted part shares memory with obj.
	return (&unstructured.Unstructured{Object: content}).DeepCopy(), nil
}

// fieldsOf gives the fields that a stored projection holds.
func (t objectTypes) fieldsOf(projection string) (*fieldpath.Set, error) {
	obj, err := decode(projection)
	if err != nil {
		return nil, err
	}
	value, err := t.converter.ObjectToTyped(obj, typed.AllowDuplicates)
	if err != nil {
		return nil, fmt.Errorf("read the stored projection by its OpenAPI type: %w", err)
	}
	fields, err := value.ToFieldSet()
	if err != nil {
		return nil, fmt.Errorf("list the fields of the stored projection: %w", err)
	}
	return fields, nil
}

// ownedFields gives the fields that manager owns by server-side apply.
func ownedFields(obj *unstructured.Unstructured, manager string) (*fieldpath.Set, error) {
	owned := fieldpath.NewSet()
	for _, entry := range obj.GetManagedFields() {
		if entry.Manager != manager || entry.Operation != metav1.ManagedFieldsOperationApply || entry.Subresource != "" || entry.FieldsV1 == nil {
			continue
		}
		fields := fieldpath.NewSet()
		if err := fields.FromJSON(entry.FieldsV1.GetRawReader()); err != nil {
			return nil, fmt.Errorf("read managedFields of %s %q: %w", obj.GetKind(), obj.GetName(), err)
		}
		owned = owned.Union(fields)
	}
	return owned, nil
}

func decode(projection string) (*unstructured.Unstructured, error) {
	obj := &unstructured.Unstructured{}
	if err := json.Unmarshal([]byte(projection), &obj.Object); err != nil {
		return nil, fmt.Errorf("the stored projection is no JSON object: %w", err)
	}
	return obj, nil
}
