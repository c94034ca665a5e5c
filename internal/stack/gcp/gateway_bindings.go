package gcp

import (
	"maps"
	"slices"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// extensionBinding attaches an extension to gateways over proxies of one's own: to all of the project and location where no resource
// is named, which is how Google binds extensions to gateways.
func (g googleGateway) extensionBinding(id string, b spec.GoogleExtensionBinding) stack.Object {
	body := g.labelled(map[string]any{"producerExtension": b.Extension, "failOpen": b.FailOpen})
	setText(body, "description", b.Description)
	setMap(body, "producerMetadata", anyMap(b.Metadata))
	if b.Resource != "" {
		body["target"] = map[string]any{"resources": []any{b.Resource}}
	} else {
		kind := b.ResourceType
		if kind == "" {
			kind = "AGENT_GATEWAY"
		}
		body["target"] = map[string]any{"scope": map[string]any{"parent": "projects/" + g.google.Project.Number, "resourceTypes": []any{kind}}}
	}
	var conditions []any
	for _, m := range b.Match {
		to := map[string]any{}
		setMap(to, "destination", destinationMatch(m.Destination))
		setMap(to, "notDestination", destinationMatch(m.NotDestination))
		conditions = append(conditions, map[string]any{"to": to})
	}
	setList(body, "matchConditions", conditions)
	return stack.Object{Key: stack.GoogleKey(networkServices, g.in("extensionBindings", id)), Body: body}
}

func destinationMatch(d *spec.GoogleDestination) map[string]any {
	if d == nil {
		return nil
	}
	made := map[string]any{}
	setList(made, "hosts", stringMatches(d.Hosts))
	setList(made, "paths", stringMatches(d.Paths))
	setList(made, "resources", stringMatches(d.Resources))
	var headers []any
	for _, name := range slices.Sorted(maps.Keys(d.Headers)) {
		headers = append(headers, map[string]any{"name": name, "value": stringMatch(d.Headers[name])})
	}
	if len(headers) > 0 {
		made["headerSet"] = map[string]any{"headers": headers}
	}
	return made
}
