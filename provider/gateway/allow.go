package gateway

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

// Allow is a permission in typed form, as agent_gateway and agent_decision have it.
type Allow struct {
	Agents         []types.String           `tfsdk:"agents"`
	Users          []types.String           `tfsdk:"users"`
	Target         types.String             `tfsdk:"target"`
	Tools          []types.String           `tfsdk:"tools"`
	Prompts        []types.String           `tfsdk:"prompts"`
	Resources      []types.String           `tfsdk:"resources"`
	Skills         []types.String           `tfsdk:"skills"`
	Operations     []types.String           `tfsdk:"operations"`
	Methods        []types.String           `tfsdk:"methods"`
	Arguments      map[string]argumentModel `tfsdk:"arguments"`
	PartKinds      []types.String           `tfsdk:"part_kinds"`
	MediaTypes     []types.String           `tfsdk:"media_types"`
	URLHosts       []types.String           `tfsdk:"url_hosts"`
	PushHosts      []types.String           `tfsdk:"push_hosts"`
	ReadOnly       types.Bool               `tfsdk:"read_only"`
	Authentication []types.String           `tfsdk:"authentication"`
}

// Spec gives the permission in plain values.
func (m Allow) Spec() spec.Allow {
	return spec.Allow{
		Agents:         governed.Strings(m.Agents),
		Users:          governed.Strings(m.Users),
		Target:         m.Target.ValueString(),
		Tools:          governed.Strings(m.Tools),
		Prompts:        governed.Strings(m.Prompts),
		Resources:      governed.Strings(m.Resources),
		Skills:         governed.Strings(m.Skills),
		Operations:     governed.Strings(m.Operations),
		Methods:        governed.Strings(m.Methods),
		Arguments:      converted(m.Arguments, argumentModel.spec),
		PartKinds:      governed.Strings(m.PartKinds),
		MediaTypes:     governed.Strings(m.MediaTypes),
		URLHosts:       governed.Strings(m.URLHosts),
		PushHosts:      governed.Strings(m.PushHosts),
		ReadOnly:       m.ReadOnly.ValueBool(),
		Authentication: governed.Strings(m.Authentication),
	}
}

type argumentModel struct {
	Optional     types.Bool     `tfsdk:"optional"`
	Equals       types.String   `tfsdk:"equals"`
	EqualsNumber types.Int64    `tfsdk:"equals_number"`
	EqualsBool   types.Bool     `tfsdk:"equals_bool"`
	OneOf        []types.String `tfsdk:"one_of"`
	OneOfNumbers []types.Int64  `tfsdk:"one_of_numbers"`
	Like         types.String   `tfsdk:"like"`
	Min          types.Int64    `tfsdk:"min"`
	Max          types.Int64    `tfsdk:"max"`
}

func (m argumentModel) spec() spec.ArgumentCondition {
	c := spec.ArgumentCondition{Optional: m.Optional.ValueBool(), Like: m.Like.ValueString(), Min: m.Min.ValueInt64Pointer(), Max: m.Max.ValueInt64Pointer()}
	switch {
	case !m.Equals.IsNull():
		c.Equals = m.Equals.ValueString()
	case !m.EqualsNumber.IsNull():
		c.Equals = m.EqualsNumber.ValueInt64()
	case !m.EqualsBool.IsNull():
		c.Equals = m.EqualsBool.ValueBool()
	}
	for _, v := range m.OneOf {
		c.OneOf = append(c.OneOf, v.ValueString())
	}
	for _, v := range m.OneOfNumbers {
		c.OneOf = append(c.OneOf, v.ValueInt64())
	}
	return c
}

// AllowPath gives the path of a problem as the schema spells it: a value that an argument must have has an attribute for each type.
func AllowPath(all map[string]Allow, path []any) []any {
	if len(path) < 5 || path[0] != "allow" || path[2] != "arguments" {
		return path
	}
	allow, _ := path[1].(spec.MapKey)
	argument, _ := path[3].(spec.MapKey)
	c := all[string(allow)].Arguments[string(argument)]
	name := path[4]
	switch {
	case name == "equals" && !c.EqualsNumber.IsNull():
		name = "equals_number"
	case name == "equals" && !c.EqualsBool.IsNull():
		name = "equals_bool"
	case name == "one_of" && c.OneOf == nil:
		name = "one_of_numbers"
	default:
		return path
	}
	return append(append(path[:4:4], name), path[5:]...)
}
