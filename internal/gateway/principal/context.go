package principal

import "context"

type contextKey struct{}

// NewContext gives a context that says on whose behalf something is done, for what works below a request.
func NewContext(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, contextKey{}, p)
}

// FromContext gives the principal of a context, and whether it has one.
func FromContext(ctx context.Context) (Principal, bool) {
	p, ok := ctx.Value(contextKey{}).(Principal)
	return p, ok
}
