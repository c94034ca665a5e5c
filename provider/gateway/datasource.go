package gateway

import (
	"fmt"

	data "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
)

// AllowInDataSource is allow for the schema of a data source: the same permissions, word for word.
func AllowInDataSource(description string) data.MapNestedAttribute {
	return data.MapNestedAttribute{
		Optional: true, MarkdownDescription: description,
		NestedObject: data.NestedAttributeObject{Attributes: inDataSource(allowAttribute().NestedObject.Attributes)},
	}
}

// inDataSource gives attributes of a resource as a data source has them. The framework has a type for each of the two, which say the
// same of what is configured.
func inDataSource(in attributes) map[string]data.Attribute {
	out := make(map[string]data.Attribute, len(in))
	for name, a := range in {
		switch a := a.(type) {
		case schema.StringAttribute:
			out[name] = data.StringAttribute{Required: a.Required, Optional: a.Optional, MarkdownDescription: a.MarkdownDescription, Validators: a.Validators}
		case schema.BoolAttribute:
			out[name] = data.BoolAttribute{Required: a.Required, Optional: a.Optional, MarkdownDescription: a.MarkdownDescription, Validators: a.Validators}
		case schema.Int64Attribute:
			out[name] = data.Int64Attribute{Required: a.Required, Optional: a.Optional, MarkdownDescription: a.MarkdownDescription, Validators: a.Validators}
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
