package gcp

import (
	"fmt"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// withoutSecrets gives an error whose text holds none of the object's secret values, whoever put them there: Google repeats what it
// was sent.
func withoutSecrets(err error, object stack.Object) error {
	text, hidden := err.Error(), false
	for _, secret := range stack.GoogleSecretValues(object.Body) {
		if secret != "" && strings.Contains(text, secret) {
			text, hidden = strings.ReplaceAll(text, secret, "(secret)"), true
		}
	}
	if !hidden {
		return err
	}
	return fmt.Errorf("%s", text)
}
