package identity

import (
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/provider/attribute"
)

const container = "`projects/<id>`, `folders/<number>` or `organizations/<number>`"

func boundaryAttribute() schema.SingleNestedAttribute {
	return attribute.Block("A principal access boundary: what agents may reach at most, whatever they are granted. It is a policy of the organization, and bound to a set of principals; `condition` says which of these.", attribute.Set{
		"display_name": attribute.Text("Display name, up to 63 characters."),
		"rules": attribute.RequiredBlocks("What may be reached; up to 500 resources in all.", attribute.Set{
			"description": attribute.Text("Description, up to 256 characters."),
			"resources":   schema.ListAttribute{Required: true, ElementType: types.StringType, MarkdownDescription: "Resources, with all that is below them: " + container + "."},
		}),
		"enforcement_version": attribute.Text("Which permissions can be blocked: a number, or `latest`. Default: the newest when the policy is created."),
		"bind_to":             attribute.Text("Whose principals are bounded: " + container + ", or `pool` for all identities of the managed identity's pool. Default: `pool` for a managed identity, else the project."),
		"condition": attribute.Text("Which of these, in CEL over `principal.type` and `principal.subject`, up to 250 characters. Default: agents (`principal.type == 'iam.googleapis.com/AgentPoolIdentity'`, " +
			"a type that Google has in Preview), or identities of pools for a managed identity. The default is for every agent there, not for this one alone, and boundaries add up: an agent that is bound by two may reach what either names. " +
			"Write one for all agents of a project, or narrow each by `principal.subject`."),
	})
}

func accessPolicyAttribute() schema.SingleNestedAttribute {
	return attribute.Block("An access policy (IAM v3): what agents may call through an Agent Gateway, or may not. It is of the project, and bound to `bind_to`. Organizations have a constraint, "+
		"`iam.managed.disableAccessPolicyBinding`, that forbids to bind one until it is lifted.", attribute.Set{
		"display_name": attribute.Text("Display name, up to 63 characters."),
		"bind_to":      attribute.List("The resources that it is bound to: " + container + ". Default: the project."),
		"rules": attribute.RequiredBlocks("The rules. A `DENY` wins over every `ALLOW`.", attribute.Set{
			"description":          attribute.Text("Description, up to 256 characters."),
			"effect":               attribute.Text("`ALLOW` (default) or `DENY`.", attribute.OneOf("ALLOW", "DENY")),
			"principals":           attribute.List("Whom the rule is for: `principal://…`, `principalSet://…`. Default: the agent."),
			"excluded_principals":  attribute.List("Whom it is not for."),
			"permissions":          schema.ListAttribute{Required: true, ElementType: types.StringType, MarkdownDescription: "Permissions, as `iap.googleapis.com/resources.egressViaIAP`."},
			"excluded_permissions": attribute.List("Permissions that it is not for."),
			"conditions":           attribute.Texts("CEL conditions by service, as `\"iap.googleapis.com\" = \"destination.is_registered\"`."),
		}),
	})
}

func denyPolicyAttribute() schema.SingleNestedAttribute {
	return attribute.Block("An IAM deny policy: what the agent may not do, whatever it is granted.", attribute.Set{
		"display_name":  attribute.Text("Display name, up to 63 characters."),
		"attach_points": attribute.List("Where it is attached, with a policy at each: " + container + ". Default: the project."),
		"rules": attribute.RequiredBlocks("The rules.", attribute.Set{
			"description":           attribute.Text("Description, up to 256 characters."),
			"principals":            attribute.List("Whom the rule is for: `principal://…`, `principalSet://…`. Default: the agent."),
			"exception_principals":  attribute.List("Whom it is not for."),
			"permissions":           schema.ListAttribute{Required: true, ElementType: types.StringType, MarkdownDescription: "Permissions, as `storage.googleapis.com/objects.delete`, or groups of them, as `secretmanager.googleapis.com/*.*`."},
			"exception_permissions": attribute.List("Permissions that it is not for."),
			"condition":             attribute.Text("When it applies, in CEL over tags of the resource: `resource.matchTag('<organization>/env', 'prod')`."),
			"condition_title":       attribute.Text("What the condition is called."),
		}),
	})
}
