package gateway

import (
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/provider/attribute"
)

// defaultListener is what a gateway has where none is configured.
const (
	defaultListener = "agents"
	defaultPort     = 8443
)

// accessAttributes say how callers come in and whom the gateway believes.
func accessAttributes() attribute.Set {
	return attribute.Set{
		"listeners": attribute.Named("Ports that agents call, by name. Default: `agents` at port 8443. All have TLS, with the gateway's SVID. A change of ports or TLS rolls the pods.", attribute.Set{
			"port": number("The port, of the pods and of the Service. Default: 8443.", 1, 65535),
			"url":  attribute.Text("Origin as agents see it, where it is another than the Service's: `https://gateway.example.org`."),
			"authenticate": attribute.List("Combinations of methods, of which a call must prove one: `mtls`, `mtls+dpop`, `jwt`, … Default: `mtls+dpop` with a `token_service`, else `mtls`. " +
				"The methods are `mtls`, `dpop`, `cert-bound`, `jwt`, `jwt-svid` and `did`."),
			"minimum_tls": attribute.Text("Least version of TLS: `1.3` (default) or `1.2`.", attribute.OneOf("1.2", "1.3")),
			"dpop_nonces": attribute.Flag("Proofs must carry a nonce of the gateway's. Default: `false`."),
			"origins":     attribute.List("Origins of web pages that may call. Default: none."),
			"targets":     attribute.List("Names of the targets that are served here. Default: all."),
			"enforcement": attribute.Text("`audit`: calls of this listener are decided and recorded, and none is denied. Default: the gateway's.", attribute.OneOf(enforce, audit)),
		}),
		"token_service": attribute.Block("The gateway's token service: agents get access tokens for their SVIDs, bound to their key and certificate. Set `{}` for one with all defaults.", attribute.Set{
			"lifetime": duration("Lifetime of a token. Default: `5m`.", time.Hour),
			"listener": attribute.Text("Name of the listener that serves it. Default: the first by name."),
			"bind":     attribute.Text("What tokens are bound to: `key_and_certificate` (default), or `key` alone.", attribute.OneOf("key_and_certificate", "key")),
			"exchange": attribute.List("Issuers, of `issuers`, whose tokens agents may exchange to act for a user."),
		}),
		"issuers": attribute.Named("Foreign authorization servers whose access tokens are taken, by their issuer URL.", attribute.Set{
			"jwks_uri":      attribute.Text("URL of its keys. Default: what its metadata says."),
			"ca":            attribute.Text("Authorities in PEM that verify its server. Default: the system's."),
			"algorithms":    attribute.List("Signature algorithms that are taken: `ES256`, `RS256`, … Default: all asymmetric ones."),
			"audiences":     attribute.List("Audiences that are taken besides the URL that is called."),
			"types":         attribute.List("`typ` of its tokens. Default: `at+jwt`."),
			"scopes":        attribute.List("Scopes that a token must have."),
			"trust_domains": attribute.List("Trust domains whose agents it may name."),
			"unbound":       attribute.Flag("Its tokens need not be bound to a key or a certificate. Default: `false`."),
			"user_claim":    attribute.Text("Claim that names a user. Default: `sub`."),
		}),
		"trust": attribute.Named("Foreign trust domains whose agents may call, by name. Without `bundle` and `endpoint` the bundle is what SPIRE federates.", attribute.Set{
			"bundle": attribute.Text("The bundle: SPIFFE JSON, or certificates in PEM."),
			"endpoint": attribute.Block("Where the trust domain serves its bundle.", attribute.Set{
				"url":       attribute.Required("URL of `https`."),
				"profile":   attribute.Required("`https_web` or `https_spiffe`.", attribute.OneOf("https_web", "https_spiffe")),
				"spiffe_id": attribute.Text("SPIFFE ID of the endpoint's server, with `https_spiffe`."),
			}),
		}),
		"keys": attribute.Block("The secrets that all replicas share, and from which the keys come that sign tokens and seal sessions. The cluster holds them; they are in neither plan nor state.", attribute.Set{
			"ids": schema.ListAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "Names of the secrets. The first signs, and what any of them signed is taken. To rotate, add one in front, and remove the last once nothing of it is in use: " +
					"after the lifetime of tokens and sessions. Those that are not there yet are made, of 32 random bytes. Default: `[\"1\"]`.",
				Validators: []validator.List{listvalidator.SizeAtLeast(1), listvalidator.UniqueValues()},
			},
			"existing_secret": attribute.Text("Name of a Secret in the gateway's namespace that somebody else keeps, with a key in its data for each of `ids`. Default: `<name>-keys`, which the gateway's resource makes."),
		}),
		"store": attribute.Block("Redis or Valkey, by which replicas share what they must know of each other: used proofs, limits, sessions. Without it each replica has its own, which is for one replica alone. A change rolls the pods.", attribute.Set{
			"url":      attribute.Required("`redis://host:port/database`, or `rediss://` for TLS; with a user, and without a password."),
			"password": secretAttribute("Its password."),
			"ca":       attribute.Text("Authorities in PEM that verify it. Default: the system's."),
			"prefix":   attribute.Text("Begins every key. Default: `agent-gateway:`."),
			"timeout":  duration("Of one question, connecting included. Default: `1s`.", time.Minute),
		}),
	}
}
