package admission_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	state "github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/acctest/terraform"
)

func TestMain(m *testing.M) { terraform.Main(m) }

const address = "agent_admission_policy.test"

var (
	policies = schema.GroupVersionResource{Group: "admissionregistration.k8s.io", Version: "v1", Resource: "validatingadmissionpolicies"}
	bindings = schema.GroupVersionResource{Group: "admissionregistration.k8s.io", Version: "v1", Resource: "validatingadmissionpolicybindings"}
)

// cluster is the shared control plane.
func cluster(t *testing.T) *terraform.Cluster {
	t.Helper()
	return terraform.Use(t, controlplane.Shared(t))
}

// policy is a policy for the namespaces that carry its own name as a label, so that tests keep out of each other's way.
func policy(name, more string) string {
	return fmt.Sprintf(`
resource "agent_admission_policy" "test" {
  name               = %[1]q
  namespace_selector = { match_labels = { "governed-by" = %[1]q } }
  %[2]s
}`, name, more)
}

const approval = `rules = { approval_label = { key = "example.org/approved" } }`

func governedBy(name string) map[string]string {
	return map[string]string{"governed-by": name}
}

// nativeKeys are the keys in objects of a native policy and of its binding.
func nativeKeys(name string) (policy, binding string) {
	return "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy//" + name,
		"admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding//" + name
}

func plans(action plancheck.ResourceActionType, more ...plancheck.PlanCheck) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: append(more, plancheck.ExpectResourceAction(address, action))}
}

var staysAsItIs = resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}

// object is a check on the plan of one object.
func object(key string, want *regexp.Regexp) plancheck.PlanCheck {
	return plancheck.ExpectKnownValue(address, tfjsonpath.New("objects").AtMapKey(key), knownvalue.StringRegexp(want))
}

// objectWithout is a check that the plan of one object has no such text.
func objectWithout(key, text string) plancheck.PlanCheck {
	return plancheck.ExpectKnownValue(address, tfjsonpath.New("objects").AtMapKey(key), knownvalue.StringFunc(func(json string) error {
		if strings.Contains(json, text) {
			return fmt.Errorf("%s has %q: %s", key, text, json)
		}
		return nil
	}))
}

// terraformState is what checks between steps are given.
type terraformState = state.State

func mergePatch(t *testing.T, patch map[string]any) string {
	t.Helper()
	text, err := json.Marshal(patch)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func literally(text string) *regexp.Regexp { return regexp.MustCompile(regexp.QuoteMeta(text)) }

func TestPolicyIsEnforcedByTheAPIServer(t *testing.T) {
	c := cluster(t)
	const name = "enforced"
	ns := c.Namespace(t, governedBy(name))
	policyKey, bindingKey := nativeKeys(name)
	config := terraform.Configuration(c.Kubeconfig(), "", policy(name, approval))
	terraform.Test(t,
		resource.TestStep{
			Config: config,
			ConfigPlanChecks: plans(plancheck.ResourceActionCreate,
				object(policyKey, literally("example.org/approved")), object(bindingKey, literally(`"validationActions":["Deny"]`))),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(address, tfjsonpath.New("id"), knownvalue.StringExact(name)),
				statecheck.ExpectKnownValue(address, tfjsonpath.New("engine"), knownvalue.StringExact("native")),
				statecheck.ExpectKnownValue(address, tfjsonpath.New("objects"), knownvalue.MapSizeExact(2)),
			},
		},
		resource.TestStep{
			PreConfig: func() {
				refusal := refused(t, c, pod(ns, "unapproved", nil))
				if !strings.Contains(refusal, "approval-label: the pod must carry the label example.org/approved") {
					t.Errorf("the refusal does not say why: %s", refusal)
				}
				admitted(t, c, pod(ns, "approved", map[string]any{"example.org/approved": "yes"}))
				admitted(t, c, pod("default", "unapproved", nil))
			},
			Config:           config,
			ConfigPlanChecks: staysAsItIs,
		},
	)
	if c.Exists(t, policies, "", name) || c.Exists(t, bindings, "", name) {
		t.Error("the policy outlives its resource")
	}
}

// literallyInOutput finds a text in what Terraform prints, which it wraps at blanks.
func literallyInOutput(text string) *regexp.Regexp {
	words := strings.Fields(text)
	for i, word := range words {
		words[i] = regexp.QuoteMeta(word)
	}
	return regexp.MustCompile(strings.Join(words, `[\s│|]+`))
}
