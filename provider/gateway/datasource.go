package gateway

import (
	data "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/provider/attribute"
)

// AllowInDataSource is allow for the schema of a data source: the same permissions, word for word.
func AllowInDataSource(description string) data.MapNestedAttribute {
	return data.MapNestedAttribute{
		Optional: true, MarkdownDescription: description,
		NestedObject: data.NestedAttributeObject{Attributes: attribute.InDataSource(allowAttribute().NestedObject.Attributes)},
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
		Required: true, MarkdownDescription: description, NestedObject: data.NestedAttributeObject{Attributes: attribute.InDataSource(some)},
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
