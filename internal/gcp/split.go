package gcp

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// splitCalls are the calls of an object and of its parts, which Google keeps under calls of their own.
type splitCalls struct {
	whole, part calls
}

func (s splitCalls) of(at target) calls {
	if at.part != "" {
		return s.part
	}
	return s.whole
}

func (s splitCalls) get(ctx context.Context, at target) (map[string]any, error) {
	return s.of(at).get(ctx, at)
}

func (s splitCalls) create(ctx context.Context, at target, body map[string]any) (operation, error) {
	return s.of(at).create(ctx, at, body)
}

func (s splitCalls) patch(ctx context.Context, at target, body map[string]any, mask []string, etag string) (operation, error) {
	return s.of(at).patch(ctx, at, body, mask, etag)
}

func (s splitCalls) delete(ctx context.Context, at target) (operation, error) {
	return s.of(at).delete(ctx, at)
}

func (s splitCalls) undelete(ctx context.Context, at target) (operation, error) {
	return s.of(at).undelete(ctx, at)
}

func (s splitCalls) poll(ctx context.Context, name string) (operation, error) {
	return s.whole.poll(ctx, name)
}

// gone is of calls whose objects are not kept after their deletion.
type gone struct{}

func (gone) undelete(context.Context, target) (operation, error) { return operation{}, errNoUndelete }

// errNoUndelete says that a deletion was to be taken back that cannot be.
var errNoUndelete = errors.New("nothing of this kind is kept after its deletion")

// absent says that a call found nothing.
func absent(err error) bool {
	return errors.Is(err, stack.ErrNotFound) || refusedWith(answered(err), codes.NotFound)
}

// alreadyThere refuses to create a part that is there, as Google refuses to create an object that is: most calls that set a part
// would overwrite it.
func alreadyThere(at target) error {
	return &refusal{code: codes.AlreadyExists, message: fmt.Sprintf("%s has %s already", at.name, at.part)}
}
