// Package admission is the resource agent_admission_policy, what agent pods must be like to be let in, and the data source
// agent_policy_violations, what the cluster's reports say of those that are there.
package admission

import (
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/agentward/terraform-provider-agent/provider/governed"
)

// New gives the resource agent_admission_policy.
func New() resource.Resource {
	return governed.New(governed.Definition{
		TypeName: "agent_admission_policy",
		Noun:     "admission policy",
		Schema:   resourceSchema(),
		ImportID: []string{"name"},
		Google:   true,
		New:      func() governed.Model { return &model{} },
	})
}
