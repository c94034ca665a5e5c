package spec

import (
	"crypto/x509"
	"encoding/pem"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

var (
	binauthzCluster  = regexp.MustCompile(`^[a-z]+-[a-z]+[0-9]+(-[a-z])?\.[a-z]([a-z0-9-]*[a-z0-9])?$`)
	binauthzAttestor = regexp.MustCompile(`^projects/[^/]+/attestors/[^/]+$`)
	binauthzNote     = regexp.MustCompile(`^projects/([^/]+)/notes/[^/]+$`)
	binauthzID       = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,100}$`)
	// binauthzPattern is a registry, and a path in which one or two asterisks stand at the end only.
	binauthzPattern = regexp.MustCompile(`^[a-z0-9.-]+(:[0-9]+)?/[^*\s]*\*{0,2}$`)
	binauthzKeys    = []string{
		"RSA_PSS_2048_SHA256", "RSA_PSS_3072_SHA256", "RSA_PSS_4096_SHA256", "RSA_PSS_4096_SHA512",
		"RSA_SIGN_PKCS1_2048_SHA256", "RSA_SIGN_PKCS1_3072_SHA256", "RSA_SIGN_PKCS1_4096_SHA256", "RSA_SIGN_PKCS1_4096_SHA512",
		"ECDSA_P256_SHA256", "ECDSA_P384_SHA384", "ECDSA_P521_SHA512", "ML_DSA_65",
	}
)

// ValidateGoogle checks what is Google Cloud's alone of a policy; nothing where there is nothing. Paths are attribute names of
// agent_admission_policy.
func (p AdmissionPolicy) ValidateGoogle() Problems {
	b := p.BinaryAuthorization
	if b == nil {
		return nil
	}
	v := &binauthzValidator{policy: *b}
	path := []any{"binary_authorization"}
	switch {
	case b.Project.ID == "":
		v.add(at(path, "project"), "is not set: set it here, gcp.project of the provider or GOOGLE_PROJECT")
	case !googleProjectID.MatchString(b.Project.ID):
		v.add(at(path, "project"), "%q is no project ID: 6 to 30 lower-case letters, digits and hyphens, a letter first", b.Project.ID)
	}
	if b.Default == nil && len(b.Clusters)+len(b.Namespaces)+len(b.ServiceAccounts)+len(b.ExemptImages) == 0 && b.SystemImages == nil {
		v.add(path, "sets nothing: give default_rule, rules of clusters, namespaces or service accounts, or exempt_images")
	}
	if b.Default != nil {
		v.rule(at(path, "default_rule"), *b.Default)
	}
	v.maps(path)
	for i, pattern := range b.ExemptImages {
		if !binauthzPattern.MatchString(pattern) {
			v.add(at(path, "exempt_images", i), "%q is no pattern of images: write registry/path, at whose end * stands for any name and ** for any path", pattern)
		}
		v.duplicate(at(path, "exempt_images", i), b.ExemptImages, i)
	}
	for _, id := range sortedKeys(b.Attestors) {
		v.attestor(at(path, "attestors", MapKey(id)), id, b.Attestors[id])
	}
	return v.problems
}

type binauthzValidator struct {
	validator
	policy GoogleBinaryAuthorization
}

// maps checks the rules that are not the default, which are of one sort in the whole policy.
func (v *binauthzValidator) maps(path []any) {
	sorts := []struct {
		field string
		rules map[string]GoogleAdmissionRule
		check func(path []any, name string)
	}{
		{"cluster_rules", v.policy.Clusters, func(path []any, name string) {
			if !binauthzCluster.MatchString(name) {
				v.add(path, "%q is no cluster: write <location>.<name>, as \"us-central1.prod\"", name)
			}
		}},
		{"namespace_rules", v.policy.Namespaces, func(path []any, name string) {
			for _, problem := range validation.IsDNS1123Label(name) {
				v.add(path, "%q is no namespace: %s", name, problem)
			}
		}},
		{"service_account_rules", v.policy.ServiceAccounts, func(path []any, name string) {
			namespace, account, _ := strings.Cut(name, ":")
			if len(validation.IsDNS1123Label(namespace))+len(validation.IsDNS1123Subdomain(account)) > 0 {
				v.add(path, "%q is no account: write <namespace>:<account>", name)
			}
		}},
	}
	first := ""
	for _, sort := range sorts {
		switch {
		case len(sort.rules) == 0:
			continue
		case first != "":
			v.add(at(path, sort.field), "cannot stand beside %s: a project's policy has rules of one sort, beside the default", first)
		default:
			first = sort.field
		}
		for _, name := range sortedKeys(sort.rules) {
			path := at(path, sort.field, MapKey(name))
			sort.check(path, name)
			v.rule(path, sort.rules[name])
		}
	}
}

func (v *binauthzValidator) rule(path []any, r GoogleAdmissionRule) {
	if r.Enforcement != EnforcementEnforce && r.Enforcement != EnforcementAudit {
		v.add(at(path, "enforcement"), "%q is no enforcement: use %q or %q", r.Enforcement, EnforcementEnforce, EnforcementAudit)
	}
	switch r.Evaluation {
	case EvaluateAttestation:
		if len(r.Attestors) == 0 {
			v.add(at(path, "attestors"), "is empty: %s asks for the attestors that must have attested to an image", r.Evaluation)
		}
	case EvaluateAllow, EvaluateDeny:
		if len(r.Attestors) > 0 {
			v.add(at(path, "attestors"), "is for evaluation = %q alone: %s asks nobody", EvaluateAttestation, r.Evaluation)
		}
	default:
		v.add(at(path, "evaluation"), "%q is no evaluation: use %s, %s or %s", r.Evaluation, EvaluateAllow, EvaluateDeny, EvaluateAttestation)
	}
	for i, attestor := range r.Attestors {
		if _, ours := v.policy.Attestors[attestor]; !ours && !binauthzAttestor.MatchString(attestor) {
			v.add(at(path, "attestors", i), "%q is none of attestors, and no projects/<project>/attestors/<name> either", attestor)
		}
		v.duplicate(at(path, "attestors", i), r.Attestors, i)
	}
}

func (v *binauthzValidator) attestor(path []any, id string, a GoogleAttestor) {
	if !binauthzID.MatchString(id) {
		v.add(path, "%q is no id of an attestor: up to 100 letters, digits, hyphens and underscores", id)
	}
	if match := binauthzNote.FindStringSubmatch(a.Note); match == nil {
		v.add(at(path, "note"), "%q is no note: write projects/<project>/notes/<name>", a.Note)
	} else if googleNumber.MatchString(match[1]) {
		v.add(at(path, "note"), "%q names the project by its number, and a note is referred to by the project's ID", a.Note)
	}
	if len(a.Keys) == 0 {
		v.add(at(path, "public_keys"), "is empty, so that no attestation would ever be valid: give the keys that verify them")
	}
	for i, key := range a.Keys {
		v.key(at(path, "public_keys", i), key)
	}
}

// key never repeats the text: people paste private keys by mistake.
func (v *binauthzValidator) key(path []any, k GoogleAttestorKey) {
	switch {
	case (k.PGP == "") == (k.PEM == ""):
		v.add(path, "needs one of pgp and pem")
	case k.PGP != "":
		if k.ID != "" {
			v.add(at(path, "id"), "is computed from a PGP key: leave it out")
		}
		if k.Algorithm != "" {
			v.add(at(path, "signature_algorithm"), "is in a PGP key already: leave it out")
		}
		if !strings.Contains(k.PGP, "-----BEGIN PGP PUBLIC KEY BLOCK-----") {
			v.add(at(path, "pgp"), "is no public key as gpg --export --armor writes it")
		}
		return
	}
	if !slices.Contains(binauthzKeys, k.Algorithm) {
		v.add(at(path, "signature_algorithm"), "%q is no signature algorithm: use one of %s", k.Algorithm, strings.Join(binauthzKeys, ", "))
	}
	// A key of Cloud KMS is named by a URI without a scheme, "//cloudkms.googleapis.com/v1/projects/…".
	if u, err := url.Parse(k.ID); k.ID != "" && (err != nil || u.Scheme == "" && u.Host == "") {
		v.add(at(path, "id"), "%q is no URI, which the id of a PKIX key must be: leave it out to have it computed", k.ID)
	}
	if k.PEM == "" {
		return
	}
	block, _ := pem.Decode([]byte(k.PEM))
	switch {
	case block == nil:
		v.add(at(path, "pem"), "is no PEM: it starts with -----BEGIN PUBLIC KEY-----")
	case strings.Contains(block.Type, "PRIVATE KEY"):
		v.add(at(path, "pem"), "is a private key: give the public one, and replace the key pair, as this one is now in your configuration")
	default:
		// A key of a kind that Go does not know (ML-DSA) is Google's to judge.
		if _, err := x509.ParsePKIXPublicKey(block.Bytes); err != nil && k.Algorithm != "ML_DSA_65" {
			v.add(at(path, "pem"), "is no public key: %v", err)
		}
	}
}
