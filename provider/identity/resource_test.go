package identity_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/acctest/crd"
	"github.com/agentward/terraform-provider-agent/acctest/terraform"
)

func TestMain(m *testing.M) {
	if done := installCRDsForTerraform(); done {
		return
	}
	terraform.Main(m)
}

const address = "agent_identity.test"

// cluster is the shared control plane with SPIRE's CRDs.
func cluster(t *testing.T) *terraform.Cluster {
	t.Helper()
	return withCRDs(t, controlplane.Shared(t))
}

func withCRDs(t *testing.T, plane *controlplane.ControlPlane) *terraform.Cluster {
	t.Helper()
	if err := plane.InstallCRDs(context.Background(), crd.Dir(t, crd.SPIRE)); err != nil {
		t.Fatal(err)
	}
	return terraform.Use(t, plane)
}

func identity(namespace, more string) string {
	return fmt.Sprintf(`
resource "agent_identity" "test" {
  name      = "billing"
  namespace = %q
  %s
}`, namespace, more)
}

func spiffeKey(namespace string) string {
	return "spire.spiffe.io/v1alpha1/ClusterSPIFFEID//" + namespace + ".billing"
}

func accountKey(namespace string) string {
	return "/v1/ServiceAccount/" + namespace + "/billing"
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

func TestCreateIsKnownAtPlanAndStays(t *testing.T) {
	c := cluster(t)
	ns := c.Namespace(t, nil)
	config := terraform.Configuration(c.Kubeconfig(), "", identity(ns, `x509_ttl = "30m"`))
	created := plans(config,
		action(plancheck.ResourceActionCreate),
		plancheck.ExpectKnownValue(address, objects(spiffeKey(ns)), knownvalue.NotNull()),
		plancheck.ExpectKnownValue(address, objects(accountKey(ns)), knownvalue.StringExact(
			`{"apiVersion":"v1","automountServiceAccountToken":false,"kind":"ServiceAccount","metadata":{"labels":{"agentward.dev/agent":"billing"},"name":"billing","namespace":"`+ns+`"}}`)),
	)
	created.ConfigStateChecks = []statecheck.StateCheck{
		statecheck.ExpectKnownValue(address, tfjsonpath.New("id"), knownvalue.StringExact(ns+"/billing")),
		statecheck.ExpectKnownValue(address, tfjsonpath.New("principal"), knownvalue.StringExact("spiffe://agents.example.org/ns/"+ns+"/agent/billing")),
		statecheck.ExpectKnownValue(address, tfjsonpath.New("spiffe_id_template"),
			knownvalue.StringExact("spiffe://agents.example.org/ns/"+ns+"/agent/billing/instance/{{ .PodMeta.UID }}")),
		statecheck.ExpectKnownValue(address, tfjsonpath.New("objects"), knownvalue.MapSizeExact(2)),
	}
	terraform.Test(t, created, plans(config, plancheck.ExpectEmptyPlan()))
}

func TestDriftShowsAndIsHealed(t *testing.T) {
	c := cluster(t)
	ns := c.Namespace(t, nil)
	name := ns + ".billing"
	config := terraform.Configuration(c.Kubeconfig(), "", identity(ns, `
  x509_ttl  = "30m"
  dns_names = ["a.example.org", "b.example.org"]
`))
	edit := func(patch string) func() {
		return func() { c.Edit(t, terraform.ClusterSPIFFE, "", name, patch) }
	}
	healed := func(want string) plancheck.PlanCheck {
		return plancheck.ExpectKnownValue(address, objects(spiffeKey(ns)), knownvalue.StringRegexp(regexpOf(want)))
	}
	terraform.Test(t,
		plans(config),
		after(edit(`{"spec":{"ttl":"23h0m0s"}}`), plans(config, action(plancheck.ResourceActionUpdate), healed(`"ttl":"30m0s"`))),
		after(edit(`{"spec":{"dnsNameTemplates":["a.example.org","evil.example.org"]}}`),
			plans(config, action(plancheck.ResourceActionUpdate), healed(`"dnsNameTemplates":["a.example.org","b.example.org"]`))),
		after(edit(`{"spec":{"ttl":null}}`), plans(config, action(plancheck.ResourceActionUpdate), healed(`"ttl":"30m0s"`))),
		after(func() { c.Delete(t, terraform.ClusterSPIFFE, "", name) },
			plans(config, action(plancheck.ResourceActionUpdate), healed(`"ttl":"30m0s"`))),
		after(edit(`{"metadata":{"annotations":{"theirs":"yes"}},"spec":{"fallback":true}}`), plans(config, plancheck.ExpectEmptyPlan())),
	)
	if c.Exists(t, terraform.ClusterSPIFFE, "", name) {
		t.Error("destroy left the ClusterSPIFFEID")
	}
}

func TestSuspendWithdrawsTheIdentityAndNothingElse(t *testing.T) {
	c := cluster(t)
	ns := c.Namespace(t, nil)
	on := terraform.Configuration(c.Kubeconfig(), "", identity(ns, `logical_id = true`))
	off := terraform.Configuration(c.Kubeconfig(), "", identity(ns, `
  logical_id = true
  suspended  = true`))
	var account string
	gone := plans(off, action(plancheck.ResourceActionUpdate))
	gone.Check = check(func() error {
		for _, name := range []string{ns + ".billing", ns + ".billing.logical"} {
			if c.Exists(t, terraform.ClusterSPIFFE, "", name) {
				return fmt.Errorf("%s is still there", name)
			}
		}
		if now := string(c.Get(t, terraform.ServiceAccount, ns, "billing").GetUID()); now != account {
			return fmt.Errorf("the ServiceAccount was replaced: %s, was %s", now, account)
		}
		return nil
	})
	there := plans(on)
	there.Check = check(func() error {
		account = string(c.Get(t, terraform.ServiceAccount, ns, "billing").GetUID())
		if !c.Exists(t, terraform.ClusterSPIFFE, "", ns+".billing.logical") {
			return fmt.Errorf("the logical identity is missing")
		}
		return nil
	})
	terraform.Test(t, there, gone, plans(on, action(plancheck.ResourceActionUpdate)))
}

func TestAnotherNameIsAnotherAgent(t *testing.T) {
	c := cluster(t)
	ns := c.Namespace(t, nil)
	renamed := terraform.Configuration(c.Kubeconfig(), "", fmt.Sprintf(`
resource "agent_identity" "test" {
  name      = "payroll"
  namespace = %q
}`, ns))
	step := plans(renamed, action(plancheck.ResourceActionDestroyBeforeCreate))
	step.Check = check(func() error {
		if c.Exists(t, terraform.ClusterSPIFFE, "", ns+".billing") {
			return fmt.Errorf("the old identity is still there")
		}
		return nil
	})
	terraform.Test(t, plans(terraform.Configuration(c.Kubeconfig(), "", identity(ns, ""))), step)
}

func TestConflictNamesManagerAndField(t *testing.T) {
	c := cluster(t)
	ns := c.Namespace(t, nil)
	c.Apply(t, terraform.ServiceAccount, ns, "billing", "team-tool", map[string]any{
		"apiVersion": "v1", "kind": "ServiceAccount", "automountServiceAccountToken": true,
	})
	config := func(more string) string { return terraform.Configuration(c.Kubeconfig(), more, identity(ns, "")) }
	refused := plans(config(""))
	refused.ExpectError = regexpOf(".automountServiceAccountToken, set by \"team-tool\"")
	terraform.Test(t, refused, plans(config("force_conflicts = true"), action(plancheck.ResourceActionCreate)))
}

func TestImportAdoptsWithoutReplacing(t *testing.T) {
	c := cluster(t)
	ns := c.Namespace(t, nil)
	c.Apply(t, terraform.ServiceAccount, ns, "billing", "kubectl", map[string]any{
		"apiVersion": "v1", "kind": "ServiceAccount", "automountServiceAccountToken": false,
	})
	before := c.Get(t, terraform.ServiceAccount, ns, "billing").GetUID()
	config := terraform.Configuration(c.Kubeconfig(), "", identity(ns, "")+fmt.Sprintf(`
import {
  to = agent_identity.test
  id = "%s/billing"
}`, ns))
	adopted := plans(config, action(plancheck.ResourceActionUpdate))
	adopted.Check = check(func() error {
		if now := c.Get(t, terraform.ServiceAccount, ns, "billing").GetUID(); now != before {
			return fmt.Errorf("the ServiceAccount was replaced")
		}
		return nil
	})
	terraform.Test(t, adopted)
}

func TestImportByIdentity(t *testing.T) {
	c := cluster(t)
	ns := c.Namespace(t, nil)
	c.Apply(t, terraform.ServiceAccount, ns, "billing", "kubectl", map[string]any{
		"apiVersion": "v1", "kind": "ServiceAccount", "automountServiceAccountToken": false,
	})
	config := terraform.Configuration(c.Kubeconfig(), "", identity(ns, "")+fmt.Sprintf(`
import {
  to       = agent_identity.test
  identity = { namespace = %q, name = "billing" }
}`, ns))
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: terraform.Factories(),
		TerraformVersionChecks:   []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_12_0)},
		Steps:                    []resource.TestStep{plans(config, action(plancheck.ResourceActionUpdate))},
	})
}

func TestImportOfNothingAndOfABadIDAreErrors(t *testing.T) {
	c := cluster(t)
	ns := c.Namespace(t, nil)
	config := func(id string) resource.TestStep {
		return resource.TestStep{Config: terraform.Configuration(c.Kubeconfig(), "", identity(ns, "")+fmt.Sprintf(`
import {
  to = agent_identity.test
  id = %q
}`, id))}
	}
	absent, malformed := config(ns+"/billing"), config("billing")
	absent.ExpectError = regexpOf("Cannot import non-existent remote object")
	malformed.ExpectError = regexpOf("not of the form namespace/name")
	terraform.Test(t, absent, malformed)
}

func TestRenderModeTouchesNoAPI(t *testing.T) {
	config := terraform.Configuration(os.DevNull, `
  mode        = "render"
  labels      = { team = "platform" }
  annotations = { "example.org/owner" = "platform" }
`, identity("agents", ""))
	terraform.Test(t,
		plans(config, plancheck.ExpectKnownValue(address, objects(accountKey("agents")), knownvalue.StringExact(
			`{"apiVersion":"v1","automountServiceAccountToken":false,"kind":"ServiceAccount","metadata":{"annotations":{"example.org/owner":"platform"},`+
				`"labels":{"agentward.dev/agent":"billing","team":"platform"},"name":"billing","namespace":"agents"}}`))),
		plans(config, plancheck.ExpectEmptyPlan()),
	)
}

func TestBadInputIsAnErrorOnItsAttribute(t *testing.T) {
	bad := func(config, want string) resource.TestStep {
		return resource.TestStep{Config: config, ExpectError: regexpOf(want), PlanOnly: true}
	}
	in := func(more string) string { return terraform.Configuration("/nowhere", "", identity("agents", more)) }
	terraform.Test(t,
		bad(terraform.Configuration("/nowhere", "", identity("Not_A_Label", `x509_ttl = "90h"`)), `Invalid namespace`),
		bad(in(`x509_ttl = "90h"`), `90h0m0s is out of range: an SVID lives from 1m0s to 24h0m0s`),
		bad(in(`jwt_ttl = "soon"`), `"soon" is no duration`),
		bad(in(`trust_domain = "spiffe://agents.example.org"`), `write the trust domain alone: "agents.example.org"`),
		bad(in(`pod_selector = { match_labels = { "a b" = "c" } }`), `Invalid pod_selector`),
		bad(in(`registration = "server"`), `needs at least one instance`),
		bad(in(``), `kubernetes.config_path: stat /nowhere: no such file`),
		bad(`provider "agent" { trust_domain = "Not A Domain" }`+identity("agents", ""), `Invalid trust_domain`),
		bad(`provider "agent" { kubernetes = { host = "nowhere" } }`+identity("agents", ""), `Invalid kubernetes.host`),
		bad(`provider "agent" { kubernetes = { client_key = "secret-key-text" } }`+identity("agents", ""), `Invalid kubernetes.client_`),
		bad(`provider "agent" { labels = { "a b" = "c" } }`+identity("agents", ""), `Invalid labels["a b"]`),
		bad(`provider "agent" { trust_domain = "a.example.org" }`+identity("agents", ""), `no cluster is configured: set config_path, host or in_cluster`),
	)
}
