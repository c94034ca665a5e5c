package kube

import (
	"errors"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// Conflict is one field that another manager owns with another value.
type Conflict struct {
	Field   string // as managedFields writes it: .spec.containers[name="agent"].image
	Manager string // as the API server describes it: "kubectl-edit" using v1
}

func (c Conflict) String() string { return fmt.Sprintf("%s, set by %s", c.Field, c.Manager) }

// ConflictError says that fields of the object belong to other managers.
type ConflictError struct {
	Key       stack.Key
	Conflicts []Conflict
}

func (e *ConflictError) Error() string {
	lines := make([]string, len(e.Conflicts))
	for i, c := range e.Conflicts {
		lines[i] = c.String()
	}
	return fmt.Sprintf("fields of %s belong to another manager: %s", e.Key.Describe(), strings.Join(lines, "; "))
}

// Hint says what to do.
func (e *ConflictError) Hint() string {
	return "Stop the other manager from setting these fields, or set force_conflicts = true in the provider configuration to take them over."
}

// conflictsOf gives the conflicts that a server-side apply was refused for, none for any other error.
func conflictsOf(err error) []Conflict {
	var status apierrors.APIStatus
	if !apierrors.IsConflict(err) || !errors.As(err, &status) || status.Status().Details == nil {
		return nil
	}
	var conflicts []Conflict
	for _, cause := range status.Status().Details.Causes {
		if cause.Type == metav1.CauseTypeFieldManagerConflict {
			conflicts = append(conflicts, Conflict{
				Field:   cause.Field,
				Manager: strings.TrimPrefix(cause.Message, "conflict with "),
			})
		}
	}
	return conflicts
}

// split tells the conflicts over fields of the prior projection, which somebody changed behind our back, from those over
// fields that never were ours.
func (t objectTypes) split(conflicts []Conflict, prior string) (foreign, drifted []Conflict, err error) {
	ours := map[string]bool{}
	if prior != "" {
		fields, err := t.fieldsOf(prior)
		if err != nil {
			return nil, nil, err
		}
		fields.Iterate(func(p fieldpath.Path) { ours[p.String()] = true })
	}
	for _, c := range conflicts {
		if ours[c.Field] {
			drifted = append(drifted, c)
		} else {
			foreign = append(foreign, c)
		}
	}
	return foreign, drifted, nil
}
