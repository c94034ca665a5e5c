package stack

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// secretSections are the fields of a Secret whose values are secret.
var secretSections = []string{"data", "stringData"}

// HashSecret gives a Secret whose values are replaced by their hashes, and any other Kubernetes object as it is. Namespace,
// name and field are hashed in, so that equal values in two places do not show as equal.
func HashSecret(body map[string]any) map[string]any {
	if body["apiVersion"] != "v1" || body["kind"] != "Secret" {
		return body
	}
	metadata, _ := body["metadata"].(map[string]any)
	return replaceSecretValues(body, func(field string, value any) string {
		sum := sha256.Sum256(fmt.Appendf(nil, "%v\x00%v\x00%s\x00%v", metadata["namespace"], metadata["name"], field, value))
		return hashPrefix + hex.EncodeToString(sum[:])
	})
}

// Redact gives the body of an object without its secret values.
func Redact(object Object) map[string]any {
	if object.Key.Google() {
		return withoutGoogleSecrets(object.Body)
	}
	return replaceSecretValues(object.Body, func(string, any) string { return "" })
}

func replaceSecretValues(body map[string]any, replace func(field string, value any) string) map[string]any {
	out := make(map[string]any, len(body))
	for k, v := range body {
		out[k] = v
	}
	for _, section := range secretSections {
		values, ok := body[section].(map[string]any)
		if !ok {
			continue
		}
		replaced := make(map[string]any, len(values))
		for field, value := range values {
			replaced[field] = replace(field, value)
		}
		out[section] = replaced
	}
	return out
}
