package oss

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// SuspendedIDs gives the SPIFFE IDs that gateways are to refuse, sorted: the agent's own, which stands for all of its instances, or
// those of single instances; none where nothing is suspended.
func SuspendedIDs(id spec.Identity) []string {
	if id.Suspended {
		return []string{LogicalID(id)}
	}
	instances := slices.Clone(id.SuspendedInstances)
	for name, instance := range maps.All(id.Instances) {
		if instance.Suspended {
			instances = append(instances, name)
		}
	}
	slices.Sort(instances)
	for i, instance := range instances {
		instances[i] = LogicalID(id) + "/instance/" + instance
	}
	return instances
}

// suspensions renders the identity's part in the list of each gateway. While nothing is suspended there is none, so that who never
// suspends needs no rights in a gateway's namespace.
func suspensions(id spec.Identity) []stack.Object {
	suspended := SuspendedIDs(id)
	if len(suspended) == 0 {
		return nil
	}
	var objects []stack.Object
	for _, gateway := range slices.Sorted(slices.Values(id.Gateways)) {
		namespace, name, _ := strings.Cut(gateway, "/")
		key := stack.Key{Version: "v1", Kind: "ConfigMap", Namespace: namespace, Name: spec.SuspendedObject(name), Part: id.Namespace + "." + id.Name}
		// Labels and annotations are the gateway's to set.
		objects = append(objects, manifest(key, nil, nil, map[string]any{"data": map[string]any{key.Part: strings.Join(suspended, "\n") + "\n"}}))
	}
	return objects
}

// unlessSuspended makes a template of a SPIFFE ID give none for suspended pods: what it gives for those is no SPIFFE ID, so that
// spire-controller-manager counts a failure to render and removes the entries of that pod alone.
func unlessSuspended(id spec.Identity, template string) string {
	if len(id.SuspendedInstances) == 0 {
		return template
	}
	var condition strings.Builder
	condition.WriteString("{{ if eq .PodMeta.UID")
	for _, uid := range slices.Sorted(slices.Values(id.SuspendedInstances)) {
		condition.WriteString(" " + strconv.Quote(uid))
	}
	return condition.String() + " }}suspended{{ else }}" + template + "{{ end }}"
}
