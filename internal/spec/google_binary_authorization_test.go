package spec

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
)

func attestorKey(t *testing.T) GoogleAttestorKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return GoogleAttestorKey{PEM: string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})), Algorithm: "ECDSA_P256_SHA256"}
}

func TestBinaryAuthorizationProblemsNameTheAttribute(t *testing.T) {
	key := attestorKey(t)
	allow := GoogleAdmissionRule{Evaluation: EvaluateAllow, Enforcement: EnforcementEnforce}
	good := func() *GoogleBinaryAuthorization {
		return &GoogleBinaryAuthorization{
			Project: GoogleProject{ID: "acme-agents"},
			Default: &GoogleAdmissionRule{Evaluation: EvaluateAttestation, Enforcement: EnforcementAudit, Attestors: []string{"ci", "projects/other/attestors/qa"}},
			Namespaces: map[string]GoogleAdmissionRule{
				"agents": {Evaluation: EvaluateDeny, Enforcement: EnforcementEnforce},
			},
			ExemptImages: []string{"registry.k8s.io/**", "gcr.io/acme/agent*"},
			Attestors:    map[string]GoogleAttestor{"ci": {Note: "projects/acme-agents/notes/ci", Keys: []GoogleAttestorKey{key}}},
		}
	}
	if problems := (AdmissionPolicy{BinaryAuthorization: good()}).ValidateGoogle(); len(problems) > 0 {
		t.Fatalf("a good policy has problems: %v", problems)
	}
	if problems := (AdmissionPolicy{}).ValidateGoogle(); len(problems) > 0 {
		t.Fatalf("a policy without Binary Authorization has problems: %v", problems)
	}
	for name, test := range map[string]struct {
		change func(*GoogleBinaryAuthorization)
		want   string
	}{
		"no project": {func(b *GoogleBinaryAuthorization) { b.Project.ID = "" }, `binary_authorization.project: is not set`},
		"nothing":    {func(b *GoogleBinaryAuthorization) { b.Default, b.Namespaces, b.ExemptImages = nil, nil, nil }, `binary_authorization: sets nothing`},
		"two sorts of rules": {
			func(b *GoogleBinaryAuthorization) {
				b.Clusters = map[string]GoogleAdmissionRule{"us-central1.prod": allow}
			},
			`binary_authorization.namespace_rules: cannot stand beside cluster_rules`,
		},
		"cluster without its location": {
			func(b *GoogleBinaryAuthorization) {
				b.Namespaces, b.Clusters = nil, map[string]GoogleAdmissionRule{"prod": allow}
			},
			`binary_authorization.cluster_rules["prod"]: "prod" is no cluster`,
		},
		"namespace that is none": {func(b *GoogleBinaryAuthorization) { b.Namespaces["A"] = allow }, `binary_authorization.namespace_rules["A"]: "A" is no namespace`},
		"account without its namespace": {func(b *GoogleBinaryAuthorization) {
			b.Namespaces, b.ServiceAccounts = nil, map[string]GoogleAdmissionRule{"default": allow}
		}, `binary_authorization.service_account_rules["default"]: "default" is no account`},
		"no attestors":               {func(b *GoogleBinaryAuthorization) { b.Default.Attestors = nil }, `binary_authorization.default_rule.attestors: is empty`},
		"attestors that nobody asks": {func(b *GoogleBinaryAuthorization) { b.Default.Evaluation = EvaluateAllow }, `binary_authorization.default_rule.attestors: is for evaluation`},
		"attestor that is none":      {func(b *GoogleBinaryAuthorization) { b.Default.Attestors = []string{"qa"} }, `binary_authorization.default_rule.attestors[0]: "qa" is none of attestors`},
		"evaluation":                 {func(b *GoogleBinaryAuthorization) { b.Default.Evaluation = "ALLOW" }, `binary_authorization.default_rule.evaluation: "ALLOW"`},
		"enforcement":                {func(b *GoogleBinaryAuthorization) { b.Default.Enforcement = "" }, `binary_authorization.default_rule.enforcement: "" is no enforcement`},
		"asterisk in the registry":   {func(b *GoogleBinaryAuthorization) { b.ExemptImages = []string{"*.gcr.io/a"} }, `binary_authorization.exempt_images[0]: "*.gcr.io/a" is no pattern`},
		"note by the project's number": {func(b *GoogleBinaryAuthorization) {
			b.Attestors["ci"] = GoogleAttestor{Note: "projects/123/notes/n", Keys: []GoogleAttestorKey{key}}
		}, `binary_authorization.attestors["ci"].note: "projects/123/notes/n" names the project by its number`},
		"attestor without keys": {func(b *GoogleBinaryAuthorization) { b.Attestors["ci"] = GoogleAttestor{Note: "projects/a/notes/n"} }, `binary_authorization.attestors["ci"].public_keys: is empty`},
		"key of an unknown algorithm": {func(b *GoogleBinaryAuthorization) {
			b.Attestors["ci"] = GoogleAttestor{Note: "projects/a/notes/n", Keys: []GoogleAttestorKey{{PEM: key.PEM}}}
		}, `binary_authorization.attestors["ci"].public_keys[0].signature_algorithm: ""`},
		"id that is no URI": {func(b *GoogleBinaryAuthorization) {
			named := key
			named.ID = "ci"
			b.Attestors["ci"] = GoogleAttestor{Note: "projects/a/notes/n", Keys: []GoogleAttestorKey{named}}
		}, `binary_authorization.attestors["ci"].public_keys[0].id: "ci" is no URI`},
		"private key": {func(b *GoogleBinaryAuthorization) {
			b.Attestors["ci"] = GoogleAttestor{Note: "projects/a/notes/n", Keys: []GoogleAttestorKey{{PEM: strings.ReplaceAll(key.PEM, "PUBLIC", "PRIVATE"), Algorithm: "ECDSA_P256_SHA256"}}}
		}, `binary_authorization.attestors["ci"].public_keys[0].pem: is a private key`},
		"key of two kinds": {func(b *GoogleBinaryAuthorization) {
			b.Attestors["ci"] = GoogleAttestor{Note: "projects/a/notes/n", Keys: []GoogleAttestorKey{{PEM: key.PEM, PGP: "x"}}}
		}, `binary_authorization.attestors["ci"].public_keys[0]: needs one of pgp and pem`},
	} {
		t.Run(name, func(t *testing.T) {
			b := good()
			test.change(b)
			var all []string
			for _, p := range (AdmissionPolicy{BinaryAuthorization: b}).ValidateGoogle() {
				all = append(all, p.Error())
			}
			if !strings.Contains(strings.Join(all, "\n"), test.want) {
				t.Errorf("problems are %q, want one with %q", all, test.want)
			}
		})
	}
}
