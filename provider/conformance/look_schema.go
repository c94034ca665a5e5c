package conformance

import (
	"fmt"

	data "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
)

func lookSchema() data.Schema {
	return data.Schema{
		MarkdownDescription: "A look at a cluster: which requirements of CNCF Kubernetes AI Conformance (KARs) it meets. It reads what the API server serves and lists, writes nothing, and fails for " +
			"nothing that is unmet: use it with `check` blocks, or the resource of the same name as a gate.\n\n" + named,
		Attributes: asLook(lookAttributes()),
	}
}

// asLook gives the attributes of a resource to a data source, whose types differ by their package alone.
func asLook(attributes map[string]schema.Attribute) map[string]data.Attribute {
	all := map[string]data.Attribute{}
	for name, attribute := range attributes {
		switch a := attribute.(type) {
		case schema.StringAttribute:
			all[name] = data.StringAttribute{Required: a.Required, Optional: a.Optional, Computed: a.Computed, MarkdownDescription: a.MarkdownDescription, Validators: a.Validators}
		case schema.BoolAttribute:
			all[name] = data.BoolAttribute{Required: a.Required, Optional: a.Optional, Computed: a.Computed, MarkdownDescription: a.MarkdownDescription, Validators: a.Validators}
		case schema.Int64Attribute:
			all[name] = data.Int64Attribute{Required: a.Required, Optional: a.Optional, Computed: a.Computed, MarkdownDescription: a.MarkdownDescription, Validators: a.Validators}
		case schema.ListAttribute:
			all[name] = data.ListAttribute{Required: a.Required, Optional: a.Optional, Computed: a.Computed, MarkdownDescription: a.MarkdownDescription, Validators: a.Validators, ElementType: a.ElementType}
		case schema.MapAttribute:
			all[name] = data.MapAttribute{Required: a.Required, Optional: a.Optional, Computed: a.Computed, MarkdownDescription: a.MarkdownDescription, Validators: a.Validators, ElementType: a.ElementType}
		case schema.SingleNestedAttribute:
			all[name] = data.SingleNestedAttribute{Required: a.Required, Optional: a.Optional, Computed: a.Computed, MarkdownDescription: a.MarkdownDescription, Validators: a.Validators, Attributes: asLook(a.Attributes)}
		case schema.MapNestedAttribute:
			all[name] = data.MapNestedAttribute{
				Required: a.Required, Optional: a.Optional, Computed: a.Computed, MarkdownDescription: a.MarkdownDescription, Validators: a.Validators,
				NestedObject: data.NestedAttributeObject{Attributes: asLook(a.NestedObject.Attributes)},
			}
		default:
			// Only a change of lookAttributes gets here, and any test sees it.
			panic(fmt.Sprintf("attribute %q: no data source is given a %T yet", name, attribute))
		}
	}
	return all
}
