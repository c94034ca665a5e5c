package identity_test

import (
	"fmt"
	"maps"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	corev1 "k8s.io/api/core/v1"

	"github.com/agentward/terraform-provider-agent/acctest/terraform"
)

var configMaps = corev1.SchemeGroupVersion.WithResource("configmaps")

const pod1 = "0b6f1c1e-8d2a-4c0e-9a53-3f1de1f6c001"

// agents are two identities that name one gateway of their namespace.
func agents(c *terraform.Cluster, ns, billing, shipping string) string {
	one := func(name, more string) string {
		return fmt.Sprintf(`
resource "agent_identity" %[1]q {
  name      = %[1]q
  namespace = %[2]q
  gateways  = ["%[2]s/edge"]
  %[3]s
}`, name, ns, more)
	}
	config := ""
	if billing != "gone" {
		config += one("billing", billing)
	}
	if shipping != "gone" {
		config += one("shipping", shipping)
	}
	return terraform.Configuration(c.Kubeconfig(), "", config)
}

// gatewayMakesItsList writes what an agent_gateway has of the list: the object itself, without entries.
func gatewayMakesItsList(t *testing.T, c *terraform.Cluster, ns string) {
	t.Helper()
	c.Apply(t, configMaps, ns, "edge-suspended", "gateway", map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"labels": map[string]any{"made-by": "gateway"}},
	})
}

// refused checks what the gateway of a namespace is told to refuse: SPIFFE IDs below /ns/<ns>/agent/ by data key, each with its line
// end. A nil map is no list at all.
func refused(t *testing.T, c *terraform.Cluster, ns string, want map[string]string) resource.TestCheckFunc {
	t.Helper()
	return check(func() error {
		if !c.Exists(t, configMaps, ns, "edge-suspended") {
			if want == nil {
				return nil
			}
			return fmt.Errorf("there is no list")
		}
		if want == nil {
			return fmt.Errorf("the list is there: %v", c.Get(t, configMaps, ns, "edge-suspended"))
		}
		expected := map[string]any{}
		for key, id := range want {
			expected[ns+"."+key] = "spiffe://agents.example.org/ns/" + ns + "/agent/" + id + "\n"
		}
		data, _ := c.Get(t, configMaps, ns, "edge-suspended").Object["data"].(map[string]any)
		if !maps.Equal(data, expected) {
			return fmt.Errorf("the gateway is told to refuse %q, want %q", data, expected)
		}
		return nil
	})
}

func then(step resource.TestStep, check resource.TestCheckFunc) resource.TestStep {
	step.Check = check
	return step
}

func TestTwoIdentitiesSuspendAtOneGateway(t *testing.T) {
	c := cluster(t)
	ns := c.Namespace(t, nil)
	const suspended = "suspended = true"
	terraform.Test(t,
		then(plans(agents(c, ns, "", "")), refused(t, c, ns, nil)),
		then(plans(agents(c, ns, suspended, "")), refused(t, c, ns, map[string]string{"billing": "billing"})),
		then(plans(agents(c, ns, suspended, suspended)), refused(t, c, ns, map[string]string{"billing": "billing", "shipping": "shipping"})),
		then(plans(agents(c, ns, "", suspended)), refused(t, c, ns, map[string]string{"shipping": "shipping"})),
		then(plans(agents(c, ns, "", "")), refused(t, c, ns, nil)),
		then(plans(agents(c, ns, suspended, suspended)), refused(t, c, ns, map[string]string{"billing": "billing", "shipping": "shipping"})),
		then(plans(agents(c, ns, "gone", suspended)), refused(t, c, ns, map[string]string{"shipping": "shipping"})),
	)
	if c.Exists(t, configMaps, ns, "edge-suspended") {
		t.Error("destroy left the list")
	}
}

func TestListOfTheGatewayStaysWithTheGateway(t *testing.T) {
	c := cluster(t)
	ns := c.Namespace(t, nil)
	suspended, on := agents(c, ns, "suspended = true", "gone"), agents(c, ns, "", "gone")
	gateway := func() { gatewayMakesItsList(t, c, ns) }
	terraform.Test(t,
		then(plans(suspended), refused(t, c, ns, map[string]string{"billing": "billing"})),
		after(gateway, then(plans(suspended), refused(t, c, ns, map[string]string{"billing": "billing"}))),
		then(plans(on), refused(t, c, ns, map[string]string{})),
		plans(suspended),
	)
	left := c.Get(t, configMaps, ns, "edge-suspended")
	if left.GetLabels()["made-by"] != "gateway" || left.Object["data"] != nil {
		t.Errorf("destroy left %v, want the gateway's list as it was", left)
	}
}

func TestSuspensionThatSomebodyLiftsShowsAndIsHealed(t *testing.T) {
	c := cluster(t)
	ns := c.Namespace(t, nil)
	gatewayMakesItsList(t, c, ns)
	config := agents(c, ns, "suspended = true", "gone")
	want := map[string]string{"billing": "billing"}
	edit := func(patch string) func() {
		return func() { c.Edit(t, configMaps, ns, "edge-suspended", patch) }
	}
	key := "/v1/ConfigMap/" + ns + "/edge-suspended#" + ns + ".billing"
	shown := plancheck.ExpectKnownValue("agent_identity.billing", objects(key), knownvalue.StringExact(
		`{"apiVersion":"v1","data":{"`+ns+`.billing":"spiffe://agents.example.org/ns/`+ns+`/agent/billing\n"},"kind":"ConfigMap","metadata":{"name":"edge-suspended","namespace":"`+ns+`"}}`))
	updates := plancheck.ExpectResourceAction("agent_identity.billing", plancheck.ResourceActionUpdate)
	terraform.Test(t,
		then(plans(config, shown), refused(t, c, ns, want)),
		after(edit(`{"data":{"`+ns+`.billing":null}}`), then(plans(config, updates, shown), refused(t, c, ns, want))),
		after(edit(`{"data":{"`+ns+`.billing":"# nobody\n"}}`), then(plans(config, updates, shown), refused(t, c, ns, want))),
		after(func() { c.Delete(t, configMaps, ns, "edge-suspended") }, then(plans(config, updates, shown), refused(t, c, ns, want))),
	)
}

func TestOnePodIsSuspendedAlone(t *testing.T) {
	c := cluster(t)
	ns := c.Namespace(t, nil)
	config := agents(c, ns, `suspended_instances = ["`+pod1+`"]`, "gone")
	withdrawn := plancheck.ExpectKnownValue("agent_identity.billing", objects(spiffeKey(ns)),
		knownvalue.StringRegexp(regexpOf(`"spiffeIDTemplate":"{{ if eq .PodMeta.UID \"`+pod1+`\" }}suspended{{ else }}spiffe://`)))
	terraform.Test(t,
		then(plans(config, withdrawn), refused(t, c, ns, map[string]string{"billing": "billing/instance/" + pod1})),
		then(plans(agents(c, ns, "suspended = true", "gone")), refused(t, c, ns, map[string]string{"billing": "billing"})),
		then(plans(config, withdrawn), refused(t, c, ns, map[string]string{"billing": "billing/instance/" + pod1})),
		then(plans(agents(c, ns, "", "gone")), refused(t, c, ns, nil)),
	)
}

func TestSuspensionMovesToAnotherGateway(t *testing.T) {
	c := cluster(t)
	ns := c.Namespace(t, nil)
	config := func(gateway string) string {
		return terraform.Configuration(c.Kubeconfig(), "", identity(ns, fmt.Sprintf(`
  suspended = true
  gateways  = ["%s/%s"]`, ns, gateway)))
	}
	terraform.Test(t,
		then(plans(config("edge")), refused(t, c, ns, map[string]string{"billing": "billing"})),
		then(plans(config("egress")), refused(t, c, ns, nil)),
	)
	if c.Exists(t, configMaps, ns, "egress-suspended") {
		t.Error("destroy left the list")
	}
}

func TestGatewayThatIsNoneIsAnError(t *testing.T) {
	bad := func(more, want string) resource.TestStep {
		return resource.TestStep{Config: terraform.Configuration("/nowhere", "", identity("agents", more)), PlanOnly: true, ExpectError: regexpOf(want)}
	}
	terraform.Test(t,
		bad(`gateways = ["edge"]`, `"edge" is no gateway: name an agent_gateway resource by its id, "namespace/name"`),
		bad(`suspended_instances = ["billing-0"]`, `"billing-0" is no UID of a pod and would suspend nobody`),
	)
}
