package kube

import (
	"context"
	"errors"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// pageSize is how many objects a list asks for at once.
const pageSize = 250

// List hands every object of key's kind to visit, page by page, in the order of namespace and name: those of key.Namespace, or all
// where that is empty. It returns stack.ErrNotFound where the server does not serve the kind, and the first error of visit.
func (c *Client) List(ctx context.Context, key stack.Key, visit func(object map[string]any) error) error {
	return c.Select(ctx, key, "", visit)
}

// Select is List for the objects that a label selector, as kubectl takes one, selects.
func (c *Client) Select(ctx context.Context, key stack.Key, selector string, visit func(object map[string]any) error) error {
	all := key
	all.Name = "*"
	k, err := c.kindOf(ctx, key)
	if errors.Is(err, errNoKind) {
		return stack.ErrNotFound
	}
	if err != nil {
		return wrap("list", all, err)
	}
	r := c.dynamic.Resource(schema.GroupVersionResource{Group: key.Group, Version: key.Version, Resource: k.resource}).Namespace(key.Namespace)
	options := metav1.ListOptions{Limit: pageSize, LabelSelector: selector}
	for {
		page, err := r.List(ctx, options)
		if err != nil {
			return wrap("list", all, err)
		}
		for i := range page.Items {
			if err := visit(page.Items[i].Object); err != nil {
				return err
			}
		}
		if options.Continue = page.GetContinue(); options.Continue == "" {
			return nil
		}
	}
}
