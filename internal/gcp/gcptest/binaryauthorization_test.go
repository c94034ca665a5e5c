package gcptest_test

import (
	"testing"

	"google.golang.org/api/binaryauthorization/v1"

	"github.com/agentward/terraform-provider-agent/internal/gcp/gcptest"
)

func TestBinaryAuthorizationPolicyRefusals(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{})
	service := client(t, s, "binaryauthorization", binaryauthorization.NewService).Projects
	const name = "projects/agents-1/policy"

	// Somebody may have changed it before anybody reads it.
	if err := s.Change("//binaryauthorization.googleapis.com/"+name, func(body map[string]any) { body["description"] = "ours" }); err != nil {
		t.Fatal(err)
	}
	first, err := service.GetPolicy(name).Do()
	if err != nil || first.DefaultAdmissionRule.EvaluationMode != "ALWAYS_ALLOW" || first.Description != "ours" {
		t.Fatalf("every project has a policy: %+v, %v", first, err)
	}
	if _, err := service.Attestors.Create("projects/agents-1", &binaryauthorization.Attestor{
		UserOwnedGrafeasNote: &binaryauthorization.UserOwnedGrafeasNote{NoteReference: "projects/agents-1/notes/built"},
	}).AttestorId("built").Do(); err != nil {
		t.Fatal(err)
	}
	attested := binaryauthorization.AdmissionRule{
		EvaluationMode: "REQUIRE_ATTESTATION", EnforcementMode: "DRYRUN_AUDIT_LOG_ONLY", RequireAttestationsBy: []string{"projects/agents-1/attestors/built"},
	}
	type policy = binaryauthorization.Policy
	checkRefusals(t, func() *policy {
		return &policy{
			DefaultAdmissionRule:              &binaryauthorization.AdmissionRule{EvaluationMode: "ALWAYS_DENY", EnforcementMode: "DRYRUN_AUDIT_LOG_ONLY"},
			KubernetesNamespaceAdmissionRules: map[string]binaryauthorization.AdmissionRule{"agents": attested},
		}
	}, func(_ string, body *policy) error {
		_, err := service.UpdatePolicy(name, body).Do()
		return err
	}, []refused[policy]{
		{"no default rule", func(p *policy) { p.DefaultAdmissionRule = nil }, "default_admission_rule"},
		{"a rule without an enforcement", func(p *policy) { p.DefaultAdmissionRule.EnforcementMode = "" }, "default_admission_rule.enforcement_mode"},
		{"attestation by nobody", func(p *policy) { p.DefaultAdmissionRule.EvaluationMode = "REQUIRE_ATTESTATION" }, "default_admission_rule.require_attestations_by"},
		{"attestation that is not required", func(p *policy) {
			p.DefaultAdmissionRule.RequireAttestationsBy = []string{"projects/agents-1/attestors/built"}
		}, "default_admission_rule.require_attestations_by"},
		{"rules for namespaces and clusters", func(p *policy) {
			p.ClusterAdmissionRules = map[string]binaryauthorization.AdmissionRule{"us-central1.agents": attested}
		}, "kubernetes_namespace_admission_rules"},
		{"a cluster without its location", func(p *policy) {
			p.KubernetesNamespaceAdmissionRules, p.ClusterAdmissionRules = nil, map[string]binaryauthorization.AdmissionRule{"agents": attested}
		}, "cluster_admission_rules"},
		{"the name", func(p *policy) { p.Name = name }, "name"},
	})

	changed, err := service.GetPolicy(name).Do()
	if err != nil || changed.Etag == first.Etag {
		t.Fatalf("the etag does not change: %+v, %v", changed, err)
	}
	_, err = service.UpdatePolicy(name, &policy{Etag: first.Etag, DefaultAdmissionRule: first.DefaultAdmissionRule}).Do()
	checkStatus(t, err, "ABORTED")
	_, err = service.Attestors.Delete("projects/agents-1/attestors/built").Do()
	checkStatus(t, err, "FAILED_PRECONDITION")
	if _, err := service.UpdatePolicy(name, &policy{Etag: changed.Etag, DefaultAdmissionRule: first.DefaultAdmissionRule}).Do(); err != nil {
		t.Fatal(err)
	}
	if _, err := service.Attestors.Delete("projects/agents-1/attestors/built").Do(); err != nil {
		t.Error(err)
	}
}
