package oss

import (
	"encoding/base64"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// versionsAnnotation holds the versions of write-only values, which nothing else shows.
const versionsAnnotation = "agentward.dev/versions"

// keysSecret is the Secret that holds the shared keys.
func keysSecret(g spec.Gateway) string {
	if g.Keys.ExistingSecret != "" {
		return g.Keys.ExistingSecret
	}
	return g.Name + "-keys"
}

// secrets are those of the gateway's own: keys that the backend makes, and the user's write-only values.
func (g gateway) secrets() []stack.Object {
	var objects []stack.Object
	if len(g.Keys.IDs) > 0 && g.Keys.ExistingSecret == "" {
		data := map[string]any{}
		for _, id := range g.Keys.IDs {
			data[id] = ""
		}
		o := g.object(g.in("", "v1", "Secret", keysSecret(g.Gateway)), map[string]any{"type": "Opaque", "data": data})
		o.Secret, o.Generate = true, g.Keys.IDs
		objects = append(objects, o)
	}
	if len(g.config.credentials) > 0 {
		objects = append(objects, g.credentials())
	}
	return objects
}

func (g gateway) credentials() stack.Object {
	data := map[string]any{}
	for name, value := range g.config.credentials {
		data[name] = base64.StdEncoding.EncodeToString([]byte(value))
	}
	annotations := map[string]string{}
	for name, value := range g.Annotations {
		annotations[name] = value
	}
	if len(g.config.versions) > 0 {
		versions, err := stack.CanonicalJSON(g.config.versions)
		if err != nil {
			panic("versions are strings: " + err.Error())
		}
		annotations[versionsAnnotation] = versions
	}
	o := manifest(g.in("", "v1", "Secret", g.Name+"-credentials"), g.labels(), annotations, map[string]any{"type": "Opaque", "data": data})
	o.Secret = true
	return o
}
