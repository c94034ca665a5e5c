package kube

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// Read looks at an object through the fields of prior united with those that our field manager owns now.
func (c *Client) Read(ctx context.Context, key stack.Key, prior string) (stack.Live, error) {
	obj, err := c.get(ctx, key)
	if apierrors.IsNotFound(err) || errors.Is(err, errNoKind) {
		return stack.Live{}, stack.ErrNotFound
	}
	if err != nil {
		if isUnreachable(err) {
			return stack.Live{}, &stack.UnknownError{Key: key, Unreachable: true, Err: err}
		}
		return stack.Live{}, wrap("read", key, err)
	}
	types, err := c.typesFor(ctx, key)
	if err != nil {
		return stack.Live{}, wrap("read", key, err)
	}
	projection, err := types.projection(obj, c.manager(key), prior)
	if err != nil {
		return stack.Live{}, wrap("read", key, err)
	}
	return stack.Live{Projection: projection, UID: string(obj.GetUID()), Body: obj.Object}, nil
}

func (c *Client) get(ctx context.Context, key stack.Key) (*unstructured.Unstructured, error) {
	r, err := c.resource(ctx, key)
	if err != nil {
		return nil, err
	}
	return r.Get(ctx, key.Name, metav1.GetOptions{})
}
