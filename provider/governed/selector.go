package governed

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
)

// LabelSelector is a Kubernetes label selector in HCL.
type LabelSelector struct {
	MatchLabels      map[string]types.String `tfsdk:"match_labels"`
	MatchExpressions []LabelRequirement      `tfsdk:"match_expressions"`
}

// LabelRequirement is one expression of a selector.
type LabelRequirement struct {
	Key      types.String   `tfsdk:"key"`
	Operator types.String   `tfsdk:"operator"`
	Values   []types.String `tfsdk:"values"`
}

// Spec gives the selector in plain values; nil selects nothing in particular.
func (s *LabelSelector) Spec() spec.LabelSelector {
	if s == nil {
		return spec.LabelSelector{}
	}
	out := spec.LabelSelector{MatchLabels: StringMap(s.MatchLabels)}
	for _, e := range s.MatchExpressions {
		out.MatchExpressions = append(out.MatchExpressions, spec.LabelRequirement{
			Key: e.Key.ValueString(), Operator: e.Operator.ValueString(), Values: Strings(e.Values),
		})
	}
	return out
}

// LabelSelectorAttribute is the schema of a LabelSelector.
func LabelSelectorAttribute(description string) schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: description,
		Attributes: map[string]schema.Attribute{
			"match_labels": schema.MapAttribute{
				Optional:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "Labels that must all be there with these values.",
			},
			"match_expressions": schema.ListNestedAttribute{
				Optional:            true,
				MarkdownDescription: "Requirements that must all hold.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"key": schema.StringAttribute{Required: true, MarkdownDescription: "The label's key."},
					"operator": schema.StringAttribute{
						Required:            true,
						MarkdownDescription: "`In`, `NotIn`, `Exists` or `DoesNotExist`.",
						Validators:          []validator.String{stringvalidator.OneOf("In", "NotIn", "Exists", "DoesNotExist")},
					},
					"values": schema.ListAttribute{
						Optional:            true,
						ElementType:         types.StringType,
						MarkdownDescription: "Values for `In` and `NotIn`; none for the others.",
					},
				}},
			},
		},
	}
}

// Strings gives the values of a known list, nil for a null one.
func Strings(values []types.String) []string {
	if values == nil {
		return nil
	}
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = v.ValueString()
	}
	return out
}

// StringMap gives the values of a known map, nil for a null one.
func StringMap(values map[string]types.String) map[string]string {
	if values == nil {
		return nil
	}
	out := make(map[string]string, len(values))
	for k, v := range values {
		out[k] = v.ValueString()
	}
	return out
}
