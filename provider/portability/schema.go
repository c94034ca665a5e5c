package portability

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/provider/gateway"
)

func portabilitySchema() schema.Schema {
	optional := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: description}
	}
	texts := func(description string) schema.ListAttribute {
		return schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: description}
	}
	return schema.Schema{
		MarkdownDescription: "What of the permissions of an `agent_gateway` means the same on the `gcp` stack as on `oss`, and what does not and why. It is what the plan of a gateway on `gcp` " +
			"refuses, told beforehand and without asking Google: for `check` blocks, and before a gateway moves.",
		Attributes: map[string]schema.Attribute{
			"targets":      gateway.TargetsInDataSource("What agents call, as `targets` of an `agent_gateway`. Attributes of those that are not here may stand there too, and make no difference."),
			"allow":        gateway.AllowInDataSource("Permissions by name, as `allow` of an `agent_gateway`."),
			"trust_domain": optional("Trust domain of the agents that `allow` speaks of, without `spiffe://`. The provider's where not set."),
			"mode": schema.StringAttribute{
				Optional: true, MarkdownDescription: "As of an `agent_gateway`: `client_to_agent` (default), where Google asks no IAP, or `agent_to_anywhere`.",
				Validators: []validator.String{stringvalidator.OneOf(string(spec.ClientToAgent), string(spec.AgentToAnywhere))},
			},
			"gcp": schema.SingleNestedAttribute{
				Optional: true, MarkdownDescription: "What permissions depend on of the gateway's `gcp` block.",
				Attributes: map[string]schema.Attribute{
					"project":        optional("ID of the project. The provider's where not set."),
					"project_number": optional("Its number. The provider's where `project` is the provider's too."),
					"principals": schema.MapAttribute{
						Optional: true, ElementType: types.StringType, MarkdownDescription: "IAM principals of agents by SPIFFE ID, where they do not follow from it.",
					},
					"iap": schema.SingleNestedAttribute{
						Optional: true, MarkdownDescription: "How Identity-Aware Proxy is asked.",
						Attributes: map[string]schema.Attribute{
							"enabled": schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether it is asked. Default: `true`."},
							"version": schema.StringAttribute{
								Optional: true, MarkdownDescription: "`V2` (default) or `V1`.", Validators: []validator.String{stringvalidator.OneOf("V1", "V2")},
							},
						},
					},
				},
			},

			"portable":   schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether all permissions are portable."},
			"unportable": texts("Names of the permissions that are not, sorted."),
			"permissions": schema.MapNestedAttribute{
				Computed: true, MarkdownDescription: "What is to be said of each permission, by its name.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"portable": schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether it means the same on `gcp`."},
					"means": schema.StringAttribute{
						Computed: true,
						MarkdownDescription: "What decides it there: `access_policy`, which is IAM's and asked by IAP, or `authz_policy`, which is the gateway's own. Null where IAP is asked in version `V1`, " +
							"whose grants are written as such.",
					},
					"reasons": texts("Why it is not portable, each with the attribute at fault. Empty where it is."),
					"notes":   texts("What is otherwise there, without permitting more."),
				}},
			},
		},
	}
}
