// Package gcp carries objects in Google's APIs: it is the stack.Backend of the GCP-native stack. The engine (plan, apply, read, delete)
// knows no service; a table says of each kind how Google's own client is called, and what is peculiar to it.
package gcp

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"time"

	"google.golang.org/api/option"
	htransport "google.golang.org/api/transport/http"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// Config says as whom, and where, Google's APIs are reached.
type Config struct {
	// Credentials gives the options that authenticate: a key file, an access token, an impersonated account. It is called once, when a
	// service is first used; nil takes the application default credentials.
	Credentials func(ctx context.Context) ([]option.ClientOption, error)
	// HTTPClient, where it is set, authenticates by itself, and Credentials is not asked.
	HTTPClient *http.Client
	// Endpoints are addresses by service: "networkservices.googleapis.com" -> "http://127.0.0.1:8080/networkservices/". A trailing
	// version ("v1/") is cut off, and {{location}} or {{region}} stands for that of the resource. A service that is not named is
	// reached where Google has it.
	Endpoints map[string]string
	// UniverseDomain stands in for googleapis.com in the addresses; "" is googleapis.com.
	UniverseDomain string
	// Project is the provider's: its id and its number name the same project.
	Project spec.GoogleProject
	// UserProjectOverride charges requests, and their quota, to BillingProject or, where that is "", to the project of the resource.
	UserProjectOverride bool
	BillingProject      string
	// RequestTimeout bounds each single request. Zero means 2 minutes.
	RequestTimeout time.Duration
	// UserAgent names the caller to Google.
	UserAgent string
	// Pace says how long to wait for what. Its zero fields are set to defaults.
	Pace Pace
}

// Client is a stack.Backend on Google's APIs. It looks for credentials when it is first used.
type Client struct {
	config Config
	kinds  map[kindKey]*kind
	queues queues
	// authenticated is the one HTTP client of all services.
	authenticated func() (*http.Client, error)

	mu       sync.Mutex
	services map[serviceKey]any // by what connect builds
}

var (
	_ stack.Backend = (*Client)(nil)
	_ stack.Awaiter = (*Client)(nil)
)

// New checks the configuration and returns a client that has not connected yet.
func New(config Config) (*Client, error) {
	for service, endpoint := range config.Endpoints {
		parsed, err := url.Parse(located(endpoint, "l"))
		if err != nil || parsed.Host == "" || parsed.Scheme != "https" && parsed.Scheme != "http" {
			return nil, fmt.Errorf("endpoint of %s: %q is not an address such as https://host/path/", service, endpoint)
		}
	}
	if config.RequestTimeout == 0 {
		config.RequestTimeout = 2 * time.Minute
	}
	if config.UniverseDomain == "" {
		config.UniverseDomain = defaultUniverse
	}
	config.Pace = config.Pace.orDefaults()
	c := &Client{config: config, kinds: table(), services: map[serviceKey]any{}}
	c.authenticated = sync.OnceValues(c.authenticate)
	return c, nil
}

// authenticate builds the HTTP client. Its tokens are fetched for as long as the process lives, so that no caller's context may end it.
func (c *Client) authenticate() (*http.Client, error) {
	ctx := context.Background()
	client := c.config.HTTPClient
	if client == nil {
		options := []option.ClientOption{option.WithScopes(scope), option.WithUniverseDomain(c.config.UniverseDomain)}
		if c.config.Credentials != nil {
			own, err := c.config.Credentials(ctx)
			if err != nil {
				return nil, &credentialsError{err: err}
			}
			options = append(options, own...)
		}
		var err error
		if client, _, err = htransport.NewClient(ctx, options...); err != nil {
			return nil, &credentialsError{err: err}
		}
	}
	base := client.Transport
	if base == nil {
		base = http.DefaultTransport
	}
	return &http.Client{Transport: &transport{base: base, config: c.config}, Timeout: c.config.RequestTimeout}, nil
}

// serviceKey tells the clients of services apart: by type too, because one service may have several.
type serviceKey struct {
	service, location string
	client            reflect.Type
}

// connect gives Google's client of a service, built when it is first asked for. location is "" for a service that has one address for
// all of them.
func connect[S any](c *Client, service, location string, build func(context.Context, ...option.ClientOption) (*S, error)) (*S, error) {
	key := serviceKey{service: service, location: location, client: reflect.TypeFor[S]()}
	c.mu.Lock()
	defer c.mu.Unlock()
	if known, ok := c.services[key].(*S); ok {
		return known, nil
	}
	client, err := c.authenticated()
	if err != nil {
		return nil, err
	}
	built, err := build(context.Background(), option.WithHTTPClient(client), option.WithEndpoint(c.endpoint(service, location)))
	if err != nil {
		return nil, fmt.Errorf("build the client of %s: %w", service, err)
	}
	c.services[key] = built
	return built, nil
}

// endpoint gives the address of a service, which ends in a slash and holds no version.
func (c *Client) endpoint(service, location string) string {
	address := c.config.Endpoints[service]
	if address == "" {
		address = "https://" + regional(service, location)
		if c.config.UniverseDomain != defaultUniverse {
			address = strings.TrimSuffix(address, defaultUniverse) + c.config.UniverseDomain
		}
	}
	return strings.TrimSuffix(apiVersion.ReplaceAllString(located(address, location), ""), "/") + "/"
}

func located(address, location string) string {
	return strings.NewReplacer("{{location}}", location, "{{region}}", location).Replace(address)
}

// regional gives the host name of a service in a location.
func regional(service, location string) string {
	if location == "" {
		return service
	}
	name, domain, _ := strings.Cut(service, ".")
	switch service {
	case ModelArmor:
		return name + "." + location + ".rep." + domain
	case VertexAI:
		return location + "-" + name + "." + domain
	}
	return service
}

// transport says to Google who asks, and whom to charge.
type transport struct {
	base   http.RoundTripper
	config Config
}

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	if t.config.UserAgent != "" {
		r.Header.Set("User-Agent", strings.TrimSpace(t.config.UserAgent+" "+r.Header.Get("User-Agent")))
	}
	project := t.config.BillingProject
	if project == "" {
		project = projectOf(r.URL.Path)
	}
	if t.config.UserProjectOverride && project != "" {
		r.Header.Set("X-Goog-User-Project", project)
	}
	return t.base.RoundTrip(r)
}

// projectOf gives the project that a path or a name speaks of; "" where it speaks of none.
func projectOf(path string) string {
	_, rest, found := strings.Cut("/"+path, "/projects/")
	if !found {
		return ""
	}
	project, _, _ := strings.Cut(rest, "/")
	return project
}
