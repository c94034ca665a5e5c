package identity

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/agentward/terraform-provider-agent/internal/stack/oss"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

// PlanWarnings says where a suspension does less than its name promises.
func (m *model) PlanWarnings(_ context.Context, provider *governed.Provider) diag.Diagnostics {
	var diags diag.Diagnostics
	id := m.spec(provider)
	if len(oss.SuspendedIDs(id)) == 0 {
		return diags
	}
	if len(id.Gateways) == 0 {
		diags.AddAttributeWarning(m.suspendedAt(), "No gateway refuses what is suspended",
			"No new SVID is issued, and those that were issued are good until they end. To cut off at once, name the gateways that the agent calls "+
				"in gateways, by the ids of their agent_gateway resources.")
	}
	if id.LogicalID && !id.Suspended {
		diags.AddAttributeWarning(path.Root("logical_id"), "A suspended instance shares an SVID with the others",
			"With logical_id = true each instance also has an SVID of the agent as a whole. A suspended instance gets no new one; with the one that it has, "+
				"gateways cannot tell it from the others until that SVID ends. To cut off at once what it may do with it, set suspended = true, which is for all instances.")
	}
	return diags
}

// suspendedAt is the attribute that suspends.
func (m *model) suspendedAt() path.Path {
	switch {
	case m.Suspended.ValueBool():
		return path.Root("suspended")
	case len(m.SuspendedPods) > 0:
		return path.Root("suspended_instances")
	}
	return path.Root("instances")
}
