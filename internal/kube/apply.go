package kube

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// Plan asks the server by dry run what Apply would give. Credentials that may not write are enough where the object already is
// as desired. A missing namespace or kind and a server that does not answer give a *stack.UnknownError.
func (c *Client) Plan(ctx context.Context, desired stack.Object, prior string) (stack.Live, error) {
	types, err := c.typesFor(ctx, desired.Key)
	if err != nil {
		return stack.Live{}, c.planError(desired.Key, err)
	}
	desired, err = c.complete(ctx, desired, nil)
	if errors.Is(err, errToGenerate) {
		return stack.Live{}, &stack.UnknownError{Key: desired.Key, Err: err}
	}
	if err != nil {
		return stack.Live{}, c.planError(desired.Key, err)
	}
	live, err := c.write(ctx, types, desired, prior, metav1.DryRunAll)
	if isRBACForbidden(err) && c.mayNotPatch(ctx, desired.Key) {
		return c.planReadOnly(ctx, types, desired, prior)
	}
	if err != nil {
		return stack.Live{}, c.planError(desired.Key, err)
	}
	live.Body = nil
	return live, nil
}

// Apply makes the object be as desired. It waits up to 30 s for a kind whose CRD was just applied.
func (c *Client) Apply(ctx context.Context, desired stack.Object, prior string) (stack.Live, error) {
	var types objectTypes
	err := untilServed(ctx, func() (err error) {
		types, err = c.typesFor(ctx, desired.Key)
		return err
	})
	if err != nil {
		return stack.Live{}, wrap("apply", desired.Key, err)
	}
	var live stack.Live
	err = untilServed(ctx, func() (err error) {
		live, err = c.generateAndWrite(ctx, types, desired, prior)
		return err
	})
	if err != nil {
		return stack.Live{}, wrap("apply", desired.Key, err)
	}
	return live, nil
}

// generateAndWrite writes an object with the values that it has and those that are made for it. Where somebody else wrote it in
// between, it is read anew.
func (c *Client) generateAndWrite(ctx context.Context, types objectTypes, desired stack.Object, prior string) (stack.Live, error) {
	for tries := 3; ; tries-- {
		whole, err := c.complete(ctx, desired, c.options.Random)
		if err != nil {
			return stack.Live{}, err
		}
		live, err := c.write(ctx, types, whole, prior)
		var conflict *ConflictError // over a value that we made and somebody else has made too
		if len(desired.Generate) == 0 || tries == 0 || !isOutdated(err) && !errors.As(err, &conflict) {
			return live, err
		}
	}
}

// untilServed repeats try while the server does not know the kind, for at most appearTimeout.
func untilServed(ctx context.Context, try func() error) error {
	deadline := time.Now().Add(appearTimeout)
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		err := try()
		if !errors.Is(err, errNoKind) && !errors.Is(err, errNoType) || time.Now().Add(pause).After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
	}
}

// write sends one server-side apply, and a second one with force where the only conflicts are over fields of the prior
// projection: those are drift, and taken back.
func (c *Client) write(ctx context.Context, types objectTypes, desired stack.Object, prior string, dryRun ...string) (stack.Live, error) {
	obj, err := c.patch(ctx, desired, c.options.ForceConflicts, dryRun)
	conflicts := conflictsOf(err)
	var reclaimed []string
	if len(conflicts) > 0 {
		foreign, drifted, splitErr := types.split(conflicts, prior)
		if splitErr != nil {
			return stack.Live{}, splitErr
		}
		if desired.Key.Part != "" {
			foreign, drifted = nil, conflicts // what bears a part's name is the part's
		}
		if len(foreign) > 0 {
			return stack.Live{}, &ConflictError{Key: desired.Key, Conflicts: foreign}
		}
		for _, conflict := range drifted {
			reclaimed = append(reclaimed, conflict.String())
		}
		obj, err = c.patch(ctx, desired, true, dryRun)
	}
	through := ""
	if apierrors.IsInvalid(err) && prior != "" {
		if obj, through, err = c.replaceLists(ctx, desired, dryRun, err); err == nil {
			reclaimed = append(reclaimed, "items that others put beside ours in a list, and that make the object invalid")
		}
	}
	if err != nil {
		if prior == "" && len(dryRun) == 0 {
			err = c.doubted(ctx, desired.Key, err)
		}
		return stack.Live{}, err
	}
	projection, err := types.projection(obj, c.manager(desired.Key), through)
	if err != nil {
		return stack.Live{}, err
	}
	live := stack.Live{Projection: projection, UID: string(obj.GetUID()), Reclaimed: reclaimed, Body: obj.Object}
	if prior == "" && desired.Key.Part == "" {
		live.Adopted = otherManagers(obj, c.manager(desired.Key))
	}
	return live, nil
}

// otherManagers gives the field managers of an object beside ours. A new object has none: only who wrote it before is there.
func otherManagers(obj *unstructured.Unstructured, manager string) []string {
	var others []string
	for _, entry := range obj.GetManagedFields() {
		if entry.Manager != manager && entry.Subresource == "" {
			others = append(others, entry.Manager)
		}
	}
	slices.Sort(others)
	return slices.Compact(others)
}

// replaceLists takes lists back whole. Server-side apply puts a removed item back and leaves what others put in its place: both
// may be invalid together, as two actions of an admission policy are, and then no apply would ever heal the object. A merge patch
// keeps the fields of others and replaces lists. What it gives in a dry run is seen through the fields of the returned
// projection, since only the apply that follows the real one makes them ours again. The refusal of the apply is returned where
// this does not help either.
func (c *Client) replaceLists(ctx context.Context, desired stack.Object, dryRun []string, refusal error) (obj *unstructured.Unstructured, through string, err error) {
	r, err := c.resource(ctx, desired.Key)
	if err != nil {
		return nil, "", err
	}
	if through, err = stack.CanonicalJSON(desired.Body); err != nil {
		return nil, "", err
	}
	obj, err = r.Patch(ctx, desired.Key.Name, types.MergePatchType, []byte(through), metav1.PatchOptions{
		FieldManager:    c.manager(desired.Key),
		FieldValidation: metav1.FieldValidationStrict,
		DryRun:          dryRun,
	})
	if err != nil {
		return nil, "", refusal
	}
	if len(dryRun) > 0 {
		return obj, through, nil
	}
	obj, err = c.patch(ctx, desired, true, nil)
	return obj, "", err
}

func (c *Client) patch(ctx context.Context, desired stack.Object, force bool, dryRun []string) (*unstructured.Unstructured, error) {
	r, err := c.resource(ctx, desired.Key)
	if err != nil {
		return nil, err
	}
	body, err := runtime.Encode(unstructured.UnstructuredJSONScheme, &unstructured.Unstructured{Object: desired.Body})
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", desired.Key.Describe(), err)
	}
	return r.Patch(ctx, desired.Key.Name, types.ApplyPatchType, body, metav1.PatchOptions{
		FieldManager:    c.manager(desired.Key),
		FieldValidation: metav1.FieldValidationStrict,
		Force:           &force,
		DryRun:          dryRun,
	})
}

// planReadOnly compares what is rendered with what is there, for credentials that may read and not write. Where they agree
// the object stays as it is; where they do not, only an apply with other credentials can tell.
func (c *Client) planReadOnly(ctx context.Context, types objectTypes, desired stack.Object, prior string) (stack.Live, error) {
	obj, err := c.get(ctx, desired.Key)
	if err != nil {
		return stack.Live{}, c.planError(desired.Key, err)
	}
	same, err := types.contains(obj, desired)
	if err != nil {
		return stack.Live{}, wrap("plan", desired.Key, err)
	}
	if !same || prior == "" {
		return stack.Live{}, &stack.UnknownError{Key: desired.Key, Err: errors.New("these credentials may not write, not even in a dry run")}
	}
	projection, err := types.projection(obj, c.manager(desired.Key), prior)
	if err != nil {
		return stack.Live{}, wrap("plan", desired.Key, err)
	}
	return stack.Live{Projection: projection, UID: string(obj.GetUID())}, nil
}

// contains says whether obj has every field of desired with the same value.
func (t objectTypes) contains(obj *unstructured.Unstructured, desired stack.Object) (bool, error) {
	want, err := t.converter.ObjectToTyped(&unstructured.Unstructured{Object: desired.Body})
	if err != nil {
		return false, fmt.Errorf("read the rendered object by its OpenAPI type: %w", err)
	}
	fields, err := want.ToFieldSet()
	if err != nil {
		return false, fmt.Errorf("list the rendered fields: %w", err)
	}
	part, err := t.extract(obj, fields)
	if err != nil {
		return false, err
	}
	have, err := t.converter.ObjectToTyped(part)
	if err != nil {
		return false, fmt.Errorf("read the live object by its OpenAPI type: %w", err)
	}
	difference, err := want.Compare(have)
	if err != nil {
		return false, fmt.Errorf("compare rendered and live object: %w", err)
	}
	return difference.IsSame(), nil
}
