package stack

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// googleSecrets are the fields of Google's resources that are secret, by their place in the body. Google takes them and never shows
// them again.
var googleSecrets = []string{
	"authProviderTypeParams.apiKey.apiKey",
	"authProviderTypeParams.threeLeggedOauth.clientSecret",
	"authProviderTypeParams.twoLeggedOauth.clientSecret",
}

// GoogleSecret says whether the field at a path of Google's resources, "authProviderTypeParams.apiKey.apiKey", is secret.
func GoogleSecret(path string) bool { return slices.Contains(googleSecrets, path) }

// HashGoogleSecrets gives the body of a Google resource with its secret values replaced by their hashes. The resource's name and
// the field are hashed in, so that equal values in two places do not show as equal.
func HashGoogleSecrets(key Key, body map[string]any) map[string]any {
	for _, path := range googleSecrets {
		body = replaceAt(body, strings.Split(path, "."), func(value any) any {
			sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%v", key, path, value))
			return hashPrefix + hex.EncodeToString(sum[:])
		})
	}
	return body
}

// GoogleSecretValues gives the secret values in the body of a Google resource.
func GoogleSecretValues(body map[string]any) []string {
	var values []string
	for _, path := range googleSecrets {
		replaceAt(body, strings.Split(path, "."), func(value any) any {
			if text, ok := value.(string); ok {
				values = append(values, text)
			}
			return value
		})
	}
	return values
}

const hashPrefix = "sha256:"

// withoutGoogleSecrets gives a body without the secret values of Google's resources.
func withoutGoogleSecrets(body map[string]any) map[string]any {
	for _, path := range googleSecrets {
		body = replaceAt(body, strings.Split(path, "."), func(any) any { return "" })
	}
	return body
}

// replaceAt gives body with another value at the path, where there is one; body itself is not changed.
func replaceAt(body map[string]any, path []string, replace func(any) any) map[string]any {
	value, ok := body[path[0]]
	if !ok {
		return body
	}
	var replaced any
	if len(path) == 1 {
		replaced = replace(value)
	} else {
		inner, ok := value.(map[string]any)
		if !ok {
			return body
		}
		replaced = replaceAt(inner, path[1:], replace)
	}
	out := make(map[string]any, len(body))
	for name, v := range body {
		out[name] = v
	}
	out[path[0]] = replaced
	return out
}
