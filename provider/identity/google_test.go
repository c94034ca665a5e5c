package identity_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/acctest/terraform"
	"github.com/agentward/terraform-provider-agent/internal/gcp/gcptest"
)

// google configures an identity on Google Cloud, as the fake has it.
func google(server *gcptest.Server, more string) string {
	return terraform.Google(server.Endpoint, `stack = "gcp"`, fmt.Sprintf(`
resource "agent_identity" "test" {
  name      = "billing"
  namespace = "agents"
  %s
}`, more))
}

const (
	googleProject = "projects/agents-1"
	engineKey     = "//aiplatform.googleapis.com/" + googleProject + "/locations/us-central1/reasoningEngines/{agents.billing}"
	denyKey       = "//iam.googleapis.com/policies/cloudresourcemanager.googleapis.com%2Fprojects%2Fagents-1/denypolicies/agents.billing"
	suspendKey    = denyKey + ".suspended"
	poolKey       = "//iam.googleapis.com/" + googleProject + "/locations/global/workloadIdentityPools/fleet"
	managedKey    = poolKey + "/namespaces/agents/managedIdentities/billing"
)

// noneLeft fails where a destroy left something.
func noneLeft(t *testing.T, server *gcptest.Server) {
	t.Helper()
	if names := server.Names(); len(names) > 0 {
		t.Errorf("destroy left %q", names)
	}
}

// stored gives the body of the only object whose name begins so, as the fake has it.
func stored(t *testing.T, server *gcptest.Server, prefix string) (name string, body map[string]any) {
	t.Helper()
	for _, name := range server.Names() {
		if strings.HasPrefix(name, prefix) {
			body, _ := server.Object(name)
			return name, body
		}
	}
	t.Fatalf("there is no %s… among %q", prefix, server.Names())
	return "", nil
}

// changes gives the methods of the mutations since the log was emptied, by their last two segments.
func changes(server *gcptest.Server) []string {
	var methods []string
	for _, r := range server.Mutations() {
		segments := strings.Split(r.Method, ".")
		methods = append(methods, strings.Join(segments[max(0, len(segments)-2):], "."))
	}
	return methods
}

const guarded = `
    organization = "555555555555"
    auth_provider = {
      two_legged_oauth = { client_id = "billing", client_secret_wo = "sesame", client_secret_wo_version = 1, token_url = "https://auth.example.org/token" }
    }
    principal_access_boundary = { rules = [{ resources = ["projects/agents-1"] }] }
    access_policy = { rules = [{ permissions = ["iap.googleapis.com/resources.egressViaIAP"], conditions = { "iap.googleapis.com" = "destination.is_registered" } }] }
    deny_policy   = { rules = [{ permissions = ["storage.googleapis.com/objects.delete"] }] }
`

func TestAnIdentityOnAgentRuntime(t *testing.T) {
	controlplane.NoneNeeded(t)
	server := gcptest.Start(t, gcptest.Options{Polls: 1})
	plain := google(server, `gcp = { agent_runtime = {} }`)
	full := google(server, `gcp = {
    agent_runtime = { description = "Bills" }`+guarded+`}`)
	suspended := google(server, `suspended = true
  gcp = {
    agent_runtime = { description = "Bills" }`+guarded+`
    suspension = { permissions = ["secretmanager.googleapis.com/*.*"], deny_egress = true }
  }`)
	var principal string
	created := plans(plain,
		action(plancheck.ResourceActionCreate),
		plancheck.ExpectUnknownValue(address, tfjsonpath.New("principal")),
		plancheck.ExpectKnownValue(address, objects(engineKey), knownvalue.StringExact(
			`{"displayName":"agents.billing","labels":{"agentward-agent":"billing","agentward-namespace":"agents"},"spec":{"identityType":"AGENT_IDENTITY"}}`)),
	)
	created.ConfigStateChecks = []statecheck.StateCheck{
		statecheck.ExpectKnownValue(address, tfjsonpath.New("certificate_lifetime"), knownvalue.StringExact("24h0m0s")),
		statecheck.ExpectKnownValue(address, tfjsonpath.New("principal"), knownvalue.StringFunc(func(value string) error {
			principal = value
			if !strings.HasPrefix(value, "principal://agents.global.") || !strings.Contains(value, "/reasoningEngines/") {
				return fmt.Errorf("principal is %q", value)
			}
			return nil
		})),
	}
	same := knownvalue.StringFunc(func(value string) error {
		if value != principal {
			return fmt.Errorf("principal became %q, was %q", value, principal)
		}
		return nil
	})
	guardedStep := plans(full, action(plancheck.ResourceActionUpdate), plancheck.ExpectKnownValue(address, tfjsonpath.New("principal"), same))
	guardedStep.Check = check(func() error {
		_, deny := stored(t, server, "//iam.googleapis.com/policies/")
		if text := fmt.Sprint(deny); !strings.Contains(text, "["+principal+"]") {
			return fmt.Errorf("the deny policy is about %s, want %s", text, principal)
		}
		return nil
	})
	suspendedStep := after(server.Forget, plans(suspended, action(plancheck.ResourceActionUpdate),
		plancheck.ExpectKnownValue(address, tfjsonpath.New("principal"), same),
		plancheck.ExpectKnownValue(address, objects(suspendKey), knownvalue.NotNull())))
	suspendedStep.Check = check(func() error {
		want := []string{"policies.createPolicy", "authProviders.disable", "accessPolicies.create", "policyBindings.create"}
		if made := changes(server); !slices.Equal(made, want) {
			return fmt.Errorf("a suspension changed %q, want %q", made, want)
		}
		return nil
	})
	revived := after(server.Forget, plans(full, action(plancheck.ResourceActionUpdate)))
	revived.Check = check(func() error {
		if made := changes(server); len(made) != 4 || made[0] != "authProviders.enable" {
			return fmt.Errorf("the end of a suspension changed %q", made)
		}
		return nil
	})
	drift := func() {
		name, _ := stored(t, server, "//aiplatform.googleapis.com/")
		if err := server.Change(name, func(body map[string]any) { body["description"] = "Mine now" }); err != nil {
			t.Fatal(err)
		}
	}
	terraform.Test(t, created, guardedStep, suspendedStep, revived,
		after(drift, plans(full, action(plancheck.ResourceActionUpdate),
			plancheck.ExpectKnownValue(address, objects(engineKey), knownvalue.StringRegexp(regexpOf(`"description":"Bills"`))))),
		plans(full, plancheck.ExpectEmptyPlan()),
		resource.TestStep{Config: plain},
		resource.TestStep{
			ResourceName: address, ImportState: true, ImportStateVerify: true, ImportStateId: engineKey,
			ImportStateVerifyIgnore: []string{"gcp", "timeouts", "spiffe_id_template", "principal_set", "certificate_lifetime", "pod_labels", "pod_annotations", "workload_labels", "workload_annotations", "registration", "logical_id", "suspended"},
		},
	)
	noneLeft(t, server)
}

func TestAnIdentityOfAnEngineThatExistsLeavesItAlone(t *testing.T) {
	controlplane.NoneNeeded(t)
	server := gcptest.Start(t, gcptest.Options{})
	config := google(server, `gcp = {
    agent_runtime = { engine = "projects/agents-1/locations/us-central1/reasoningEngines/42" }
    deny_policy   = { rules = [{ permissions = ["storage.googleapis.com/objects.delete"] }] }
  }`)
	principal := "principal://agents.global.proj-111111111111.system.id.goog/resources/aiplatform/projects/111111111111/locations/us-central1/reasoningEngines/42"
	terraform.Test(t,
		plans(config, plancheck.ExpectKnownValue(address, tfjsonpath.New("principal"), knownvalue.StringExact(principal)),
			plancheck.ExpectKnownValue(address, objects(denyKey), knownvalue.StringRegexp(regexpOf(principal)))),
		after(func() {
			name, _ := stored(t, server, "//iam.googleapis.com/policies/")
			if err := server.Remove(name); err != nil {
				t.Fatal(err)
			}
		}, plans(config, action(plancheck.ResourceActionUpdate))),
	)
	noneLeft(t, server)
}

func TestAManagedIdentity(t *testing.T) {
	controlplane.NoneNeeded(t)
	server := gcptest.Start(t, gcptest.Options{Polls: 1})
	managed := func(more, suspension string) string {
		return google(server, more+` gcp = {
    managed = {
      pool = { id = "fleet", create = true, display_name = "Fleet", certificate_issuance = { shared_ca = true, lifetime = "48h" } }
      attestation_rules = ["//compute.googleapis.com/projects/111111111111/uid/zones/us-central1-a/instances/1"]
    }
    `+suspension+`
  }`)
	}
	on, off := managed("", ""), managed("suspended = true\n", `suspension = { disable = ["managed_identity", "pool"] }`)
	created := plans(on, action(plancheck.ResourceActionCreate),
		plancheck.ExpectKnownValue(address, tfjsonpath.New("principal"), knownvalue.StringExact(
			"principal://iam.googleapis.com/projects/111111111111/locations/global/workloadIdentityPools/fleet/subject/ns/agents/sa/billing")),
		plancheck.ExpectKnownValue(address, tfjsonpath.New("spiffe_id_template"), knownvalue.StringExact("spiffe://fleet.global.111111111111.workload.id.goog/ns/agents/sa/billing")),
		plancheck.ExpectKnownValue(address, tfjsonpath.New("certificate_lifetime"), knownvalue.StringExact("48h0m0s")),
		plancheck.ExpectKnownValue(address, tfjsonpath.New("objects"), knownvalue.MapSizeExact(4)),
	)
	suspendedStep := after(server.Forget, plans(off, action(plancheck.ResourceActionUpdate)))
	suspendedStep.Check = check(func() error {
		_, pool := stored(t, server, poolKey)
		_, identity := stored(t, server, managedKey)
		if made := changes(server); made[0] != "policies.createPolicy" || pool["disabled"] != true || identity["disabled"] != true {
			return fmt.Errorf("a suspension changed %q; the pool is disabled: %v, the identity: %v", made, pool["disabled"], identity["disabled"])
		}
		return nil
	})
	enabled := func() {
		if err := server.Change(managedKey, func(body map[string]any) { delete(body, "disabled") }); err != nil {
			t.Fatal(err)
		}
	}
	terraform.Test(t, created, suspendedStep,
		after(enabled, plans(off, action(plancheck.ResourceActionUpdate), plancheck.ExpectKnownValue(address, objects(managedKey), knownvalue.StringExact(`{"disabled":true}`)))),
		plans(on, action(plancheck.ResourceActionUpdate)),
		resource.TestStep{
			ResourceName: address, ImportState: true, ImportStateId: managedKey, ImportStateVerify: true,
			ImportStateVerifyIgnore: []string{"gcp", "timeouts", "principal", "spiffe_id_template", "principal_set", "certificate_lifetime", "pod_labels", "pod_annotations", "workload_labels", "workload_annotations", "registration", "logical_id", "suspended", "objects"},
		},
	)
	noneLeft(t, server)
}

func TestAnAgentOnGKEIsToldByItsPods(t *testing.T) {
	c := cluster(t)
	ns := c.Namespace(t, nil)
	server := gcptest.Start(t, gcptest.Options{})
	gke := func(more string) string {
		return terraform.Google(server.Endpoint, fmt.Sprintf("stack = \"gcp\"\n  kubernetes = { config_path = %q }", c.Kubeconfig()), identity(ns, more))
	}
	created := plans(gke(`gcp = { gke = { agent_card = "https://billing.example.org/card" } }`), action(plancheck.ResourceActionCreate),
		plancheck.ExpectKnownValue(address, tfjsonpath.New("principal"), knownvalue.Null()),
		plancheck.ExpectKnownValue(address, tfjsonpath.New("principal_set"), knownvalue.StringExact("principalSet://agents.global.proj-111111111111.system.id.goog/attribute.container/projects/111111111111")),
		plancheck.ExpectKnownValue(address, tfjsonpath.New("pod_annotations"), knownvalue.MapExact(map[string]knownvalue.Check{"iam.gke.io/spiffe-identity-type": knownvalue.StringExact("agent-identity")})),
		plancheck.ExpectKnownValue(address, tfjsonpath.New("workload_labels"), knownvalue.MapExact(map[string]knownvalue.Check{"registry.gke.io/functional-type": knownvalue.StringExact("AGENT")})),
		plancheck.ExpectKnownValue(address, tfjsonpath.New("workload_annotations"), knownvalue.MapExact(map[string]knownvalue.Check{"a2a-protocol.org/agent-card": knownvalue.StringExact("https://billing.example.org/card")})),
		plancheck.ExpectKnownValue(address, objects(accountKey(ns)), knownvalue.NotNull()),
	)
	unnamed := resource.TestStep{Config: gke(`suspended = true`), ExpectError: regexpOf("nothing published says how Google names an agent on GKE")}
	suspended := plans(gke(`suspended = true
  gcp = { gke = { principal = "principal://agents.global.proj-111111111111.system.id.goog/resources/x" } }`), action(plancheck.ResourceActionUpdate),
		plancheck.ExpectKnownValue(address, tfjsonpath.New("pod_annotations"), knownvalue.MapExact(map[string]knownvalue.Check{})))
	back := plans(terraform.Configuration(c.Kubeconfig(), "", identity(ns, ``)), action(plancheck.ResourceActionUpdate),
		plancheck.ExpectKnownValue(address, tfjsonpath.New("stack"), knownvalue.StringExact("oss")),
		plancheck.ExpectKnownValue(address, objects(spiffeKey(ns)), knownvalue.NotNull()))
	terraform.Test(t, created, unnamed, suspended,
		plans(gke(``), action(plancheck.ResourceActionUpdate)),
		back,
		plans(gke(``), action(plancheck.ResourceActionUpdate)))
	noneLeft(t, server)
}

func TestWhatTheOtherStackHasIsRefusedAtItsAttribute(t *testing.T) {
	controlplane.NoneNeeded(t)
	server := gcptest.Start(t, gcptest.Options{})
	for name, test := range map[string]struct{ config, want string }{
		"what SPIRE has, on Google Cloud": {google(server, `x509_ttl = "1h"`), `Invalid x509_ttl`},
		"what Google has, on the other":   {google(server, "stack = \"oss\"\n gcp = {}"), `Invalid gcp`},
		"two runtimes":                    {google(server, `gcp = { gke = {}, managed = { pool = { id = "fleet" } } }`), `Invalid gcp.managed`},
		"a role's permission":             {google(server, `gcp = { deny_policy = { rules = [{ permissions = ["storage.objects.get"], principals = ["principal://goog/subject/a"] }] } }`), `write "storage.googleapis.com/objects.get" here`},
		"a boundary of no organization":   {google(server, `gcp = { principal_access_boundary = { rules = [{ resources = ["projects/agents-1"] }] } }`), `Invalid gcp.principal_access_boundary`},
		"a lifetime that is no duration":  {google(server, `gcp = { managed = { pool = { id = "fleet", create = true, certificate_issuance = { shared_ca = true, lifetime = "a day" } } } }`), `is no duration`},
		"an engine by its number":         {google(server, `gcp = { agent_runtime = { engine = "42" } }`), `Invalid gcp.agent_runtime.engine`},
		"a version of no secret":          {google(server, `gcp = { auth_provider = { api_key = { key_wo_version = 1 } } }`), `key_wo`},
	} {
		t.Run(name, func(t *testing.T) {
			terraform.Test(t, resource.TestStep{Config: test.config, PlanOnly: true, ExpectError: regexpOf(test.want)})
		})
	}
	if made := server.Mutations(); len(made) > 0 {
		t.Errorf("a plan that was refused changed %v", made)
	}
}

// A secret without its version is one mistake, and one error says what to do.
func TestASecretOfNoVersionIsOneError(t *testing.T) {
	controlplane.NoneNeeded(t)
	for name, test := range map[string]struct{ way, at string }{
		"a key":              {`api_key = { key_wo = "sesame" }`, "api_key.key_wo"},
		"a client's secret":  {`two_legged_oauth = { client_id = "billing", client_secret_wo = "sesame", token_url = "https://auth.example.org/token" }`, "two_legged_oauth.client_secret_wo"},
		"neither of the two": {`api_key = {}`, "api_key.key_wo"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			config := "terraform {\n  required_providers {\n    agent = { source = \"agentward/agent\" }\n  }\n}\n" + google(gcptest.Start(t, gcptest.Options{}), `gcp = { auth_provider = { `+test.way+` } }`)
			if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(config), 0o600); err != nil {
				t.Fatal(err)
			}
			found := terraform.Validate(t, dir)
			if len(found) != 1 || found[0].Summary != "Invalid gcp.auth_provider."+test.at || !strings.Contains(found[0].Detail, "_wo_version") {
				t.Errorf("the errors are %q", found)
			}
		})
	}
}
