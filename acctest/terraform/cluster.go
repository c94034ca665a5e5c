package terraform

import (
	"context"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
)

// Cluster is a control plane seen by somebody who is not Terraform.
type Cluster struct {
	*controlplane.ControlPlane
	dynamic dynamic.Interface
}

// Resources that tests look at.
var (
	Namespaces     = corev1.SchemeGroupVersion.WithResource("namespaces")
	ServiceAccount = corev1.SchemeGroupVersion.WithResource("serviceaccounts")
	pods           = corev1.SchemeGroupVersion.WithResource("pods")
	ClusterSPIFFE  = schema.GroupVersionResource{Group: "spire.spiffe.io", Version: "v1alpha1", Resource: "clusterspiffeids"}
)

// Use gives a view of a control plane.
func Use(tb testing.TB, c *controlplane.ControlPlane) *Cluster {
	tb.Helper()
	config := rest.CopyConfig(c.Config())
	config.QPS = -1
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		tb.Fatal(err)
	}
	return &Cluster{ControlPlane: c, dynamic: client}
}

// Resource gives the interface for a kind in a namespace, or of the cluster where namespace is empty.
func (c *Cluster) Resource(gvr schema.GroupVersionResource, namespace string) dynamic.ResourceInterface {
	if namespace == "" {
		return c.dynamic.Resource(gvr)
	}
	return c.dynamic.Resource(gvr).Namespace(namespace)
}

// Namespace makes a namespace named after the test and gives its name. It goes with the test where the cluster stays.
func (c *Cluster) Namespace(tb testing.TB, labels map[string]string) string {
	tb.Helper()
	name := strings.Trim(strings.ToLower(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '-'
	}, tb.Name())), "-")
	if len(name) > 60 {
		name = name[:60]
	}
	obj := &unstructured.Unstructured{}
	obj.SetAPIVersion("v1")
	obj.SetKind("Namespace")
	obj.SetName(strings.Trim(name, "-"))
	obj.SetLabels(labels)
	if c.Existing() {
		// An earlier run may have left the namespace, with all that was in it.
		c.removed(tb, obj.GetName())
		tb.Cleanup(func() { c.remove(tb, obj.GetName()) })
	}
	_, err := c.dynamic.Resource(Namespaces).Create(c.ctx(tb), obj, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		tb.Fatal(err)
	}
	return obj.GetName()
}

// Get gives an object, or fails the test.
func (c *Cluster) Get(tb testing.TB, gvr schema.GroupVersionResource, namespace, name string) *unstructured.Unstructured {
	tb.Helper()
	obj, err := c.Resource(gvr, namespace).Get(c.ctx(tb), name, metav1.GetOptions{})
	if err != nil {
		tb.Fatal(err)
	}
	return obj
}

// Exists says whether an object is there.
func (c *Cluster) Exists(tb testing.TB, gvr schema.GroupVersionResource, namespace, name string) bool {
	tb.Helper()
	_, err := c.Resource(gvr, namespace).Get(c.ctx(tb), name, metav1.GetOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		tb.Fatal(err)
	}
	return err == nil
}

// Edit changes an object as "kubectl edit" would, by a merge patch of the field manager kubectl-edit.
func (c *Cluster) Edit(tb testing.TB, gvr schema.GroupVersionResource, namespace, name, patch string, subresources ...string) {
	tb.Helper()
	_, err := c.Resource(gvr, namespace).Patch(c.ctx(tb), name, types.MergePatchType, []byte(patch),
		metav1.PatchOptions{FieldManager: "kubectl-edit"}, subresources...)
	if err != nil {
		tb.Fatal(err)
	}
}

// Delete removes an object behind Terraform's back.
func (c *Cluster) Delete(tb testing.TB, gvr schema.GroupVersionResource, namespace, name string) {
	tb.Helper()
	if err := c.Resource(gvr, namespace).Delete(c.ctx(tb), name, metav1.DeleteOptions{}); err != nil {
		tb.Fatal(err)
	}
}

// Kill removes a pod at once, as nobody else does where no kubelet runs it.
func (c *Cluster) Kill(tb testing.TB, namespace, name string) {
	tb.Helper()
	now := metav1.DeleteOptions{GracePeriodSeconds: new(int64(0))}
	if err := c.Resource(pods, namespace).Delete(c.ctx(tb), name, now); err != nil {
		tb.Fatal(err)
	}
}

// remove asks for the removal of a namespace, which takes the cluster a while. One that is not there is no error.
func (c *Cluster) remove(tb testing.TB, namespace string) {
	tb.Helper()
	err := c.dynamic.Resource(Namespaces).Delete(c.ctx(tb), namespace, metav1.DeleteOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		tb.Errorf("remove the namespace of the test: %v", err)
	}
}

// removed removes a namespace and waits until it is gone.
func (c *Cluster) removed(tb testing.TB, namespace string) {
	tb.Helper()
	c.remove(tb, namespace)
	ctx := c.ctx(tb)
	for {
		_, err := c.dynamic.Resource(Namespaces).Get(ctx, namespace, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return
		}
		if err != nil {
			tb.Fatalf("wait until the namespace of an earlier run is gone: %v", err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// ctx ends after what no single request needs.
func (c *Cluster) ctx(tb testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	tb.Cleanup(cancel)
	return ctx
}

// Apply writes an object by server-side apply for another field manager.
func (c *Cluster) Apply(tb testing.TB, gvr schema.GroupVersionResource, namespace, name, manager string, content map[string]any) {
	tb.Helper()
	obj := &unstructured.Unstructured{Object: content}
	obj.SetName(name)
	if _, err := c.Resource(gvr, namespace).Apply(c.ctx(tb), name, obj, metav1.ApplyOptions{FieldManager: manager}); err != nil {
		tb.Fatal(err)
	}
}
