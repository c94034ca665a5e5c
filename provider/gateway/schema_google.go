package gateway

import (
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/provider/attribute"
)

func googleAttribute() schema.SingleNestedAttribute {
	return attribute.Block("What a gateway has on the `gcp` stack alone. Durations and names are checked at plan, as are Google's limits.", attribute.Set{
		"project":        attribute.Text("ID of the project that it is in. Default: the provider's."),
		"project_number": attribute.Text("The project's number, which principals and connectivity templates are named by. Default: the provider's, where `project` is the provider's too."),
		"location":       attribute.Text("Its region, such as `us-central1`. Default: the provider's `gcp.region`."),
		"id":             attribute.Text("Its id in Google Cloud. Default: `name`. An import by its full name takes the two to be the same."),
		"description":    attribute.Text("Its description, up to 1024 characters."),
		"labels":         attribute.Texts("Labels of it and of what is made with it, besides the provider's."),
		"data_plane": attribute.Text("`google_managed` (default): the gateway that Google runs before Agent Runtime and Gemini Enterprise. `gke` (Preview) and `cloud_run` (Preview, by allowlist): "+
			"proxies of your own, load balancers or Secure Web Proxies, that it attaches to.", attribute.OneOf(spec.GoogleManaged, spec.GoogleGKE, spec.GoogleCloudRun)),
		"registries": attribute.List("The registries that say what agents may call, `//agentregistry.googleapis.com/projects/<project>/locations/<location>`: at most two, exactly one of them global. " +
			"Default: the project's global one and that of the gateway's location."),
		"network_attachment":    attribute.Text("Way into a private network: `projects/<project>/regions/<region>/networkAttachments/<name>`."),
		"dns_peering":           dnsPeeringAttribute(true),
		"resource_uris":         attribute.List("The load balancers and Secure Web Proxies that a gateway over proxies of your own attaches to."),
		"connectivity_template": templateAttribute(),
		"protocols":             attribute.List("Google has deprecated it, and takes all protocols: leave it out."),

		"iap": attribute.Block("Identity-Aware Proxy, which decides who may call what. Default: `V2` with `mode = \"agent_to_anywhere\"`; none with `client_to_agent`, where Google does not ask it.", attribute.Set{
			"enabled":   attribute.Flag("Whether it is asked. Without it `allow` is compiled to authorization policies alone. Default: `true`."),
			"version":   attribute.Text("`V2` (default): access policies of IAM. `V1`, which Google discourages: allow policies of the registry's entries, by `iap_grants`.", attribute.OneOf("V1", "V2")),
			"timeout":   googleTimeout(),
			"fail_open": attribute.Flag("Let requests through where it does not answer. Default: `false`."),
		}),
		"model_armor":     modelArmorAttribute(),
		"extensions":      extensionsAttribute(),
		"authz_policies":  authzPoliciesAttribute(),
		"deny_by_default": attribute.Flag("Deny what no policy is about, by a policy with the action `DENY_BY_DEFAULT`. Default: `true`."),
		"access_policy": attribute.Block("The access policy of IAM that `allow` is written into with IAP `V2`, bound to the project.", attribute.Set{
			"id": attribute.Text("Its id, and its binding's. Default: the gateway's."),
			"rules": attribute.Blocks("Rules in Google's own terms, beside those of `allow`.", attribute.Set{
				"description":         attribute.Text("Its description."),
				"effect":              attribute.Text("`ALLOW` (default) or `DENY`, which always wins.", attribute.OneOf("ALLOW", "DENY")),
				"principals":          attribute.List("`principal://…` and `principalSet://…`."),
				"excluded_principals": attribute.List("Whom it is not about."),
				"condition":           attribute.Text("CEL on `destination`. Default: any destination."),
			}),
		}),
		"iap_grants": attribute.Named("Permissions of IAP `V1`, by name.", attribute.Set{
			"resource":        attribute.Text("`mcpServers/<id>`, `agents/<id>` or `endpoints/<id>` with the id that Agent Registry gave. Default: all of the registry."),
			"location":        attribute.Text("The registry's location. Default: the gateway's."),
			"members":         attribute.List("`principal://…` and `principalSet://…`."),
			"condition":       attribute.Text("CEL on `api.getAttribute('iap.googleapis.com/mcp.toolName', '')` and its like. Default: none."),
			"condition_title": attribute.Text("The condition's title. Default: the grant's name."),
		}),
		"services": attribute.Named("Entries of Agent Registry that are no target, by id: the Google APIs that agents need.", registryServiceAttributes()),
		"bindings": attribute.Named("With whose authorization agents call targets (delegated OAuth), by id. A binding permits nothing.", attribute.Set{
			"location":      attribute.Text("Its location. Default: the gateway's."),
			"display_name":  attribute.Text("Its name for people."),
			"description":   attribute.Text("Its description."),
			"source":        attribute.Text("The agent, `urn:agent:…`. Default: any."),
			"target":        attribute.Required("Name of one of `targets`, or `urn:mcp:…`, `urn:agent:…` or `urn:endpoint:…`."),
			"auth_provider": attribute.Required("The auth provider, `projects/<project>/locations/<location>/authProviders/<id>`."),
			"scopes":        attribute.List("Scopes that are asked for."),
			"continue_uri":  attribute.Text("Where the user is led after consent."),
		}),
		"extension_bindings": extensionBindingsAttribute(),
		"principals": attribute.Texts("IAM principals of agents, by SPIFFE ID, where they do not follow from it: those of agents on GKE. The attribute `agentregistry.googleapis.com/system/RuntimeIdentity` " +
			"of the agent in Agent Registry has it."),
	})
}

// googleTimeout is that of an extension, which Google takes from 10 ms to 10 s.
func googleTimeout() schema.StringAttribute {
	return attribute.Text("How long an answer is waited for, from `10ms` to `10s`. Default: `1s`.", durationUpTo(10*time.Second))
}

func dnsPeeringAttribute(project bool) schema.SingleNestedAttribute {
	nested := attribute.Set{
		"domains":        attribute.List("Domains, with a dot at the end: `internal.example.org.`."),
		"target_network": attribute.Required("The network that knows them: `projects/<project>/global/networks/<name>`."),
	}
	if project {
		nested["target_project"] = attribute.Text("The network's project. Default: the gateway's.")
	}
	return attribute.Block("Names that are looked up in a private network.", nested)
}

func templateAttribute() schema.SingleNestedAttribute {
	return attribute.Block("How agents reach the gateway, and how it reaches beyond: a template that exists, by `name`, or one that is made with the gateway. Default: Google's own.", attribute.Set{
		"name":               attribute.Text("One that exists, by the number of its project: `projects/<number>/locations/<location>/agentConnectivityTemplates/<id>`."),
		"id":                 attribute.Text("Id of one that is made. Default: the gateway's."),
		"description":        attribute.Text("Its description."),
		"labels":             attribute.Texts("Its labels."),
		"access_types":       attribute.List("`PUBLIC` and `PRIVATE`."),
		"agent_compute":      attribute.Text("Where the agents run: `GKE`, `CLOUD_RUN`, `GCE_VM` or `BORG`. Default: as `data_plane` says; none for `google_managed`.", attribute.OneOf("GKE", "CLOUD_RUN", "GCE_VM", "BORG")),
		"deployment_model":   attribute.Text("`CENTRALIZED` or `AMBIENT`.", attribute.OneOf("CENTRALIZED", "AMBIENT")),
		"network_attachment": attribute.Text("Way into a private network: `projects/<project>/regions/<region>/networkAttachments/<name>`."),
		"vpc_egress":         attribute.Text("`ALL_TRAFFIC`, which needs Cloud NAT for what is not private, or `PRIVATE_RANGES_ONLY`.", attribute.OneOf("ALL_TRAFFIC", "PRIVATE_RANGES_ONLY")),
		"dns_peering":        dnsPeeringAttribute(false),
		"trust_config":       attribute.Text("Authorities that targets are verified by: `projects/<project>/locations/<location>/trustConfigs/<name>`."),
		"additional_roots":   attribute.Text("`PUBLICLY_TRUSTED_ROOTS` or `NO_ADDITIONAL_ROOTS` beside `trust_config`.", attribute.OneOf("PUBLICLY_TRUSTED_ROOTS", "NO_ADDITIONAL_ROOTS")),
	})
}

func targetGoogleAttribute() schema.SingleNestedAttribute {
	service := registryServiceAttributes()
	service["id"] = attribute.Text("Its id. Default: the gateway's and the target's.")
	return attribute.Block("How it is known to Agent Registry on the `gcp` stack. Default: an entry that is made of its name, protocol and URL.", attribute.Set{
		"unregistered":      attribute.Flag("Leave it out of the registry: it is then known by its host, which tells no tools apart. Not for MCP and A2A. Default: `false`."),
		"registry_resource": attribute.Text("An entry that exists, `projects/<project>/locations/<location>/mcpServers/<id>`, or of `agents` or `endpoints`. None is made then."),
		"service":           attribute.Block("The entry that is made.", service),
		"coarse": attribute.Flag("Accept that Google tells less apart than `allow` says: all methods of an A2A agent are one, those that nothing permits among them; targets on one host of Agent Registry are one; " +
			"completions come with any prompt or resource; types of `parameters` are not looked at. Default: `false`, and such a permission is an error."),
	})
}

func registryServiceAttributes() attribute.Set {
	return attribute.Set{
		"location":     attribute.Text("Location of the entry, a region or `global`. Default: the gateway's."),
		"display_name": attribute.Text("Its name for people, up to 63 characters."),
		"description":  attribute.Text("Its description, up to 2048 characters."),
		"interfaces": attribute.Blocks("Where it is called. Default: the target's URL.", attribute.Set{
			"url":              attribute.Required("URL, whose host is matched exactly."),
			"protocol_binding": attribute.Text("What is spoken there: `JSONRPC`, `GRPC` or `HTTP_JSON`.", attribute.OneOf("JSONRPC", "GRPC", "HTTP_JSON")),
		}),
		"content": attribute.Text("JSON: the tools of an MCP server, `{\"tools\": […]}`, or the card of an A2A agent, up to 10 KB. Google never looks again at the server itself."),
	}
}
