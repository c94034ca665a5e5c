package gateway

import (
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	google "github.com/agentward/terraform-provider-agent/internal/stack/gcp"
	"github.com/agentward/terraform-provider-agent/provider/attribute"
)

// roleType is one of required_roles.
var roleType = types.ObjectType{AttrTypes: map[string]attr.Type{"project": types.StringType, "role": types.StringType, "member": types.StringType}}

func requiredRolesAttribute() schema.MapNestedAttribute {
	return attribute.ComputedNamed(
		"On `gcp`, the roles that the gateway's service agent needs before Model Armor answers it, by project and role, known at plan. They are not granted here: a "+
			"`google_project_iam_member` with this as its `for_each` does. Empty without `gcp.model_armor`, null on `oss`.",
		attribute.Set{
			"project": attribute.Computed("The project's ID."),
			"role":    attribute.Computed("The role: `roles/modelarmor.user`."),
			"member":  attribute.Computed("Whom it is for: `serviceAccount:…`."),
		},
	)
}

// requiredRoles gives the roles by keys that are known whenever the configuration is, as for_each asks for.
func requiredRoles(g spec.Gateway) types.Map {
	roles := map[string]attr.Value{}
	for _, grant := range google.GatewayRoles(g) {
		roles[grant.Project+"/"+grant.Role] = types.ObjectValueMust(roleType.AttrTypes, map[string]attr.Value{
			"project": types.StringValue(grant.Project), "role": types.StringValue(grant.Role), "member": types.StringValue(grant.Member),
		})
	}
	return types.MapValueMust(roleType, roles)
}
