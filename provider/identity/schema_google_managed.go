package identity

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

func managedAttribute() schema.SingleNestedAttribute {
	return block("A managed workload identity. Google issues its certificates to the workloads that `attestation_rules` name.", attributes{
		"pool": schema.SingleNestedAttribute{
			Required:            true,
			MarkdownDescription: "The workload identity pool, in `TRUST_DOMAIN` mode.",
			Attributes: attributes{
				"id":           required("Its id: 4 to 32 lower-case letters, digits and hyphens. A deleted pool's is taken for 30 days."),
				"create":       flag("Whether to create it; it then goes with the identity. Default: false, it is expected to be there, and what follows must be left out."),
				"display_name": text("Display name, up to 32 characters."),
				"description":  text("Description, up to 256 characters."),
				"certificate_issuance": block("Who signs the certificates. Default: nobody.", attributes{
					"ca_pools":      texts("CA pools by region, `us-central1 = \"projects/<project>/locations/us-central1/caPools/<name>\"`. Workloads get certificates of their own region's only."),
					"shared_ca":     flag("Have Google's own CA sign. Excludes `ca_pools`."),
					"key_algorithm": text("`RSA_2048`, `RSA_3072`, `RSA_4096`, `ECDSA_P256` (default) or `ECDSA_P384`."),
					"lifetime":      text("How long a certificate lives, `24h` (default) to `720h`."),
					"rotation_window_percentage": schema.Int64Attribute{
						Optional: true, MarkdownDescription: "The percentage of its lifetime that is left when a certificate is replaced, 50 (default) to 80.",
					},
				}),
				"trust": schema.MapNestedAttribute{
					Optional:            true,
					MarkdownDescription: "Trust domains whose certificates are accepted beside the pool's own, up to 10.",
					NestedObject: schema.NestedAttributeObject{Attributes: attributes{
						"trust_anchors": list("Root certificates as PEM, one in each element and at least one."),
						"shared_ca":     flag("Trust the CA that Google has for managed identities as well."),
					}},
				},
			},
		},
		"namespace":         text("Id of the namespace in the pool. Default: the identity's `namespace`."),
		"create_namespace":  flag("Whether to create it; it then goes with the identity. Default: as `pool.create`."),
		"id":                text("Id of the managed identity. Default: the identity's `name`."),
		"description":       text("Description of the managed identity, up to 256 characters."),
		"attestation_rules": list("The workloads that may have the identity, up to 50: `//compute.googleapis.com/projects/<number>/uid/zones/<zone>/instances/<number>`."),
	})
}

func authProviderAttribute() schema.SingleNestedAttribute {
	return block("Credentials that the agent uses elsewhere, which Google keeps for it. One of `api_key`, `two_legged_oauth` and `three_legged_oauth`.", attributes{
		"id":          text("Its id: up to 63 lower-case letters, digits and hyphens. Default: `<namespace>-<name>`."),
		"description": text("Description, up to 255 characters."),
		"api_key": block("A key that is sent with each request.", attributes{
			"key_wo": writeOnly("The key.", "key_wo_version"), "key_wo_version": version("key_wo"),
		}),
		"two_legged_oauth": block("OAuth on the agent's own behalf.", attributes{
			"client_id":        required("Client ID."),
			"client_secret_wo": writeOnly("Client secret.", "client_secret_wo_version"), "client_secret_wo_version": version("client_secret_wo"),
			"token_url": required("Token endpoint (https)."),
		}),
		"three_legged_oauth": block("OAuth on behalf of a user, who consents.", attributes{
			"authorization_url": required("Authorization endpoint (https)."),
			"client_id":         required("Client ID."),
			"client_secret_wo":  writeOnly("Client secret.", "client_secret_wo_version"), "client_secret_wo_version": version("client_secret_wo"),
			"token_url":            required("Token endpoint (https)."),
			"default_continue_uri": text("Where the user is led afterwards, unless the agent says otherwise (https)."),
			"enable_pkce":          flag("Whether codes are bound to the request that asked for them (PKCE). Default: true."),
		}),
		"allowed_scopes": list("The scopes that may be asked for, up to 200. Default: any."),
		"blocked_scopes": list("Scopes that may not be asked for, up to 200, whatever is allowed."),
		"workloads":      list("Principals that may use it beside the agent itself, which may wherever its principal is known: `principal://…`."),
	})
}

func writeOnly(description, versioned string) schema.StringAttribute {
	return schema.StringAttribute{
		Optional: true, Sensitive: true, WriteOnly: true,
		MarkdownDescription: description + " Write-only: it is in neither plan nor state, and may come from an ephemeral resource.",
		Validators:          []validator.String{stringvalidator.LengthAtLeast(1), stringvalidator.AlsoRequires(sibling(versioned))},
	}
}

func version(of string) schema.Int64Attribute {
	return schema.Int64Attribute{
		Optional: true, MarkdownDescription: "Version of `" + of + "`. A new one writes the value; a new value alone does not, as nothing that Terraform or Google shows tells it.",
		Validators: []validator.Int64{int64validator.AtLeast(0), int64validator.AlsoRequires(sibling(of))},
	}
}

// sibling is the attribute of a name beside the one that has a validator.
func sibling(name string) path.Expression { return path.MatchRelative().AtParent().AtName(name) }
