package gateway

import (
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"

	"github.com/agentward/terraform-provider-agent/provider/attribute"
)

func modelArmorAttribute() schema.SingleNestedAttribute {
	return attribute.Block("Model Armor, which inspects prompts and answers: templates that exist, or one that is made with the gateway. In the gateway's region.", attribute.Set{
		"request_template":  attribute.Text("Template for requests, `projects/<project>/locations/<location>/templates/<id>`."),
		"response_template": attribute.Text("Template for answers."),
		"template": attribute.Block("One that is made, for both directions.", attribute.Set{
			"id":                  attribute.Text("Its id. Default: the gateway's."),
			"labels":              attribute.Texts("Its labels."),
			"inspect_only":        attribute.Flag("Find and log, and block nothing. Default: `false`."),
			"responsible_ai":      attribute.Texts("From which confidence a kind counts, `LOW_AND_ABOVE`, `MEDIUM_AND_ABOVE` or `HIGH`, by kind: `SEXUALLY_EXPLICIT`, `HATE_SPEECH`, `HARASSMENT`, `DANGEROUS`."),
			"prompt_injection":    attribute.Text("From which confidence an injection or a jailbreak counts. Default: none is looked for.", attribute.OneOf("LOW_AND_ABOVE", "MEDIUM_AND_ABOVE", "HIGH")),
			"malicious_uris":      attribute.Flag("Look for malicious URLs. Default: `false`."),
			"sensitive_data":      attribute.Flag("Look for sensitive data, as Google defines it or `inspect_template` does. Default: `false`."),
			"inspect_template":    attribute.Text("Template of Sensitive Data Protection that says what is sensitive: `projects/<project>/locations/<location>/inspectTemplates/<id>`."),
			"deidentify_template": attribute.Text("Template of Sensitive Data Protection that says what becomes of it."),
			"multi_language":      attribute.Flag("Look at other languages than English too. Default: `false`."),
			"log_operations":      attribute.Flag("Log changes of the template. Default: `false`."),
			"log_sanitizing":      attribute.Flag("Log what was inspected. Default: `false`."),
		}),
		"timeout":   googleTimeout(),
		"fail_open": attribute.Flag("Let content through where it does not answer. Default: `false`."),
	})
}

func extensionsAttribute() schema.MapNestedAttribute {
	return attribute.Named("Authorization extensions of your own, by name. A gateway takes at most four that decide or inspect, IAP and Model Armor among them.", attribute.Set{
		"service": attribute.Required("Host of a server that speaks HTTP/2 over TLS at port 443, whose certificate Google does not verify, or URL of a regional backend service."),
		"profile": attribute.Text("`REQUEST_AUTHZ` (default): it decides on a request. `CONTENT_AUTHZ`: it inspects content, by `EXT_PROC_GRPC`.",
			attribute.OneOf("REQUEST_AUTHZ", "CONTENT_AUTHZ")),
		"timeout":               googleTimeout(),
		"fail_open":             attribute.Flag("Let requests through where it does not answer. Default: `false`."),
		"forward_headers":       attribute.List("Headers that it is told. Default: all."),
		"forward_attributes":    attribute.List("Attributes that it is told."),
		"metadata":              attribute.Texts("What it is told with each request."),
		"authority":             attribute.Text("`:authority` of calls to a backend service."),
		"load_balancing_scheme": attribute.Text("That of the backend service.", attribute.OneOf("INTERNAL_MANAGED", "EXTERNAL_MANAGED")),
		"wire_format":           attribute.Text("What it speaks. Default: as Google chooses.", attribute.OneOf("EXT_PROC_GRPC", "EXT_AUTHZ_GRPC")),
		"description":           attribute.Text("Its description."),
	})
}

func extensionBindingsAttribute() schema.MapNestedAttribute {
	destination := func(description string) schema.SingleNestedAttribute {
		return attribute.Block(description, attribute.Set{
			"hosts":     stringMatches("Hosts."),
			"paths":     stringMatches("Paths."),
			"resources": stringMatches("Resources."),
			"headers":   attribute.Named("Headers, all of which must match.", stringMatchAttributes()),
		})
	}
	return attribute.Named("Extensions that gateways over proxies of your own attach to (Preview), by id, beside those of IAP and Model Armor.", attribute.Set{
		"description":   attribute.Text("Its description."),
		"extension":     attribute.Required("`iap.googleapis.com`, or Model Armor of a region: `modelarmor.us-central1.rep.googleapis.com`."),
		"metadata":      attribute.Texts("What the extension is told."),
		"fail_open":     attribute.Flag("Let requests through where it does not answer. Default: `false`."),
		"resource":      attribute.Text("What it attaches to. Default: all of `resource_type` in the project and location."),
		"resource_type": attribute.Text("`AGENT_GATEWAY` (default) or `AI_APPLICATION`.", attribute.OneOf("AGENT_GATEWAY", "AI_APPLICATION")),
		"match": attribute.Blocks("Which requests it sees: those that fit one of these. Default: all.", attribute.Set{
			"destination":     destination("Requests to one of each list that is set."),
			"not_destination": destination("And none to these."),
		}),
	})
}

func authzPoliciesAttribute() schema.MapNestedAttribute {
	return attribute.Named("Authorization policies in Google's own terms, by name, for what `allow` cannot say. `DENY` comes before `ALLOW`.", attribute.Set{
		"action":      attribute.Required("`ALLOW` or `DENY`.", attribute.OneOf("ALLOW", "DENY")),
		"description": attribute.Text("Its description."),
		"rules": attribute.Blocks("One to five rules; the policy applies where one of them matches. A rule matches a request that fits all that it sets.", attribute.Set{
			"principals":     attribute.List("SPIFFE IDs of callers, exactly."),
			"not_principals": attribute.List("Callers whom it is not about."),
			"hosts":          stringMatches("Hosts."),
			"paths":          stringMatches("Paths."),
			"methods":        attribute.List("Methods of HTTP."),
			"mcp": attribute.Block("What the request says in MCP.", attribute.Set{
				"base_protocol_methods": attribute.Text("`MATCH_BASE_PROTOCOL_METHODS`, without which an `ALLOW` lets no session start, or `SKIP_BASE_PROTOCOL_METHODS` (default).",
					attribute.OneOf("MATCH_BASE_PROTOCOL_METHODS", "SKIP_BASE_PROTOCOL_METHODS")),
				"methods": attribute.Blocks("At most ten methods.", attribute.Set{
					"name":   attribute.Required("A method or a group of them: `tools/call`, `tools`."),
					"params": stringMatches("Names of tools or prompts, or URIs of resources, for a method that uses one: at most ten."),
				}),
			}),
			"when": attribute.Text("A condition in CEL."),
		}),
	})
}

func stringMatches(description string) schema.ListNestedAttribute {
	return attribute.Blocks(description+" One of them must match.", stringMatchAttributes())
}

func stringMatchAttributes() attribute.Set {
	return attribute.Set{
		"exact":       attribute.Text("The whole."),
		"prefix":      attribute.Text("Its beginning."),
		"suffix":      attribute.Text("Its end."),
		"contains":    attribute.Text("A part of it."),
		"ignore_case": attribute.Flag("Whether capitals count as small letters. Default: `false`."),
	}
}
