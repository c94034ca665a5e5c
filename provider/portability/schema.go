package portability

import (
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/provider/attribute"
	"github.com/agentward/terraform-provider-agent/provider/gateway"
)

func portabilitySchema() schema.Schema {
	attributes := attribute.InDataSource(attribute.Set{
		"trust_domain": attribute.Text("Trust domain of the agents that `allow` speaks of, without `spiffe://`. The provider's where not set."),
		"mode": attribute.Text("As of an `agent_gateway`: `client_to_agent` (default), where Google asks no IAP, or `agent_to_anywhere`.",
			attribute.OneOf(string(spec.ClientToAgent), string(spec.AgentToAnywhere))),
		"gcp": attribute.Block("What permissions depend on of the gateway's `gcp` block.", attribute.Set{
			"project":        attribute.Text("ID of the project. The provider's where not set."),
			"project_number": attribute.Text("Its number. The provider's where `project` is the provider's too."),
			"principals":     attribute.Texts("IAM principals of agents by SPIFFE ID, where they do not follow from it."),
			"iap": attribute.Block("How Identity-Aware Proxy is asked.", attribute.Set{
				"enabled": attribute.Flag("Whether it is asked. Default: `true`."),
				"version": attribute.Text("`V2` (default) or `V1`.", attribute.OneOf("V1", "V2")),
			}),
		}),

		"portable":   attribute.ComputedFlag("Whether all permissions are portable."),
		"unportable": attribute.ComputedList("Names of the permissions that are not, sorted."),
		"permissions": attribute.ComputedNamed("What is to be said of each permission, by its name.", attribute.Set{
			"portable": attribute.ComputedFlag("Whether it means the same on `gcp`."),
			"means": attribute.Computed("What decides it there: `access_policy`, which is IAM's and asked by IAP, or `authz_policy`, which is the gateway's own. Null where IAP is asked in version `V1`, " +
				"whose grants are written as such."),
			"reasons": attribute.ComputedList("Why it is not portable, each with the attribute at fault. Empty where it is."),
			"notes":   attribute.ComputedList("What is otherwise there, without permitting more."),
		}),
	})
	attributes["targets"] = gateway.TargetsInDataSource("What agents call, as `targets` of an `agent_gateway`. Attributes of those that are not here may stand there too, and make no difference.")
	attributes["allow"] = gateway.AllowInDataSource("Permissions by name, as `allow` of an `agent_gateway`.")
	return schema.Schema{
		MarkdownDescription: "What of the permissions of an `agent_gateway` means the same on the `gcp` stack as on `oss`, and what does not and why. It is what the plan of a gateway on `gcp` " +
			"refuses, told beforehand and without asking Google: for `check` blocks, and before a gateway moves.",
		Attributes: attributes,
	}
}
