// Package passive tells from what an API server serves and lists which requirements a cluster meets. It writes nothing, and needs no
// more than Rules.
package passive

import (
	"context"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/agentward/terraform-provider-agent/internal/kars/cluster"
)

// look is one look at a cluster. What several probes need is read once, and kept no larger than they need it.
type look struct {
	ctx context.Context
	api cluster.Reader
	now time.Time

	discovery func() (*cluster.Discovery, error)
	nodes     func() (nodeFacts, error)
	slices    func() (sliceFacts, error)
	services  func() ([]service, error)
	workloads map[read]func() ([]workload, error)
}

func newLook(ctx context.Context, api cluster.Reader, now time.Time) *look {
	l := &look{ctx: ctx, api: api, now: now, workloads: map[read]func() ([]workload, error){}}
	l.discovery = sync.OnceValues(func() (*cluster.Discovery, error) { return api.Discover(ctx) })
	l.nodes = sync.OnceValues(l.readNodes)
	l.slices = sync.OnceValues(l.readSlices)
	l.services = sync.OnceValues(l.readServices)
	for _, kind := range []read{deployments, daemonSets, statefulSets} {
		l.workloads[kind] = sync.OnceValues(func() ([]workload, error) { return l.readWorkloads(kind) })
	}
	return l
}

// served gives how a resource is served. The error is cluster.ErrNotServed where it is not, and cluster.ErrAway where the API server that
// should does not answer.
func (l *look) served(r read) (schema.GroupVersionResource, error) {
	d, err := l.discovery()
	if err != nil {
		return schema.GroupVersionResource{}, err
	}
	version, _, ok := d.Serves(r.group, r.resource)
	if !ok {
		for gv, failure := range d.Failed {
			if gv.Group == r.group {
				return schema.GroupVersionResource{}, fmt.Errorf("%s is %w: %w", gv, cluster.ErrAway, failure)
			}
		}
		return schema.GroupVersionResource{}, cluster.ErrNotServed
	}
	return schema.GroupVersionResource{Group: r.group, Version: version, Resource: r.resource}, nil
}

func (l *look) list(r read, options cluster.Options, visit func(*unstructured.Unstructured)) error {
	gvr, err := l.served(r)
	if err != nil {
		return err
	}
	return l.api.List(l.ctx, gvr, options, func(object *unstructured.Unstructured) error {
		visit(object)
		return nil
	})
}

// textAt gives the string at a path of an object, or "".
func textAt(object map[string]any, path ...string) string {
	value, _, _ := unstructured.NestedString(object, path...)
	return value
}

// numberAt gives the integer at a path of an object, or 0.
func numberAt(object map[string]any, path ...string) int64 {
	value, _, _ := unstructured.NestedInt64(object, path...)
	return value
}

// listAt gives the objects in the list at a path, and leaves out what is none.
func listAt(object map[string]any, path ...string) []map[string]any {
	value, _, _ := unstructured.NestedFieldNoCopy(object, path...)
	list, _ := value.([]any)
	var found []map[string]any
	for _, element := range list {
		if m, ok := element.(map[string]any); ok {
			found = append(found, m)
		}
	}
	return found
}

// mapAt gives the object at a path, or nil.
func mapAt(object map[string]any, path ...string) map[string]any {
	value, _, _ := unstructured.NestedFieldNoCopy(object, path...)
	m, _ := value.(map[string]any)
	return m
}

// Holds says whether a condition of a status is true, for the object in this generation of it, and what its controller says.
func Holds(status map[string]any, generation int64, kind string) (yes bool, reason string) {
	return holds(listAt(status, "conditions"), generation, kind)
}

// holds says whether the condition is true for the object as it is now, and not for what it was before its last change.
func holds(conditions []map[string]any, generation int64, kind string) (yes bool, reason string) {
	for _, c := range conditions {
		if c["type"] != kind {
			continue
		}
		reason = textAt(c, "message")
		if reason == "" {
			reason = textAt(c, "reason")
		}
		if observed, ok := c["observedGeneration"].(int64); ok && observed < generation {
			return false, "what its controller says is of an earlier generation"
		}
		return c["status"] == "True", reason
	}
	return false, "no controller says so"
}
