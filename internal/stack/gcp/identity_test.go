package gcp

import (
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack/golden"
)

func TestIdentityGoldens(t *testing.T) {
	golden.Check(t, "identity", func(t *testing.T, input string) string {
		id := identityOf(t, input)
		if problems := id.ValidateGoogle(); len(problems) > 0 {
			t.Fatalf("the identity is not valid: %v", problems)
		}
		objects, err := Identity(id)
		if err != nil {
			t.Fatal(err)
		}
		return golden.YAML(t, objects)
	})
}

func identityOf(t *testing.T, input string) spec.Identity {
	t.Helper()
	var id spec.Identity
	if err := yaml.UnmarshalStrict([]byte(input), &id); err != nil {
		t.Fatal(err)
	}
	return id
}

const place = `
Name: billing
Namespace: agents
Google:
  Project: {ID: acme-agents, Number: "123", Location: us-central1}
`

func TestWhatPoliciesCallAnAgentFollowsFromWhereItRuns(t *testing.T) {
	for name, test := range map[string]struct {
		input, principal, set, template string
		lifetime                        time.Duration
	}{
		"on GKE in an organization, nothing tells the principal": {
			place + `  Organization: "987"` + "\n  Runtime: gke", "",
			"principalSet://agents.global.org-987.system.id.goog/attribute.container/projects/123", "", 24 * time.Hour,
		},
		"on GKE, with its principal": {
			place + "  Runtime: gke\n  GKE: {Principal: 'principal://agents.global.proj-123.system.id.goog/resources/x'}",
			"principal://agents.global.proj-123.system.id.goog/resources/x",
			"principalSet://agents.global.proj-123.system.id.goog/attribute.container/projects/123",
			"spiffe://agents.global.proj-123.system.id.goog/resources/x", 24 * time.Hour,
		},
		"on GKE without a project number, nothing is known": {
			"Name: billing\nNamespace: agents\nGoogle: {Runtime: gke, Project: {ID: acme-agents}}", "", "", "", 24 * time.Hour,
		},
		"on an engine that is created, Google chooses the id": {
			place + "  Runtime: agent_runtime", "",
			"principalSet://agents.global.proj-123.system.id.goog/attribute.platformContainer/aiplatform/projects/123",
			"spiffe://agents.global.proj-123.system.id.goog/resources/aiplatform/projects/123/locations/us-central1/reasoningEngines/{{ .ReasoningEngine }}", 24 * time.Hour,
		},
		"on an engine that exists": {
			place + "  Organization: \"987\"\n  Runtime: agent_runtime\n  AgentRuntime: {Engine: projects/acme-agents/locations/europe-west1/reasoningEngines/42}",
			"principal://agents.global.org-987.system.id.goog/resources/aiplatform/projects/123/locations/europe-west1/reasoningEngines/42",
			"principalSet://agents.global.org-987.system.id.goog/attribute.platformContainer/aiplatform/projects/123",
			"spiffe://agents.global.org-987.system.id.goog/resources/aiplatform/projects/123/locations/europe-west1/reasoningEngines/42", 24 * time.Hour,
		},
		"on an engine of another project": {
			place + "  Runtime: agent_runtime\n  AgentRuntime: {Engine: projects/456/locations/europe-west1/reasoningEngines/42}",
			"principal://agents.global.proj-123.system.id.goog/resources/aiplatform/projects/456/locations/europe-west1/reasoningEngines/42",
			"principalSet://agents.global.proj-123.system.id.goog/attribute.platformContainer/aiplatform/projects/123",
			"spiffe://agents.global.proj-123.system.id.goog/resources/aiplatform/projects/456/locations/europe-west1/reasoningEngines/42", 24 * time.Hour,
		},
		"in a pool of its own": {
			place + "  Runtime: managed\n  Managed: {Namespace: team, ID: bot, Pool: {ID: fleet, Create: true, Issuance: {Lifetime: 172800000000000}}}",
			"principal://iam.googleapis.com/projects/123/locations/global/workloadIdentityPools/fleet/subject/ns/team/sa/bot",
			"principalSet://iam.googleapis.com/projects/123/locations/global/workloadIdentityPools/fleet/*",
			"spiffe://fleet.global.123.workload.id.goog/ns/team/sa/bot", 48 * time.Hour,
		},
		"in a pool of its own that says nothing of lifetimes": {
			place + "  Runtime: managed\n  Managed: {Namespace: team, ID: bot, Pool: {ID: fleet, Create: true}}",
			"principal://iam.googleapis.com/projects/123/locations/global/workloadIdentityPools/fleet/subject/ns/team/sa/bot",
			"principalSet://iam.googleapis.com/projects/123/locations/global/workloadIdentityPools/fleet/*",
			"spiffe://fleet.global.123.workload.id.goog/ns/team/sa/bot", 24 * time.Hour,
		},
		"in others' pool, whose lifetimes are not ours to know": {
			place + "  Runtime: managed\n  Managed: {Namespace: team, ID: bot, Pool: {ID: fleet}}",
			"principal://iam.googleapis.com/projects/123/locations/global/workloadIdentityPools/fleet/subject/ns/team/sa/bot",
			"principalSet://iam.googleapis.com/projects/123/locations/global/workloadIdentityPools/fleet/*",
			"spiffe://fleet.global.123.workload.id.goog/ns/team/sa/bot", 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			id := identityOf(t, test.input)
			if got := Principal(id); got != test.principal {
				t.Errorf("principal is %q, want %q", got, test.principal)
			}
			if got := PrincipalSet(id); got != test.set {
				t.Errorf("principal set is %q, want %q", got, test.set)
			}
			if got := SPIFFEIDTemplate(id); got != test.template {
				t.Errorf("SPIFFE ID is %q, want %q", got, test.template)
			}
			if got := CertificateLifetime(id); got != test.lifetime {
				t.Errorf("certificates live for %s, want %s", got, test.lifetime)
			}
		})
	}
}

func TestIDsOfPoliciesAreValidAndDistinct(t *testing.T) {
	seen := map[string]string{}
	for _, agent := range [][2]string{
		{"agents", "billing"}, {"agents-billing", "x"}, {"agents", "billing-x"}, {"0agents", "billing"}, {strings.Repeat("a", 63), strings.Repeat("b", 63)},
	} {
		for _, project := range []string{"acme-agents", "example.com:acme"} {
			for _, container := range []string{"projects/" + project, "organizations/1"} {
				for _, part := range []string{"", "suspended"} {
					id := spec.Identity{Namespace: agent[0], Name: agent[1], Google: &spec.GoogleIdentity{Project: spec.GoogleProject{ID: project}}}
					got := identityPolicyID(id, container, part)
					if !policyID.MatchString(got) {
						t.Errorf("%v gives %q, which IAM does not take", agent, got)
					}
					what := strings.Join([]string{agent[0], agent[1], container, part}, " ")
					if container == "organizations/1" {
						what += " " + project
					}
					if other, taken := seen[container+" "+got]; taken && other != what {
						t.Errorf("%s and %s are both %q", what, other, got)
					}
					seen[container+" "+got] = what
				}
			}
		}
	}
}

// What a suspension denies with is in force before anything else changes, and what it might fail at is tried last.
func TestASuspensionDeniesFirst(t *testing.T) {
	id := identityOf(t, place+`  Runtime: managed
  Managed: {Namespace: team, ID: bot, CreateNamespace: true, Pool: {ID: fleet, Create: true}}
  AuthProvider: {ID: p, APIKey: {Key: {Value: k, Version: "1"}}}
  Suspension: {DenyEgress: true}
Suspended: true`)
	objects, err := Identity(id)
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, o := range objects {
		order = append(order, o.Key.Collection())
	}
	want := "denypolicies workloadIdentityPools namespaces managedIdentities authProviders accessPolicies policyBindings"
	if got := strings.Join(order, " "); got != want {
		t.Errorf("the order is %s, want %s", got, want)
	}
}

func TestPoliciesOfAnAgentThatCannotBeNamedAreAnError(t *testing.T) {
	id := identityOf(t, place+`  Runtime: gke
  Deny: {Rules: [{Permissions: [a.googleapis.com/b.c]}]}`)
	if _, err := Identity(id); err == nil || !strings.Contains(err.Error(), "has no principal that is known") {
		t.Errorf("error is %v", err)
	}
}
