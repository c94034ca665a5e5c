package active

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/agentward/terraform-provider-agent/internal/kars"
)

const (
	// ownerLabel is on everything that is not in a namespace of ours, with the requirement as its value.
	ownerLabel = "agentward.dev/kars-probe"
	// expiresAnnotation is the time from which on nobody uses it any more, as RFC 3339.
	expiresAnnotation = "agentward.dev/expires"
	// lifetime is how long that is. A probe ends long before.
	lifetime = time.Hour
	// clearTimeout bounds the removal of what a probe made, also when the run itself was interrupted.
	clearTimeout = time.Minute
)

// clusterKinds are the kinds of which probes make objects for the whole cluster, besides namespaces.
var clusterKinds = []schema.GroupVersionResource{
	{Group: "spire.spiffe.io", Version: "v1alpha1", Resource: "clusterspiffeids"},
	{Group: "resource.k8s.io", Version: "v1", Resource: "deviceclasses"},
	{Group: "resource.k8s.io", Version: "v1beta2", Resource: "deviceclasses"},
	{Group: "kueue.x-k8s.io", Version: "v1beta2", Resource: "clusterqueues"},
	{Group: "kueue.x-k8s.io", Version: "v1beta1", Resource: "clusterqueues"},
	{Group: "kueue.x-k8s.io", Version: "v1beta2", Resource: "resourceflavors"},
	{Group: "kueue.x-k8s.io", Version: "v1beta1", Resource: "resourceflavors"},
}

// arena is where one probe plays: a namespace with a quota, and a time after which it is over.
type arena struct {
	*client
	run       context.Context // of the run that the probe is a part of
	ctx       context.Context // which ends with the patience for the probe
	id        string
	namespace string
	clear     []func(context.Context) error
}

// try runs a probe in an arena, and removes what it made whatever comes of it.
func (c *client) try(ctx context.Context, id string, do probe) (finding kars.Finding, err error) {
	bounded, cancel := context.WithTimeout(ctx, c.options.patience(id))
	defer cancel()
	a := &arena{client: c, run: ctx, ctx: bounded, id: id}
	defer func() {
		clearCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), clearTimeout)
		defer cancel()
		for _, remove := range slices.Backward(a.clear) {
			if e := remove(clearCtx); e != nil && !apierrors.IsNotFound(e) {
				err = errors.Join(err, fmt.Errorf("clean up: %w", e))
			}
		}
	}()
	if a.namespace, err = a.makeNamespace(nil); err != nil {
		return kars.Finding{}, err
	}
	return do(a)
}

// mark says of an object whose it is and when it is nobody's any more.
func (a *arena) mark(meta *metav1.ObjectMeta) {
	if meta.Labels == nil {
		meta.Labels = map[string]string{}
	}
	meta.Labels[ownerLabel] = a.id
	meta.Annotations = map[string]string{expiresAnnotation: time.Now().Add(lifetime).UTC().Format(time.RFC3339)}
}

// makeNamespace makes a namespace with a quota, so that a probe that goes wrong takes little with it.
func (a *arena) makeNamespace(labels map[string]string) (string, error) {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "agentward-kars-", Labels: labels}}
	a.mark(&namespace.ObjectMeta)
	made, err := a.kube.CoreV1().Namespaces().Create(a.ctx, namespace, metav1.CreateOptions{})
	if err != nil {
		return "", fmt.Errorf("make a namespace: %w", err)
	}
	a.clear = append(a.clear, func(ctx context.Context) error {
		return a.kube.CoreV1().Namespaces().Delete(ctx, made.Name, metav1.DeleteOptions{})
	})
	quota := &corev1.ResourceQuota{
		ObjectMeta: metav1.ObjectMeta{Name: "probe"},
		Spec: corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{
			corev1.ResourcePods: resource.MustParse("20"), corev1.ResourceLimitsCPU: resource.MustParse("4"), corev1.ResourceLimitsMemory: resource.MustParse("2Gi"),
		}},
	}
	if _, err := a.kube.CoreV1().ResourceQuotas(made.Name).Create(a.ctx, quota, metav1.CreateOptions{}); err != nil {
		return "", fmt.Errorf("give the namespace a quota: %w", err)
	}
	return made.Name, nil
}

// make makes an object of a kind that a project brings. One of the whole cluster is marked, and goes with the arena.
func (a *arena) make(gvr schema.GroupVersionResource, namespace string, object map[string]any) error {
	u := &unstructured.Unstructured{Object: object}
	to := a.dynamic.Resource(gvr).Namespace(namespace)
	if namespace == "" {
		meta := metav1.ObjectMeta{}
		a.mark(&meta)
		u.SetLabels(meta.Labels)
		u.SetAnnotations(meta.Annotations)
	}
	if _, err := to.Create(a.ctx, u, metav1.CreateOptions{}); err != nil {
		return err
	}
	if namespace == "" {
		a.clear = append(a.clear, func(ctx context.Context) error { return to.Delete(ctx, u.GetName(), metav1.DeleteOptions{}) })
	}
	return nil
}

// sweepOnceAllowed is the first that a run does. An API server knows a role a moment after it was given to somebody, so that a refusal counts
// only when it lasts.
func (c *client) sweepOnceAllowed(ctx context.Context, now time.Time) error {
	for start := time.Now(); ; {
		err := c.sweep(ctx, now)
		if !apierrors.IsForbidden(err) || time.Since(start) > allowedAfter {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// allowedAfter is how long after that.
const allowedAfter = 3 * time.Second

// sweep removes what probes left behind whose time is over. Where that cannot be done for a kind of the whole cluster, as while a webhook that
// converts it is dead, it is left to a later run: the kind is that of one probe, which meets the same and says so, and the rest goes on.
func (c *client) sweep(ctx context.Context, now time.Time) error {
	namespaces, err := c.kube.CoreV1().Namespaces().List(ctx, marked)
	if err != nil {
		return err
	}
	for _, n := range namespaces.Items {
		if !over(n.Annotations, now) {
			continue
		}
		if err := c.kube.CoreV1().Namespaces().Delete(ctx, n.Name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
			return err
		}
	}
	for _, kind := range clusterKinds {
		c.sweepKind(ctx, kind, now)
	}
	return nil
}

// marked selects what probes made.
var marked = metav1.ListOptions{LabelSelector: ownerLabel}

// sweepKind does so for a kind of the whole cluster, as far as it can.
func (c *client) sweepKind(ctx context.Context, kind schema.GroupVersionResource, now time.Time) {
	list, err := c.dynamic.Resource(kind).List(ctx, marked)
	if err != nil {
		return // not served, not ours to make either, or out of order
	}
	for _, object := range list.Items {
		if over(object.GetAnnotations(), now) {
			_ = c.dynamic.Resource(kind).Delete(ctx, object.GetName(), metav1.DeleteOptions{}) // gone already, or for a later run
		}
	}
}

func over(annotations map[string]string, now time.Time) bool {
	at, err := time.Parse(time.RFC3339, annotations[expiresAnnotation])
	return err == nil && now.After(at)
}

// served gives the version in which a resource is served, or errNoProbe.
func (a *arena) served(group, resource string, versions ...string) (schema.GroupVersionResource, error) {
	for _, version := range versions {
		list, err := a.discovery.ServerResourcesForGroupVersionWithContext(a.ctx, group+"/"+version)
		if apierrors.IsNotFound(err) {
			continue
		}
		if err != nil {
			return schema.GroupVersionResource{}, err
		}
		for _, r := range list.APIResources {
			if r.Name == resource {
				return schema.GroupVersionResource{Group: group, Version: version, Resource: resource}, nil
			}
		}
	}
	return schema.GroupVersionResource{}, errNoProbe
}
