package identity

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/agentward/terraform-provider-agent/provider/attribute"
)

func managedAttribute() schema.SingleNestedAttribute {
	return attribute.Block("A managed workload identity. Google issues its certificates to the workloads that `attestation_rules` name.", attribute.Set{
		"pool": schema.SingleNestedAttribute{
			Required:            true,
			MarkdownDescription: "The workload identity pool, in `TRUST_DOMAIN` mode.",
			Attributes: attribute.Set{
				"id":           attribute.Required("Its id: 4 to 32 lower-case letters, digits and hyphens. A deleted pool's is taken for 30 days."),
				"create":       attribute.Flag("Whether to create it; it then goes with the identity. Default: false, it is expected to be there, and what follows must be left out."),
				"display_name": attribute.Text("Display name, up to 32 characters."),
				"description":  attribute.Text("Description, up to 256 characters."),
				"certificate_issuance": attribute.Block("Who signs the certificates. Default: nobody.", attribute.Set{
					"ca_pools":      attribute.Texts("CA pools by region, `us-central1 = \"projects/<project>/locations/us-central1/caPools/<name>\"`. Workloads get certificates of their own region's only."),
					"shared_ca":     attribute.Flag("Have Google's own CA sign. Excludes `ca_pools`."),
					"key_algorithm": attribute.Text("`RSA_2048`, `RSA_3072`, `RSA_4096`, `ECDSA_P256` (default) or `ECDSA_P384`."),
					"lifetime":      attribute.Text("How long a certificate lives, `24h` (default) to `720h`."),
					"rotation_window_percentage": schema.Int64Attribute{
						Optional: true, MarkdownDescription: "The percentage of its lifetime that is left when a certificate is replaced, 50 (default) to 80.",
					},
				}),
				"trust": schema.MapNestedAttribute{
					Optional:            true,
					MarkdownDescription: "Trust domains whose certificates are accepted beside the pool's own, up to 10.",
					NestedObject: schema.NestedAttributeObject{Attributes: attribute.Set{
						"trust_anchors": attribute.List("Root certificates as PEM, one in each element and at least one."),
						"shared_ca":     attribute.Flag("Trust the CA that Google has for managed identities as well."),
					}},
				},
			},
		},
		"namespace":         attribute.Text("Id of the namespace in the pool. Default: the identity's `namespace`."),
		"create_namespace":  attribute.Flag("Whether to create it; it then goes with the identity. Default: as `pool.create`."),
		"id":                attribute.Text("Id of the managed identity. Default: the identity's `name`."),
		"description":       attribute.Text("Description of the managed identity, up to 256 characters."),
		"attestation_rules": attribute.List("The workloads that may have the identity, up to 50: `//compute.googleapis.com/projects/<number>/uid/zones/<zone>/instances/<number>`."),
	})
}

func authProviderAttribute() schema.SingleNestedAttribute {
	return attribute.Block("Credentials that the agent uses elsewhere, which Google keeps for it. One of `api_key`, `two_legged_oauth` and `three_legged_oauth`.", attribute.Set{
		"id":          attribute.Text("Its id: up to 63 lower-case letters, digits and hyphens. Default: `<namespace>-<name>`."),
		"description": attribute.Text("Description, up to 255 characters."),
		"api_key": attribute.Block("A key that is sent with each request.", attribute.Set{
			"key_wo": writeOnly("The key."), "key_wo_version": version("key_wo"),
		}),
		"two_legged_oauth": attribute.Block("OAuth on the agent's own behalf.", attribute.Set{
			"client_id":        attribute.Required("Client ID."),
			"client_secret_wo": writeOnly("Client secret."), "client_secret_wo_version": version("client_secret_wo"),
			"token_url": attribute.Required("Token endpoint (https)."),
		}),
		"three_legged_oauth": attribute.Block("OAuth on behalf of a user, who consents.", attribute.Set{
			"authorization_url": attribute.Required("Authorization endpoint (https)."),
			"client_id":         attribute.Required("Client ID."),
			"client_secret_wo":  writeOnly("Client secret."), "client_secret_wo_version": version("client_secret_wo"),
			"token_url":            attribute.Required("Token endpoint (https)."),
			"default_continue_uri": attribute.Text("Where the user is led afterwards, unless the agent says otherwise (https)."),
			"enable_pkce":          attribute.Flag("Whether codes are bound to the request that asked for them (PKCE). Default: true."),
		}),
		"allowed_scopes": attribute.List("The scopes that may be asked for, up to 200. Default: any."),
		"blocked_scopes": attribute.List("Scopes that may not be asked for, up to 200, whatever is allowed."),
		"workloads":      attribute.List("Principals that may use it beside the agent itself, which may wherever its principal is known: `principal://…`."),
	})
}

// writeOnly is a secret. That it has a version is asked by the validation of the identity, which says why.
func writeOnly(description string) schema.StringAttribute {
	return schema.StringAttribute{
		Optional: true, Sensitive: true, WriteOnly: true,
		MarkdownDescription: description + " Write-only: it is in neither plan nor state, and may come from an ephemeral resource.",
		Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
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
