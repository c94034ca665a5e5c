package gateway_test

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	tfstate "github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/acctest/crd"
	"github.com/agentward/terraform-provider-agent/acctest/terraform"
)

func TestMain(m *testing.M) { terraform.Main(m) }

const address = "agent_gateway.test"

// cluster is the shared control plane with SPIRE's CRDs.
func cluster(t *testing.T) *terraform.Cluster {
	t.Helper()
	plane := controlplane.Shared(t)
	if err := plane.InstallCRDs(context.Background(), crd.Dir(t, crd.SPIRE)); err != nil {
		t.Fatal(err)
	}
	return terraform.Use(t, plane)
}

// gateway is one with a target, a policy and a permission, and more attributes.
func gateway(namespace, more string) string {
	return fmt.Sprintf(`
resource "agent_gateway" "test" {
  name      = "tools"
  namespace = %q
  targets   = { bank = { protocol = "mcp", url = "https://bank.bank.svc/mcp" } }
  policies  = {
    bank = <<-EOT
      @id("small")
      permit (
        principal in Namespace::"agents.example.org/payments",
        action == Action::"callTool",
        resource == Tool::"bank/transfer"
      )
      when { context.arguments has amount && context.arguments.amount <= 100 };
    EOT
  }
  allow = { balance = { agents = ["ns:payments"], target = "bank", tools = ["balance"] } }
  %s
}`, namespace, more)
}

func objects(keys ...string) tfjsonpath.Path {
	path := tfjsonpath.New("objects")
	for _, key := range keys {
		path = path.AtMapKey(key)
	}
	return path
}

// plans checks the plan before the apply, and ends with an empty plan after it, as every step does.
func plans(config string, checks ...plancheck.PlanCheck) resource.TestStep {
	return resource.TestStep{Config: config, ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: checks}}
}

// after does something behind Terraform's back before the step.
func after(do func(), step resource.TestStep) resource.TestStep {
	step.PreConfig = do
	return step
}

func action(a plancheck.ResourceActionType) plancheck.PlanCheck {
	return plancheck.ExpectResourceAction(address, a)
}

func check(f func() error) resource.TestCheckFunc {
	return func(*tfstate.State) error { return f() }
}

// regexpOf matches text however Terraform wraps it.
func regexpOf(text string) *regexp.Regexp {
	words := strings.Fields(text)
	for i, word := range words {
		words[i] = regexp.QuoteMeta(word)
	}
	return regexp.MustCompile(strings.Join(words, `[\s│]+`))
}

func TestCreateIsKnownAtPlanAndStays(t *testing.T) {
	c := cluster(t)
	ns := c.Namespace(t, nil)
	config := terraform.Configuration(c.Kubeconfig(), "", gateway(ns, "token_service = {}"))
	at := tfjsonpath.New[string]
	url := "https://tools." + ns + ".svc:8443"
	created := plans(config,
		action(plancheck.ResourceActionCreate),
		plancheck.ExpectKnownValue(address, objects("/v1/ConfigMap/"+ns+"/tools"), knownvalue.StringRegexp(regexp.MustCompile(`"policy.bank.cedar"`))),
		plancheck.ExpectKnownValue(address, objects("apps/v1/Deployment/"+ns+"/tools"), knownvalue.NotNull()),
		plancheck.ExpectKnownValue(address, at("url"), knownvalue.StringExact(url)),
		plancheck.ExpectKnownValue(address, at("endpoints"), knownvalue.MapExact(map[string]knownvalue.Check{"bank": knownvalue.StringExact(url + "/bank")})),
		plancheck.ExpectKnownValue(address, at("token_endpoint"), knownvalue.StringExact(url+"/oauth/token")),
		plancheck.ExpectKnownValue(address, at("spiffe_id"), knownvalue.StringExact("spiffe://agents.example.org/ns/"+ns+"/gateway/tools")),
		plancheck.ExpectKnownValue(address, at("revision"), knownvalue.NotNull()),
		plancheck.ExpectKnownValue(address, at("rendered_policies").AtMapKey("allow.balance"), knownvalue.StringRegexp(regexp.MustCompile(`resource == Tool::"bank/balance"`))),
		plancheck.ExpectUnknownValue(address, at("status")),
	)
	created.ConfigStateChecks = []statecheck.StateCheck{
		statecheck.ExpectKnownValue(address, at("id"), knownvalue.StringExact(ns+"/tools")),
	}
	terraform.Test(t, created, plans(config, plancheck.ExpectEmptyPlan()))
	if c.Exists(t, deployments, ns, "tools") || c.Exists(t, configMaps, ns, "tools") || c.Exists(t, configMaps, ns, "tools-suspended") ||
		c.Exists(t, secretsOf, ns, "tools-keys") || c.Exists(t, terraform.ClusterSPIFFE, "", ns+".tools.gateway") {
		t.Error("destroy left something behind")
	}
}

// What somebody changes of any kind of object shows in the plan, is healed by the apply, and leaves the second plan empty, as every
// step asks.
func TestDriftShowsAndIsHealed(t *testing.T) {
	c := cluster(t)
	ns := c.Namespace(t, nil)
	n := run(t, c, ns)
	config := terraform.Configuration(c.Kubeconfig(), "", gateway(ns, fmt.Sprintf("deployment = { admin_port = %d }", n.port)))
	healed := func(key, want string) plancheck.PlanCheck {
		return plancheck.ExpectKnownValue(address, objects(key), knownvalue.StringRegexp(regexp.MustCompile(want)))
	}
	update := action(plancheck.ResourceActionUpdate)
	terraform.Test(t,
		plans(config),
		after(func() {
			c.Edit(t, configMaps, ns, "tools", `{"data":{"policy.bank.cedar":"permit (principal, action, resource);"}}`)
		},
			plans(config, update, healed("/v1/ConfigMap/"+ns+"/tools", `amount <= 100`))),
		after(func() { c.Edit(t, deployments, ns, "tools", `{"spec":{"replicas":0}}`) },
			plans(config, update, healed("apps/v1/Deployment/"+ns+"/tools", `"replicas":1`))),
		after(func() {
			c.Edit(t, roles, ns, "tools", `{"rules":[{"apiGroups":[""],"resources":["secrets"],"verbs":["*"]}]}`)
		}, plans(config, update, healed("rbac.authorization.k8s.io/v1/Role/"+ns+"/tools", `"resourceNames"`))),
		after(func() { c.Delete(t, servicesOf, ns, "tools") }, plans(config, update)),
		after(func() { c.Delete(t, terraform.ClusterSPIFFE, "", ns+".tools.gateway") }, plans(config, update)),
		after(func() {
			c.Edit(t, deployments, ns, "tools", `{"metadata":{"annotations":{"theirs":"yes"}}}`)
			c.Edit(t, servicesOf, ns, "tools", `{"metadata":{"labels":{"theirs":"yes"}}}`)
		}, plans(config, plancheck.ExpectEmptyPlan())),
	)
}

func TestImportAdoptsAllOfAGateway(t *testing.T) {
	c := cluster(t)
	ns := c.Namespace(t, nil)
	n := run(t, c, ns)
	config := terraform.Configuration(c.Kubeconfig(), "", gateway(ns, fmt.Sprintf("deployment = { admin_port = %d }", n.port)))
	var before string
	imported := plans(config+fmt.Sprintf(`
import {
  to = agent_gateway.test
  id = "%s/tools"
}`, ns), plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate))
	imported.Check = check(func() error {
		if now := string(c.Get(t, deployments, ns, "tools").GetUID()); now != before {
			return fmt.Errorf("the Deployment was replaced")
		}
		return nil
	})
	terraform.Test(t,
		plans(config),
		after(func() { before = string(c.Get(t, deployments, ns, "tools").GetUID()) },
			plans(terraform.Configuration(c.Kubeconfig(), "", "removed {\n  from = agent_gateway.test\n  lifecycle { destroy = false }\n}"))),
		imported,
		plans(config, plancheck.ExpectEmptyPlan()),
	)
	if c.Exists(t, deployments, ns, "tools") {
		t.Error("destroy left the imported Deployment")
	}
}

func TestAnAgentThatTheSameApplyMakesMayBePermitted(t *testing.T) {
	c := cluster(t)
	ns := c.Namespace(t, nil)
	config := terraform.Configuration(c.Kubeconfig(), "", fmt.Sprintf(`
resource "terraform_data" "namespace" { input = %[1]q }
resource "agent_identity" "billing" {
  name      = "billing"
  namespace = terraform_data.namespace.output
}
resource "agent_gateway" "test" {
  name      = "tools"
  namespace = %[1]q
  targets   = { bank = { protocol = "mcp", url = "https://bank.bank.svc/mcp" } }
  allow     = { balance = { agents = [agent_identity.billing.principal], target = "bank", tools = ["balance"] } }
}`, ns))
	first := plans(config,
		plancheck.ExpectUnknownValue(address, tfjsonpath.New("objects")),
		plancheck.ExpectUnknownValue(address, tfjsonpath.New("revision")),
		plancheck.ExpectUnknownValue(address, tfjsonpath.New("rendered_policies")),
	)
	first.ConfigStateChecks = []statecheck.StateCheck{statecheck.ExpectKnownValue(address, tfjsonpath.New("rendered_policies").AtMapKey("allow.balance"),
		knownvalue.StringRegexp(regexp.MustCompile(`Agent::"spiffe://agents.example.org/ns/`+ns+`/agent/billing"`)))}
	terraform.Test(t, first, plans(config, plancheck.ExpectEmptyPlan()))
}

func TestRenderModeTouchesNoAPI(t *testing.T) {
	config := terraform.Configuration(os.DevNull, `mode = "render"`, gateway("gateways", ""))
	terraform.Test(t,
		plans(config, plancheck.ExpectKnownValue(address, objects("/v1/Service/gateways/tools"), knownvalue.NotNull())),
		plans(config, plancheck.ExpectEmptyPlan()),
	)
}

func TestPlanNeedsNoCluster(t *testing.T) {
	away := strings.Replace(terraform.Configuration("", "", gateway("gateways", "")), `config_path = ""`, `host = "https://127.0.0.1:1"`, 1)
	terraform.Test(t, resource.TestStep{
		Config: away, PlanOnly: true, ExpectNonEmptyPlan: true,
		ConfigPlanChecks: resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{
			plancheck.ExpectUnknownValue(address, objects("/v1/ConfigMap/gateways/tools")),
			plancheck.ExpectKnownValue(address, tfjsonpath.New("revision"), knownvalue.NotNull()),
		}},
	})
}
