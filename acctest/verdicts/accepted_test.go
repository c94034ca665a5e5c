package verdicts

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/restmapper"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/acctest/crd"
)

// Every rendered object is one that an API server with the projects' own CRDs takes, without a field that it does not know.
// Constraints are left out: Gatekeeper makes their CRD; its program has checked them in the tests of verdicts.
func TestAPIServerAcceptsEveryRenderedObject(t *testing.T) {
	plane := controlplane.Shared(t)
	if err := plane.InstallCRDs(t.Context(), crd.Dir(t, crd.Kyverno), crd.Dir(t, crd.Gatekeeper)); err != nil {
		t.Fatal(err)
	}
	typed := kubernetes.NewForConfigOrDie(plane.Config())
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "kyverno"}}
	if _, err := typed.CoreV1().Namespaces().Create(t.Context(), namespace, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	client := dynamic.NewForConfigOrDie(plane.Config())
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(typed.Discovery()))

	accepted := map[schema.GroupKind]int{}
	for _, object := range goldens(t) {
		kind := object.GroupVersionKind()
		if kind.Group == "constraints.gatekeeper.sh" {
			continue
		}
		mapping, err := mapper.RESTMapping(kind.GroupKind(), kind.Version)
		if err != nil {
			t.Fatal(err)
		}
		options := metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}, FieldValidation: metav1.FieldValidationStrict}
		if _, err := client.Resource(mapping.Resource).Namespace(object.GetNamespace()).Create(t.Context(), object, options); err != nil {
			t.Errorf("%s %s: %v", kind, object.GetName(), err)
			continue
		}
		accepted[kind.GroupKind()]++

		// The control: that a field would be noticed if it were unknown.
		unknown := object.DeepCopy()
		if err := unstructured.SetNestedField(unknown.Object, "x", "metadata", "noSuchField"); err != nil {
			t.Fatal(err)
		}
		if _, err := client.Resource(mapping.Resource).Namespace(object.GetNamespace()).Create(t.Context(), unknown, options); err == nil {
			t.Errorf("%s %s: an unknown field is accepted too", kind, object.GetName())
		}
	}
	for _, kind := range []string{"ValidatingPolicy", "ImageValidatingPolicy"} {
		if accepted[schema.GroupKind{Group: "policies.kyverno.io", Kind: kind}] == 0 {
			t.Errorf("no %s was tried", kind)
		}
	}
	if accepted[schema.GroupKind{Group: "templates.gatekeeper.sh", Kind: "ConstraintTemplate"}] == 0 {
		t.Error("no ConstraintTemplate was tried")
	}
	t.Logf("accepted: %v", accepted)
}

// goldens gives the rendered objects of the golden files.
func goldens(t *testing.T) []*unstructured.Unstructured {
	t.Helper()
	files, err := filepath.Glob("../../internal/stack/oss/testdata/admission/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var all []*unstructured.Unstructured
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		documents := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096)
		for {
			object := &unstructured.Unstructured{}
			err := documents.Decode(&object.Object)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			if object.GetKind() != "" { // the first document is the policy
				all = append(all, object)
			}
		}
	}
	return all
}
