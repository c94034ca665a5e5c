// Package cluster reads a cluster for the probes: what its API server serves, lists page by page, single objects, and what a Service
// answers through the API server's proxy.
package cluster

import (
	"context"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Reader is what a passive probe may do. Every method gives ErrForbidden where the credentials do not suffice, ErrGone where the API
// server does not answer any more, and ErrNotServed where it does not serve the kind.
type Reader interface {
	// Version gives the server's version: "v1.37.2".
	Version(ctx context.Context) (string, error)
	// Discover gives what the server serves.
	Discover(ctx context.Context) (*Discovery, error)
	// List hands every object to visit, page by page. The object is visit's only while it runs.
	List(ctx context.Context, gvr schema.GroupVersionResource, options Options, visit func(*unstructured.Unstructured) error) error
	// Get gives one object.
	Get(ctx context.Context, gvr schema.GroupVersionResource, namespace, name string) (*unstructured.Unstructured, error)
	// Ask gives what a Service answers to a GET of path, at most a few megabytes of it.
	Ask(ctx context.Context, service Service, path string, query map[string]string) ([]byte, error)
}

// Options narrow a list.
type Options struct {
	Namespace string // "" for all
	Labels    string // a label selector
	Fields    string // a field selector
	// Page is how many objects to ask for at once; 0 for 250. Large objects want less.
	Page int64
	// Names leaves everything but the metadata away, on the server's side.
	Names bool
}

// Service names a port of a Service.
type Service struct {
	Namespace, Name string
	Port            string // number or name
	TLS             bool
}

// Discovery is what an API server serves.
type Discovery struct {
	// Groups holds the resources of each served version of a group, with their verbs; subresources are "pods/resize".
	Groups map[string][]Version
	// Failed holds the groups and versions that an aggregated API server should serve and does not, with why.
	Failed map[schema.GroupVersion]error
}

// Version is one version of a group.
type Version struct {
	Name      string
	Resources map[string][]string // verbs by resource
}

// Serves gives the first version of the group, in the server's order of preference, that has the resource, and its verbs.
func (d *Discovery) Serves(group, resource string) (version string, verbs []string, ok bool) {
	for _, v := range d.Groups[group] {
		if verbs, ok := v.Resources[resource]; ok {
			return v.Name, verbs, true
		}
	}
	return "", nil, false
}
