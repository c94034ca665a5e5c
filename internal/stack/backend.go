package stack

import (
	"context"
	"errors"
	"fmt"
)

// ErrNotFound says that the object, or the kind it would be of, is not there.
var ErrNotFound = errors.New("object not found")

// ErrForbidden says that the credentials may not do it; what is there is not known.
var ErrForbidden = errors.New("forbidden")

// DoubtError says of an object that was to be made that it may be there although nobody has seen it: the answer was lost, or the work
// was cut off before its end. Whoever asked for the object has to remember it.
type DoubtError struct{ Err error }

func (e *DoubtError) Error() string { return e.Err.Error() }

func (e *DoubtError) Unwrap() error { return e.Err }

// UnknownError says that what an apply would give cannot be known now, for a reason that is no fault of the plan: the API is
// unreachable, the namespace or the CRD does not exist yet.
type UnknownError struct {
	Key         Key
	Unreachable bool // the API did not answer at all
	Err         error
}

func (e *UnknownError) Error() string {
	return fmt.Sprintf("the result of applying %s is not known yet: %v", e.Key.Describe(), e.Err)
}

func (e *UnknownError) Unwrap() error { return e.Err }

// Live is an object as the API holds it, seen through the fields that we own.
type Live struct {
	// Projection is the canonical JSON of the owned fields.
	Projection string
	// UID tells this object from a later one of the same name. Empty where the API has no such notion.
	UID string
	// Reclaimed lists, for a person, the fields that somebody else had changed and this apply takes (or took) back.
	Reclaimed []string
	// Adopted lists the managers of an object that was there before us. Only where there is no prior projection.
	Adopted []string
	// Replaced lists, for a person, the fields that cannot be changed in place: an apply deletes the object and makes it anew. Only
	// from Plan.
	Replaced []string
	// Body is the whole object as the API returned it. Nil from Plan.
	Body map[string]any
}

// Rivalled is a Backend that can tell of something beside it that would undo what a plan creates.
type Rivalled interface {
	// Rivals gives a warning for a person for each rival of the objects that are about to be created.
	Rivals(ctx context.Context, creates []Object) ([]string, error)
}

// Awaiter is a Backend in which what is made may show only later.
type Awaiter interface {
	// Await waits until an object shows that may have been made, and no longer than such an object takes. It is no error where none does.
	Await(ctx context.Context, key Key) error
}

// Backend is an API that carries objects. prior is the projection stored last, or "" where there is none. Every method
// honours the context's deadline and is safe for concurrent use.
type Backend interface {
	// Plan says what Apply would give, without changing anything. It returns an *UnknownError where that cannot be known.
	Plan(ctx context.Context, desired Object, prior string) (Live, error)
	// Apply makes the object be as desired. It returns a *DoubtError where the object may have been made nevertheless.
	Apply(ctx context.Context, desired Object, prior string) (Live, error)
	// Read looks at an object through the fields of prior united with those we own now. It returns ErrNotFound where the
	// object is gone, ErrForbidden where it may not be looked at, and an *UnknownError with Unreachable set where the API does not answer.
	Read(ctx context.Context, key Key, prior string) (Live, error)
	// Delete removes the object of this UID ("" for any) and waits until it is gone. An object that is already gone, or that
	// was replaced by one of another UID, is no error. Of a part it removes what the part carries, whoever changed that last, and
	// the object itself only where nobody else has anything in it.
	Delete(ctx context.Context, key Key, uid string) error
}
