package identity

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

type boundaryModel struct {
	DisplayName        types.String        `tfsdk:"display_name"`
	Rules              []boundaryRuleModel `tfsdk:"rules"`
	EnforcementVersion types.String        `tfsdk:"enforcement_version"`
	BindTo             types.String        `tfsdk:"bind_to"`
	Condition          types.String        `tfsdk:"condition"`
}

type boundaryRuleModel struct {
	Description types.String   `tfsdk:"description"`
	Resources   []types.String `tfsdk:"resources"`
}

type accessPolicyModel struct {
	DisplayName types.String      `tfsdk:"display_name"`
	Rules       []accessRuleModel `tfsdk:"rules"`
	BindTo      []types.String    `tfsdk:"bind_to"`
}

type accessRuleModel struct {
	Description         types.String            `tfsdk:"description"`
	Effect              types.String            `tfsdk:"effect"`
	Principals          []types.String          `tfsdk:"principals"`
	ExcludedPrincipals  []types.String          `tfsdk:"excluded_principals"`
	Permissions         []types.String          `tfsdk:"permissions"`
	ExcludedPermissions []types.String          `tfsdk:"excluded_permissions"`
	Conditions          map[string]types.String `tfsdk:"conditions"`
}

type denyPolicyModel struct {
	DisplayName  types.String    `tfsdk:"display_name"`
	AttachPoints []types.String  `tfsdk:"attach_points"`
	Rules        []denyRuleModel `tfsdk:"rules"`
}

type denyRuleModel struct {
	Description          types.String   `tfsdk:"description"`
	Principals           []types.String `tfsdk:"principals"`
	ExceptionPrincipals  []types.String `tfsdk:"exception_principals"`
	Permissions          []types.String `tfsdk:"permissions"`
	ExceptionPermissions []types.String `tfsdk:"exception_permissions"`
	Condition            types.String   `tfsdk:"condition"`
	ConditionTitle       types.String   `tfsdk:"condition_title"`
}

// spec gives the boundary in plain values. It is for the identity's own pool or, where there is none, for the agents of its project.
func (m *boundaryModel) spec(g spec.GoogleIdentity) *spec.GoogleAccessBoundary {
	if m == nil {
		return nil
	}
	bindTo := "projects/" + g.Project.ID
	if g.Runtime == spec.RuntimeManaged {
		bindTo = spec.BindToPool
	}
	b := &spec.GoogleAccessBoundary{
		DisplayName: m.DisplayName.ValueString(), EnforcementVersion: m.EnforcementVersion.ValueString(),
		BindTo: orElse(m.BindTo, bindTo), Condition: m.Condition.ValueString(),
	}
	for _, r := range m.Rules {
		b.Rules = append(b.Rules, spec.GoogleBoundaryRule{Description: r.Description.ValueString(), Resources: governed.Strings(r.Resources)})
	}
	return b
}

func (m *accessPolicyModel) spec() *spec.GoogleIdentityAccess {
	if m == nil {
		return nil
	}
	a := &spec.GoogleIdentityAccess{DisplayName: m.DisplayName.ValueString(), BindTo: governed.Strings(m.BindTo)}
	for _, r := range m.Rules {
		a.Rules = append(a.Rules, spec.GoogleIdentityAccessRule{
			Description: r.Description.ValueString(), Effect: orElse(r.Effect, "ALLOW"),
			Principals: governed.Strings(r.Principals), ExcludedPrincipals: governed.Strings(r.ExcludedPrincipals),
			Permissions: governed.Strings(r.Permissions), ExcludedPermissions: governed.Strings(r.ExcludedPermissions),
			Conditions: governed.StringMap(r.Conditions),
		})
	}
	return a
}

func (m *denyPolicyModel) spec() *spec.GoogleDenyPolicy {
	if m == nil {
		return nil
	}
	d := &spec.GoogleDenyPolicy{DisplayName: m.DisplayName.ValueString(), AttachPoints: governed.Strings(m.AttachPoints)}
	for _, r := range m.Rules {
		d.Rules = append(d.Rules, spec.GoogleDenyRule{
			Description: r.Description.ValueString(),
			Principals:  governed.Strings(r.Principals), ExceptionPrincipals: governed.Strings(r.ExceptionPrincipals),
			Permissions: governed.Strings(r.Permissions), ExceptionPermissions: governed.Strings(r.ExceptionPermissions),
			Condition: r.Condition.ValueString(), ConditionTitle: r.ConditionTitle.ValueString(),
		})
	}
	return d
}
