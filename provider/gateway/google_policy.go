package gateway

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

type authzPolicyModel struct {
	Action      types.String     `tfsdk:"action"`
	Description types.String     `tfsdk:"description"`
	Rules       []authzRuleModel `tfsdk:"rules"`
}

func (m authzPolicyModel) spec() spec.GoogleAuthzPolicy {
	return spec.GoogleAuthzPolicy{Action: m.Action.ValueString(), Description: m.Description.ValueString(), Rules: each(m.Rules, authzRuleModel.spec)}
}

type authzRuleModel struct {
	Principals    []types.String     `tfsdk:"principals"`
	NotPrincipals []types.String     `tfsdk:"not_principals"`
	Hosts         []stringMatchModel `tfsdk:"hosts"`
	Paths         []stringMatchModel `tfsdk:"paths"`
	Methods       []types.String     `tfsdk:"methods"`
	MCP           *mcpMatchModel     `tfsdk:"mcp"`
	When          types.String       `tfsdk:"when"`
}

func (m authzRuleModel) spec() spec.GoogleAuthzRule {
	return spec.GoogleAuthzRule{
		Principals:    governed.Strings(m.Principals),
		NotPrincipals: governed.Strings(m.NotPrincipals),
		Hosts:         each(m.Hosts, stringMatchModel.spec),
		Paths:         each(m.Paths, stringMatchModel.spec),
		Methods:       governed.Strings(m.Methods),
		MCP:           m.MCP.spec(),
		When:          m.When.ValueString(),
	}
}

type mcpMatchModel struct {
	BaseProtocolMethods types.String     `tfsdk:"base_protocol_methods"`
	Methods             []mcpMethodModel `tfsdk:"methods"`
}

func (m *mcpMatchModel) spec() *spec.GoogleMCPMatch {
	if m == nil {
		return nil
	}
	return &spec.GoogleMCPMatch{BaseProtocolMethods: m.BaseProtocolMethods.ValueString(), Methods: each(m.Methods, mcpMethodModel.spec)}
}

type mcpMethodModel struct {
	Name   types.String       `tfsdk:"name"`
	Params []stringMatchModel `tfsdk:"params"`
}

func (m mcpMethodModel) spec() spec.GoogleMCPMethod {
	return spec.GoogleMCPMethod{Name: m.Name.ValueString(), Params: each(m.Params, stringMatchModel.spec)}
}

type stringMatchModel struct {
	Exact      types.String `tfsdk:"exact"`
	Prefix     types.String `tfsdk:"prefix"`
	Suffix     types.String `tfsdk:"suffix"`
	Contains   types.String `tfsdk:"contains"`
	IgnoreCase types.Bool   `tfsdk:"ignore_case"`
}

func (m stringMatchModel) spec() spec.GoogleStringMatch {
	return spec.GoogleStringMatch{
		Exact: m.Exact.ValueString(), Prefix: m.Prefix.ValueString(), Suffix: m.Suffix.ValueString(), Contains: m.Contains.ValueString(),
		IgnoreCase: m.IgnoreCase.ValueBool(),
	}
}

type accessPolicyModel struct {
	ID    types.String      `tfsdk:"id"`
	Rules []accessRuleModel `tfsdk:"rules"`
}

func (m *accessPolicyModel) spec() spec.GoogleEgressPolicy {
	if m == nil {
		return spec.GoogleEgressPolicy{}
	}
	return spec.GoogleEgressPolicy{ID: m.ID.ValueString(), Rules: each(m.Rules, accessRuleModel.spec)}
}

type accessRuleModel struct {
	Description        types.String   `tfsdk:"description"`
	Effect             types.String   `tfsdk:"effect"`
	Principals         []types.String `tfsdk:"principals"`
	ExcludedPrincipals []types.String `tfsdk:"excluded_principals"`
	Condition          types.String   `tfsdk:"condition"`
}

func (m accessRuleModel) spec() spec.GoogleEgressRule {
	return spec.GoogleEgressRule{
		Description: m.Description.ValueString(), Effect: m.Effect.ValueString(), Principals: governed.Strings(m.Principals),
		ExcludedPrincipals: governed.Strings(m.ExcludedPrincipals), Condition: m.Condition.ValueString(),
	}
}

type iapGrantModel struct {
	Resource       types.String   `tfsdk:"resource"`
	Location       types.String   `tfsdk:"location"`
	Members        []types.String `tfsdk:"members"`
	Condition      types.String   `tfsdk:"condition"`
	ConditionTitle types.String   `tfsdk:"condition_title"`
}

func (m iapGrantModel) spec() spec.GoogleIAPGrant {
	return spec.GoogleIAPGrant{
		Resource: m.Resource.ValueString(), Location: m.Location.ValueString(), Members: governed.Strings(m.Members),
		Condition: m.Condition.ValueString(), ConditionTitle: m.ConditionTitle.ValueString(),
	}
}

// each gives a list of the same length; nil for nil.
func each[From, To any](from []From, convert func(From) To) []To {
	if from == nil {
		return nil
	}
	to := make([]To, len(from))
	for i, value := range from {
		to[i] = convert(value)
	}
	return to
}
