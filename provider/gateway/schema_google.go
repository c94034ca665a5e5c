package gateway

import (
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"

	"github.com/agentward/terraform-provider-agent/internal/spec"
)

func googleAttribute() schema.SingleNestedAttribute {
	return block("What a gateway has on the `gcp` stack alone. Durations and names are checked at plan, as are Google's limits.", attributes{
		"project":        text("ID of the project that it is in. Default: the provider's."),
		"project_number": text("The project's number, which principals and connectivity templates are named by. Default: the provider's, where `project` is the provider's too."),
		"location":       text("Its region, such as `us-central1`. Default: the provider's `gcp.region`."),
		"id":             text("Its id in Google Cloud. Default: `name`. An import by its full name takes the two to be the same."),
		"description":    text("Its description, up to 1024 characters."),
		"labels":         texts("Labels of it and of what is made with it, besides the provider's."),
		"data_plane": text("`google_managed` (default): the gateway that Google runs before Agent Runtime and Gemini Enterprise. `gke` (Preview) and `cloud_run` (Preview, by allowlist): "+
			"proxies of your own, load balancers or Secure Web Proxies, that it attaches to.", oneOf(spec.GoogleManaged, spec.GoogleGKE, spec.GoogleCloudRun)),
		"registries": list("The registries that say what agents may call, `//agentregistry.googleapis.com/projects/<project>/locations/<location>`: at most two, exactly one of them global. " +
			"Default: the project's global one and that of the gateway's location."),
		"network_attachment":    text("Way into a private network: `projects/<project>/regions/<region>/networkAttachments/<name>`."),
		"dns_peering":           dnsPeeringAttribute(true),
		"resource_uris":         list("The load balancers and Secure Web Proxies that a gateway over proxies of your own attaches to."),
		"connectivity_template": templateAttribute(),
		"protocols":             list("Google has deprecated it, and takes all protocols: leave it out."),

		"iap": block("Identity-Aware Proxy, which decides who may call what. Default: `V2` with `mode = \"agent_to_anywhere\"`; none with `client_to_agent`, where Google does not ask it.", attributes{
			"enabled":   flag("Whether it is asked. Without it `allow` is compiled to authorization policies alone. Default: `true`."),
			"version":   text("`V2` (default): access policies of IAM. `V1`, which Google discourages: allow policies of the registry's entries, by `iap_grants`.", oneOf("V1", "V2")),
			"timeout":   googleTimeout(),
			"fail_open": flag("Let requests through where it does not answer. Default: `false`."),
		}),
		"model_armor":     modelArmorAttribute(),
		"extensions":      extensionsAttribute(),
		"authz_policies":  authzPoliciesAttribute(),
		"deny_by_default": flag("Deny what no policy is about, by a policy with the action `DENY_BY_DEFAULT`. Default: `true`."),
		"access_policy": block("The access policy of IAM that `allow` is written into with IAP `V2`, bound to the project.", attributes{
			"id": text("Its id, and its binding's. Default: the gateway's."),
			"rules": blocks("Rules in Google's own terms, beside those of `allow`.", attributes{
				"description":         text("Its description."),
				"effect":              text("`ALLOW` (default) or `DENY`, which always wins.", oneOf("ALLOW", "DENY")),
				"principals":          list("`principal://…` and `principalSet://…`."),
				"excluded_principals": list("Whom it is not about."),
				"condition":           text("CEL on `destination`. Default: any destination."),
			}),
		}),
		"iap_grants": named("Permissions of IAP `V1`, by name.", attributes{
			"resource":        text("`mcpServers/<id>`, `agents/<id>` or `endpoints/<id>` with the id that Agent Registry gave. Default: all of the registry."),
			"location":        text("The registry's location. Default: the gateway's."),
			"members":         list("`principal://…` and `principalSet://…`."),
			"condition":       text("CEL on `api.getAttribute('iap.googleapis.com/mcp.toolName', '')` and its like. Default: none."),
			"condition_title": text("The condition's title. Default: the grant's name."),
		}),
		"services": named("Entries of Agent Registry that are no target, by id: the Google APIs that agents need.", registryServiceAttributes()),
		"bindings": named("With whose authorization agents call targets (delegated OAuth), by id. A binding permits nothing.", attributes{
			"location":      text("Its location. Default: the gateway's."),
			"display_name":  text("Its name for people."),
			"description":   text("Its description."),
			"source":        text("The agent, `urn:agent:…`. Default: any."),
			"target":        required("Name of one of `targets`, or `urn:mcp:…`, `urn:agent:…` or `urn:endpoint:…`."),
			"auth_provider": required("The auth provider, `projects/<project>/locations/<location>/authProviders/<id>`."),
			"scopes":        list("Scopes that are asked for."),
			"continue_uri":  text("Where the user is led after consent."),
		}),
		"extension_bindings": extensionBindingsAttribute(),
		"principals": texts("IAM principals of agents, by SPIFFE ID, where they do not follow from it: those of agents on GKE. The attribute `agentregistry.googleapis.com/system/RuntimeIdentity` " +
			"of the agent in Agent Registry has it."),
	})
}

// googleTimeout is that of an extension, which Google takes from 10 ms to 10 s.
func googleTimeout() schema.StringAttribute {
	return text("How long an answer is waited for, from `10ms` to `10s`. Default: `1s`.", durationUpTo(10*time.Second))
}

func dnsPeeringAttribute(project bool) schema.SingleNestedAttribute {
	nested := attributes{
		"domains":        list("Domains, with a dot at the end: `internal.example.org.`."),
		"target_network": required("The network that knows them: `projects/<project>/global/networks/<name>`."),
	}
	if project {
		nested["target_project"] = text("The network's project. Default: the gateway's.")
	}
	return block("Names that are looked up in a private network.", nested)
}

func templateAttribute() schema.SingleNestedAttribute {
	return block("How agents reach the gateway, and how it reaches beyond: a template that exists, by `name`, or one that is made with the gateway. Default: Google's own.", attributes{
		"name":               text("One that exists, by the number of its project: `projects/<number>/locations/<location>/agentConnectivityTemplates/<id>`."),
		"id":                 text("Id of one that is made. Default: the gateway's."),
		"description":        text("Its description."),
		"labels":             texts("Its labels."),
		"access_types":       list("`PUBLIC` and `PRIVATE`."),
		"agent_compute":      text("Where the agents run: `GKE`, `CLOUD_RUN`, `GCE_VM` or `BORG`. Default: as `data_plane` says; none for `google_managed`.", oneOf("GKE", "CLOUD_RUN", "GCE_VM", "BORG")),
		"deployment_model":   text("`CENTRALIZED` or `AMBIENT`.", oneOf("CENTRALIZED", "AMBIENT")),
		"network_attachment": text("Way into a private network: `projects/<project>/regions/<region>/networkAttachments/<name>`."),
		"vpc_egress":         text("`ALL_TRAFFIC`, which needs Cloud NAT for what is not private, or `PRIVATE_RANGES_ONLY`.", oneOf("ALL_TRAFFIC", "PRIVATE_RANGES_ONLY")),
		"dns_peering":        dnsPeeringAttribute(false),
		"trust_config":       text("Authorities that targets are verified by: `projects/<project>/locations/<location>/trustConfigs/<name>`."),
		"additional_roots":   text("`PUBLICLY_TRUSTED_ROOTS` or `NO_ADDITIONAL_ROOTS` beside `trust_config`.", oneOf("PUBLICLY_TRUSTED_ROOTS", "NO_ADDITIONAL_ROOTS")),
	})
}

func targetGoogleAttribute() schema.SingleNestedAttribute {
	service := registryServiceAttributes()
	service["id"] = text("Its id. Default: the gateway's and the target's.")
	return block("How it is known to Agent Registry on the `gcp` stack. Default: an entry that is made of its name, protocol and URL.", attributes{
		"unregistered":      flag("Leave it out of the registry: it is then known by its host, which tells no tools apart. Not for MCP and A2A. Default: `false`."),
		"registry_resource": text("An entry that exists, `projects/<project>/locations/<location>/mcpServers/<id>`, or of `agents` or `endpoints`. None is made then."),
		"service":           block("The entry that is made.", service),
		"coarse": flag("Accept that Google tells less apart than `allow` says: all methods of an A2A agent are one, those that nothing permits among them. " +
			"Default: `false`, and such a permission is an error."),
	})
}

func registryServiceAttributes() attributes {
	return attributes{
		"location":     text("Location of the entry, a region or `global`. Default: the gateway's."),
		"display_name": text("Its name for people, up to 63 characters."),
		"description":  text("Its description, up to 2048 characters."),
		"interfaces": blocks("Where it is called. Default: the target's URL.", attributes{
			"url":              required("URL, whose host is matched exactly."),
			"protocol_binding": text("What is spoken there: `JSONRPC`, `GRPC` or `HTTP_JSON`.", oneOf("JSONRPC", "GRPC", "HTTP_JSON")),
		}),
		"content": text("JSON: the tools of an MCP server, `{\"tools\": […]}`, or the card of an A2A agent, up to 10 KB. Google never looks again at the server itself."),
	}
}
