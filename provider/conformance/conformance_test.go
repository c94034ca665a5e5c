package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/acctest/crd"
	"github.com/agentward/terraform-provider-agent/acctest/terraform"
	"github.com/agentward/terraform-provider-agent/internal/gcp/gcptest"
)

func TestMain(m *testing.M) { terraform.Main(m) }

const address = "kars_conformance.test"

var deployments = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}

// withKueue is a control plane that serves Kueue's kinds. Nobody runs what is in it, so that a Deployment is as available as a test says.
func withKueue(t *testing.T) *terraform.Cluster {
	t.Helper()
	c := terraform.Use(t, controlplane.Start(t, controlplane.Options{}))
	if err := c.InstallCRDs(t.Context(), crd.Dir(t, crd.Kueue)); err != nil {
		t.Fatal(err)
	}
	c.Namespace(t, nil)
	c.Apply(t, deployments, "default", "kueue-controller-manager", "test", map[string]any{
		"apiVersion": "apps/v1", "kind": "Deployment",
		"spec": map[string]any{
			"selector": map[string]any{"matchLabels": map[string]any{"app": "kueue"}},
			"template": map[string]any{
				"metadata": map[string]any{"labels": map[string]any{"app": "kueue"}},
				"spec":     map[string]any{"containers": []any{map[string]any{"name": "manager", "image": "registry.k8s.io/kueue/kueue:v0.18.2"}}},
			},
		},
	})
	return c
}

// available has the controller say of Kueue's Deployment that it is available, or that it is not.
func available(t *testing.T, c *terraform.Cluster, yes bool) {
	t.Helper()
	status, n := "False", 0
	if yes {
		status, n = "True", 1
	}
	patch := fmt.Sprintf(`{"status": {"observedGeneration": 1, "replicas": 1, "availableReplicas": %d, "readyReplicas": %[1]d, "conditions": [{"type": "Available", "status": %q, "reason": "Test"}]}}`, n, status)
	c.Edit(t, deployments, "default", "kueue-controller-manager", patch, "status")
}

// gate is the resource, and something that waits for it.
func gate(more string) string {
	return fmt.Sprintf(`
resource "kars_conformance" "test" {
  provider = agent
  version  = "1.37"
  %s
}
resource "terraform_data" "agents" {
  depends_on = [kars_conformance.test]
}`, more)
}

const gang = `require = ["gang_scheduling"]`

func fails(text string) *regexp.Regexp {
	return regexp.MustCompile(strings.Join(strings.Fields(regexp.QuoteMeta(text)), `[\s│|╷╵]+`))
}

func plans(action plancheck.ResourceActionType, more ...plancheck.PlanCheck) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: append(more, plancheck.ExpectResourceAction(address, action))}
}

func state(attribute string, check knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, tfjsonpath.New(attribute), check)
}

func TestTheGateOpensForAClusterThatConformsAndShowsWhenItDoesNotAnyMore(t *testing.T) {
	c := withKueue(t)
	config := terraform.Configuration(c.Kubeconfig(), "", gate(gang))
	conforms := []statecheck.StateCheck{
		state("conforms", knownvalue.Bool(true)),
		state("unmet", knownvalue.MapSizeExact(0)),
		state("results", knownvalue.MapSizeExact(15)),
		state("results", knownvalue.MapPartial(map[string]knownvalue.Check{
			"gang_scheduling": knownvalue.ObjectPartial(map[string]knownvalue.Check{
				"level": knownvalue.StringExact("MUST"), "kar": knownvalue.Int64Exact(53), "status": knownvalue.StringExact("detected"), "probe": knownvalue.StringExact("passive"),
			}),
			"ai_inference": knownvalue.ObjectPartial(map[string]knownvalue.Check{"kar": knownvalue.Null(), "status": knownvalue.StringExact("not_detected")}),
		})),
		state("html", knownvalue.StringRegexp(regexp.MustCompile(`<h1>Kubernetes AI conformance 1.37</h1>`))),
		state("junit", knownvalue.StringRegexp(regexp.MustCompile(`<testsuite name="kars-1.37"`))),
		state("json", knownvalue.StringRegexp(regexp.MustCompile(`"conforms": true`))),
		state("product_yaml", knownvalue.Null()),
	}
	terraform.Test(t,
		resource.TestStep{
			Config:      config,
			ExpectError: fails("gang_scheduling (MUST, KAR-53): not_detected: What is installed of Kueue does not run. Install Kueue,"),
		},
		resource.TestStep{
			PreConfig:         func() { available(t, c, true) },
			Config:            config,
			ConfigPlanChecks:  plans(plancheck.ResourceActionCreate, plancheck.ExpectKnownValue(address, tfjsonpath.New("conforms"), knownvalue.Bool(true))),
			ConfigStateChecks: conforms,
		},
		resource.TestStep{Config: config, PlanOnly: true},
		resource.TestStep{
			// What stops conforming is a difference, and an apply does not hide it.
			PreConfig: func() { available(t, c, false) },
			Config:    config,
			ConfigPlanChecks: plans(plancheck.ResourceActionUpdate,
				plancheck.ExpectKnownValue(address, tfjsonpath.New("unmet"), knownvalue.MapSizeExact(0)), plancheck.ExpectUnknownValue(address, tfjsonpath.New("results"))),
			ExpectError: fails("Unable to update AI conformance"),
		},
		resource.TestStep{
			RefreshState:       true,
			ExpectNonEmptyPlan: true,
			RefreshPlanChecks:  resource.RefreshPlanChecks{PostRefresh: []plancheck.PlanCheck{drifted{"gang_scheduling", "MUST, not_detected: What is installed of Kueue does not run."}}},
		},
		resource.TestStep{
			// Once it conforms again there is nothing to apply: the next look says so.
			PreConfig:         func() { available(t, c, true) },
			Config:            config,
			ConfigPlanChecks:  plans(plancheck.ResourceActionNoop),
			ConfigStateChecks: conforms,
		},
	)
}

func TestGaps(t *testing.T) {
	c := withKueue(t)
	config := func(more string) string { return terraform.Configuration(c.Kubeconfig(), "", gate(more)) }
	gap := func(expires string) string {
		return gang + "\n accepted_gaps = { gang_scheduling = { reason = \"comes with the next rack\", expires = \"" + expires + "\" } }"
	}
	terraform.Test(t,
		resource.TestStep{Config: config(gap("2020-01-31")), ExpectError: fails("gang_scheduling (MUST, KAR-53)")},
		resource.TestStep{
			Config:            config(gap("2999-01-31")),
			ConfigStateChecks: []statecheck.StateCheck{state("conforms", knownvalue.Bool(true)), state("unmet", knownvalue.MapSizeExact(0))},
		},
		// The day after, without a change of the configuration, it would be a difference; a change says the same.
		resource.TestStep{Config: config(gap("2020-01-31")), ExpectError: fails("The gap was accepted until 31 January 2020.")},
	)
}

func TestWhatTheClusterDoesNotTell(t *testing.T) {
	c := withKueue(t)
	config := func(more string) string {
		return terraform.Configuration(c.Kubeconfig(), "", gate(`require = ["accelerator_metrics"]`+more))
	}
	terraform.Test(t,
		resource.TestStep{
			Config: config(""),
			ConfigStateChecks: []statecheck.StateCheck{
				state("conforms", knownvalue.Bool(true)),
				state("undetermined", knownvalue.ListExact([]knownvalue.Check{knownvalue.StringExact("accelerator_metrics")})),
			},
		},
		resource.TestStep{Config: config("\n strict = true"), ExpectError: fails("accelerator_metrics (MUST, KAR-59): unknown: No node shows an accelerator")},
	)
	t.Run("what may not be read holds the gate shut", func(t *testing.T) {
		terraform.Test(t, resource.TestStep{
			Config:      terraform.Configuration(c.User("nobody"), "", gate(gang)),
			ExpectError: fails("Not read: list daemonsets.apps: the credentials may not"),
		})
	})
}

func TestAPlanNeedsNoCluster(t *testing.T) {
	c := withKueue(t)
	available(t, c, true)
	config := terraform.Configuration(c.Kubeconfig(), "", gate(gang))
	terraform.Test(t,
		resource.TestStep{Config: config},
		resource.TestStep{
			PreConfig: func() {
				if err := c.StopAPIServer(); err != nil {
					t.Fatal(err)
				}
			},
			Config: config, PlanOnly: true,
		},
		resource.TestStep{
			Config:      terraform.Configuration(c.Kubeconfig(), "", gate(`require = ["gang_scheduling", "must"]`)),
			ExpectError: fails("Unable to update AI conformance"),
		},
	)
}

func TestWhatIsConfiguredIsChecked(t *testing.T) {
	for name, test := range map[string]struct{ config, want string }{
		"a version without a checklist":   {strings.Replace(gate(""), `"1.37"`, `"1.12"`, 1), `value must be one of`},
		"a requirement that is none":      {gate(`require = ["dra_support"]`), `"dra_support" is no requirement of 1.37`},
		"a gap without an end":            {gate(`accepted_gaps = { gang_scheduling = { reason = "r", expires = "soon" } }`), `The gap in gang_scheduling expires at "soon", which is neither a day`},
		"a gap in what nobody asks":       {gate(`accepted_gaps = { other = { reason = "r", expires = "2999-01-01" } }`), `"other", which is no requirement`},
		"a claim in words of its own":     {gate(`product = { checklist = "x", claims = { gang_scheduling = { status = "verified" } } }`), `value must be one of`},
		"a checklist that is none":        {gate(`product = { checklist = "x" }`), `it has no metadata or no spec`},
		"a report that is never rendered": {gate(""), `With mode = "render" the provider touches no API`},
	} {
		t.Run(name, func(t *testing.T) {
			attributes := ""
			if strings.Contains(name, "rendered") {
				attributes = `mode = "render"`
			}
			terraform.Test(t, resource.TestStep{Config: terraform.Configuration("/nowhere", attributes, test.config), ExpectError: fails(test.want)})
		})
	}
}

func TestALookFailsForNothingThatIsUnmet(t *testing.T) {
	c := withKueue(t)
	const data = "data.kars_conformance.test"
	look := func(more string) string {
		return terraform.Configuration(c.Kubeconfig(), "", "data \"kars_conformance\" \"test\" {\n  provider = agent\n  version = \"1.36\"\n  "+more+"\n}\n")
	}
	terraform.Test(t,
		resource.TestStep{
			Config: look(gang),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(data, tfjsonpath.New("conforms"), knownvalue.Bool(false)),
				statecheck.ExpectKnownValue(data, tfjsonpath.New("unmet"), knownvalue.MapSizeExact(1)),
				statecheck.ExpectKnownValue(data, tfjsonpath.New("results"), knownvalue.MapSizeExact(14)),
				statecheck.ExpectKnownValue(data, tfjsonpath.New("totals").AtMapKey("not_detected"), knownvalue.NotNull()),
				statecheck.ExpectKnownValue(data, tfjsonpath.New("proposed").AtMapKey("agent_identity").AtMapKey("status"), knownvalue.StringExact("not_detected")),
			},
		},
		resource.TestStep{Config: terraform.Configuration(c.Kubeconfig(), `mode = "render"`, "data \"kars_conformance\" \"test\" {\n  provider = agent\n  version = \"1.36\"\n}\n"), ExpectError: fails("touches no API")},
	)
}

func TestGKESaysWhatTheClusterDoesNotTell(t *testing.T) {
	c := terraform.Use(t, controlplane.Start(t, controlplane.Options{}))
	google := gcptest.Start(t, gcptest.Options{AccessToken: "of-the-test"})
	const name = "projects/agents-1/locations/us-central1/clusters/prod"
	if err := google.Put("//container.googleapis.com/"+name, map[string]any{"name": "prod", "currentMasterVersion": "1.37.2-gke.1042000", "autopilot": map[string]any{"enabled": true}}); err != nil {
		t.Fatal(err)
	}
	const data = "data.kars_conformance.test"
	look := func(cluster string) string {
		attributes := fmt.Sprintf("gcp = { access_token = \"of-the-test\", container_custom_endpoint = %q }", google.Endpoint("container"))
		return terraform.Configuration(c.Kubeconfig(), attributes, fmt.Sprintf("data \"kars_conformance\" \"test\" {\n  provider = agent\n  version = \"1.37\"\n  gke_cluster = %q\n}\n", cluster))
	}
	autoscaling := tfjsonpath.New("results").AtMapKey("cluster_autoscaling")
	terraform.Test(t,
		resource.TestStep{Config: look("prod"), ExpectError: fails("write projects/<project>/locations/<location>/clusters/<cluster>")},
		resource.TestStep{Config: look(name + "-2"), ExpectError: fails(`clusters "` + name + `-2": object not found`)},
		resource.TestStep{Config: look(name), ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue(data, autoscaling.AtMapKey("status"), knownvalue.StringExact("detected")),
			statecheck.ExpectKnownValue(data, autoscaling.AtMapKey("evidence"), knownvalue.ListExact([]knownvalue.Check{knownvalue.StringExact("GKE: the cluster is in Autopilot mode")})),
			statecheck.ExpectKnownValue(data, tfjsonpath.New("json"), knownvalue.StringRegexp(regexp.MustCompile(`"version": "1.37.2-gke.1042000"`))),
		}},
	)
}

func TestADraftOfASubmission(t *testing.T) {
	const checklist = "../../../shared/kars/AIConformance-1.36.yaml"
	if _, err := os.Stat(checklist); errors.Is(err, os.ErrNotExist) {
		t.Skip("the published checklist of 1.36 is not in ../shared/kars")
	}
	c := withKueue(t)
	available(t, c, true)
	config := func(claims string) string {
		absolute, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		return terraform.Configuration(c.Kubeconfig(), "", fmt.Sprintf(`
resource "kars_conformance" "test" {
  provider = agent
  version  = "1.36"
  require  = ["gang_scheduling"]
  product = {
    checklist = file("%s/%s")
    metadata  = { platformName = "Example" }
    claims    = { %s }
  }
}`, absolute, checklist, claims))
	}
	terraform.Test(t,
		resource.TestStep{
			Config: config(`gang_scheduling = { status = "Implemented", evidence = ["https://example.com/kueue"] }`),
			ConfigStateChecks: []statecheck.StateCheck{
				state("product_yaml", knownvalue.StringRegexp(regexp.MustCompile(`(?s)platformName: "Example".*id: gang_scheduling.*status: "Implemented".*https://example.com/kueue.*passive probe of`))),
				state("product_problems", knownvalue.NotNull()),
			},
		},
		resource.TestStep{Config: config(`ai_inference = { status = "Implemented" }`), ExpectError: fails("a probe found otherwise")},
	)
}

// drifted wants the plan to say of a requirement that it is not met any more.
type drifted struct{ id, text string }

func (d drifted) CheckPlan(_ context.Context, req plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	for _, change := range req.Plan.ResourceChanges {
		if change.Address != address {
			continue
		}
		before, _ := change.Change.Before.(map[string]any)
		unmet, _ := before["unmet"].(map[string]any)
		if said, _ := unmet[d.id].(string); !strings.HasPrefix(said, d.text) {
			resp.Error = fmt.Errorf("the plan says of %s: %q, want %q", d.id, said, d.text)
		}
		return
	}
	resp.Error = errors.New("the plan does not show the resource")
}
