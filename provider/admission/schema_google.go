package admission

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
)

func binaryAuthorizationAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "What the policy has in Binary Authorization, with `stack = \"gcp\"`: GKE then asks, beside the engine, whether images are attested. A project has exactly one such policy. " +
			"Each rule that is set here is ours in it, and everything else in it stays as it is. Clusters ask it where their `binaryAuthorization.evaluationMode` says so.",
		Attributes: map[string]schema.Attribute{
			"project":      schema.StringAttribute{Optional: true, MarkdownDescription: "ID of the project whose policy it is. Default: the provider's."},
			"default_rule": schema.SingleNestedAttribute{Optional: true, MarkdownDescription: "The rule for what no other rule is for. Default: that of the project is left alone.", Attributes: admissionRuleAttributes()},
			"cluster_rules": admissionRulesAttribute("Rules by cluster, `<location>.<name>`. A project's policy has rules of one sort beside the default: of clusters, of namespaces or of service accounts. " +
				"To change the sort, remove the rules in one apply and give the others in the next."),
			"namespace_rules":       admissionRulesAttribute("Rules by namespace, in every cluster of the project."),
			"service_account_rules": admissionRulesAttribute("Rules by service account, `<namespace>:<account>`, in every cluster of the project."),
			"exempt_images": schema.ListAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: "Images that are let in unseen: `registry/path`, at whose end `*` stands for any name and `**` for any path. " +
				"Others' patterns stay."},
			"system_images": schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether Google's own policy lets images of the system in first (`globalPolicyEvaluationMode`). Default: left alone."},
			"attestors":     attestorsAttribute(),
			"adopt": schema.BoolAttribute{Optional: true, MarkdownDescription: "Take over a rule that the policy has already and that is another one. What it was is then lost, and the plan shows it. Default: false, such a rule is an error. " +
				"The default rule of a new project, which lets everything in, needs no adoption."},
			"on_destroy": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "What happens to all this when the resource or a part of it goes: `restore` (default) removes our rules and patterns, and sets the default rule and `system_images` to what Google has in a new " +
					"project, which lets everything in; `keep` leaves all in force, attestors too, and nothing in Terraform then speaks of them. It is what the last apply had that counts.",
				Validators: []validator.String{stringvalidator.OneOf(onDestroyRestore, onDestroyKeep)},
			},
		},
	}
}

func admissionRulesAttribute(description string) schema.MapNestedAttribute {
	return schema.MapNestedAttribute{Optional: true, MarkdownDescription: description, NestedObject: schema.NestedAttributeObject{Attributes: admissionRuleAttributes()}}
}

func admissionRuleAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"evaluation": schema.StringAttribute{
			Required: true, MarkdownDescription: "`ALWAYS_ALLOW`, `ALWAYS_DENY` or `REQUIRE_ATTESTATION`.",
			Validators: []validator.String{stringvalidator.OneOf(spec.EvaluateAllow, spec.EvaluateDeny, spec.EvaluateAttestation)},
		},
		"enforcement": schema.StringAttribute{
			Optional: true, MarkdownDescription: "`enforce` (default) refuses what the rule refuses, and logs it; `audit` lets it in and logs it.",
			Validators: []validator.String{stringvalidator.OneOf(spec.EnforcementEnforce, spec.EnforcementAudit)},
		},
		"attestors": schema.ListAttribute{
			Optional: true, ElementType: types.StringType,
			MarkdownDescription: "Who must have attested to an image, all of them, with `REQUIRE_ATTESTATION`: ids of `attestors`, or `projects/<project>/attestors/<name>`.",
		},
	}
}

func attestorsAttribute() schema.MapNestedAttribute {
	return schema.MapNestedAttribute{
		Optional:            true,
		MarkdownDescription: "Attestors that are created in the project, by id.",
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"description": schema.StringAttribute{Optional: true, MarkdownDescription: "Description."},
			"note":        schema.StringAttribute{Required: true, MarkdownDescription: "The note of Artifact Analysis that attestations are attached to, which exists: `projects/<project ID>/notes/<name>`. Another note is another attestor."},
			"public_keys": schema.ListNestedAttribute{
				Required:            true,
				MarkdownDescription: "The keys that verify attestations: `pgp`, or `pem` with `signature_algorithm`.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"id":                  schema.StringAttribute{Optional: true, MarkdownDescription: "Id of a PKIX key, a URI. Default: computed from the key."},
					"comment":             schema.StringAttribute{Optional: true, MarkdownDescription: "Comment."},
					"pgp":                 schema.StringAttribute{Optional: true, MarkdownDescription: "A PGP public key, ASCII-armored."},
					"pem":                 schema.StringAttribute{Optional: true, MarkdownDescription: "A PKIX public key, as PEM."},
					"signature_algorithm": schema.StringAttribute{Optional: true, MarkdownDescription: "Algorithm of `pem`, as `ECDSA_P256_SHA256` or `RSA_SIGN_PKCS1_4096_SHA512`."},
				}},
			},
		}},
	}
}
