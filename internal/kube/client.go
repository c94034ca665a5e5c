// Package kube carries objects to a Kubernetes API server by server-side apply: it plans by dry run, applies, reads and deletes,
// and sees an object through the fields that its field manager owns.
package kube

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/openapi"
	"k8s.io/client-go/rest"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

const (
	// dialTimeout bounds one attempt to reach the API server.
	dialTimeout = 10 * time.Second
	// requestTimeout bounds one request; admission webhooks may take 30 s of it.
	requestTimeout = 60 * time.Second
	// appearTimeout is how long Apply waits for a kind that the server does not know yet, as after the apply of its CRD.
	appearTimeout = 30 * time.Second
)

// Options say on whose behalf a Client writes.
type Options struct {
	// FieldManager is the server-side apply manager, 1 to 128 characters.
	FieldManager string
	// ForceConflicts takes fields over from other managers without asking.
	ForceConflicts bool
	// Random is where generated values of Secrets come from; nil for crypto/rand.
	Random io.Reader
}

// Client implements stack.Backend for Kubernetes objects.
type Client struct {
	dynamic   dynamic.Interface
	discovery discovery.DiscoveryInterface
	openapi   openapi.ClientWithContext
	options   Options
	kinds     loader[schema.GroupVersion, map[string]kind]
	types     loader[schema.GroupVersion, objectTypes]
}

var _ stack.Backend = (*Client)(nil)

// New builds a client without contacting the server. Requests are not paced on this side: the server's priority and fairness
// decides, and asks to retry where it must.
func New(config *rest.Config, options Options) (*Client, error) {
	config = rest.CopyConfig(config)
	config.QPS, config.Burst = -1, -1
	config.Timeout = requestTimeout
	if config.Dial == nil {
		config.Dial = (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext
	}
	httpClient, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("build HTTP client for the Kubernetes API: %w", err)
	}
	return newFor(config, httpClient, options)
}

func newFor(config *rest.Config, httpClient *http.Client, options Options) (*Client, error) {
	dyn, err := dynamic.NewForConfigAndClient(config, httpClient)
	if err != nil {
		return nil, fmt.Errorf("build Kubernetes client: %w", err)
	}
	disco, err := discovery.NewDiscoveryClientForConfigAndClient(config, httpClient)
	if err != nil {
		return nil, fmt.Errorf("build Kubernetes discovery client: %w", err)
	}
	c := &Client{dynamic: dyn, discovery: disco, openapi: disco.OpenAPIV3WithContext(context.Background()), options: options}
	if c.options.Random == nil {
		c.options.Random = rand.Reader
	}
	c.kinds.load = c.loadKinds
	c.types.load = c.loadTypes
	return c, nil
}

// kind is how the server serves a Kind.
type kind struct {
	resource   string
	namespaced bool
}

// errNoKind says that the server does not serve a kind: its CRD is not installed.
var errNoKind = errors.New("the API server does not serve this kind")

func (c *Client) loadKinds(ctx context.Context, gv schema.GroupVersion) (map[string]kind, error) {
	list, err := c.discovery.ServerResourcesForGroupVersion(gv.String())
	if apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("%w: no API version %s", errNoKind, gv)
	}
	if err != nil {
		return nil, fmt.Errorf("discover %s: %w", gv, err)
	}
	kinds := map[string]kind{}
	for _, r := range list.APIResources {
		if !strings.Contains(r.Name, "/") { // not a subresource
			kinds[r.Kind] = kind{resource: r.Name, namespaced: r.Namespaced}
		}
	}
	return kinds, ctx.Err()
}

// kindOf says how the server serves key's kind. One that is missing is looked up again, since its CRD may be new.
func (c *Client) kindOf(ctx context.Context, key stack.Key) (kind, error) {
	gv := schema.GroupVersion{Group: key.Group, Version: key.Version}
	kinds, fresh, err := c.kinds.get(ctx, gv)
	if err != nil {
		return kind{}, err
	}
	k, ok := kinds[key.Kind]
	if !ok && !fresh {
		c.kinds.forget(gv)
		if kinds, _, err = c.kinds.get(ctx, gv); err != nil {
			return kind{}, err
		}
		k, ok = kinds[key.Kind]
	}
	if !ok {
		return kind{}, fmt.Errorf("%w: no %s in %s", errNoKind, key.Kind, gv)
	}
	return k, nil
}

// resource gives the interface for an object.
func (c *Client) resource(ctx context.Context, key stack.Key) (dynamic.ResourceInterface, error) {
	k, err := c.kindOf(ctx, key)
	if err != nil {
		return nil, err
	}
	r := c.dynamic.Resource(schema.GroupVersionResource{Group: key.Group, Version: key.Version, Resource: k.resource})
	switch {
	case k.namespaced && key.Namespace == "":
		return nil, fmt.Errorf("%s lives in a namespace, and none is given", key.Describe())
	case !k.namespaced && key.Namespace != "":
		return nil, fmt.Errorf("%s lives in no namespace, and %q is given", key.Describe(), key.Namespace)
	case k.namespaced:
		return r.Namespace(key.Namespace), nil
	}
	return r, nil
}
