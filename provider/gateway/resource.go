// Package gateway is the resource agent_gateway: what stands between agents and what they use.
package gateway

import (
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/agentward/terraform-provider-agent/provider/governed"
)

// New gives the resource agent_gateway.
func New() resource.Resource {
	return governed.New(governed.Definition{
		TypeName: "agent_gateway",
		Noun:     "agent gateway",
		Schema:   resourceSchema(),
		ImportID: []string{"namespace", "name"},
		New:      func() governed.Model { return &model{} },

		Google: true, FromFullName: fromFullName,
	})
}
