package identity

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

// googleModel is what an identity has on Google Cloud alone.
type googleModel struct {
	Project       types.String `tfsdk:"project"`
	ProjectNumber types.String `tfsdk:"project_number"`
	Location      types.String `tfsdk:"location"`
	Organization  types.String `tfsdk:"organization"`
	Runtime       types.String `tfsdk:"runtime"`

	AgentRuntime *agentRuntimeModel `tfsdk:"agent_runtime"`
	GKE          *gkeModel          `tfsdk:"gke"`
	Managed      *managedModel      `tfsdk:"managed"`
	AuthProvider *authProviderModel `tfsdk:"auth_provider"`
	Boundary     *boundaryModel     `tfsdk:"principal_access_boundary"`
	AccessPolicy *accessPolicyModel `tfsdk:"access_policy"`
	DenyPolicy   *denyPolicyModel   `tfsdk:"deny_policy"`
	Suspension   *suspensionModel   `tfsdk:"suspension"`
}

type agentRuntimeModel struct {
	Engine          types.String `tfsdk:"engine"`
	Description     types.String `tfsdk:"description"`
	ClientToAgent   types.String `tfsdk:"client_to_agent_gateway"`
	AgentToAnywhere types.String `tfsdk:"agent_to_anywhere_gateway"`
	ForceDelete     types.Bool   `tfsdk:"force_delete"`
}

type gkeModel struct {
	FunctionalType  types.String `tfsdk:"functional_type"`
	AgentCard       types.String `tfsdk:"agent_card"`
	MCPURLs         types.String `tfsdk:"mcp_urls"`
	MCPCapabilities types.String `tfsdk:"mcp_capabilities"`
	Principal       types.String `tfsdk:"principal"`
	Keys            *keysModel   `tfsdk:"keys"`
}

type keysModel struct {
	IdentityAnnotation        types.String `tfsdk:"identity_annotation"`
	IdentityValue             types.String `tfsdk:"identity_value"`
	FunctionalTypeLabel       types.String `tfsdk:"functional_type_label"`
	AgentCardAnnotation       types.String `tfsdk:"agent_card_annotation"`
	MCPURLsAnnotation         types.String `tfsdk:"mcp_urls_annotation"`
	MCPCapabilitiesAnnotation types.String `tfsdk:"mcp_capabilities_annotation"`
}

type suspensionModel struct {
	Permissions  []types.String `tfsdk:"permissions"`
	AttachPoints []types.String `tfsdk:"attach_points"`
	DenyEgress   types.Bool     `tfsdk:"deny_egress"`
	Disable      []types.String `tfsdk:"disable"`
}

// spec gives the block in plain values for an identity of this namespace and name; nil is a block that sets nothing. What it leaves
// out of where things are, the provider says.
func (m *googleModel) spec(namespace, name string, provider *governed.Provider) *spec.GoogleIdentity {
	if m == nil {
		m = &googleModel{}
	}
	g := &spec.GoogleIdentity{
		Project:      m.project(provider),
		Organization: m.Organization.ValueString(),
		Runtime:      m.runtime(),
		Managed:      m.Managed.spec(namespace, name),
		AuthProvider: m.AuthProvider.spec(namespace, name),
		AccessPolicy: m.AccessPolicy.spec(),
		Deny:         m.DenyPolicy.spec(),
		Suspension:   m.Suspension.spec(),
	}
	g.Boundary = m.Boundary.spec(*g)
	if a := m.AgentRuntime; a != nil {
		g.AgentRuntime = &spec.GoogleAgentRuntime{
			Engine: a.Engine.ValueString(), Description: a.Description.ValueString(),
			ClientToAgent: a.ClientToAgent.ValueString(), AgentToAnywhere: a.AgentToAnywhere.ValueString(),
			ForceDelete: a.ForceDelete.ValueBool(),
		}
	}
	if m.GKE != nil || g.Runtime == spec.RuntimeGKE {
		g.GKE = m.GKE.spec()
	}
	return g
}

// project gives where things are.
func (m *googleModel) project(provider *governed.Provider) spec.GoogleProject {
	return provider.Place(spec.GoogleProject{ID: m.Project.ValueString(), Number: m.ProjectNumber.ValueString(), Location: m.Location.ValueString()})
}

// runtime is the one that is configured, or else the one whose block is there, or else GKE, where an agent is most like one of the
// open-source stack.
func (m *googleModel) runtime() spec.GoogleRuntime {
	switch {
	case !m.Runtime.IsNull():
		return spec.GoogleRuntime(m.Runtime.ValueString())
	case m.GKE != nil:
		return spec.RuntimeGKE
	case m.AgentRuntime != nil:
		return spec.RuntimeAgentRuntime
	case m.Managed != nil:
		return spec.RuntimeManaged
	}
	return spec.RuntimeGKE
}

// engine is the reasoning engine that is referred to; "" for none.
func (m *googleModel) engine() string {
	if m == nil || m.AgentRuntime == nil {
		return ""
	}
	return m.AgentRuntime.Engine.ValueString()
}

func (m *gkeModel) spec() *spec.GoogleAgentPods {
	if m == nil {
		m = &gkeModel{}
	}
	keys := m.Keys
	if keys == nil {
		keys = &keysModel{}
	}
	return &spec.GoogleAgentPods{
		FunctionalType:            orElse(m.FunctionalType, spec.FunctionalTypeAgent),
		AgentCard:                 m.AgentCard.ValueString(),
		MCPURLs:                   m.MCPURLs.ValueString(),
		MCPCapabilities:           m.MCPCapabilities.ValueString(),
		Principal:                 m.Principal.ValueString(),
		IdentityAnnotation:        orElse(keys.IdentityAnnotation, spec.GKEIdentityAnnotation),
		IdentityValue:             orElse(keys.IdentityValue, spec.GKEIdentityValue),
		FunctionalTypeLabel:       orElse(keys.FunctionalTypeLabel, spec.GKEFunctionalTypeLabel),
		AgentCardAnnotation:       orElse(keys.AgentCardAnnotation, spec.GKEAgentCardAnnotation),
		MCPURLsAnnotation:         orElse(keys.MCPURLsAnnotation, spec.GKEMCPURLsAnnotation),
		MCPCapabilitiesAnnotation: orElse(keys.MCPCapabilitiesAnnotation, spec.GKEMCPCapabilitiesAnnotation),
	}
}

func (m *suspensionModel) spec() spec.GoogleSuspension {
	if m == nil {
		return spec.GoogleSuspension{}
	}
	return spec.GoogleSuspension{
		Permissions: governed.Strings(m.Permissions), AttachPoints: governed.Strings(m.AttachPoints),
		DenyEgress: m.DenyEgress.ValueBool(), Disable: governed.Strings(m.Disable),
	}
}

func orElse(value types.String, otherwise string) string {
	if value.IsNull() {
		return otherwise
	}
	return value.ValueString()
}
