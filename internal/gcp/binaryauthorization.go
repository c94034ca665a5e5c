package gcp

import (
	"context"

	"google.golang.org/api/binaryauthorization/v1"
)

func binaryAuthorizationKinds() []kind {
	return []kind{admissionPolicy(), attestors()}
}

// attestors are replaced as a whole by every change.
func attestors() kind {
	k := kind{
		service: BinaryAuthorization, collection: "attestors",
		immutable:  []string{"userOwnedGrafeasNote.noteReference"},
		outputOnly: []string{"userOwnedGrafeasNote.delegationServiceAccountEmail"},
	}
	replaced := k
	k.connect = func(c *Client, _ string) (calls, error) {
		service, err := connect(c, BinaryAuthorization, "", binaryauthorization.NewService)
		if err != nil {
			return nil, err
		}
		s := service.Projects.Attestors
		return replacedCalls[binaryauthorization.Attestor]{
			kind: &replaced,
			update: func(ctx context.Context, name string, object *binaryauthorization.Attestor) (any, error) {
				return s.Update(name, object).Context(ctx).Do()
			},
			typedCalls: typedCalls[binaryauthorization.Attestor]{
				named: true, etag: "etag",
				progress: func(context.Context, string) (any, error) { return nil, errNoOperations },
				read: func(ctx context.Context, name string) (*binaryauthorization.Attestor, error) {
					return s.Get(name).Context(ctx).Do()
				},
				insert: func(ctx context.Context, at target, object *binaryauthorization.Attestor) (any, error) {
					return s.Create(at.parent(), object).AttestorId(at.id()).Context(ctx).Do()
				},
				remove: func(ctx context.Context, name string) (any, error) { return s.Delete(name).Context(ctx).Do() },
			},
		}, nil
	}
	return k
}
