package spec

// GoogleBinaryAuthorization is what an admission policy has in the Binary Authorization policy of its project, of which there is
// exactly one: the rules that it sets, and nothing of what others have in it.
type GoogleBinaryAuthorization struct {
	Project GoogleProject
	// Default is for what no other rule is for; nil leaves that of the project alone.
	Default *GoogleAdmissionRule
	// At most one of these has entries, in the project's policy as a whole.
	Clusters        map[string]GoogleAdmissionRule // "us-central1.prod"
	Namespaces      map[string]GoogleAdmissionRule
	ServiceAccounts map[string]GoogleAdmissionRule // "namespace:account"
	// ExemptImages are let in unseen: "registry/path/*", "registry/path/**".
	ExemptImages []string
	// SystemImages has Google's own policy for images of the system evaluated first; nil leaves it as it is.
	SystemImages *bool
	// Attestors are created for the policy, by id.
	Attestors map[string]GoogleAttestor
	// Adopt takes over what the project's policy says already where the two differ.
	Adopt bool
	// Keep leaves the policy and its attestors in force when the resource is destroyed.
	Keep bool
}

// How a rule of Binary Authorization judges images.
const (
	EvaluateAllow       = "ALWAYS_ALLOW"
	EvaluateDeny        = "ALWAYS_DENY"
	EvaluateAttestation = "REQUIRE_ATTESTATION"
)

// What happens to pods that a rule of Binary Authorization refuses.
const (
	EnforcementEnforce = "enforce"
	EnforcementAudit   = "audit"
)

// GoogleAdmissionRule is a rule of Binary Authorization.
type GoogleAdmissionRule struct {
	Evaluation  string
	Enforcement string
	Attestors   []string // ids of Attestors, or "projects/p/attestors/a"
}

// GoogleAttestor is who attests to images.
type GoogleAttestor struct {
	Description string
	Note        string // "projects/<id>/notes/n", which exists
	Keys        []GoogleAttestorKey
}

// GoogleAttestorKey is a public key of an attestor: PGP, or PKIX with its algorithm.
type GoogleAttestorKey struct {
	ID        string
	Comment   string
	PGP       string // ASCII-armored
	PEM       string
	Algorithm string // of PEM: "ECDSA_P256_SHA256"
}
