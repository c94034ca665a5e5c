// Package stack turns the stack-neutral types of internal/spec into the objects of one stack, and names what an API that
// carries such objects can do. Rendering is pure: the same spec gives the same bytes.
package stack

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Object is one desired object: a Kubernetes manifest, a SPIRE registration entry, a REST resource.
type Object struct {
	Key Key
	// Body is the desired content as JSON values (map[string]any, []any, string, bool, int64, float64). A Kubernetes body
	// carries apiVersion, kind and metadata.
	Body map[string]any
	// Secret says that the body carries write-only values: its projection is known only after apply, and holds hashes.
	Secret bool
	// Generate are keys of a Secret's data, empty in Body, that the backend makes of 32 random bytes each where the live object has
	// none, and keeps where it has.
	Generate []string
	// Adopt says that the object is taken over where it is there already and is set otherwise, without an import. It is for objects that
	// cannot but be there. Of Google's resources alone: applying a Kubernetes object takes over what it sets in any case.
	Adopt bool
}

// Keys names objects, in their order.
func Keys(objects []Object) []Key {
	keys := make([]Key, len(objects))
	for i, object := range objects {
		keys[i] = object.Key
	}
	return keys
}

// CanonicalJSON gives v as JSON with sorted keys, without HTML escaping, indentation or a trailing newline.
func CanonicalJSON(v any) (string, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "", fmt.Errorf("encode as JSON: %w", err)
	}
	return string(bytes.TrimSuffix(buf.Bytes(), []byte("\n"))), nil
}
