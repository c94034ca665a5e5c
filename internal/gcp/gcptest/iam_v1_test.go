package gcptest_test

import (
	"strings"
	"testing"

	"google.golang.org/api/iam/v1"

	"github.com/agentward/terraform-provider-agent/internal/gcp/gcptest"
)

const global = "projects/agents-1/locations/global"

func trustDomain() *iam.WorkloadIdentityPool {
	return &iam.WorkloadIdentityPool{
		DisplayName: "agents", Mode: "TRUST_DOMAIN",
		InlineCertificateIssuanceConfig: &iam.InlineCertificateIssuanceConfig{
			CaPools:  map[string]string{"us-central1": "projects/agents-1/locations/us-central1/caPools/agents"},
			Lifetime: "86400s", RotationWindowPercentage: 60, KeyAlgorithm: "ECDSA_P384",
		},
		InlineTrustConfig: &iam.InlineTrustConfig{AdditionalTrustBundles: map[string]iam.TrustStore{
			"example.com": {TrustAnchors: []*iam.TrustAnchor{{PemCertificate: "-----BEGIN CERTIFICATE-----\nZmFrZQ==\n-----END CERTIFICATE-----\n"}}},
		}},
	}
}

func TestWorkloadIdentityPoolRefusals(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{})
	service := client(t, s, "iam", iam.NewService).Projects.Locations.WorkloadIdentityPools
	type pool = iam.WorkloadIdentityPool
	checkRefusals(t, trustDomain, func(id string, body *pool) error {
		_, err := service.Create(global, body).WorkloadIdentityPoolId(id).Do()
		return err
	}, []refused[pool]{
		{"a mode that does not exist", func(p *pool) { p.Mode = "AGENTS" }, "mode"},
		{"the mode of Google's own pools", func(p *pool) { p.Mode = "SYSTEM_TRUST_DOMAIN" }, "mode"},
		{"certificates of a pool for federation", func(p *pool) { p.Mode = "FEDERATION_ONLY" }, "inline_certificate_issuance_config"},
		{"CA pools and the shared CA", func(p *pool) { p.InlineCertificateIssuanceConfig.UseDefaultSharedCa = true }, "inline_certificate_issuance_config.use_default_shared_ca"},
		{"neither CA pools nor the shared CA", func(p *pool) { p.InlineCertificateIssuanceConfig.CaPools = nil }, "inline_certificate_issuance_config.ca_pools"},
		{"the CA pool of another region", func(p *pool) {
			p.InlineCertificateIssuanceConfig.CaPools["europe-west1"] = p.InlineCertificateIssuanceConfig.CaPools["us-central1"]
		}, `inline_certificate_issuance_config.ca_pools["europe-west1"]`},
		{"certificates of an hour", func(p *pool) { p.InlineCertificateIssuanceConfig.Lifetime = "3600s" }, "inline_certificate_issuance_config.lifetime"},
		{"certificates of 31 days", func(p *pool) { p.InlineCertificateIssuanceConfig.Lifetime = "2678400s" }, "inline_certificate_issuance_config.lifetime"},
		{"early rotation", func(p *pool) { p.InlineCertificateIssuanceConfig.RotationWindowPercentage = 81 }, "inline_certificate_issuance_config.rotation_window_percentage"},
		{"a trust domain without anchors", func(p *pool) { p.InlineTrustConfig.AdditionalTrustBundles["example.org"] = iam.TrustStore{} }, `inline_trust_config.additional_trust_bundles["example.org"].trust_anchors`},
		{"a long display name", func(p *pool) { p.DisplayName = strings.Repeat("a", 33) }, "display_name"},
		{"a long description", func(p *pool) { p.Description = strings.Repeat("a", 257) }, "description"},
	})
	for id, field := range map[string]string{"abc": "workload_identity_pool_id", "gcp-agents": "name"} {
		_, err := service.Create(global, trustDomain()).WorkloadIdentityPoolId(id).Do()
		checkRefused(t, err, field)
	}
	_, err := service.Create(parent, trustDomain()).WorkloadIdentityPoolId("regional").Do()
	checkRefused(t, err, "name")
	_, err = service.Patch(global+"/workloadIdentityPools/valid", &pool{Mode: "FEDERATION_ONLY"}).UpdateMask("mode").Do()
	checkRefused(t, err, "mode")
	_, err = service.Patch(global+"/workloadIdentityPools/valid", &pool{DisplayName: "renamed"}).Do()
	checkRefused(t, err, "update_mask")
}

func TestManagedIdentity(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{})
	service := client(t, s, "iam", iam.NewService).Projects.Locations.WorkloadIdentityPools
	if _, err := service.Create(global, trustDomain()).WorkloadIdentityPoolId("agents").Do(); err != nil {
		t.Fatal(err)
	}
	const pool = global + "/workloadIdentityPools/agents"
	const namespace = pool + "/namespaces/payments"
	const identity = namespace + "/managedIdentities/billing"

	_, err := service.Namespaces.ManagedIdentities.Create(namespace, &iam.WorkloadIdentityPoolManagedIdentity{}).WorkloadIdentityPoolManagedIdentityId("billing").Do()
	checkStatus(t, err, "NOT_FOUND") // before its namespace is there
	if _, err := service.Namespaces.Create(pool, &iam.WorkloadIdentityPoolNamespace{}).WorkloadIdentityPoolNamespaceId("payments").Do(); err != nil {
		t.Fatal(err)
	}
	if _, err := service.Namespaces.ManagedIdentities.Create(namespace, &iam.WorkloadIdentityPoolManagedIdentity{}).WorkloadIdentityPoolManagedIdentityId("billing").Do(); err != nil {
		t.Fatal(err)
	}

	rule := &iam.AttestationRule{GoogleCloudResource: "//compute.googleapis.com/projects/111111111111/uid/zones/us-central1-a/instances/1"}
	set := func(rules ...*iam.AttestationRule) error {
		_, err := service.Namespaces.ManagedIdentities.SetAttestationRules(identity, &iam.SetAttestationRulesRequest{AttestationRules: rules}).Do()
		return err
	}
	checkRefused(t, set(rule, rule), "google_cloud_resource")
	checkRefused(t, set(&iam.AttestationRule{GoogleCloudResource: "instances/1"}), "google_cloud_resource")
	if err := set(rule); err != nil {
		t.Fatal(err)
	}
	listed, err := service.Namespaces.ManagedIdentities.ListAttestationRules(identity).Do()
	if err != nil || len(listed.AttestationRules) != 1 || listed.AttestationRules[0].GoogleCloudResource != rule.GoogleCloudResource {
		t.Errorf("the rules are %v, %v", listed, err)
	}

	got, err := service.Get(pool).Do()
	if err != nil {
		t.Fatal(err)
	}
	if want := "projects/111111111111/locations/global/workloadIdentityPools/agents"; got.Name != want {
		t.Errorf("the name is %q, want %q: IAM answers with the project's number", got.Name, want)
	}
}

func TestDeletedPoolsCanBeUndeleted(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{})
	service := client(t, s, "iam", iam.NewService).Projects.Locations.WorkloadIdentityPools
	const name = global + "/workloadIdentityPools/agents"
	create := func() error {
		_, err := service.Create(global, &iam.WorkloadIdentityPool{}).WorkloadIdentityPoolId("agents").Do()
		return err
	}
	if err := create(); err != nil {
		t.Fatal(err)
	}
	if _, err := service.Delete(name).Do(); err != nil {
		t.Fatal(err)
	}
	if names := s.Names(); len(names) != 0 {
		t.Errorf("a deleted pool is counted: %q", names)
	}
	got, err := service.Get(name).Do()
	if err != nil || got.State != "DELETED" || got.ExpireTime == "" {
		t.Errorf("a deleted pool can be read: %+v, %v", got, err)
	}
	checkStatus(t, create(), "ALREADY_EXISTS")
	_, err = service.Delete(name).Do()
	checkStatus(t, err, "NOT_FOUND")
	if listed, err := service.List(global).Do(); err != nil || len(listed.WorkloadIdentityPools) != 0 {
		t.Errorf("a deleted pool is listed: %+v, %v", listed, err)
	}
	if _, err := service.Undelete(name, &iam.UndeleteWorkloadIdentityPoolRequest{}).Do(); err != nil {
		t.Fatal(err)
	}
	if got, err := service.Get(name).Do(); err != nil || got.State != "ACTIVE" || got.ExpireTime != "" {
		t.Errorf("an undeleted pool: %+v, %v", got, err)
	}
}
