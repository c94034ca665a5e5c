package identity

import "github.com/hashicorp/terraform-plugin-framework/resource/schema"

const container = "`projects/<id>`, `folders/<number>` or `organizations/<number>`"

func boundaryAttribute() schema.SingleNestedAttribute {
	return block("A principal access boundary: what agents may reach at most, whatever they are granted. It is a policy of the organization, and bound to a set of principals; `condition` says which of these.", attributes{
		"display_name": text("Display name, up to 63 characters."),
		"rules": blocks("What may be reached; up to 500 resources in all.", attributes{
			"description": text("Description, up to 256 characters."),
			"resources":   schema.ListAttribute{Required: true, ElementType: textType, MarkdownDescription: "Resources, with all that is below them: " + container + "."},
		}),
		"enforcement_version": text("Which permissions can be blocked: a number, or `latest`. Default: the newest when the policy is created."),
		"bind_to":             text("Whose principals are bounded: " + container + ", or `pool` for all identities of the managed identity's pool. Default: `pool` for a managed identity, else the project."),
		"condition": text("Which of these, in CEL over `principal.type` and `principal.subject`, up to 250 characters. Default: agents (`principal.type == 'iam.googleapis.com/AgentPoolIdentity'`, " +
			"a type that Google has in Preview), or identities of pools for a managed identity. The default is for every agent there, not for this one alone: narrow it by `principal.subject`."),
	})
}

func accessPolicyAttribute() schema.SingleNestedAttribute {
	return block("An access policy (IAM v3): what agents may call through an Agent Gateway, or may not. It is of the project, and bound to `bind_to`. Organizations have a constraint, "+
		"`iam.managed.disableAccessPolicyBinding`, that forbids to bind one until it is lifted.", attributes{
		"display_name": text("Display name, up to 63 characters."),
		"bind_to":      list("The resources that it is bound to: " + container + ". Default: the project."),
		"rules": blocks("The rules. A `DENY` wins over every `ALLOW`.", attributes{
			"description":          text("Description, up to 256 characters."),
			"effect":               text("`ALLOW` (default) or `DENY`.", oneOf("ALLOW", "DENY")),
			"principals":           list("Whom the rule is for: `principal://…`, `principalSet://…`. Default: the agent."),
			"excluded_principals":  list("Whom it is not for."),
			"permissions":          schema.ListAttribute{Required: true, ElementType: textType, MarkdownDescription: "Permissions, as `iap.googleapis.com/resources.egressViaIAP`."},
			"excluded_permissions": list("Permissions that it is not for."),
			"conditions":           texts("CEL conditions by service, as `\"iap.googleapis.com\" = \"destination.is_registered\"`."),
		}),
	})
}

func denyPolicyAttribute() schema.SingleNestedAttribute {
	return block("An IAM deny policy: what the agent may not do, whatever it is granted.", attributes{
		"display_name":  text("Display name, up to 63 characters."),
		"attach_points": list("Where it is attached, with a policy at each: " + container + ". Default: the project."),
		"rules": blocks("The rules.", attributes{
			"description":           text("Description, up to 256 characters."),
			"principals":            list("Whom the rule is for: `principal://…`, `principalSet://…`. Default: the agent."),
			"exception_principals":  list("Whom it is not for."),
			"permissions":           schema.ListAttribute{Required: true, ElementType: textType, MarkdownDescription: "Permissions, as `storage.googleapis.com/objects.delete`, or groups of them, as `secretmanager.googleapis.com/*.*`."},
			"exception_permissions": list("Permissions that it is not for."),
			"condition":             text("When it applies, in CEL over tags of the resource: `resource.matchTag('<organization>/env', 'prod')`."),
			"condition_title":       text("What the condition is called."),
		}),
	})
}
