package gateway

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

// counts are those of the Deployment's status, by attribute name.
var counts = governed.Counts{
	{Attribute: "replicas", Field: "replicas", Description: "Replicas that there are."},
	{Attribute: "ready_replicas", Field: "readyReplicas", Description: "Replicas that serve."},
	{Attribute: "updated_replicas", Field: "updatedReplicas", Description: "Replicas of the present pod template."},
}

func statusAttribute() schema.SingleNestedAttribute {
	return counts.Attribute("What the cluster last said of the gateway's Deployment. Null where there is none yet, and in render mode.")
}

// Observed reads the counts of the Deployment, or what Google says of the gateway.
func (m *model) Observed(live map[stack.Key]stack.Live) map[string]attr.Value {
	if m.On() == spec.GCP {
		return googleObserved(live)
	}
	status := counts.Null()
	for key, object := range live {
		if key.Kind == "Deployment" && object.Body != nil {
			status = statusOf(object.Body)
		}
	}
	return map[string]attr.Value{"status": status}
}

func statusOf(deployment map[string]any) types.Object {
	status, _ := deployment["status"].(map[string]any)
	return counts.Value(status, func(number func(string) int64) string {
		return fmt.Sprintf("%d of %d replicas serve, %d of the present template", number("readyReplicas"), number("replicas"), number("updatedReplicas"))
	})
}
