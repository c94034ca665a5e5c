package oss

import (
	"maps"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// manifest builds a Kubernetes object. content holds what stands beside apiVersion, kind and metadata.
func manifest(key stack.Key, labels, annotations map[string]string, content map[string]any) stack.Object {
	metadata := map[string]any{"name": key.Name}
	if key.Namespace != "" {
		metadata["namespace"] = key.Namespace
	}
	if len(labels) > 0 {
		metadata["labels"] = anyMap(labels)
	}
	if len(annotations) > 0 {
		metadata["annotations"] = anyMap(annotations)
	}
	body := map[string]any{"apiVersion": key.APIVersion(), "kind": key.Kind, "metadata": metadata}
	maps.Copy(body, content)
	return stack.Object{Key: key, Body: body}
}

func labelSelector(s spec.LabelSelector) map[string]any {
	out := map[string]any{}
	if len(s.MatchLabels) > 0 {
		out["matchLabels"] = anyMap(s.MatchLabels)
	}
	if len(s.MatchExpressions) > 0 {
		expressions := make([]any, len(s.MatchExpressions))
		for i, e := range s.MatchExpressions {
			expression := map[string]any{"key": e.Key, "operator": e.Operator}
			if len(e.Values) > 0 {
				expression["values"] = anySlice(e.Values)
			}
			expressions[i] = expression
		}
		out["matchExpressions"] = expressions
	}
	return out
}

func anyMap[V any](m map[string]V) map[string]any {
	out := make(map[string]any, len(m))
	for k, v := range m {
		out[k] = v
	}
	return out
}

func anySlice[V any](s []V) []any {
	out := make([]any, len(s))
	for i, v := range s {
		out[i] = v
	}
	return out
}
