package identity

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/agentward/terraform-provider-agent/internal/stack"
	"github.com/agentward/terraform-provider-agent/internal/stack/oss"
)

// counts are the controller's own (ClusterSPIFFEID status.stats), by attribute name.
var counts = []struct{ attribute, field, description string }{
	{"namespaces_selected", "namespacesSelected", "Namespaces that the identity selects."},
	{"namespaces_ignored", "namespacesIgnored", "Selected namespaces that the controller is configured to ignore."},
	{"pods_selected", "podsSelected", "Pods that are instances of the agent."},
	{"render_failures", "podEntryRenderFailures", "Pods for which no SPIFFE ID could be made: those in `suspended_instances`, and any whose ID would be of another trust domain."},
	{"entries_masked", "entriesMasked", "Entries that another ClusterSPIFFEID already provides."},
	{"entries_to_set", "entriesToSet", "Registration entries that the SPIRE server is to hold."},
	{"entry_failures", "entryFailures", "Entries that the SPIRE server refused."},
}

func statusAttribute() schema.SingleNestedAttribute {
	attributes := map[string]schema.Attribute{
		"summary": schema.StringAttribute{Computed: true, MarkdownDescription: "The counts in one sentence."},
	}
	for _, c := range counts {
		attributes[c.attribute] = schema.Int64Attribute{Computed: true, MarkdownDescription: c.description}
	}
	return schema.SingleNestedAttribute{
		Computed:            true,
		Attributes:          attributes,
		MarkdownDescription: "What spire-controller-manager last counted for the per-instance identity. Null where no controller has looked at it.",
	}
}

// Observed reads the controller's counts from the ClusterSPIFFEID of the instances.
func (m *model) Observed(live map[stack.Key]stack.Live) map[string]attr.Value {
	status := types.ObjectNull(statusTypes())
	for key, object := range live {
		hint, _, _ := unstructured.NestedString(object.Body, "spec", "hint")
		if stats, ok, _ := unstructured.NestedMap(object.Body, "status", "stats"); ok && key.Kind == "ClusterSPIFFEID" && hint == oss.HintInstance {
			status = statusOf(stats)
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

func statusOf(stats map[string]any) types.Object {
	number := func(field string) int64 {
		n, _, _ := unstructured.NestedInt64(stats, field)
		return n
	}
	values := map[string]attr.Value{}
	for _, c := range counts {
		values[c.attribute] = types.Int64Value(number(c.field))
	}
	values["summary"] = types.StringValue(fmt.Sprintf("%d pods selected, %d entries to set, %d failed to render, %d refused by the server",
		number("podsSelected"), number("entriesToSet"), number("podEntryRenderFailures"), number("entryFailures")))
	object, diags := types.ObjectValue(statusTypes(), values)
	if diags.HasError() {
		return types.ObjectNull(statusTypes())
	}
	return object
}
