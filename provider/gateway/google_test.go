package gateway_test

import (
	"fmt"
	"net/http"
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

const (
	googleName = "projects/agents-1/locations/us-central1/agentGateways/tools"
	googleKey  = "//networkservices.googleapis.com/" + googleName
	engine     = "spiffe://agents.global.org-555555555555.system.id.goog/resources/aiplatform/projects/111111111111/locations/us-central1/reasoningEngines/1"
)

// onGoogle is a gateway of stack gcp with a target and a permission, and more attributes.
func onGoogle(tools, more string) string {
	return fmt.Sprintf(`
resource "agent_gateway" "test" {
  name    = "tools"
  stack   = "gcp"
  mode    = "agent_to_anywhere"
  targets = { bank = { protocol = "mcp", url = "https://bank.example.org/mcp" } }
  allow   = { balance = { agents = [%q], target = "bank", tools = %s } }
  %s
}`, engine, tools, more)
}

// google is a fake of Google's APIs, in which nothing may be left when the test ends.
func google(t *testing.T, options gcptest.Options) *gcptest.Server {
	t.Helper()
	fake := gcptest.Start(t, options)
	t.Cleanup(func() {
		if left := fake.Names(); len(left) > 0 && !t.Failed() {
			t.Errorf("destroy left %q", left)
		}
	})
	return fake
}

func inGoogle(fake *gcptest.Server, rest string) string {
	return terraform.Google(fake.Endpoint, "", rest)
}

// named gives the only object whose name has a text in it.
func named(t *testing.T, fake *gcptest.Server, text string) string {
	t.Helper()
	names := slices.DeleteFunc(fake.Names(), func(name string) bool { return !strings.Contains(name, text) })
	if len(names) != 1 {
		t.Fatalf("%d objects are named like %q: %q", len(names), text, names)
	}
	return names[0]
}

func edit(t *testing.T, fake *gcptest.Server, name string, change func(map[string]any)) {
	t.Helper()
	if err := fake.Change(name, change); err != nil {
		t.Fatal(err)
	}
}

func TestGoogleGatewayIsKnownAtPlanAndStays(t *testing.T) {
	controlplane.NoneNeeded(t)
	fake := google(t, gcptest.Options{Polls: 1})
	config := inGoogle(fake, onGoogle(`["balance"]`, `namespace = "gateways"`))
	at := tfjsonpath.New[string]
	created := plans(config,
		action(plancheck.ResourceActionCreate),
		plancheck.ExpectKnownValue(address, objects(googleKey), knownvalue.StringRegexp(regexpOf(`AGENT_TO_ANYWHERE`))),
		plancheck.ExpectKnownValue(address, at("resource_name"), knownvalue.StringExact(googleName)),
		plancheck.ExpectKnownValue(address, at("endpoints").AtMapKey("bank"), knownvalue.StringExact("https://bank.example.org/mcp")),
		plancheck.ExpectKnownValue(address, at("stack"), knownvalue.StringExact("gcp")),
		plancheck.ExpectUnknownValue(address, at("url")),
		plancheck.ExpectUnknownValue(address, at("root_certificates")),
	)
	created.ConfigStateChecks = []statecheck.StateCheck{
		statecheck.ExpectKnownValue(address, at("required_roles"), knownvalue.MapSizeExact(0)),
		statecheck.ExpectKnownValue(address, at("id"), knownvalue.StringExact("gateways/tools")),
		statecheck.ExpectKnownValue(address, at("url"), knownvalue.NotNull()),
		statecheck.ExpectKnownValue(address, at("root_certificates"), knownvalue.ListSizeExact(1)),
		statecheck.ExpectKnownValue(address, at("service_account"), knownvalue.NotNull()),
		statecheck.ExpectKnownValue(address, at("status"), knownvalue.Null()),
		statecheck.ExpectKnownValue(address, at("spiffe_id"), knownvalue.Null()),
	}
	terraform.Test(t, created, plans(config, plancheck.ExpectEmptyPlan()))
}

func TestGooglePermissionThatChangesLeavesTheRestAlone(t *testing.T) {
	controlplane.NoneNeeded(t)
	fake := google(t, gcptest.Options{})
	config := func(tools string) string { return inGoogle(fake, onGoogle(tools, "")) }
	changed := after(fake.Forget, plans(config(`["balance", "history"]`),
		action(plancheck.ResourceActionUpdate),
		plancheck.ExpectKnownValue(address, tfjsonpath.New("url"), knownvalue.NotNull()),
	))
	changed.Check = check(func() error {
		var wrote []string
		for _, r := range fake.Mutations() {
			wrote = append(wrote, r.Method)
		}
		if len(wrote) != 1 || !strings.Contains(wrote[0], "accessPolicies.patch") {
			return fmt.Errorf("another tool was permitted by %q, want one change of the access policy", wrote)
		}
		return nil
	})
	terraform.Test(t, plans(config(`["balance"]`)), changed, plans(config(`["balance", "history"]`), plancheck.ExpectEmptyPlan()))
}

func TestGoogleDriftShowsAndIsHealed(t *testing.T) {
	controlplane.NoneNeeded(t)
	fake := google(t, gcptest.Options{})
	config := inGoogle(fake, onGoogle(`["balance"]`, `gcp = { description = "of the tests" }`))
	update := action(plancheck.ResourceActionUpdate)
	terraform.Test(t,
		plans(config),
		after(func() {
			edit(t, fake, googleKey, func(body map[string]any) { body["description"] = "of somebody else" })
		},
			plans(config, update, plancheck.ExpectKnownValue(address, objects(googleKey), knownvalue.StringRegexp(regexpOf(`"description":"of the tests"`))))),
		after(func() {
			if err := fake.Remove(named(t, fake, "/policyBindings/")); err != nil {
				t.Fatal(err)
			}
		}, plans(config, update)),
		after(func() {
			edit(t, fake, named(t, fake, "/accessPolicies/"), func(body map[string]any) {
				rule := body["details"].(map[string]any)["rules"].([]any)[0].(map[string]any) //nolint:forcetypeassert // what it rendered
				rule["principals"] = []any{"principalSet://goog/public:all"}
			})
		}, plans(config, update)),
		after(func() {
			edit(t, fake, googleKey, func(body map[string]any) { body["labels"] = map[string]any{"theirs": "yes"} })
		},
			plans(config, plancheck.ExpectEmptyPlan())),
	)
}

func TestGoogleGatewayIsImportedByItsFullName(t *testing.T) {
	controlplane.NoneNeeded(t)
	for _, id := range []string{googleKey, googleName} {
		t.Run(id, func(t *testing.T) {
			fake := google(t, gcptest.Options{})
			config := inGoogle(fake, onGoogle(`["balance"]`, `namespace = "gateways"`))
			imported := after(fake.Forget, plans(config+fmt.Sprintf(`
import {
  to = agent_gateway.test
  id = %q
}`, id), action(plancheck.ResourceActionUpdate)))
			imported.Check = check(func() error {
				for _, r := range fake.Mutations() {
					if r.Status == http.StatusOK {
						return fmt.Errorf("the import changed something: %s %s", r.Method, r.Path)
					}
				}
				return nil
			})
			terraform.Test(t,
				plans(config),
				plans(inGoogle(fake, "removed {\n  from = agent_gateway.test\n  lifecycle { destroy = false }\n}")),
				imported,
				plans(config, plancheck.ExpectEmptyPlan()),
			)
		})
	}
}

func TestGoogleGatewayIsImportedByItsNameWhereTheProviderIsOnGoogle(t *testing.T) {
	controlplane.NoneNeeded(t)
	fake := google(t, gcptest.Options{})
	config := terraform.Google(fake.Endpoint, `stack = "gcp"`, strings.Replace(onGoogle(`["balance"]`, `namespace = "gateways"`), `stack   = "gcp"`, "", 1))
	terraform.Test(t,
		plans(config),
		plans(inGoogle(fake, "removed {\n  from = agent_gateway.test\n  lifecycle { destroy = false }\n}")),
		plans(config+"\nimport {\n  to = agent_gateway.test\n  id = \"gateways/tools\"\n}", action(plancheck.ResourceActionUpdate)),
		plans(config, plancheck.ExpectEmptyPlan()),
	)
}

func TestGatewayMovesToGoogleAndBack(t *testing.T) {
	c := cluster(t)
	ns := c.Namespace(t, nil)
	n := run(t, c, ns)
	fake := google(t, gcptest.Options{})
	config := func(gateway string) string {
		return terraform.Google(fake.Endpoint, fmt.Sprintf("kubernetes = { config_path = %q }", c.Kubeconfig()), gateway)
	}
	there := config(onGoogle(`["balance"]`, fmt.Sprintf("namespace = %q", ns)))
	back := config(gateway(ns, fmt.Sprintf("stack = \"oss\"\n  deployment = { admin_port = %d }", n.port)))
	update := action(plancheck.ResourceActionUpdate)
	moved := plans(there, update, plancheck.ExpectUnknownValue(address, tfjsonpath.New("url")))
	moved.Check = check(func() error {
		if c.Exists(t, deployments, ns, "tools") {
			return fmt.Errorf("the Deployment is still there")
		}
		return nil
	})
	returned := plans(back, update, plancheck.ExpectKnownValue(address, tfjsonpath.New("url"), knownvalue.StringExact("https://tools."+ns+".svc:8443")))
	returned.Check = check(func() error {
		if left := fake.Names(); len(left) > 0 {
			return fmt.Errorf("in Google Cloud there still is %q", left)
		}
		return nil
	})
	terraform.Test(t, plans(back), moved, plans(there, plancheck.ExpectEmptyPlan()), returned, plans(back, plancheck.ExpectEmptyPlan()))
}

func TestGoogleFailureInTheMiddleIsGoneOnFrom(t *testing.T) {
	controlplane.NoneNeeded(t)
	fake := google(t, gcptest.Options{})
	config := inGoogle(fake, onGoogle(`["balance"]`, ""))
	refused := resource.TestStep{
		Config: config, ExpectError: regexpOf("of the test"),
		PreConfig: func() {
			fake.Inject(gcptest.Fault{Method: "networksecurity.*.create", Times: 1, Status: "INVALID_ARGUMENT", Message: "a refusal of the test"})
		},
	}
	terraform.Test(t, refused, plans(config), plans(config, plancheck.ExpectEmptyPlan()))
}

func TestGooglePlanNeedsNoAnswer(t *testing.T) {
	controlplane.NoneNeeded(t)
	nowhere := terraform.Google(func(string) string { return "http://127.0.0.1:1/" }, "", onGoogle(`["balance"]`, ""))
	terraform.Test(t, resource.TestStep{
		Config: nowhere, PlanOnly: true, ExpectNonEmptyPlan: true,
		ConfigPlanChecks: resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{
			plancheck.ExpectUnknownValue(address, objects(googleKey)),
			plancheck.ExpectKnownValue(address, tfjsonpath.New("resource_name"), knownvalue.StringExact(googleName)),
		}},
	})
}
