package gateway

import (
	"maps"
	"slices"

	"github.com/agentward/terraform-provider-agent/internal/spec"
)

// googleOnly refuses what only a gateway on Google Cloud has where the gateway is on the open-source stack.
func (m *model) googleOnly() spec.Problems {
	var problems spec.Problems
	if m.On() != spec.OSS {
		return nil
	}
	const other = "is of stack %q, and the gateway is on %q: leave it out, or set stack = %[1]q"
	if m.GCP != nil {
		problems.Add([]any{"gcp"}, other, spec.GCP, spec.OSS)
	}
	for _, name := range slices.Sorted(maps.Keys(m.Targets)) {
		if m.Targets[name].GCP != nil {
			problems.Add([]any{"targets", spec.MapKey(name), "gcp"}, other, spec.GCP, spec.OSS)
		}
	}
	return problems
}
