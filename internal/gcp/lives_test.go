package gcp

import (
	"slices"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/gcp/gcptest"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

const (
	pool     = "projects/agents-1/locations/global/workloadIdentityPools/agents"
	boundary = "organizations/555555555555/locations/global/principalAccessBoundaryPolicies/agents"
	access   = "projects/agents-1/locations/global/accessPolicies/billing"
)

func declared(t *testing.T, service, name, text string) stack.Object {
	t.Helper()
	key, err := stack.ParseKey("//" + service + "/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return stack.Object{Key: key, Body: body(t, text), Secret: service == AgentIdentity}
}

// lives are objects of each kind: what must be there before, what it is at first, and what it becomes.
var lives = map[string]struct {
	before         []string // service, name, body, one after the other
	service, name  string
	first, second  string
	changed        string // the calls that the change takes
	createdAgainBy string
}{
	"a pool": {
		service: IAM, name: pool,
		first:   `{"disabled":false,"displayName":"Agents","inlineCertificateIssuanceConfig":{"lifetime":"86400s","useDefaultSharedCa":true},"mode":"TRUST_DOMAIN"}`,
		second:  `{"disabled":true,"inlineCertificateIssuanceConfig":{"caPools":{"us-central1":"projects/agents-1/locations/us-central1/caPools/c"},"lifetime":"172800s"},"mode":"TRUST_DOMAIN"}`,
		changed: "workloadIdentityPools.patch", createdAgainBy: "workloadIdentityPools.create! workloadIdentityPools.undelete workloadIdentityPools.patch",
	},
	"a namespace": {
		before:  []string{IAM, pool, `{"mode":"TRUST_DOMAIN"}`},
		service: IAM, name: pool + "/namespaces/finance",
		first: `{"disabled":false}`, second: `{"description":"of finance","disabled":false}`,
		changed: "namespaces.patch", createdAgainBy: "namespaces.create! namespaces.undelete",
	},
	"a managed identity": {
		before:  []string{IAM, pool, `{"mode":"TRUST_DOMAIN"}`, IAM, pool + "/namespaces/finance", `{}`},
		service: IAM, name: pool + "/namespaces/finance/managedIdentities/billing",
		first: `{"disabled":false}`, second: `{"disabled":true}`,
		changed: "managedIdentities.patch", createdAgainBy: "managedIdentities.create! managedIdentities.undelete managedIdentities.patch",
	},
	"attestation rules": {
		before: []string{
			IAM, pool, `{"mode":"TRUST_DOMAIN"}`, IAM, pool + "/namespaces/finance", `{}`,
			IAM, pool + "/namespaces/finance/managedIdentities/billing", `{}`,
		},
		service: IAM, name: pool + "/namespaces/finance/managedIdentities/billing#attestationRules",
		first:   `{"attestationRules":[{"googleCloudResource":"//compute.googleapis.com/projects/111111111111/uid/zones/z/instances/1"}]}`,
		second:  `{"attestationRules":[{"googleCloudResource":"//compute.googleapis.com/projects/111111111111/uid/zones/z/instances/2"}]}`,
		changed: "managedIdentities.setAttestationRules", createdAgainBy: "managedIdentities.setAttestationRules",
	},
	"a deny policy": {
		service: IAM, name: "policies/cloudresourcemanager.googleapis.com%2Fprojects%2Fagents-1/denypolicies/billing",
		first: `{"displayName":"Billing","rules":[{"denyRule":{"deniedPermissions":["storage.googleapis.com/objects.delete"],"deniedPrincipals":["principalSet://goog/public:all"]}}]}`,
		second: `{"rules":[{"denyRule":{"deniedPermissions":["storage.googleapis.com/objects.get"],"deniedPrincipals":["principalSet://goog/public:all"],` +
			`"denialCondition":{"expression":"!resource.matchTag('a/b', 'c')","title":"untagged"}},"description":"no reading"}]}`,
		changed: "policies.update", createdAgainBy: "policies.createPolicy",
	},
	"a principal access boundary": {
		service: IAM, name: boundary,
		first:   `{"details":{"enforcementVersion":"3","rules":[{"effect":"ALLOW","resources":["//cloudresourcemanager.googleapis.com/projects/agents-1"]}]},"displayName":"Agents"}`,
		second:  `{"details":{"enforcementVersion":"3","rules":[{"description":"ours","effect":"ALLOW","resources":["//cloudresourcemanager.googleapis.com/folders/7","//cloudresourcemanager.googleapis.com/projects/agents-1"]}]}}`,
		changed: "principalAccessBoundaryPolicies.patch", createdAgainBy: "principalAccessBoundaryPolicies.create",
	},
	"a binding of a boundary": {
		before:  []string{IAM, boundary, `{"details":{"rules":[{"effect":"ALLOW","resources":["//cloudresourcemanager.googleapis.com/projects/agents-1"]}]}}`},
		service: IAM, name: "projects/agents-1/locations/global/policyBindings/agents",
		first: `{"condition":{"expression":"principal.type == 'iam.googleapis.com/AgentPoolIdentity'"},"policy":"` + boundary + `","policyKind":"PRINCIPAL_ACCESS_BOUNDARY",` +
			`"target":{"principalSet":"//cloudresourcemanager.googleapis.com/projects/agents-1"}}`,
		second: `{"displayName":"Agents","policy":"` + boundary + `","policyKind":"PRINCIPAL_ACCESS_BOUNDARY",` +
			`"target":{"principalSet":"//cloudresourcemanager.googleapis.com/projects/agents-1"}}`,
		changed: "policyBindings.patch", createdAgainBy: "policyBindings.create",
	},
	"an access policy": {
		service: IAM, name: access,
		first: `{"details":{"rules":[{"effect":"ALLOW","operation":{"permissions":["iap.googleapis.com/resources.egressViaIAP"]},"principals":["principalSet://goog/public:all"]}]},"displayName":"Billing"}`,
		second: `{"details":{"rules":[{"conditions":{"iap.googleapis.com":{"expression":"destination.is_registered"}},"effect":"ALLOW",` +
			`"operation":{"permissions":["iap.googleapis.com/resources.egressViaIAP"]},"principals":["principalSet://goog/public:all"]}]},"displayName":"Billing"}`,
		changed: "accessPolicies.patch", createdAgainBy: "accessPolicies.create",
	},
	"a binding of an access policy": {
		before:  []string{IAM, access, `{"details":{"rules":[{"effect":"ALLOW","operation":{"permissions":["iap.googleapis.com/resources.egressViaIAP"]},"principals":["principalSet://goog/public:all"]}]}}`},
		service: IAM, name: "folders/7/locations/global/policyBindings/billing",
		first:   `{"policy":"` + access + `","policyKind":"ACCESS","target":{"resource":"//cloudresourcemanager.googleapis.com/folders/7"}}`,
		second:  `{"policy":"` + access + `","policyKind":"ACCESS","target":{"resource":"//cloudresourcemanager.googleapis.com/folders/8"}}`,
		changed: "policyBindings.delete policyBindings.create", createdAgainBy: "policyBindings.create",
	},
	"an attestor": {
		service: BinaryAuthorization, name: "projects/agents-1/attestors/builds",
		first:   `{"description":"of builds","userOwnedGrafeasNote":{"noteReference":"projects/agents-1/notes/builds"}}`,
		second:  `{"userOwnedGrafeasNote":{"noteReference":"projects/agents-1/notes/builds","publicKeys":[{"id":"k","pkixPublicKey":{"publicKeyPem":"p","signatureAlgorithm":"ECDSA_P256_SHA256"}}]}}`,
		changed: "attestors.update", createdAgainBy: "attestors.create",
	},
	"a reasoning engine": {
		service: VertexAI, name: location + "/reasoningEngines/{agents.billing}",
		first:   `{"displayName":"agents.billing","labels":{"agentward-agent":"billing","agentward-namespace":"agents"},"spec":{"identityType":"AGENT_IDENTITY"}}`,
		second:  `{"description":"bills","displayName":"agents.billing","labels":{"agentward-agent":"billing","agentward-namespace":"agents"},"spec":{"identityType":"AGENT_IDENTITY"}}`,
		changed: "reasoningEngines.patch", createdAgainBy: "reasoningEngines.create",
	},
	"an auth provider": {
		service: AgentIdentity, name: location + "/authProviders/billing",
		first:   `{"allowedScopes":["a","b"],"authProviderTypeParams":{"apiKey":{"apiKey":"s3cr3t"}},"labels":{"agentward-secret-version":"1"},"state":"ENABLED"}`,
		second:  `{"authProviderTypeParams":{"twoLeggedOauth":{"clientId":"c","clientSecret":"s3cr3t","tokenUrl":"https://login.example.com/token"}},"labels":{"agentward-secret-version":"2"},"state":"DISABLED"}`,
		changed: "authProviders.disable authProviders.patch", createdAgainBy: "authProviders.create! authProviders.undelete authProviders.patch authProviders.enable",
	},
	"the default rule of Binary Authorization": {
		service: BinaryAuthorization, name: "projects/agents-1/policy#defaultAdmissionRule",
		first:   `{"enforcementMode":"DRYRUN_AUDIT_LOG_ONLY","evaluationMode":"ALWAYS_DENY"}`,
		second:  `{"enforcementMode":"ENFORCED_BLOCK_AND_AUDIT_LOG","evaluationMode":"ALWAYS_DENY"}`,
		changed: "projects.updatePolicy", createdAgainBy: "projects.updatePolicy",
	},
	"a cluster's rule of Binary Authorization": {
		service: BinaryAuthorization, name: "projects/agents-1/policy#clusterAdmissionRules/us-central1.prod",
		first:   `{"enforcementMode":"DRYRUN_AUDIT_LOG_ONLY","evaluationMode":"ALWAYS_DENY"}`,
		second:  `{"enforcementMode":"ENFORCED_BLOCK_AND_AUDIT_LOG","evaluationMode":"ALWAYS_DENY"}`,
		changed: "projects.updatePolicy", createdAgainBy: "projects.updatePolicy",
	},
	"a grant of IAP": {
		service: IAP, name: location + "/iap_web/agentRegistry#billing-reads",
		first:   `{"members":["principal://agents.global.org-1.system.id.goog/a"],"role":"roles/iap.egressor"}`,
		second:  `{"condition":{"expression":"api.getAttribute('iap.googleapis.com/mcp.toolName','') in ['read','']"},"members":["principal://agents.global.org-1.system.id.goog/a"],"role":"roles/iap.egressor"}`,
		changed: "iap.setIamPolicy", createdAgainBy: "iap.setIamPolicy",
	},
}

func TestEachKindIsCreatedChangedAndDeleted(t *testing.T) {
	for name, life := range lives {
		for speed, options := range map[string]gcptest.Options{"at once": {}, "in time": {Polls: 2, HiddenReads: 2, LingeringReads: 2, UnknownReferences: 1}} {
			t.Run(name+" "+speed, func(t *testing.T) {
				b := newBench(t, options)
				for i := 0; i < len(life.before); i += 3 {
					b.mustApply(t, declared(t, life.before[i], life.before[i+1], life.before[i+2]), "")
				}
				first, second := declared(t, life.service, life.name, life.first), declared(t, life.service, life.name, life.second)
				created := b.mustApply(t, first, "")
				b.Forget()
				b.mustApply(t, first, created.Projection)
				if calls := b.methods(); calls != "" {
					t.Errorf("nothing changed, and it called %s", calls)
				}
				changed := b.mustApply(t, second, created.Projection)
				if calls := b.methods(); calls != life.changed {
					t.Errorf("to change it, it called %q", calls)
				}
				// A process that knows of nothing finds what is there as it is desired.
				again := b.mustPlan(t, second, "")
				if again.Projection != changed.Projection || len(again.Adopted) == 0 && !second.Secret {
					t.Errorf("what is there is planned as %s, adopted from %v", again.Projection, again.Adopted)
				}
				b.mustDelete(t, second.Key)
				b.mustDelete(t, second.Key)
				b.Forget()
				b.mustApply(t, first, "")
				if calls := b.methods(); speed == "at once" && calls != life.createdAgainBy {
					t.Errorf("after its deletion, it is created by %q", calls)
				}
			})
		}
	}
}

func TestWhatDiffersAndIsNotOursIsNotTaken(t *testing.T) {
	for name, life := range lives {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, gcptest.Options{})
			for i := 0; i < len(life.before); i += 3 {
				b.mustApply(t, declared(t, life.before[i], life.before[i+1], life.before[i+2]), "")
			}
			theirs := b.mustApply(t, declared(t, life.service, life.name, life.first), "")
			ours := declared(t, life.service, life.name, life.second)
			b.Forget()
			if _, err := b.Plan(deadline(t), ours, ""); err == nil || !strings.Contains(err.Error(), "exists already and is another") {
				t.Errorf("the plan says %v", err)
			}
			if _, err := b.Apply(deadline(t), ours, ""); err == nil || !strings.Contains(err.Error(), "exists already and is another") {
				t.Errorf("the apply says %v", err)
			}
			b.mustRead(t, ours.Key, theirs.Projection, theirs.Projection)
			ours.Adopt = true
			if live := b.mustApply(t, ours, ""); live.Projection == theirs.Projection {
				t.Error("it was told to adopt what is there, and did not")
			}
		})
	}
}

func TestEachKindIsInTheTable(t *testing.T) {
	b := newBench(t, gcptest.Options{})
	for key, k := range b.kinds {
		if k.connect == nil {
			t.Errorf("%v has no calls", key)
		}
		if !slices.ContainsFunc(Services, func(s Service) bool { return s.Host == key.service }) {
			t.Errorf("%v is of a service without an endpoint", key)
		}
	}
}
