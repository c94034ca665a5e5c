package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
)

const (
	// pageSize is how many objects a list asks for at once: a page of large nodes is some megabytes.
	pageSize = 250
	// dialTimeout bounds one attempt to reach the API server, requestTimeout one request.
	dialTimeout    = 10 * time.Second
	requestTimeout = 60 * time.Second
	// Requests are paced on this side too: nobody waits for a probe, and others wait for the API server.
	requestsPerSecond, burst = 50, 100
	// maxAnswer bounds what is taken of a Service's answer. An exporter of a node with 16 accelerators has less than 1 MiB to say.
	maxAnswer = 8 << 20
)

// Client reads a cluster over client-go. The API server's requests to slow down are followed. Once the server does not answer, no
// more is asked of it.
type Client struct {
	dynamic   dynamic.Interface
	metadata  metadata.Interface
	discovery *discovery.DiscoveryClient

	mu   sync.Mutex
	gone error
}

var _ Reader = (*Client)(nil)

// New gives a client without contacting the server.
func New(config *rest.Config) (*Client, error) {
	config = rest.CopyConfig(config)
	config.QPS, config.Burst, config.RateLimiter = requestsPerSecond, burst, nil
	config.Timeout = requestTimeout
	// A deprecated version is read because the cluster serves no other.
	config.WarningHandler = rest.NoWarnings{}
	if config.Dial == nil {
		config.Dial = (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext
	}
	httpClient, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("build HTTP client for the Kubernetes API: %w", err)
	}
	c := &Client{}
	if err := c.build(config, httpClient); err != nil {
		return nil, fmt.Errorf("build Kubernetes client: %w", err)
	}
	return c, nil
}

func (c *Client) build(config *rest.Config, httpClient *http.Client) (err error) {
	if c.dynamic, err = dynamic.NewForConfigAndClient(config, httpClient); err != nil {
		return err
	}
	if c.metadata, err = metadata.NewForConfigAndClient(metadata.ConfigFor(config), httpClient); err != nil {
		return err
	}
	c.discovery, err = discovery.NewDiscoveryClientForConfigAndClient(config, httpClient)
	return err
}

// guard runs a request unless the server is known to be gone, and remembers when it turns out to be.
func (c *Client) guard(ctx context.Context, request func() error) error {
	c.mu.Lock()
	gone := c.gone
	c.mu.Unlock()
	if gone != nil {
		return gone
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w in the time that it was given: %w", ErrGone, err)
	}
	err := classify(request())
	if errors.Is(err, ErrGone) {
		c.mu.Lock()
		c.gone = err
		c.mu.Unlock()
	}
	return err
}

// Version gives the server's version.
func (c *Client) Version(ctx context.Context) (version string, err error) {
	err = c.guard(ctx, func() error {
		info, err := c.discovery.ServerVersionWithContext(ctx)
		if err == nil {
			version = info.GitVersion
		}
		return err
	})
	return version, err
}

// Get gives one object.
func (c *Client) Get(ctx context.Context, gvr schema.GroupVersionResource, namespace, name string) (object *unstructured.Unstructured, err error) {
	err = c.guard(ctx, func() error {
		var err error
		object, err = c.dynamic.Resource(gvr).Namespace(namespace).Get(ctx, name, metav1.GetOptions{})
		return err
	})
	return object, err
}

// List hands every object to visit. A list that takes longer than the server keeps its state goes on with what is there then.
func (c *Client) List(ctx context.Context, gvr schema.GroupVersionResource, options Options, visit func(*unstructured.Unstructured) error) error {
	page := metav1.ListOptions{Limit: cmp.Or(options.Page, pageSize), LabelSelector: options.Labels, FieldSelector: options.Fields}
	for {
		var next string
		err := c.guard(ctx, func() (err error) {
			next, err = c.page(ctx, gvr, options, page, visit)
			return err
		})
		if token, ok := expired(err); ok {
			next, err = token, nil
		}
		if errors.Is(err, ErrNotFound) {
			return fmt.Errorf("%w: %w", ErrNotServed, err)
		}
		if err != nil || next == "" {
			return err
		}
		page.Continue = next
	}
}

func (c *Client) page(ctx context.Context, gvr schema.GroupVersionResource, options Options, page metav1.ListOptions, visit func(*unstructured.Unstructured) error) (string, error) {
	if options.Names {
		list, err := c.metadata.Resource(gvr).Namespace(options.Namespace).List(ctx, page)
		if err != nil {
			return "", err
		}
		for i := range list.Items {
			object := &unstructured.Unstructured{Object: map[string]any{}}
			object.SetNamespace(list.Items[i].Namespace)
			object.SetName(list.Items[i].Name)
			object.SetLabels(list.Items[i].Labels)
			if err := visit(object); err != nil {
				return "", err
			}
		}
		return list.Continue, nil
	}
	list, err := c.dynamic.Resource(gvr).Namespace(options.Namespace).List(ctx, page)
	if err != nil {
		return "", err
	}
	for i := range list.Items {
		if err := visit(&list.Items[i]); err != nil {
			return "", err
		}
	}
	return list.GetContinue(), nil
}

// expired gives the token with which the server lets a list go on whose state it does not keep any more.
func expired(err error) (string, bool) {
	var status apierrors.APIStatus
	if !apierrors.IsResourceExpired(err) || !errors.As(err, &status) {
		return "", false
	}
	token := status.Status().Continue
	return token, token != ""
}

// Ask gives what a Service answers.
func (c *Client) Ask(ctx context.Context, service Service, path string, query map[string]string) (answer []byte, err error) {
	name := service.Name + ":" + service.Port
	if service.TLS {
		name = "https:" + name
	}
	err = c.guard(ctx, func() error {
		request := c.discovery.RESTClient().Get().AbsPath("/api/v1/namespaces", service.Namespace, "services", name, "proxy", path)
		for key, value := range query {
			request = request.Param(key, value)
		}
		stream, err := request.Stream(ctx)
		if err != nil {
			return err
		}
		defer stream.Close()
		answer, err = io.ReadAll(io.LimitReader(stream, maxAnswer))
		return err
	})
	return answer, err
}
