package admission_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/agentward/terraform-provider-agent/acctest/terraform"
)

const confined = `rules = {
    approval_label   = { key = "example.org/approved" }
    security_context = { run_as_non_root = true, no_privileged = true }
  }`

func TestDriftShowsItsTargetAndIsTakenBack(t *testing.T) {
	c := cluster(t)
	const name = "drifting"
	policyKey, bindingKey := nativeKeys(name)
	config := terraform.Configuration(c.Kubeconfig(), "", policy(name, confined))
	bindingUID := ""
	drifts := func(edit func(), key, target string) []resource.TestStep {
		return []resource.TestStep{
			{
				PreConfig:        edit,
				Config:           config,
				ConfigPlanChecks: plans(plancheck.ResourceActionUpdate, object(key, literally(target))),
			},
			{Config: config, ConfigPlanChecks: staysAsItIs},
		}
	}
	steps := []resource.TestStep{{Config: config, ConfigPlanChecks: plans(plancheck.ResourceActionCreate)}}
	steps = append(steps, drifts(func() { // a scalar
		c.Edit(t, policies, "", name, `{"spec":{"failurePolicy":"Ignore"}}`)
	}, policyKey, `"failurePolicy":"Fail"`)...)
	steps = append(steps, drifts(func() { // an item of a list, in what the API server keeps as one value
		live := c.Get(t, policies, "", name)
		validations, _, _ := unstructured.NestedSlice(live.Object, "spec", "validations")
		rule, ok := validations[1].(map[string]any)
		if !ok {
			t.Fatalf("no rule: %v", validations)
		}
		rule["expression"] = "true"
		c.Edit(t, policies, "", name, mergePatch(t, map[string]any{"spec": map[string]any{"validations": validations}}))
	}, policyKey, "runAsNonRoot")...)
	steps = append(steps, drifts(func() { // an item of a set
		c.Edit(t, bindings, "", name, `{"spec":{"validationActions":["Audit"]}}`)
	}, bindingKey, `"validationActions":["Deny"]`)...)
	steps = append(steps, drifts(func() { // a label of the selector
		c.Edit(t, bindings, "", name, `{"spec":{"matchResources":{"namespaceSelector":{"matchLabels":{"governed-by":"nobody"}}}}}`)
	}, bindingKey, `"governed-by":"drifting"`)...)
	steps = append(steps, drifts(func() { // an object
		bindingUID = string(c.Get(t, bindings, "", name).GetUID())
		c.Delete(t, bindings, "", name)
	}, bindingKey, `"policyName":"drifting"`)...)
	steps = append(steps, resource.TestStep{ // what nobody asked Terraform about
		PreConfig: func() {
			if uid := string(c.Get(t, bindings, "", name).GetUID()); uid == "" || uid == bindingUID {
				t.Errorf("the binding was not made anew: %q", uid)
			}
			c.Edit(t, policies, "", name, `{"metadata":{"labels":{"audited-by":"security"}}}`)
		},
		Config:           config,
		ConfigPlanChecks: staysAsItIs,
	})
	terraform.Test(t, steps...)
}

func TestARuleLessIsAnUpdateInPlace(t *testing.T) {
	c := cluster(t)
	const name = "relaxed"
	policyKey, _ := nativeKeys(name)
	ns := c.Namespace(t, governedBy(name))
	uid := ""
	terraform.Test(t,
		resource.TestStep{
			Config: terraform.Configuration(c.Kubeconfig(), "", policy(name, confined)),
			Check: func(*terraformState) error {
				uid = string(c.Get(t, policies, "", name).GetUID())
				refused(t, c, pod(ns, "root", map[string]any{"example.org/approved": "yes"}))
				return nil
			},
		},
		resource.TestStep{
			Config:           terraform.Configuration(c.Kubeconfig(), "", policy(name, approval)),
			ConfigPlanChecks: plans(plancheck.ResourceActionUpdate, objectWithout(policyKey, "runAsNonRoot")),
			Check: func(*terraformState) error {
				if now := string(c.Get(t, policies, "", name).GetUID()); now != uid {
					t.Error("the policy was replaced, and was not in force for a moment")
				}
				eventuallyAdmitted(t, c, pod(ns, "root", map[string]any{"example.org/approved": "yes"}))
				return nil
			},
		},
	)
}
