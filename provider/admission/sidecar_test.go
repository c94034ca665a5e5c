package admission_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/agentward/terraform-provider-agent/acctest/await"
	"github.com/agentward/terraform-provider-agent/acctest/terraform"
)

var mutations = schema.GroupVersionResource{Group: "admissionregistration.k8s.io", Version: "v1", Resource: "mutatingadmissionpolicies"}

func withSidecar(engine, image string) string {
	return fmt.Sprintf(`
  engine = %q
  rules  = { approval_label = { key = "example.org/approved" } }
  sidecar = {
    image             = %q
    gateway           = "https://edge.gateways.svc:8443"
    gateway_spiffe_id = "spiffe://agents.example.org/ns/gateways/gateway/edge"
    targets           = ["/bank"]
  }`, engine, image)
}

const sidecarImage = "registry.example.org/agent-gateway:1.0.0"

// sidecarOf waits until a pod is given the sidecar of this image.
func sidecarOf(t *testing.T, c *terraform.Cluster, pod *unstructured.Unstructured, image string) {
	t.Helper()
	await.NoError(t, "pod "+pod.GetName()+" to be given the sidecar "+image, func() error {
		made, err := c.Resource(pods, pod.GetNamespace()).Create(context.Background(), pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		if err != nil {
			return err
		}
		containers, _, _ := unstructured.NestedSlice(made.Object, "spec", "initContainers")
		if len(containers) != 1 || containers[0].(map[string]any)["image"] != image {
			return fmt.Errorf("its init containers are %v", containers)
		}
		return nil
	})
}

func TestApprovedPodsAreGivenTheSidecar(t *testing.T) {
	c := cluster(t)
	const name = "with-sidecar"
	ns := c.Namespace(t, governedBy(name))
	config := func(image string) string {
		return terraform.Configuration(c.Kubeconfig(), "", policy(name, withSidecar("native", image)))
	}
	key := "admissionregistration.k8s.io/v1/MutatingAdmissionPolicy//" + name
	approved := pod(ns, "approved", map[string]any{"example.org/approved": "yes"})
	const newer = sidecarImage + "-1"
	terraform.Test(t,
		resource.TestStep{
			Config:           config(sidecarImage),
			ConfigPlanChecks: plans(plancheck.ResourceActionCreate, object(key, literally(sidecarImage))),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(address, tfjsonpath.New("objects"), knownvalue.MapSizeExact(4)),
			},
			Check: func(*terraformState) error { sidecarOf(t, c, approved, sidecarImage); return nil },
		},
		resource.TestStep{Config: config(sidecarImage), ConfigPlanChecks: staysAsItIs},
		resource.TestStep{
			Config:           config(newer),
			ConfigPlanChecks: plans(plancheck.ResourceActionUpdate, object(key, literally(newer))),
			Check:            func(*terraformState) error { sidecarOf(t, c, approved, newer); return nil },
		},
		resource.TestStep{
			PreConfig: func() {
				c.Edit(t, mutations, "", name, `{"spec":{"matchConditions":[{"name":"gets-the-sidecar","expression":"false"}],"failurePolicy":"Ignore"}}`)
			},
			Config:           config(newer),
			ConfigPlanChecks: plans(plancheck.ResourceActionUpdate, object(key, literally(`"failurePolicy":"Fail"`)), object(key, literally(`example.org/approved`))),
			Check:            func(*terraformState) error { sidecarOf(t, c, approved, newer); return nil },
		},
		resource.TestStep{
			PreConfig:        func() { c.Delete(t, mutations, "", name) },
			Config:           config(newer),
			ConfigPlanChecks: plans(plancheck.ResourceActionUpdate, object(key, literally(newer))),
			Check:            func(*terraformState) error { sidecarOf(t, c, approved, newer); return nil },
		},
		resource.TestStep{
			Config: terraform.Configuration(c.Kubeconfig(), "", policy(name, approval)),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(address, tfjsonpath.New("objects"), knownvalue.MapSizeExact(2)),
			},
			Check: func(*terraformState) error { eventuallyAdmitted(t, c, approved); return gone(t, c, mutations, name) },
		},
	)
}

func TestSidecarOfKyvernoIsAMutatingPolicy(t *testing.T) {
	c := engines(t)
	const name = "kyverno-sidecar"
	config := terraform.Configuration(c.Kubeconfig(), "", policy(name, withSidecar("kyverno", sidecarImage)))
	terraform.Test(t,
		resource.TestStep{
			Config:           config,
			ConfigPlanChecks: plans(plancheck.ResourceActionCreate, object("policies.kyverno.io/v1/MutatingPolicy//"+name, literally(sidecarImage))),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(address, tfjsonpath.New("objects"), knownvalue.MapSizeExact(2)),
			},
		},
		resource.TestStep{Config: config, ConfigPlanChecks: staysAsItIs},
	)
}
