package gateway

import (
	"fmt"

	data "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/provider/attribute"
)

// AllowInDataSource is allow for the schema of a data source: the same permissions, word for word.
func AllowInDataSource(description string) data.MapNestedAttribute {
	return data.MapNestedAttribute{
		Optional: true, MarkdownDescription: description,
		NestedObject: data.NestedAttributeObject{Attributes: inDataSource(allowAttribute().NestedObject.Attributes)},
	}
}

// portable are the attributes of a target that say whether permissions about it mean the same on another stack.
var portable = []string{"protocol", "url", "openapi", "operations", "unmatched", "services", "gcp"}

// TargetsInDataSource is targets for the schema of a data source, as far as Target has it. Whatever else a target of agent_gateway has may
// stand there: Terraform leaves out what the schema does not know.
func TargetsInDataSource(description string) data.MapNestedAttribute {
	all, some := targetsAttribute().NestedObject.Attributes, attribute.Set{}
	for _, name := range portable {
		some[name] = all[name]
	}
	return data.MapNestedAttribute{
		Required: true, MarkdownDescription: description, NestedObject: data.NestedAttributeObject{Attributes: inDataSource(some)},
	}
}

// Target is what of a target permissions depend on.
type Target struct {
	Protocol   types.String              `tfsdk:"protocol"`
	URL        types.String              `tfsdk:"url"`
	OpenAPI    types.String              `tfsdk:"openapi"`
	Operations map[string]operationModel `tfsdk:"operations"`
	Unmatched  types.String              `tfsdk:"unmatched"`
	Services   []types.String            `tfsdk:"services"`
	GCP        *googleTargetModel        `tfsdk:"gcp"`
}

// Spec gives the target in plain values.
func (m Target) Spec() spec.Target {
	return targetModel{
		Protocol: m.Protocol, URL: m.URL, OpenAPI: m.OpenAPI, Operations: m.Operations, Unmatched: m.Unmatched, Services: m.Services, GCP: m.GCP,
	}.spec()
}

// inDataSource gives attributes of a resource as a data source has them. The framework has a type for each of the two, which say the
// same of what is configured.
func inDataSource(in attribute.Set) map[string]data.Attribute {
	out := make(map[string]data.Attribute, len(in))
	for name, a := range in {
		switch a := a.(type) {
		case schema.StringAttribute:
			out[name] = data.StringAttribute{Required: a.Required, Optional: a.Optional, MarkdownDescription: a.MarkdownDescription, Validators: a.Validators}
		case schema.BoolAttribute:
			out[name] = data.BoolAttribute{Required: a.Required, Optional: a.Optional, MarkdownDescription: a.MarkdownDescription, Validators: a.Validators}
		case schema.Int64Attribute:
			out[name] = data.Int64Attribute{Required: a.Required, Optional: a.Optional, MarkdownDescription: a.MarkdownDescription, Validators: a.Validators}
		case schema.MapAttribute:
			out[name] = data.MapAttribute{
				Required: a.Required, Optional: a.Optional, ElementType: a.ElementType, MarkdownDescription: a.MarkdownDescription, Validators: a.Validators,
			}
		case schema.SingleNestedAttribute:
			out[name] = data.SingleNestedAttribute{
				Required: a.Required, Optional: a.Optional, MarkdownDescription: a.MarkdownDescription, Validators: a.Validators,
				Attributes: inDataSource(a.Attributes),
			}
		case schema.ListNestedAttribute:
			out[name] = data.ListNestedAttribute{
				Required: a.Required, Optional: a.Optional, MarkdownDescription: a.MarkdownDescription, Validators: a.Validators,
				NestedObject: data.NestedAttributeObject{Attributes: inDataSource(a.NestedObject.Attributes)},
			}
		case schema.ListAttribute:
			out[name] = data.ListAttribute{
				Required: a.Required, Optional: a.Optional, ElementType: a.ElementType, MarkdownDescription: a.MarkdownDescription, Validators: a.Validators,
			}
		case schema.MapNestedAttribute:
			out[name] = data.MapNestedAttribute{
				Required: a.Required, Optional: a.Optional, MarkdownDescription: a.MarkdownDescription, Validators: a.Validators,
				NestedObject: data.NestedAttributeObject{Attributes: inDataSource(a.NestedObject.Attributes)},
			}
		default:
			panic(fmt.Sprintf("attribute %q is a %T, which no data source has yet", name, a))
		}
	}
	return out
}
