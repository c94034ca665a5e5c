package attribute

import (
	"fmt"

	data "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
)

// InDataSource gives attributes of a resource as a data source has them. The framework has a type for each of the two, which say the same of
// what is configured and of what is computed; what only a resource has, as plan modifiers and defaults, is left out. It panics at a type that no
// data source has had yet, as any use of the schema then shows.
func InDataSource(attributes Set) map[string]data.Attribute {
	all := make(map[string]data.Attribute, len(attributes))
	for name, a := range attributes {
		switch a := a.(type) {
		case schema.StringAttribute:
			all[name] = data.StringAttribute{Required: a.Required, Optional: a.Optional, Computed: a.Computed, MarkdownDescription: a.MarkdownDescription, Validators: a.Validators}
		case schema.BoolAttribute:
			all[name] = data.BoolAttribute{Required: a.Required, Optional: a.Optional, Computed: a.Computed, MarkdownDescription: a.MarkdownDescription, Validators: a.Validators}
		case schema.Int64Attribute:
			all[name] = data.Int64Attribute{Required: a.Required, Optional: a.Optional, Computed: a.Computed, MarkdownDescription: a.MarkdownDescription, Validators: a.Validators}
		case schema.ListAttribute:
			all[name] = data.ListAttribute{
				Required: a.Required, Optional: a.Optional, Computed: a.Computed, ElementType: a.ElementType, MarkdownDescription: a.MarkdownDescription, Validators: a.Validators,
			}
		case schema.MapAttribute:
			all[name] = data.MapAttribute{
				Required: a.Required, Optional: a.Optional, Computed: a.Computed, ElementType: a.ElementType, MarkdownDescription: a.MarkdownDescription, Validators: a.Validators,
			}
		case schema.SingleNestedAttribute:
			all[name] = data.SingleNestedAttribute{
				Required: a.Required, Optional: a.Optional, Computed: a.Computed, MarkdownDescription: a.MarkdownDescription, Validators: a.Validators,
				Attributes: InDataSource(a.Attributes),
			}
		case schema.ListNestedAttribute:
			all[name] = data.ListNestedAttribute{
				Required: a.Required, Optional: a.Optional, Computed: a.Computed, MarkdownDescription: a.MarkdownDescription, Validators: a.Validators,
				NestedObject: data.NestedAttributeObject{Attributes: InDataSource(a.NestedObject.Attributes)},
			}
		case schema.MapNestedAttribute:
			all[name] = data.MapNestedAttribute{
				Required: a.Required, Optional: a.Optional, Computed: a.Computed, MarkdownDescription: a.MarkdownDescription, Validators: a.Validators,
				NestedObject: data.NestedAttributeObject{Attributes: InDataSource(a.NestedObject.Attributes)},
			}
		default:
			panic(fmt.Sprintf("attribute %q: no data source has a %T yet", name, a))
		}
	}
	return all
}
