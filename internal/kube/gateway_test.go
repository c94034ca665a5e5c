package kube_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/acctest/crd"
	"github.com/agentward/terraform-provider-agent/acctest/terraform"
	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
	"github.com/agentward/terraform-provider-agent/internal/stack/oss"
)

// Every object of a gateway is one that an API server with the projects' own CRDs takes, without a field that it does not know (an
// apply is strict about those); once it is there a second plan shows what was applied, so that nothing in it is what a server would
// write otherwise; and nothing of it is left after a delete in reverse order.
func TestGatewaysAreAppliedAsTheyAreRendered(t *testing.T) {
	f := setUp(t)
	serviceMonitors := filepath.Join(crd.Dir(t, crd.Prometheus), "monitoring.coreos.com_servicemonitors.yaml")
	if err := controlplane.Shared(t).InstallCRDs(f.ctx, crd.Dir(t, crd.SPIRE), serviceMonitors); err != nil {
		t.Fatal(err)
	}
	kinds := map[string]bool{}
	for name, g := range gateways(t) {
		t.Run(name, func(t *testing.T) {
			objects, err := oss.Gateway(g)
			if err != nil {
				t.Fatal(err)
			}
			var applied []stack.Live
			for _, o := range objects {
				f.namespaceNamed(t, o.Key.Namespace)
				kinds[o.Key.Kind] = true
				applied = append(applied, f.apply(t, o, none))
			}
			for i, o := range objects {
				if planned := f.plan(t, o, applied[i].Projection); planned.Projection != applied[i].Projection {
					t.Errorf("a second plan of %s shows\n%s\nand what was applied is\n%s", o.Key, planned.Projection, applied[i].Projection)
				}
			}
			for i := len(objects) - 1; i >= 0; i-- {
				if err := f.client.Delete(f.ctx, objects[i].Key, applied[i].UID); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for _, kind := range []string{"ClusterSPIFFEID", "ServiceMonitor", "HorizontalPodAutoscaler", "NetworkPolicy", "Deployment"} {
		if !kinds[kind] {
			t.Errorf("no %s was tried", kind)
		}
	}
}

// gateways are those of the golden files of rendering, by the files' names.
func gateways(t *testing.T) map[string]spec.Gateway {
	t.Helper()
	files, err := filepath.Glob("../stack/oss/testdata/gateway/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	all := map[string]spec.Gateway{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		input, _, _ := strings.Cut(string(text), "\n---\n")
		var g spec.Gateway
		if err := yaml.UnmarshalStrict([]byte(input), &g); err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(filepath.Base(file), ".yaml")] = g
	}
	return all
}

// namespaceNamed makes a namespace that the golden files speak of, and leaves it to the control plane's end.
func (f fixture) namespaceNamed(t *testing.T, name string) {
	t.Helper()
	if name == "" {
		return
	}
	namespace := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": name}}}
	if _, err := f.Resource(terraform.Namespaces, "").Create(f.ctx, namespace, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
		t.Fatal(err)
	}
}

// Pods keep the restricted Pod Security Standard, which a cluster may enforce where gateways run; a folder of the node for the
// Workload API is what that standard has no room for.
func TestPodsOfAGatewayKeepTheRestrictedStandard(t *testing.T) {
	f := setUp(t)
	f.Edit(t, terraform.Namespaces, "", f.ns, `{"metadata":{"labels":{"pod-security.kubernetes.io/enforce":"restricted"}}}`)
	for name, g := range gateways(t) {
		t.Run(name, func(t *testing.T) {
			g.Namespace = f.ns
			objects, err := oss.Gateway(g)
			if err != nil {
				t.Fatal(err)
			}
			f.apply(t, objects[0], none) // its ServiceAccount
			err = f.tryPod(t, f.ns, objects)
			switch refused := err != nil && strings.Contains(err.Error(), "restricted volume types"); {
			case g.Deployment.WorkloadAPI.HostPath != "" && !refused:
				t.Errorf("with a folder of the node got %v", err)
			case g.Deployment.WorkloadAPI.HostPath == "" && err != nil:
				t.Error(err)
			}
		})
	}
}

// tryPod asks the API server for a pod of the Deployment's template, without the priority that no class here stands for.
func (f fixture) tryPod(t *testing.T, namespace string, objects []stack.Object) error {
	t.Helper()
	for _, o := range objects {
		if o.Key.Kind != "Deployment" {
			continue
		}
		template, _, err := unstructured.NestedMap(o.Body, "spec", "template")
		if err != nil {
			t.Fatal(err)
		}
		pod := &unstructured.Unstructured{Object: template}
		pod.SetAPIVersion("v1")
		pod.SetKind("Pod")
		pod.SetName("replica")
		unstructured.RemoveNestedField(pod.Object, "spec", "priorityClassName")
		_, err = f.Resource(schema.GroupVersionResource{Version: "v1", Resource: "pods"}, namespace).
			Create(f.ctx, pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}, FieldValidation: metav1.FieldValidationStrict})
		return err
	}
	t.Fatal("no Deployment")
	return nil
}
