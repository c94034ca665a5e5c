package admission_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/agentward/terraform-provider-agent/acctest/terraform"
)

const forgotten = `
removed {
  from = agent_admission_policy.test
  lifecycle { destroy = false }
}`

// What is imported is adopted as it is. A policy that somebody else made of the same name for another engine is not taken in,
// since the next apply would delete it.
func TestImportAdoptsOurObjectsAndNoOthers(t *testing.T) {
	ways := []struct {
		name, block string
		since       []tfversion.TerraformVersionCheck
	}{
		{name: "imported-by-id", block: `import {
  to = agent_admission_policy.test
  id = "imported-by-id"
}`},
		{name: "imported-by-identity", since: []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_12_0)}, block: `import {
  to       = agent_admission_policy.test
  identity = { name = "imported-by-identity" }
}`},
	}
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			c := engines(t)
			name := way.name
			makeKyvernoPolicy(t, c, name)
			var uid string
			config := terraform.Configuration(c.Kubeconfig(), "", policy(name, confined))
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: terraform.Factories(),
				TerraformVersionChecks:   way.since,
				Steps: []resource.TestStep{
					{Config: config},
					{
						PreConfig: func() { uid = string(c.Get(t, policies, "", name).GetUID()) },
						Config:    terraform.Configuration(c.Kubeconfig(), "", forgotten),
					},
					{
						PreConfig: func() { c.Get(t, policies, "", name) },
						Config:    config + "\n" + way.block,
						ConfigPlanChecks: plans(plancheck.ResourceActionUpdate,
							plancheck.ExpectKnownValue(address, tfjsonpath.New("objects"), knownvalue.MapSizeExact(2))),
						ConfigStateChecks: []statecheck.StateCheck{
							statecheck.ExpectKnownValue(address, tfjsonpath.New("objects"), knownvalue.MapSizeExact(2)),
						},
						Check: func(*terraformState) error {
							if now := string(c.Get(t, policies, "", name).GetUID()); now != uid {
								return fmt.Errorf("the policy is another one than before")
							}
							return nil
						},
					},
					{Config: config, ConfigPlanChecks: staysAsItIs},
				},
			})
			if !c.Exists(t, kyvernoPolicies, "", name) {
				t.Error("somebody else's policy was deleted")
			}
			if c.Exists(t, policies, "", name) {
				t.Error("the imported policy outlives its resource")
			}
		})
	}
}

func TestImportOfWhatIsNotThereIsAnError(t *testing.T) {
	c := cluster(t)
	terraform.Test(t, resource.TestStep{
		Config: terraform.Configuration(c.Kubeconfig(), "", policy("absent", confined)+`
import {
  to = agent_admission_policy.test
  id = "absent"
}`),
		ExpectError: literallyInOutput("Cannot import non-existent remote object"),
	})
}

// Whoever governs by native policies alone has no business with Kyverno's objects, nor with Secrets.
func TestImportNeedsNoCredentialsForOtherEngines(t *testing.T) {
	c := engines(t)
	const name, user = "imported-with-little", "native-only"
	rule := map[string]any{"apiGroups": []any{policies.Group}, "resources": []any{policies.Resource, bindings.Resource}, "verbs": []any{"get", "create", "patch", "delete"}}
	makeRBAC(t, c, "ClusterRole", user, map[string]any{"rules": []any{rule}})
	makeRBAC(t, c, "ClusterRoleBinding", user, map[string]any{
		"roleRef":  map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": user},
		"subjects": []any{map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}},
	})
	of := func(kubeconfig, more string) string {
		return terraform.Configuration(kubeconfig, "", policy(name, confined)+"\n"+more)
	}
	imported := `import {
  to = agent_admission_policy.test
  id = "` + name + `"
}`
	restricted := c.User(user)
	terraform.Test(t,
		resource.TestStep{Config: of(restricted, "")},
		resource.TestStep{Config: terraform.Configuration(restricted, "", forgotten)},
		resource.TestStep{ // of which nothing may be seen, it is not said that nothing is there
			Config:      of(c.User("reader-of-nothing"), imported),
			ExpectError: literallyInOutput(`cannot get resource`),
		},
		resource.TestStep{
			Config:           of(restricted, imported),
			ConfigPlanChecks: plans(plancheck.ResourceActionUpdate),
		},
		resource.TestStep{Config: of(restricted, ""), ConfigPlanChecks: staysAsItIs},
	)
}

func makeRBAC(t *testing.T, c *terraform.Cluster, kind, name string, content map[string]any) {
	t.Helper()
	resource := schema.GroupVersionResource{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: strings.ToLower(kind) + "s"}
	object := &unstructured.Unstructured{Object: content}
	object.SetAPIVersion(resource.GroupVersion().String())
	object.SetKind(kind)
	object.SetName(name)
	if _, err := c.Resource(resource, "").Create(t.Context(), object, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Delete(t, resource, "", name) })
}

func makeKyvernoPolicy(t *testing.T, c *terraform.Cluster, name string) {
	t.Helper()
	policy := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "policies.kyverno.io/v1", "kind": "ValidatingPolicy",
		"metadata": map[string]any{"name": name},
		"spec": map[string]any{
			"matchConstraints": map[string]any{"resourceRules": []any{map[string]any{
				"apiGroups": []any{""}, "apiVersions": []any{"v1"}, "operations": []any{"CREATE"}, "resources": []any{"configmaps"},
			}}},
			"validations": []any{map[string]any{"expression": "true"}},
		},
	}}
	if _, err := c.Resource(kyvernoPolicies, "").Create(t.Context(), policy, metav1.CreateOptions{FieldManager: "kubectl-create"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Delete(t, kyvernoPolicies, "", name) })
}
