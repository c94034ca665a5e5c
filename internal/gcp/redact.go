package gcp

import (
	"errors"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// scrubbedError is an error whose text held a secret. What it wrapped is out of reach, because its text still does.
type scrubbedError struct{ text, hint string }

func (e *scrubbedError) Error() string { return e.text }

// Hint says what to do.
func (e *scrubbedError) Hint() string { return e.hint }

// withoutSecrets gives an error whose text holds none of the object's secret values, whoever put them there: Google repeats what it
// was sent.
func withoutSecrets(err error, object stack.Object) error {
	scrubbed := &scrubbedError{text: err.Error()}
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		scrubbed.hint = hinted.Hint()
	}
	before := scrubbed.text + scrubbed.hint
	for _, secret := range stack.GoogleSecretValues(object.Body) {
		if secret != "" {
			scrubbed.text = strings.ReplaceAll(scrubbed.text, secret, "(secret)")
			scrubbed.hint = strings.ReplaceAll(scrubbed.hint, secret, "(secret)")
		}
	}
	if scrubbed.text+scrubbed.hint == before {
		return err
	}
	return scrubbed
}
