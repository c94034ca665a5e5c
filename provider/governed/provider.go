package governed

import (
	"context"
	"fmt"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"k8s.io/client-go/rest"

	"github.com/agentward/terraform-provider-agent/internal/gcp"
	"github.com/agentward/terraform-provider-agent/internal/kube"
	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// Provider is what the provider's configuration hands to its resources. Clients are built when first asked for.
type Provider struct {
	Version             string // of the provider, which is that of the programs that it deploys
	Stack               string // "oss" or "gcp": that of resources which name none
	TrustDomain         string // "" where not configured
	Labels, Annotations map[string]string
	// Google is where in Google Cloud things go that say nothing else. Its fields are "" where not configured.
	Google spec.GoogleProject
	// Render says that objects are rendered into the plan and no API is touched (mode = "render").
	Render bool
	// Unknown says that a configured value is not known yet, so that nothing can be rendered or reached.
	Unknown bool
	// FieldManager writes the objects.
	FieldManager string
	// Backend gives the API that carries the object of this key. An error says which attribute of the provider to mend.
	Backend func(ctx context.Context, key stack.Key) (stack.Backend, error)
	// Kubernetes gives the cluster itself, for what only reads. An error is as Backend's.
	Kubernetes func() (*kube.Client, error)
	// GoogleCloud gives Google's APIs themselves, for what only reads. An error is as Backend's.
	GoogleCloud func() (*gcp.Client, error)
	// REST gives the cluster's address and credentials, for what brings a client of its own. An error is as Backend's.
	REST func() (*rest.Config, error)

	contact contact
}

// Place completes where on Google Cloud a resource says that it is. The provider's number is that of the provider's project, and of no
// other. A resource that is validated without a provider gives nil.
func (p *Provider) Place(own spec.GoogleProject) spec.GoogleProject {
	if p == nil {
		return own
	}
	if own.ID == "" {
		own.ID = p.Google.ID
	}
	if own.Number == "" && own.ID == p.Google.ID {
		own.Number = p.Google.Number
	}
	if own.Location == "" {
		own.Location = p.Google.Location
	}
	return own
}

// Handed gives the provider that Terraform hands to a resource or data source of the type; nil before it is configured.
func Handed(data any, typeName string) (*Provider, diag.Diagnostics) {
	if data == nil {
		return nil, nil
	}
	provider, ok := data.(*Provider)
	if !ok {
		return nil, diag.Diagnostics{diag.NewErrorDiagnostic("Unable to configure "+typeName,
			fmt.Sprintf("The provider handed over a %T. This is a bug in the provider.", data))}
	}
	return provider, nil
}

// contact remembers what this process has learned of its APIs. Terraform plans each resource a second time while it applies,
// in a process of its own and without telling so; a value known in the plan must not be unknown then. An API that answered
// before, or a resource that is updated without having been read, is how that second plan is told from the first.
type contact struct {
	mu sync.Mutex
	// reached are the APIs that answered, by the group of their keys: see api.
	reached map[string]bool
	// answered says of each resource that was read whether the API answered.
	answered map[string]bool
	// held are the objects, by key, that the states have which were read.
	held map[string]bool
}

// api names the API that carries a key: a service of Google's, the SPIRE server or the cluster.
func api(key stack.Key) string {
	if key.Google() || key.Group == stack.SPIREGroup {
		return key.Group
	}
	return "kubernetes"
}

func (c *contact) noteReached(key stack.Key) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reached == nil {
		c.reached = map[string]bool{}
	}
	c.reached[api(key)] = true
}

// contactID names a resource among all that the provider has.
func (r *governed) contactID(m Model) string { return r.TypeName + " " + m.Label() }

func (c *contact) noteRead(id string, answered bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.answered == nil {
		c.answered = map[string]bool{}
	}
	c.answered[id] = answered
}

func (c *contact) noteHeld(inventory map[string]string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held == nil {
		c.held = map[string]bool{}
	}
	for key := range inventory {
		c.held[key] = true
	}
}

// wasHeld says that a state which was read has the object.
func (c *contact) wasHeld(key stack.Key) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.held[key.String()]
}

// stale says that the resource was to be read and the API did not answer: its state is not what is there now.
func (c *contact) stale(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	answered, read := c.answered[id]
	return read && !answered
}

// mayBeUnknown says whether an API that cannot be reached may leave an object of the resource unknown.
func (c *contact) mayBeUnknown(id string, key stack.Key, exists bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, read := c.answered[id]
	return !c.reached[api(key)] && (!exists || read)
}
