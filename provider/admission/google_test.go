package admission_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/agentward/terraform-provider-agent/acctest/terraform"
	"github.com/agentward/terraform-provider-agent/internal/gcp/gcptest"
)

const (
	singleton  = "//binaryauthorization.googleapis.com/projects/agents-1/policy"
	defaultKey = singleton + "#defaultAdmissionRule"
	agentsKey  = singleton + "#kubernetesNamespaceAdmissionRules/agents"
	othersRule = "others"
)

// google configures a policy on Google Cloud: Kubernetes is real, and Google's API is the fake.
func google(c *terraform.Cluster, server *gcptest.Server, config string) string {
	return terraform.Google(server.Endpoint, fmt.Sprintf("stack = \"gcp\"\n  kubernetes = { config_path = %q }", c.Kubeconfig()), config)
}

// withOthers is a fake in whose policy somebody else has a rule for a namespace, and a pattern.
func withOthers(t *testing.T) *gcptest.Server {
	t.Helper()
	server := gcptest.Start(t, gcptest.Options{})
	change(t, server, func(policy map[string]any) {
		policy["kubernetesNamespaceAdmissionRules"] = map[string]any{othersRule: map[string]any{"evaluationMode": "ALWAYS_DENY", "enforcementMode": "DRYRUN_AUDIT_LOG_ONLY"}}
		policy["admissionWhitelistPatterns"] = []any{map[string]any{"namePattern": "registry.k8s.io/**"}}
	})
	return server
}

// change changes the project's policy behind Terraform's back.
func change(t *testing.T, server *gcptest.Server, edit func(policy map[string]any)) {
	t.Helper()
	policy, written := server.Object(singleton)
	if !written { // as a new project has it
		policy = map[string]any{
			"globalPolicyEvaluationMode": "ENABLE",
			"defaultAdmissionRule":       map[string]any{"evaluationMode": "ALWAYS_ALLOW", "enforcementMode": "ENFORCED_BLOCK_AND_AUDIT_LOG"},
		}
	}
	edit(policy)
	if err := server.Put(singleton, policy); err != nil {
		t.Fatal(err)
	}
}

// rule gives a rule of the project's policy by its field and key, or the default rule.
func rule(server *gcptest.Server, path ...string) map[string]any {
	body, _ := server.Object(singleton)
	for _, field := range path {
		body, _ = body[field].(map[string]any)
	}
	return body
}

// othersStay says whether what somebody else has in the policy is there still.
func othersStay(server *gcptest.Server) error {
	policy, _ := server.Object(singleton)
	if rule(server, "kubernetesNamespaceAdmissionRules", othersRule)["evaluationMode"] != "ALWAYS_DENY" || !strings.Contains(fmt.Sprint(policy["admissionWhitelistPatterns"]), "registry.k8s.io/**") {
		return fmt.Errorf("others have lost something: %v", policy)
	}
	return nil
}

func verify(check func() error) resource.TestCheckFunc {
	return func(*terraformState) error { return check() }
}

func TestBinaryAuthorizationHasOurRulesAndOthersKeepTheirs(t *testing.T) {
	c, server := cluster(t), withOthers(t)
	key, _ := nativeKeys("binauthz")
	config := func(enforcement, more string) string {
		return google(c, server, policy("binauthz", approval+fmt.Sprintf(`
  binary_authorization = {
    default_rule    = { evaluation = "ALWAYS_DENY", enforcement = "audit" }
    namespace_rules = { agents = { evaluation = "ALWAYS_DENY", enforcement = %q } }
    exempt_images   = ["registry.example.org/agents/**"]
    %s
  }`, enforcement, more)))
	}
	audit, enforce := config("audit", ""), config("enforce", "")
	ours := func(mode string) resource.TestCheckFunc {
		return verify(func() error {
			if got := rule(server, "kubernetesNamespaceAdmissionRules", "agents")["enforcementMode"]; got != mode {
				return fmt.Errorf("our rule is %v, want %s", got, mode)
			}
			return othersStay(server)
		})
	}
	weakened := func() {
		change(t, server, func(policy map[string]any) {
			rules, _ := policy["kubernetesNamespaceAdmissionRules"].(map[string]any)
			agents, _ := rules["agents"].(map[string]any)
			agents["evaluationMode"] = "ALWAYS_ALLOW"
		})
	}
	terraform.Test(t,
		resource.TestStep{Config: audit, Check: ours("DRYRUN_AUDIT_LOG_ONLY"), ConfigPlanChecks: plans(plancheck.ResourceActionCreate,
			plancheck.ExpectKnownValue(address, tfjsonpath.New("objects").AtMapKey(key), knownvalue.NotNull()),
			plancheck.ExpectKnownValue(address, tfjsonpath.New("objects").AtMapKey(agentsKey), knownvalue.StringExact(`{"enforcementMode":"DRYRUN_AUDIT_LOG_ONLY","evaluationMode":"ALWAYS_DENY"}`)))},
		resource.TestStep{Config: audit, ConfigPlanChecks: staysAsItIs},
		resource.TestStep{Config: enforce, Check: ours("ENFORCED_BLOCK_AND_AUDIT_LOG"), ConfigPlanChecks: plans(plancheck.ResourceActionUpdate)},
		resource.TestStep{PreConfig: weakened, Config: enforce, Check: ours("ENFORCED_BLOCK_AND_AUDIT_LOG"), ConfigPlanChecks: plans(plancheck.ResourceActionUpdate)},
	)
	if rule(server, "kubernetesNamespaceAdmissionRules", "agents") != nil || rule(server, "defaultAdmissionRule")["evaluationMode"] != "ALWAYS_ALLOW" {
		t.Errorf("destroy left %v", rule(server))
	}
	if err := othersStay(server); err != nil {
		t.Error(err)
	}
}

func TestOthersRuleIsTakenOverOnlyWhereToldTo(t *testing.T) {
	c, server := cluster(t), withOthers(t)
	config := func(more string) string {
		return google(c, server, policy("adopts", approval+fmt.Sprintf(`
  binary_authorization = {
    namespace_rules = { %s = { evaluation = "ALWAYS_ALLOW" } }
    %s
  }`, othersRule, more)))
	}
	terraform.Test(t,
		resource.TestStep{Config: config(""), ExpectError: literallyInOutput("adopt = true")},
		resource.TestStep{Config: config("adopt = true"), ConfigPlanChecks: plans(plancheck.ResourceActionCreate), Check: verify(func() error {
			if got := rule(server, "kubernetesNamespaceAdmissionRules", othersRule)["evaluationMode"]; got != "ALWAYS_ALLOW" {
				return fmt.Errorf("the rule is %v", got)
			}
			return nil
		})},
	)
}

func TestWhatIsToBeKeptOutlivesTheResource(t *testing.T) {
	c, server := cluster(t), withOthers(t)
	kept := func() error {
		if rule(server, "defaultAdmissionRule")["evaluationMode"] != "ALWAYS_DENY" {
			return errors.New("the default rule went")
		}
		return othersStay(server)
	}
	binauthz := `
  binary_authorization = {
    default_rule = { evaluation = "ALWAYS_DENY" }
    on_destroy   = "keep"
  }`
	terraform.Test(t,
		resource.TestStep{Config: google(c, server, policy("keeps", approval+binauthz))},
		resource.TestStep{Config: google(c, server, policy("keeps", approval)), Check: verify(kept), ConfigPlanChecks: plans(plancheck.ResourceActionUpdate,
			plancheck.ExpectKnownValue(address, tfjsonpath.New("objects"), knownvalue.MapSizeExact(2)))},
		resource.TestStep{Config: google(c, server, policy("keeps", approval+binauthz)), ConfigPlanChecks: plans(plancheck.ResourceActionUpdate)},
	)
	if err := kept(); err != nil {
		t.Error(err)
	}
}

func TestAttestorsComeBeforeTheRulesThatAskThem(t *testing.T) {
	c, server := cluster(t), gcptest.Start(t, gcptest.Options{})
	config := google(c, server, policy("attested", approval+`
  binary_authorization = {
    default_rule = { evaluation = "REQUIRE_ATTESTATION", attestors = ["ci"] }
    attestors = {
      ci = {
        note        = "projects/agents-1/notes/ci"
        public_keys = [{ pgp = "-----BEGIN PGP PUBLIC KEY BLOCK-----\nabc\n-----END PGP PUBLIC KEY BLOCK-----\n" }]
      }
    }
  }`))
	terraform.Test(t,
		resource.TestStep{Config: config, ConfigPlanChecks: plans(plancheck.ResourceActionCreate)},
		resource.TestStep{Config: config, ConfigPlanChecks: staysAsItIs},
	)
	if names := server.Names(); len(names) > 0 || rule(server, "defaultAdmissionRule")["evaluationMode"] != "ALWAYS_ALLOW" {
		t.Errorf("destroy left %q and %v", names, rule(server))
	}
}

func TestBinaryAuthorizationIsOfGoogleCloudAlone(t *testing.T) {
	c := cluster(t)
	for name, test := range map[string]struct{ binauthz, want string }{
		"on the open-source stack": {`{ default_rule = { evaluation = "ALWAYS_DENY" } }`, `Invalid binary_authorization`},
	} {
		t.Run(name, func(t *testing.T) {
			terraform.Test(t, resource.TestStep{
				Config:   terraform.Configuration(c.Kubeconfig(), `stack = "oss"`, policy("elsewhere", approval+"\n  binary_authorization = "+test.binauthz)),
				PlanOnly: true, ExpectError: literallyInOutput(test.want),
			})
		})
	}
}
