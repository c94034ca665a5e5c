package gateway

import (
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
)

func modelArmorAttribute() schema.SingleNestedAttribute {
	return block("Model Armor, which inspects prompts and answers: templates that exist, or one that is made with the gateway. In the gateway's region.", attributes{
		"request_template":  text("Template for requests, `projects/<project>/locations/<location>/templates/<id>`."),
		"response_template": text("Template for answers."),
		"template": block("One that is made, for both directions.", attributes{
			"id":                  text("Its id. Default: the gateway's."),
			"labels":              texts("Its labels."),
			"inspect_only":        flag("Find and log, and block nothing. Default: `false`."),
			"responsible_ai":      texts("From which confidence a kind counts, `LOW_AND_ABOVE`, `MEDIUM_AND_ABOVE` or `HIGH`, by kind: `SEXUALLY_EXPLICIT`, `HATE_SPEECH`, `HARASSMENT`, `DANGEROUS`."),
			"prompt_injection":    text("From which confidence an injection or a jailbreak counts. Default: none is looked for.", oneOf("LOW_AND_ABOVE", "MEDIUM_AND_ABOVE", "HIGH")),
			"malicious_uris":      flag("Look for malicious URLs. Default: `false`."),
			"sensitive_data":      flag("Look for sensitive data, as Google defines it or `inspect_template` does. Default: `false`."),
			"inspect_template":    text("Template of Sensitive Data Protection that says what is sensitive: `projects/<project>/locations/<location>/inspectTemplates/<id>`."),
			"deidentify_template": text("Template of Sensitive Data Protection that says what becomes of it."),
			"multi_language":      flag("Look at other languages than English too. Default: `false`."),
			"log_operations":      flag("Log changes of the template. Default: `false`."),
			"log_sanitizing":      flag("Log what was inspected. Default: `false`."),
		}),
		"timeout":   googleTimeout(),
		"fail_open": flag("Let content through where it does not answer. Default: `false`."),
	})
}

func extensionsAttribute() schema.MapNestedAttribute {
	return named("Authorization extensions of your own, by name. A gateway takes at most four that decide or inspect, IAP and Model Armor among them.", attributes{
		"service": required("Host of a server that speaks HTTP/2 over TLS at port 443, whose certificate Google does not verify, or URL of a regional backend service."),
		"profile": text("`REQUEST_AUTHZ` (default): it decides on a request. `CONTENT_AUTHZ`: it inspects content, by `EXT_PROC_GRPC`.",
			oneOf("REQUEST_AUTHZ", "CONTENT_AUTHZ")),
		"timeout":               googleTimeout(),
		"fail_open":             flag("Let requests through where it does not answer. Default: `false`."),
		"forward_headers":       list("Headers that it is told. Default: all."),
		"forward_attributes":    list("Attributes that it is told."),
		"metadata":              texts("What it is told with each request."),
		"authority":             text("`:authority` of calls to a backend service."),
		"load_balancing_scheme": text("That of the backend service.", oneOf("INTERNAL_MANAGED", "EXTERNAL_MANAGED")),
		"wire_format":           text("What it speaks. Default: as Google chooses.", oneOf("EXT_PROC_GRPC", "EXT_AUTHZ_GRPC")),
		"description":           text("Its description."),
	})
}

func extensionBindingsAttribute() schema.MapNestedAttribute {
	destination := func(description string) schema.SingleNestedAttribute {
		return block(description, attributes{
			"hosts":     stringMatches("Hosts."),
			"paths":     stringMatches("Paths."),
			"resources": stringMatches("Resources."),
			"headers":   named("Headers, all of which must match.", stringMatchAttributes()),
		})
	}
	return named("Extensions that gateways over proxies of your own attach to (Preview), by id, beside those of IAP and Model Armor.", attributes{
		"description":   text("Its description."),
		"extension":     required("`iap.googleapis.com`, or Model Armor of a region: `modelarmor.us-central1.rep.googleapis.com`."),
		"metadata":      texts("What the extension is told."),
		"fail_open":     flag("Let requests through where it does not answer. Default: `false`."),
		"resource":      text("What it attaches to. Default: all of `resource_type` in the project and location."),
		"resource_type": text("`AGENT_GATEWAY` (default) or `AI_APPLICATION`.", oneOf("AGENT_GATEWAY", "AI_APPLICATION")),
		"match": blocks("Which requests it sees: those that fit one of these. Default: all.", attributes{
			"destination":     destination("Requests to one of each list that is set."),
			"not_destination": destination("And none to these."),
		}),
	})
}

func authzPoliciesAttribute() schema.MapNestedAttribute {
	return named("Authorization policies in Google's own terms, by name, for what `allow` cannot say. `DENY` comes before `ALLOW`.", attributes{
		"action":      required("`ALLOW` or `DENY`.", oneOf("ALLOW", "DENY")),
		"description": text("Its description."),
		"rules": blocks("One to five rules; the policy applies where one of them matches. A rule matches a request that fits all that it sets.", attributes{
			"principals":     list("SPIFFE IDs of callers, exactly."),
			"not_principals": list("Callers whom it is not about."),
			"hosts":          stringMatches("Hosts."),
			"paths":          stringMatches("Paths."),
			"methods":        list("Methods of HTTP."),
			"mcp": block("What the request says in MCP.", attributes{
				"base_protocol_methods": text("`MATCH_BASE_PROTOCOL_METHODS`, without which an `ALLOW` lets no session start, or `SKIP_BASE_PROTOCOL_METHODS` (default).",
					oneOf("MATCH_BASE_PROTOCOL_METHODS", "SKIP_BASE_PROTOCOL_METHODS")),
				"methods": blocks("At most ten methods.", attributes{
					"name":   required("A method or a group of them: `tools/call`, `tools`."),
					"params": stringMatches("Names of tools or prompts, or URIs of resources, for a method that uses one: at most ten."),
				}),
			}),
			"when": text("A condition in CEL."),
		}),
	})
}

func stringMatches(description string) schema.ListNestedAttribute {
	return blocks(description+" One of them must match.", stringMatchAttributes())
}

func stringMatchAttributes() attributes {
	return attributes{
		"exact":       text("The whole."),
		"prefix":      text("Its beginning."),
		"suffix":      text("Its end."),
		"contains":    text("A part of it."),
		"ignore_case": flag("Whether capitals count as small letters. Default: `false`."),
	}
}
