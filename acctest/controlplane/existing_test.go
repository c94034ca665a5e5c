package controlplane_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/agentward/terraform-provider-agent/acctest/await"
	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/acctest/crd"
)

func existing(t *testing.T, kubeconfig string) *controlplane.ControlPlane {
	t.Helper()
	cluster, err := controlplane.Existing(t.Context(), kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	return cluster
}

func TestExistingClusterIsUsedAndLeftRunning(t *testing.T) {
	own := controlplane.Shared(t)
	cluster := existing(t, own.Kubeconfig())
	if !cluster.Existing() || own.Existing() {
		t.Error("which of the two was started here is not told")
	}
	if cluster.URL() != own.URL() {
		t.Errorf("its address is %s, want %s", cluster.URL(), own.URL())
	}
	namespace(t, cluster, "existing")
	if err := cluster.InstallCRDs(t.Context(), crd.Dir(t, crd.SPIRE)); err != nil {
		t.Fatal(err)
	}
	if err := cluster.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(cluster.Dir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the copy of the credentials: %v, want it gone", err)
	}
	if !own.Alive() {
		t.Error("the cluster was stopped")
	}
}

func TestUserOfAnExistingClusterMayDoWhatRBACLetsThem(t *testing.T) {
	own := controlplane.Shared(t)
	cluster := existing(t, own.Kubeconfig())
	namespace(t, cluster, "impersonated")
	viewer := client(t, cluster.User("otto", "impersonated-viewers"))
	if _, err := viewer.CoreV1().ConfigMaps("impersonated").List(t.Context(), metav1.ListOptions{}); !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), `"otto"`) {
		t.Fatalf("a user without a role lists ConfigMaps: %v, want forbidden to otto", err)
	}
	bind(t, cluster, "impersonated", "impersonated-viewers", "view")
	await.NoError(t, "the role binding to be in force", func() error {
		_, err := viewer.CoreV1().ConfigMaps("impersonated").List(t.Context(), metav1.ListOptions{})
		return err
	})
}

func TestExistingClusterKeepsItsProcessesToItself(t *testing.T) {
	cluster := existing(t, controlplane.Shared(t).Kubeconfig())
	for what, do := range map[string]func() error{
		"its audit log is marked":   func() error { _, err := cluster.Mark(); return err },
		"its audit log is read":     func() error { _, err := cluster.Requests(t.Context(), 0, nil); return err },
		"its API server is stopped": cluster.StopAPIServer,
		"its API server is started": func() error { return cluster.StartAPIServer(t.Context()) },
		"its API server is paused":  cluster.PauseAPIServer,
		"its API server is resumed": cluster.ResumeAPIServer,
	} {
		if err := do(); !errors.Is(err, controlplane.ErrNotOurs) {
			t.Errorf("%s: %v, want ErrNotOurs", what, err)
		}
	}
	t.Run("a test that needs them is skipped", func(t *testing.T) {
		t.Cleanup(func() {
			if !t.Skipped() {
				t.Error("it was not")
			}
		})
		controlplane.Shared(t).OnlyOurs(t, "nothing else")
		if t.Skipped() {
			t.Error("on a cluster that was started here too")
		}
		cluster.OnlyOurs(t, "the API server's own audit log")
	})
}

func TestWhatNeedsNoClusterIsForThoseWhoGiveNone(t *testing.T) {
	for name, given := range map[string]string{"where one is given": "/nowhere/kubeconfig", "where none is": ""} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(controlplane.KubeconfigVariable, given)
			t.Cleanup(func() {
				if t.Skipped() != (given != "") {
					t.Errorf("it is skipped: %v", t.Skipped())
				}
			})
			controlplane.NoneNeeded(t)
		})
	}
}

func TestExistingClusterKeepsTheCRDsOfOthers(t *testing.T) {
	own := controlplane.Shared(t)
	cluster := existing(t, own.Kubeconfig())
	api, err := dynamic.NewForConfig(own.Config())
	if err != nil {
		t.Fatal(err)
	}
	crds := schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}
	const name = "gadgets.existing.example.org"
	theirs := &unstructured.Unstructured{}
	if err := json.Unmarshal(fmt.Appendf(nil, gadgets, "theirs"), &theirs.Object); err != nil {
		t.Fatal(err)
	}
	if _, err := api.Resource(crds).Create(t.Context(), theirs, metav1.CreateOptions{FieldManager: "helm"}); err != nil {
		t.Fatal(err)
	}
	ours := filepath.Join(t.TempDir(), "gadgets.yaml")
	if err := os.WriteFile(ours, fmt.Appendf(nil, gadgets, "ours"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := cluster.InstallCRDs(t.Context(), ours); !apierrors.IsConflict(err) || !strings.Contains(err.Error(), "helm") {
		t.Errorf("got %v, want a conflict with helm", err)
	}
	if err := own.InstallCRDs(t.Context(), ours); err != nil {
		t.Errorf("on a cluster of our own: %v", err)
	}
	if err := api.Resource(crds).Delete(t.Context(), name, metav1.DeleteOptions{}); err != nil {
		t.Error(err)
	}
}

// gadgets is a CRD with a description.
const gadgets = `{
  "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
  "metadata": {"name": "gadgets.existing.example.org"},
  "spec": {
    "group": "existing.example.org", "scope": "Namespaced", "names": {"kind": "Gadget", "plural": "gadgets"},
    "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "description": %q}}}]
  }
}`

func TestClusterThatIsNotThereIsSaid(t *testing.T) {
	nowhere := filepath.Join(t.TempDir(), "kubeconfig")
	if _, err := controlplane.Existing(t.Context(), nowhere); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), nowhere) {
		t.Errorf("got %v, want that %s is not there", err, nowhere)
	}
	config, err := clientcmd.LoadFromFile(controlplane.Shared(t).Kubeconfig())
	if err != nil {
		t.Fatal(err)
	}
	for _, cluster := range config.Clusters {
		cluster.Server = "https://127.0.0.1:1"
	}
	if err := clientcmd.WriteToFile(*config, nowhere); err != nil {
		t.Fatal(err)
	}
	if _, err := controlplane.Existing(t.Context(), nowhere); err == nil || !strings.Contains(err.Error(), "127.0.0.1:1") {
		t.Errorf("got %v, want that it does not answer", err)
	}
}
