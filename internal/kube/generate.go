package kube

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// generatedBytes is how many random bytes a generated value has.
const generatedBytes = 32

// errToGenerate says that values of a Secret are made by the apply.
var errToGenerate = errors.New("values of it are made by the apply")

// complete gives an object whose generated values are those that the live one has, and new ones from random where it has none. With
// random nil a value that would have to be made is errToGenerate. A completed object applies only to the live one that was read, so
// that no value is lost that somebody else made in the meantime.
func (c *Client) complete(ctx context.Context, desired stack.Object, random io.Reader) (stack.Object, error) {
	if len(desired.Generate) == 0 {
		return desired, nil
	}
	live, err := c.get(ctx, desired.Key)
	if apierrors.IsNotFound(err) {
		live, err = &unstructured.Unstructured{Object: map[string]any{}}, nil
	}
	if err != nil {
		return desired, err
	}
	there, _, _ := unstructured.NestedStringMap(live.Object, "data")
	body := maps.Clone(desired.Body)
	data, _ := body["data"].(map[string]any)
	data = maps.Clone(data)
	for _, key := range desired.Generate {
		if data[key] = there[key]; there[key] != "" {
			continue
		}
		if random == nil {
			return desired, errToGenerate
		}
		value := make([]byte, generatedBytes)
		if _, err := io.ReadFull(random, value); err != nil {
			return desired, fmt.Errorf("make a random value for key %q: %w", key, err)
		}
		data[key] = base64.StdEncoding.EncodeToString(value)
	}
	body["data"] = data
	if version := live.GetResourceVersion(); version != "" && random != nil {
		metadata, _ := body["metadata"].(map[string]any)
		metadata = maps.Clone(metadata)
		metadata["resourceVersion"] = version
		body["metadata"] = metadata
	}
	desired.Body = body
	return desired, nil
}

// isOutdated says that the object changed since it was read.
func isOutdated(err error) bool { return apierrors.IsConflict(err) && len(conflictsOf(err)) == 0 }
