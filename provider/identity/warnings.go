package identity

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack/oss"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

// PlanWarnings says where a suspension does less than its name promises.
func (m *model) PlanWarnings(_ context.Context, provider *governed.Provider) diag.Diagnostics {
	var diags diag.Diagnostics
	id := m.spec(provider)
	if id.Google != nil {
		return googleWarnings(id)
	}
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

// Leaving says that what is suspended at gateways is so for as long as the identity is there.
func (m *model) Leaving(provider *governed.Provider) diag.Diagnostics {
	id := m.spec(provider)
	if id.Google != nil || len(id.Gateways) == 0 || len(oss.SuspendedIDs(id)) == 0 {
		return nil
	}
	lifetime := "an hour, unless the SPIRE server says otherwise"
	if id.X509TTL > 0 {
		lifetime = m.X509TTL.ValueString()
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(m.suspendedAt(), fmt.Sprintf("The destruction of agent identity %q lifts its suspension", m.Label()),
		fmt.Sprintf("An SVID that was issued before the suspension is good until it ends (%s after it was issued), and %s will take it again. "+
			"Destroy the identity when the last one has ended; or before that, refuse the agent by the attribute suspended of the agent_gateway, with its principal.",
			lifetime, strings.Join(id.Gateways, ", ")))}
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

// googleWarnings says what a suspension on Google Cloud leaves the agent.
func googleWarnings(id spec.Identity) diag.Diagnostics {
	var diags diag.Diagnostics
	if !id.Suspended {
		return diags
	}
	if len(id.Google.Suspension.Permissions) == 0 {
		diags.AddAttributeWarning(path.Root("suspended"), "A suspended agent keeps what is not denied",
			"A deny policy names permissions one by one, and those of the default are the agent's ways to secrets, to other identities and to data: see gcp.suspension.permissions. "+
				"Whatever else it is granted it keeps; name there what that is, beforehand.")
	}
	if m := id.Google.Managed; m != nil && !slices.Contains(id.Google.Suspension.Disable, spec.DisablePool) {
		diags.AddAttributeWarning(path.Root("suspended"), "Certificates that were issued are good until they end",
			"A disabled managed identity gets no new certificate. Only a disabled pool takes back those that were issued, for all of its identities: gcp.suspension.disable = [\"pool\"].")
	}
	return diags
}

// Switched says what others have to do when the agent moves between stacks.
func (m *model) Switched(from spec.Stack) string {
	if from == spec.OSS {
		return "The agent gets another identity: principal, certificates and trust domain are Google's from then on. Grant the new principal what the agent needs first; its pods have to be rolled " +
			"with pod_annotations and, on GKE, its Deployment with workload_labels. From the moment that the registration with SPIRE is gone, instances get no new SVIDs."
	}
	return "The agent gets another identity: a SPIFFE ID of trust_domain, from SPIRE. Policies of gateways have to name the new principal, and its pods need the Workload API and pod_labels. " +
		"Google keeps what the agent is granted under its old principal; a deny policy goes with this update, and so does a suspension until the new stack carries it out."
}
