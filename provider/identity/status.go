package identity

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/agentward/terraform-provider-agent/internal/stack"
	"github.com/agentward/terraform-provider-agent/internal/stack/oss"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

// counts are the controller's own (ClusterSPIFFEID status.stats), by attribute name.
var counts = governed.Counts{
	{Attribute: "namespaces_selected", Field: "namespacesSelected", Description: "Namespaces that the identity selects."},
	{Attribute: "namespaces_ignored", Field: "namespacesIgnored", Description: "Selected namespaces that the controller is configured to ignore."},
	{Attribute: "pods_selected", Field: "podsSelected", Description: "Pods that are instances of the agent."},
	{Attribute: "render_failures", Field: "podEntryRenderFailures", Description: "Pods for which no SPIFFE ID could be made: those in `suspended_instances`, and any whose ID would be of another trust domain."},
	{Attribute: "entries_masked", Field: "entriesMasked", Description: "Entries that another ClusterSPIFFEID already provides."},
	{Attribute: "entries_to_set", Field: "entriesToSet", Description: "Registration entries that the SPIRE server is to hold."},
	{Attribute: "entry_failures", Field: "entryFailures", Description: "Entries that the SPIRE server refused."},
}

func statusAttribute() schema.SingleNestedAttribute {
	return counts.Attribute("What spire-controller-manager last counted for the per-instance identity. Null where no controller has looked at it.")
}

// Observed reads the controller's counts from the ClusterSPIFFEID of the instances, and the principal of a reasoning engine from it.
func (m *model) Observed(live map[stack.Key]stack.Live) map[string]attr.Value {
	status := counts.Null()
	for key, object := range live {
		hint, _, _ := unstructured.NestedString(object.Body, "spec", "hint")
		if stats, ok, _ := unstructured.NestedMap(object.Body, "status", "stats"); ok && key.Kind == "ClusterSPIFFEID" && hint == oss.HintInstance {
			status = statusOf(stats)
		}
	}
	values := map[string]attr.Value{"status": status}
	if m.createsEngine() {
		values["principal"] = enginePrincipal(live)
	}
	return values
}

func statusOf(stats map[string]any) types.Object {
	return counts.Value(stats, func(number func(string) int64) string {
		return fmt.Sprintf("%d pods selected, %d entries to set, %d failed to render, %d refused by the server",
			number("podsSelected"), number("entriesToSet"), number("podEntryRenderFailures"), number("entryFailures"))
	})
}
