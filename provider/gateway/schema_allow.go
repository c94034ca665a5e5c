package gateway

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/provider/attribute"
)

func allowAttribute() schema.MapNestedAttribute {
	return attribute.Named("Permissions in typed form, by name: who may use what of a target. Each is compiled to Cedar (see `rendered_policies`); a `forbid` of `policies` wins over it. "+
		"With it comes looking at the target's lists and cards, which show what may be used and nothing else, and, for tools and skills, the tasks whose ids the caller knows; "+
		"listing tasks does not. Terraform drops, without a word, names inside it that it does not know, so that a misspelt condition is none: "+
		"the plan shows in `rendered_policies` what is permitted, and `agent_decision` tests it.", attribute.Set{
		"agents":     attribute.List("`principal` of an `agent_identity`: the SPIFFE ID of an agent without its instance, and on `gcp` its IAM principal, where `principalSet://…` is taken too; `ns:<namespace>` for all of a namespace; `*` for all of the trust domain."),
		"users":      attribute.List("Users, as `<issuer>#<subject>`, or DIDs. With `agents`, the agents must act for one of them; without, they call by themselves."),
		"target":     attribute.Required("Name of the target, one of `targets`.", stringvalidator.LengthAtLeast(1)),
		"tools":      attribute.List("Tools of an MCP server, by exact name; `*` alone for all. At least one of `tools`, `prompts`, `resources`, `skills`, `operations` and `methods` is needed."),
		"prompts":    attribute.List("Prompts of an MCP server, by exact name; `*` alone for all."),
		"resources":  attribute.List("Resources of an MCP server, by exact URI; `*` alone for all."),
		"skills":     attribute.List("Skills of an A2A agent, by id; `*` alone for all, and for messages that name none."),
		"operations": attribute.List("Operations of a REST API, by id, or `<METHOD> <path template>` where it has none; `*` alone for all."),
		"methods":    attribute.List("Methods of gRPC, as `<package>.<Service>/<Method>`; `*` alone for all."),
		"arguments": attribute.Named("What arguments must be like, by path: `transfer.amount` is `amount` in the object `transfer`. All must hold. An argument that is of another type, or not there, denies; `{}` asks only that it is there.", attribute.Set{
			"optional":       attribute.Flag("The argument may be absent. Default: `false`."),
			"equals":         attribute.Text("The string that it must be.", stringvalidator.ConflictsWith(sibling("equals_number"), sibling("equals_bool"))),
			"equals_number":  schema.Int64Attribute{Optional: true, MarkdownDescription: "The whole number that it must be.", Validators: []validator.Int64{int64validator.ConflictsWith(sibling("equals_bool"))}},
			"equals_bool":    attribute.Flag("The boolean that it must be."),
			"one_of":         attribute.List("Strings of which it must be one."),
			"one_of_numbers": schema.ListAttribute{Optional: true, ElementType: types.Int64Type, MarkdownDescription: "Whole numbers of which it must be one."},
			"like":           attribute.Text("A pattern for a string, with `*` for any characters."),
			"min":            schema.Int64Attribute{Optional: true, MarkdownDescription: "The least whole number that it may be."},
			"max":            schema.Int64Attribute{Optional: true, MarkdownDescription: "The greatest whole number that it may be."},
		}),
		"part_kinds":     attribute.List("Kinds of parts that an A2A message may have: `text`, `raw`, `url`, `data`. Default: any."),
		"media_types":    attribute.List("Media types that parts of an A2A message may have. Default: any."),
		"url_hosts":      attribute.List("Hosts that URLs in an A2A message may lead to; `*` alone for any. Default: any."),
		"push_hosts":     attribute.List("Hosts that the news of an A2A task may be sent to; `*` alone for any. Default: none, since what is sent there leaves the gateway's sight."),
		"read_only":      attribute.Flag("Only tools that their server calls read-only. Default: `false`."),
		"authentication": attribute.List("Methods, all of which the caller must have proven: `mtls`, `dpop`, `cert-bound`, `jwt`, `jwt-svid`, `did`."),
	})
}
