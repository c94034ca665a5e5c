package identity_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/acctest/crd"
	"github.com/agentward/terraform-provider-agent/acctest/terraform"
)

func TestMain(m *testing.M) { terraform.Main(m) }

// cluster is the shared control plane with SPIRE's CRDs.
func cluster(t *testing.T) *terraform.Cluster {
	t.Helper()
	shared := controlplane.Shared(t)
	if err := shared.InstallCRDs(context.Background(), crd.Dir(t, crd.SPIRE)); err != nil {
		t.Fatal(err)
	}
	return terraform.Use(t, shared)
}

const address = "agent_identity.test"

func identity(namespace, more string) string {
	return fmt.Sprintf(`
resource "agent_identity" "test" {
  name      = "billing"
  namespace = %q
  %s
}`, namespace, more)
}

func updates() []plancheck.PlanCheck {
	return []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate)}
}

func TestIdentityIsCreatedAndStaysAsItIs(t *testing.T) {
	c := cluster(t)
	ns := c.Namespace(t, nil)
	config := terraform.Configuration(c.Kubeconfig(), "", identity(ns, `x509_ttl = "30m"`))
	key := "spire.spiffe.io/v1alpha1/ClusterSPIFFEID//" + ns + ".billing"
	terraform.Test(t,
		resource.TestStep{
			Config: config,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectKnownValue(address, tfjsonpath.New("objects").AtMapKey(key), knownvalue.NotNull()),
			}},
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(address, tfjsonpath.New("id"), knownvalue.StringExact(ns+"/billing")),
				statecheck.ExpectKnownValue(address, tfjsonpath.New("principal"), knownvalue.StringExact("spiffe://agents.example.org/ns/"+ns+"/agent/billing")),
				statecheck.ExpectKnownValue(address, tfjsonpath.New("spiffe_id_template"),
					knownvalue.StringExact("spiffe://agents.example.org/ns/"+ns+"/agent/billing/instance/{{ .PodMeta.UID }}")),
				statecheck.ExpectKnownValue(address, tfjsonpath.New("objects"), knownvalue.MapSizeExact(2)),
			},
		},
		resource.TestStep{
			Config:           config,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
		},
		resource.TestStep{
			PreConfig: func() {
				c.Edit(t, terraform.ClusterSPIFFE, "", ns+".billing", `{"spec":{"ttl":"5m0s"}}`)
			},
			Config:           config,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: updates()},
		},
	)
}
