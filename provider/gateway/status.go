package gateway

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// counts are those of the Deployment's status, by attribute name.
var counts = []struct{ attribute, field, description string }{
	{"replicas", "replicas", "Replicas that there are."},
	{"ready_replicas", "readyReplicas", "Replicas that serve."},
	{"updated_replicas", "updatedReplicas", "Replicas of the present pod template."},
}

func statusAttribute() schema.SingleNestedAttribute {
	nested := attributes{"summary": schema.StringAttribute{Computed: true, MarkdownDescription: "The counts in one sentence."}}
	for _, c := range counts {
		nested[c.attribute] = schema.Int64Attribute{Computed: true, MarkdownDescription: c.description}
	}
	return schema.SingleNestedAttribute{
		Computed: true, Attributes: nested,
		MarkdownDescription: "What the cluster last said of the gateway's Deployment. Null where there is none yet, and in render mode.",
	}
}

// Observed reads the counts of the Deployment.
func (m *model) Observed(live map[stack.Key]stack.Live) map[string]attr.Value {
	status := types.ObjectNull(statusTypes())
	for key, object := range live {
		if key.Kind == "Deployment" && object.Body != nil {
			status = statusOf(object.Body)
		}
	}
	return map[string]attr.Value{"status": status}
}

func statusTypes() map[string]attr.Type {
	object, ok := statusAttribute().GetType().(attr.TypeWithAttributeTypes)
	if !ok {
		return nil
	}
	return object.AttributeTypes()
}

func statusOf(deployment map[string]any) types.Object {
	values := map[string]attr.Value{}
	number := func(field string) int64 {
		n, _, _ := unstructured.NestedInt64(deployment, "status", field)
		return n
	}
	for _, c := range counts {
		values[c.attribute] = types.Int64Value(number(c.field))
	}
	values["summary"] = types.StringValue(fmt.Sprintf("%d of %d replicas serve, %d of the present template", number("readyReplicas"), number("replicas"), number("updatedReplicas")))
	object, diags := types.ObjectValue(statusTypes(), values)
	if diags.HasError() {
		return types.ObjectNull(statusTypes())
	}
	return object
}
