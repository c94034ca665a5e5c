package admission

import (
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/provider/attribute"
)

func binaryAuthorizationAttribute() schema.SingleNestedAttribute {
	return attribute.Block("What the policy has in Binary Authorization, with `stack = \"gcp\"`: GKE then asks, beside the engine, whether images are attested. A project has exactly one such policy. "+
		"Each rule that is set here is ours in it, and everything else in it stays as it is. Clusters ask it where their `binaryAuthorization.evaluationMode` says so.", attribute.Set{
		"project":      attribute.Text("ID of the project whose policy it is. Default: the provider's."),
		"default_rule": attribute.Block("The rule for what no other rule is for. Default: that of the project is left alone.", admissionRuleAttributes()),
		"cluster_rules": attribute.Named("Rules by cluster, `<location>.<name>`. A project's policy has rules of one sort beside the default: of clusters, of namespaces or of service accounts. "+
			"To change the sort, remove the rules in one apply and give the others in the next.", admissionRuleAttributes()),
		"namespace_rules":       attribute.Named("Rules by namespace, in every cluster of the project.", admissionRuleAttributes()),
		"service_account_rules": attribute.Named("Rules by service account, `<namespace>:<account>`, in every cluster of the project.", admissionRuleAttributes()),
		"exempt_images": attribute.List("Images that are let in unseen: `registry/path`, at whose end `*` stands for any name and `**` for any path. " +
			"Others' patterns stay."),
		"system_images": attribute.Flag("Whether Google's own policy lets images of the system in first (`globalPolicyEvaluationMode`). Default: left alone."),
		"attestors":     attestorsAttribute(),
		"adopt": attribute.Flag("Take over a rule that the policy has already and that is another one. What it was is then lost, and the plan shows it. Default: false, such a rule is an error. " +
			"The default rule of a new project, which lets everything in, needs no adoption."),
		"on_destroy": attribute.Text("What happens to all this when the resource or a part of it goes: `restore` (default) removes our rules and patterns, and sets the default rule and `system_images` to what Google has in a new "+
			"project, which lets everything in; `keep` leaves all in force, attestors too, and nothing in Terraform then speaks of them. It is what the last apply had that counts.",
			attribute.OneOf(onDestroyRestore, onDestroyKeep)),
	})
}

func admissionRuleAttributes() attribute.Set {
	return attribute.Set{
		"evaluation": attribute.Required("`ALWAYS_ALLOW`, `ALWAYS_DENY` or `REQUIRE_ATTESTATION`.",
			attribute.OneOf(spec.EvaluateAllow, spec.EvaluateDeny, spec.EvaluateAttestation)),
		"enforcement": attribute.Text("`enforce` (default) refuses what the rule refuses, and logs it; `audit` lets it in and logs it.",
			attribute.OneOf(spec.EnforcementEnforce, spec.EnforcementAudit)),
		"attestors": attribute.List("Who must have attested to an image, all of them, with `REQUIRE_ATTESTATION`: ids of `attestors`, or `projects/<project>/attestors/<name>`."),
	}
}

func attestorsAttribute() schema.MapNestedAttribute {
	return attribute.Named("Attestors that are created in the project, by id.", attribute.Set{
		"description": attribute.Text("Description."),
		"note":        attribute.Required("The note of Artifact Analysis that attestations are attached to, which exists: `projects/<project ID>/notes/<name>`. Another note is another attestor."),
		"public_keys": attribute.RequiredBlocks("The keys that verify attestations: `pgp`, or `pem` with `signature_algorithm`.", attribute.Set{
			"id":                  attribute.Text("Id of a PKIX key, a URI. Default: computed from the key."),
			"comment":             attribute.Text("Comment."),
			"pgp":                 attribute.Text("A PGP public key, ASCII-armored."),
			"pem":                 attribute.Text("A PKIX public key, as PEM."),
			"signature_algorithm": attribute.Text("Algorithm of `pem`, as `ECDSA_P256_SHA256` or `RSA_SIGN_PKCS1_4096_SHA512`."),
		}),
	})
}
