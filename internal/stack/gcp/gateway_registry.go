package gcp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
	"github.com/agentward/terraform-provider-agent/internal/stack/gcp/registry"
)

// services are the entries of Agent Registry that are made: those of targets, and those of other things that agents call.
func (g googleGateway) services() ([]stack.Object, error) {
	var objects []stack.Object
	for _, name := range slices.Sorted(maps.Keys(g.Targets)) {
		if !registry.Made(g.Gateway, name) {
			continue
		}
		t := g.Targets[name]
		var s spec.GoogleRegistryService
		if t.Google != nil {
			s = t.Google.Service
		}
		if s.DisplayName == "" {
			s.DisplayName = name[:min(len(name), 63)]
		}
		if len(s.Interfaces) == 0 {
			s.Interfaces = []spec.GoogleInterface{{URL: t.URL}}
		}
		body, err := service(s, t.Protocol)
		if err != nil {
			return nil, fmt.Errorf("target %q: %w", name, err)
		}
		objects = append(objects, stack.Object{Key: registry.Key(g.Gateway, name), Body: body})
	}
	for _, id := range slices.Sorted(maps.Keys(g.google.Services)) {
		s := g.google.Services[id]
		if s.DisplayName == "" {
			s.DisplayName = id
		}
		body, err := service(s, "rest")
		if err != nil {
			return nil, fmt.Errorf("service %q: %w", id, err)
		}
		objects = append(objects, stack.Object{Key: registry.ServiceKey(g.Gateway, id, s), Body: body})
	}
	return objects, nil
}

// service is an entry for what speaks a protocol.
func service(s spec.GoogleRegistryService, protocol string) (map[string]any, error) {
	interfaces := make([]any, len(s.Interfaces))
	for i, in := range s.Interfaces {
		binding := in.ProtocolBinding
		if binding == "" {
			binding = map[string]string{"mcp": "JSONRPC", "a2a": "JSONRPC", "rest": "HTTP_JSON", "grpc": "GRPC"}[protocol]
		}
		interfaces[i] = map[string]any{"url": in.URL, "protocolBinding": binding}
	}
	body := map[string]any{"interfaces": interfaces}
	setText(body, "displayName", s.DisplayName)
	setText(body, "description", s.Description)
	described := map[string]any{"type": "NO_SPEC"}
	if s.Content != "" {
		content, err := jsonValue(s.Content)
		if err != nil {
			return nil, err
		}
		described = map[string]any{"type": map[string]string{"mcp": "TOOL_SPEC", "a2a": "A2A_AGENT_CARD"}[protocol], "content": content}
	}
	body[map[string]string{"mcp": "mcpServerSpec", "a2a": "agentSpec", "rest": "endpointSpec", "grpc": "endpointSpec"}[protocol]] = described
	return body, nil
}

// jsonValue reads JSON into the values of bodies.
func jsonValue(text string) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, fmt.Errorf("the content is no JSON: %w", err)
	}
	return withNumbers(value)
}

func withNumbers(value any) (any, error) {
	switch v := value.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n, nil
		}
		f, err := v.Float64()
		if err != nil {
			return nil, fmt.Errorf("the content has a number that is too large: %s", v)
		}
		return f, nil
	case map[string]any:
		for key, inner := range v {
			made, err := withNumbers(inner)
			if err != nil {
				return nil, err
			}
			v[key] = made
		}
	case []any:
		for i, inner := range v {
			made, err := withNumbers(inner)
			if err != nil {
				return nil, err
			}
			v[i] = made
		}
	}
	return value, nil
}

// registryBindings say with whose authorization agents call targets.
func (g googleGateway) registryBindings() []stack.Object {
	var objects []stack.Object
	for _, id := range slices.Sorted(maps.Keys(g.google.Bindings)) {
		b := g.google.Bindings[id]
		provider := map[string]any{"authProvider": b.AuthProvider}
		setTexts(provider, "scopes", b.Scopes)
		setText(provider, "continueUri", b.ContinueURI)
		target := b.Target
		if _, ok := g.Targets[target]; ok {
			target = registry.URN(g.Gateway, target)
		}
		body := map[string]any{"authProviderBinding": provider, "target": map[string]any{"identifier": target}}
		if b.Source != "" {
			body["source"] = map[string]any{"identifier": b.Source}
		}
		setText(body, "displayName", b.DisplayName)
		setText(body, "description", b.Description)
		location := b.Location
		if location == "" {
			location = g.google.Project.Location
		}
		name := "projects/" + g.google.Project.ID + "/locations/" + location + "/bindings/" + id
		objects = append(objects, stack.Object{Key: stack.GoogleKey(registry.Service, name), Body: body})
	}
	return objects
}
