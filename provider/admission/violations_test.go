package admission_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/acctest/crd"
	"github.com/agentward/terraform-provider-agent/acctest/terraform"
)

const violations = "data.agent_policy_violations.test"

var (
	policyReports  = schema.GroupVersionResource{Group: "wgpolicyk8s.io", Version: "v1alpha2", Resource: "policyreports"}
	clusterReports = schema.GroupVersionResource{Group: "openreports.io", Version: "v1alpha1", Resource: "clusterreports"}
	openReports    = schema.GroupVersionResource{Group: "openreports.io", Version: "v1alpha1", Resource: "reports"}
)

func look(more string) string {
	return fmt.Sprintf("data \"agent_policy_violations\" \"test\" {\n  %s\n}\n", more)
}

func finds(checks map[string]knownvalue.Check) []statecheck.StateCheck {
	var all []statecheck.StateCheck
	for attribute, check := range checks {
		all = append(all, statecheck.ExpectKnownValue(violations, tfjsonpath.New(attribute), check))
	}
	return all
}

// report makes a report on one object.
func report(t *testing.T, c *terraform.Cluster, gvr schema.GroupVersionResource, kind, namespace, name, about string, results ...any) {
	t.Helper()
	object := &unstructured.Unstructured{Object: map[string]any{"results": results}}
	object.SetAPIVersion(gvr.GroupVersion().String())
	object.SetKind(kind)
	object.SetNamespace(namespace)
	object.SetName(name)
	scope := map[string]any{"apiVersion": "v1", "kind": "Pod", "namespace": namespace, "name": about}
	if namespace == "" {
		scope = map[string]any{"apiVersion": "v1", "kind": "Namespace", "name": about}
	}
	object.Object["scope"] = scope
	if _, err := c.Resource(gvr, namespace).Create(t.Context(), object, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Delete(t, gvr, namespace, name) })
}

func given(policy, result, message string) map[string]any {
	return map[string]any{
		"policy": policy, "rule": "approval-label", "result": result, "message": message, "severity": "high", "source": "kyverno", "scored": true,
		"timestamp": map[string]any{"seconds": int64(1795392000), "nanos": int64(0)},
	}
}

func TestViolationsOfBothReportGroupsAreRead(t *testing.T) {
	c := cluster(t)
	if err := c.InstallCRDs(t.Context(), crd.Dir(t, crd.PolicyReports), crd.Dir(t, crd.OpenReports)); err != nil {
		t.Fatal(err)
	}
	ns := c.Namespace(t, nil)
	report(t, c, policyReports, "PolicyReport", ns, "unapproved", "billing", given("violated", "fail", "not approved"), given("kept", "pass", ""))
	report(t, c, openReports, "Report", ns, "unsigned", "search", given("violated", "error", "no registry"))
	report(t, c, clusterReports, "ClusterReport", "", "namespaces", ns, given("violated", "warn", "no quota"))

	count := func(n int64) knownvalue.Check { return knownvalue.Int64Exact(n) }
	totals := func(pass, fail, warn, failed int64) knownvalue.Check {
		return knownvalue.ObjectExact(map[string]knownvalue.Check{
			"pass": count(pass), "fail": count(fail), "warn": count(warn), "error": count(failed), "skip": count(0),
		})
	}
	text := knownvalue.StringExact
	found := func(result, message, kind string, namespace knownvalue.Check, name string) knownvalue.Check {
		return knownvalue.ObjectExact(map[string]knownvalue.Check{
			"policy": text("violated"), "rule": text("approval-label"), "result": text(result), "message": text(message),
			"severity": text("high"), "category": knownvalue.Null(), "source": text("kyverno"), "timestamp": text("2026-11-23T00:00:00Z"),
			"resource": knownvalue.ObjectExact(map[string]knownvalue.Check{
				"api_version": text("v1"), "kind": text(kind), "namespace": namespace, "name": text(name),
			}),
		})
	}
	sources := knownvalue.ListExact([]knownvalue.Check{text("openreports.io"), text("wgpolicyk8s.io")})
	config := func(more string) string { return terraform.Configuration(c.Kubeconfig(), "", look(more)) }
	terraform.Test(t,
		resource.TestStep{
			Config: config(`policies = ["violated"]`),
			ConfigStateChecks: finds(map[string]knownvalue.Check{
				"sources": sources,
				"results": knownvalue.ListExact([]knownvalue.Check{
					found("error", "no registry", "Pod", text(ns), "search"),
					found("warn", "no quota", "Namespace", knownvalue.Null(), ns),
					found("fail", "not approved", "Pod", text(ns), "billing"),
				}),
				"totals":    totals(0, 1, 1, 1),
				"truncated": knownvalue.Bool(false),
			}),
		},
		resource.TestStep{
			Config: config(fmt.Sprintf("namespaces = [%q]\n include = [\"pass\", \"fail\"]", ns)),
			ConfigStateChecks: finds(map[string]knownvalue.Check{
				"results": knownvalue.ListSizeExact(2),
				"totals":  totals(1, 1, 0, 1),
			}),
		},
		resource.TestStep{
			Config: config(`limit = 0`),
			ConfigStateChecks: finds(map[string]knownvalue.Check{
				"results":   knownvalue.ListSizeExact(0),
				"truncated": knownvalue.Bool(true),
				"totals":    totals(1, 1, 1, 1),
			}),
		},
	)
}

func TestWithoutReportsThereAreNoSources(t *testing.T) {
	c := terraform.Use(t, controlplane.Start(t, controlplane.Options{}))
	terraform.Test(t, resource.TestStep{
		Config: terraform.Configuration(c.Kubeconfig(), "", look("")),
		ConfigStateChecks: finds(map[string]knownvalue.Check{
			"sources":   knownvalue.ListSizeExact(0),
			"results":   knownvalue.ListSizeExact(0),
			"truncated": knownvalue.Bool(false),
		}),
	})
}

// Where reports cannot be read the answer is an error, never "none".
func TestViolationsThatCannotBeReadAreNotNone(t *testing.T) {
	c := cluster(t)
	if err := c.InstallCRDs(t.Context(), crd.Dir(t, crd.PolicyReports)); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, config, want string }{
		{"credentials that may not list", terraform.Configuration(c.User("reader-of-nothing"), "", look("")), `Grant the credentials of the provider this verb`},
		{"a cluster that does not answer", `
provider "agent" {
  kubernetes = { host = "https://127.0.0.1:1" }
}
` + look(""), "See that the API server is up"},
		{"render mode", terraform.Configuration(c.Kubeconfig(), `mode = "render"`, look("")), `With mode = "render" the provider touches no API`},
		{"a result that is none", terraform.Configuration(c.Kubeconfig(), "", look(`include = ["bad"]`)), `value must be one of`},
		{"a provider that is not known yet", `
resource "terraform_data" "cluster" {
  input = "https://127.0.0.1:1"
}
provider "agent" {
  kubernetes = { host = terraform_data.cluster.output }
}
` + look(""), "The provider's configuration is not known before the apply"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			terraform.Test(t, resource.TestStep{Config: test.config, ExpectError: literallyInOutput(test.want)})
		})
	}
}
