package admission_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/agentward/terraform-provider-agent/acctest/terraform"
)

// No cluster is there: the kubeconfig does not exist.
func TestRenderModeShowsTheObjectsAndTouchesNoAPI(t *testing.T) {
	config := func(resource string) string {
		return terraform.Configuration("/nowhere/kubeconfig", `mode = "render"`, resource)
	}
	policyKey, bindingKey := nativeKeys("rendered")
	objects := tfjsonpath.New("objects")
	secret := objects.AtMapKey("/v1/Secret/kyverno/rendered-registry")
	terraform.Test(t,
		resource.TestStep{
			Config: config(policy("rendered", approval)),
			ConfigPlanChecks: plans(plancheck.ResourceActionCreate,
				object(policyKey, literally("example.org/approved")), object(bindingKey, literally(`"policyName":"rendered"`))),
			ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownValue(address, objects, knownvalue.MapSizeExact(2))},
		},
		resource.TestStep{Config: config(policy("rendered", approval)), ConfigPlanChecks: staysAsItIs},
		resource.TestStep{
			Config: config(signed("rendered", "kyverno", "correct-horse-1", 1)),
			ConfigPlanChecks: plans(plancheck.ResourceActionUpdate,
				plancheck.ExpectKnownValue(address, secret, knownvalue.StringRegexp(literally(`"agentward.dev/password-version":"1"`))), keepsOut("correct-horse-1")),
			ConfigStateChecks: []statecheck.StateCheck{stateKeepsOut("correct-horse-1")},
		},
		resource.TestStep{Config: config(signed("rendered", "kyverno", "correct-horse-1", 1)), ConfigPlanChecks: staysAsItIs},
		resource.TestStep{ // the version says what is new, here as anywhere
			Config:           config(signed("rendered", "kyverno", "battery-staple-2", 1)),
			ConfigPlanChecks: staysAsItIs,
		},
		resource.TestStep{
			Config:           config(signed("rendered", "kyverno", "battery-staple-2", 2)),
			ConfigPlanChecks: plans(plancheck.ResourceActionUpdate),
		},
	)
}

func TestValuesThatAreNotKnownAtPlanAreRenderedByTheApply(t *testing.T) {
	c := cluster(t)
	const name = "late"
	policyKey, _ := nativeKeys(name)
	config := terraform.Configuration(c.Kubeconfig(), "", `
resource "terraform_data" "registry" {
  input = "registry.example.org/late"
}
`+policy(name, `
  rules = {
    allowed_registries = [terraform_data.registry.output]
    custom             = [{ name = "late", expression = "object.metadata.name != '${terraform_data.registry.id}'" }]
  }`))
	terraform.Test(t,
		resource.TestStep{
			Config: config,
			ConfigPlanChecks: plans(plancheck.ResourceActionCreate,
				plancheck.ExpectUnknownValue(address, tfjsonpath.New("objects"))),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(address, tfjsonpath.New("objects").AtMapKey(policyKey), knownvalue.StringRegexp(literally("registry.example.org/late"))),
			},
		},
		resource.TestStep{Config: config, ConfigPlanChecks: staysAsItIs},
	)
}

// A value that shows itself to be wrong only when it is known is an error of the apply, on its attribute.
func TestCELThatDoesNotCompileOnceItIsKnownIsAnErrorOnItsAttribute(t *testing.T) {
	c := cluster(t)
	config := terraform.Configuration(c.Kubeconfig(), "", `
resource "terraform_data" "expression" {
  input = "object.spec ="
}
`+policy("broken-late", `rules = { custom = [{ name = "late", expression = terraform_data.expression.output }] }`))
	terraform.Test(t, resource.TestStep{
		Config:      config,
		ExpectError: literallyInOutput("Invalid rules.custom[0].expression"),
	})
	if c.Exists(t, policies, "", "broken-late") {
		t.Error("the policy was written")
	}
}

func TestExceptionsEndByThemselves(t *testing.T) {
	c := cluster(t)
	const name = "excepting"
	ns := c.Namespace(t, governedBy(name))
	config := terraform.Configuration(c.Kubeconfig(), "", policy(name, approval+`
  exceptions = [
    { name = "migration", namespaces = ["`+ns+`"], names = ["new-*"], reason = "OPS-1", expires_at = "2999-01-01T00:00:00+02:00" },
    { name = "ended", names = ["old-*"], expires_at = "2020-01-01T00:00:00Z" },
  ]`))
	terraform.Test(t,
		resource.TestStep{
			Config: config,
			Check: func(*terraformState) error {
				if refusal := refused(t, c, pod(ns, "old-agent", nil)); !strings.Contains(refusal, "approval-label") {
					t.Errorf("the refusal does not say why: %s", refusal)
				}
				refused(t, c, pod(ns, "other-agent", nil))
				admitted(t, c, pod(ns, "new-agent", nil))
				return nil
			},
		},
		resource.TestStep{Config: config, ConfigPlanChecks: staysAsItIs},
	)
}
