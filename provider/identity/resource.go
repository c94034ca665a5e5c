// Package identity is the resource agent_identity: who an agent is.
package identity

import (
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/agentward/terraform-provider-agent/provider/governed"
)

// New gives the resource agent_identity.
func New() resource.Resource {
	return governed.New(governed.Definition{
		TypeName: "agent_identity",
		Noun:     "agent identity",
		Schema:   resourceSchema(),
		ImportID: []string{"namespace", "name"},
		Google:   true,

		FromFullName: fromFullName,
		New:          func() governed.Model { return &model{} },
	})
}
