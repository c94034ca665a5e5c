package admission_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/acctest/crd"
	"github.com/agentward/terraform-provider-agent/acctest/terraform"
)

var (
	kyvernoPolicies = schema.GroupVersionResource{Group: "policies.kyverno.io", Version: "v1", Resource: "validatingpolicies"}
	templates       = schema.GroupVersionResource{Group: "templates.gatekeeper.sh", Version: "v1", Resource: "constrainttemplates"}
	crds            = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}
)

// engines is the shared control plane with the CRDs of Kyverno and Gatekeeper.
func engines(t *testing.T) *terraform.Cluster {
	t.Helper()
	c := cluster(t)
	if err := c.InstallCRDs(t.Context(), crd.Dir(t, crd.Kyverno), crd.Dir(t, crd.Gatekeeper)); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAnotherEngineIsInForceBeforeTheFormerGoes(t *testing.T) {
	c := engines(t)
	c.OnlyOurs(t, "the API server's own audit log")
	const name = "moving"
	of := func(engine string) string {
		return terraform.Configuration(c.Kubeconfig(), "", policy(name, fmt.Sprintf("engine = %q\n%s", engine, approval)))
	}
	kyvernoKey := "policies.kyverno.io/v1/ValidatingPolicy//" + name
	objects := func(n int) []statecheck.StateCheck {
		return []statecheck.StateCheck{statecheck.ExpectKnownValue(address, tfjsonpath.New("objects"), knownvalue.MapSizeExact(n))}
	}
	var before controlplane.AuditMark
	mark := func() {
		var err error
		if before, err = c.Mark(); err != nil {
			t.Fatal(err)
		}
	}
	terraform.Test(t,
		resource.TestStep{Config: of("native"), ConfigStateChecks: objects(2)},
		resource.TestStep{
			PreConfig: mark,
			Config:    of("kyverno"),
			ConfigPlanChecks: plans(plancheck.ResourceActionUpdate,
				object(kyvernoKey, literally("example.org/approved")),
				plancheck.ExpectKnownValue(address, tfjsonpath.New("objects"), knownvalue.MapSizeExact(1))),
			ConfigStateChecks: objects(1),
			Check: func(*terraformState) error {
				wantOrder(t, c, before, "patch "+kyvernoPolicies.Resource, "delete "+bindings.Resource, "delete "+policies.Resource)
				return gone(t, c, policies, name)
			},
		},
		resource.TestStep{Config: of("kyverno"), ConfigPlanChecks: staysAsItIs},
		resource.TestStep{
			PreConfig: func() {
				mark()
				standInForGatekeeper(t, c, name)
			},
			Config:            of("gatekeeper"),
			ConfigPlanChecks:  plans(plancheck.ResourceActionUpdate),
			ConfigStateChecks: objects(2),
			Check: func(*terraformState) error {
				wantOrder(t, c, before, "patch "+templates.Resource, "patch agentmoving", "delete "+kyvernoPolicies.Resource)
				return gone(t, c, kyvernoPolicies, name)
			},
		},
		resource.TestStep{Config: of("gatekeeper"), ConfigPlanChecks: staysAsItIs},
		resource.TestStep{Config: of("native"), ConfigPlanChecks: plans(plancheck.ResourceActionUpdate), ConfigStateChecks: objects(2)},
	)
}

// Where nobody makes the constraint's kind, the error says so, what was written is in state, and the next apply finishes.
func TestATemplateThatNobodyServesIsAnErrorWhichTheNextApplyMends(t *testing.T) {
	c := engines(t)
	const name = "unserved"
	config := terraform.Configuration(c.Kubeconfig(), "", policy(name, "engine = \"gatekeeper\"\n"+approval))
	terraform.Test(t,
		resource.TestStep{
			Config:      config,
			ExpectError: literallyInOutput("see that Gatekeeper runs, and what the template's status says, then apply again"),
		},
		resource.TestStep{
			PreConfig: func() { standInForGatekeeper(t, c, name) },
			Config:    config,
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(address, tfjsonpath.New("objects"), knownvalue.MapSizeExact(2)),
			},
		},
		resource.TestStep{Config: config, ConfigPlanChecks: staysAsItIs},
	)
}

func gone(t *testing.T, c *terraform.Cluster, gvr schema.GroupVersionResource, name string) error {
	t.Helper()
	if c.Exists(t, gvr, "", name) {
		return fmt.Errorf("%s %s is still there", gvr.Resource, name)
	}
	return nil
}

// wantOrder asks that these were the writes since the mark, in this order, each resource by the beginning of its name.
func wantOrder(t *testing.T, c *terraform.Cluster, since controlplane.AuditMark, want ...string) {
	t.Helper()
	requests, err := c.Requests(t.Context(), since, func(r controlplane.Request) bool {
		return !r.DryRun && r.Code < 300 && r.Resource != "customresourcedefinitions" && slices.Contains([]string{"create", "update", "patch", "delete"}, r.Verb)
	})
	if err != nil {
		t.Fatal(err)
	}
	got := make([]string, len(requests))
	for i, r := range requests {
		got[i] = r.Verb + " " + r.Resource
	}
	if !slices.EqualFunc(got, want, strings.HasPrefix) {
		t.Errorf("the writes were %q, want %q", got, want)
	}
}

// standInForGatekeeper does once what Gatekeeper's controller does for a template: it makes the constraint's kind.
func standInForGatekeeper(t *testing.T, c *terraform.Cluster, policy string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	done := make(chan error, 1)
	served := ""
	go func() {
		var err error
		served, err = serveConstraint(ctx, c, "agent"+policy, t.TempDir())
		done <- err
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("stand in for Gatekeeper: %v", err)
			return
		}
		c.Delete(t, crds, "", served)
	})
}

// serveConstraint gives the name of the CRD that it installs.
func serveConstraint(ctx context.Context, c *terraform.Cluster, prefix, dir string) (string, error) {
	for {
		list, err := c.Resource(templates, "").List(ctx, metav1.ListOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			return "", err
		}
		for _, template := range list.Items {
			if !strings.HasPrefix(template.GetName(), prefix) {
				continue
			}
			kind, _, _ := unstructured.NestedString(template.Object, "spec", "crd", "spec", "names", "kind")
			file := filepath.Join(dir, "constraint.yaml")
			if err := os.WriteFile(file, constraintCRD(kind), 0o600); err != nil {
				return "", err
			}
			return strings.ToLower(kind) + ".constraints.gatekeeper.sh", c.InstallCRDs(ctx, file)
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("no template came: %w", ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func constraintCRD(kind string) []byte {
	plural := strings.ToLower(kind)
	open := map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true}
	text, _ := json.Marshal(map[string]any{
		"apiVersion": "apiextensions.k8s.io/v1",
		"kind":       "CustomResourceDefinition",
		"metadata":   map[string]any{"name": plural + ".constraints.gatekeeper.sh"},
		"spec": map[string]any{
			"group": "constraints.gatekeeper.sh",
			"scope": "Cluster",
			"names": map[string]any{"kind": kind, "plural": plural, "singular": plural},
			"versions": []any{map[string]any{
				"name": "v1beta1", "served": true, "storage": true,
				"schema": map[string]any{"openAPIV3Schema": map[string]any{"type": "object", "properties": map[string]any{"spec": open, "status": open}}},
			}},
		},
	})
	return text
}
