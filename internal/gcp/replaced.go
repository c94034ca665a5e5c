package gcp

import "context"

// replacedCalls are those of a kind whose update replaces the whole object (PUT): what the mask does not name is sent as it was read.
type replacedCalls[T any] struct {
	typedCalls[T]
	kind   *kind
	update func(ctx context.Context, name string, object *T) (any, error)
}

func (r replacedCalls[T]) patch(ctx context.Context, at target, body map[string]any, mask []string, etag string) (operation, error) {
	there, err := r.get(ctx, at)
	if err != nil {
		return operation{}, err
	}
	sent := r.kind.replacement(there, body, mask)
	// The etag of what was compared, not of what was read just now: what changed in between is compared anew.
	if r.etag != "" && etag != "" {
		sent[r.etag] = etag
	}
	object, err := typed[T](r.withName(at, sent))
	if err != nil {
		return operation{}, err
	}
	return outcome[T](r.update(ctx, at.name, object))
}

// replacement gives all of an object of which the fields of mask are to be as body has them. mask has outermost fields only: such a
// kind has none within which a mask goes on.
func (k *kind) replacement(there, body map[string]any, mask []string) map[string]any {
	sent := lens{kind: k, same: func(a, b string) bool { return a == b }}.importable(there)
	for _, field := range mask {
		delete(sent, field)
		if value, ok := body[field]; ok {
			sent[field] = value
		}
	}
	return sent
}
