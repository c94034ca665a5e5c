// Package spire writes registration entries and federation relationships through the SPIRE server API. Its own types speak of
// entries, trust domains and bundles; the API's wire types do not leave it.
package spire

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/spiffe/go-spiffe/v2/spiffeid"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// Options says which server to talk to, and how: by SocketPath, or by Address together with WorkloadAPI and TrustDomain.
type Options struct {
	// SocketPath is the server's admin API socket. Whoever may open it is an administrator.
	SocketPath string
	// Address is the server's TCP address, host:port. The server admits an X509-SVID whose entry is marked admin, or that is
	// listed in its admin_ids.
	Address string
	// WorkloadAPI is the address of the Workload API that gives that X509-SVID: "unix:///run/spire/agent.sock". Empty takes
	// SPIFFE_ENDPOINT_SOCKET.
	WorkloadAPI string
	// TrustDomain is the server's. Over TCP it is required, because the server is recognised by it (spiffe://<td>/spire/server).
	// Over the socket it is optional and is checked where it is given.
	TrustDomain string
	// RPCTimeout bounds each single call. Zero means 10 s.
	RPCTimeout time.Duration
	// Now is the clock. Nil means time.Now.
	Now func() time.Time
}

// Client is a stack.Backend on one SPIRE server. It connects when it is first used.
type Client struct {
	options Options
	api     api
	close   func() error

	mu     sync.Mutex
	domain string               // the server's trust domain, once it has said so
	census *census              // what Rivals saw last
	taken  time.Time            // when it saw it
	td     spiffeid.TrustDomain // Options.TrustDomain
}

var (
	_ stack.Backend  = (*Client)(nil)
	_ stack.Rivalled = (*Client)(nil)
)

// maxSocketPath is what the kernel's sockaddr_un holds beside its final NUL.
const maxSocketPath = 107

// New checks the options and returns a client that has not connected yet. Close it after use.
func New(options Options) (*Client, error) {
	if options.RPCTimeout == 0 {
		options.RPCTimeout = 10 * time.Second
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	c := &Client{options: options}
	if options.TrustDomain != "" {
		var err error
		if c.td, err = spiffeid.TrustDomainFromString(options.TrustDomain); err != nil {
			return nil, fmt.Errorf("trust domain %q: %w", options.TrustDomain, err)
		}
	}
	var conn *connection
	switch {
	case options.SocketPath != "" && options.Address != "":
		return nil, errors.New("a SPIRE server is reached by its socket or by its address, not by both")
	case len(options.SocketPath) > maxSocketPath:
		return nil, fmt.Errorf("the SPIRE server's socket path %q has %d bytes, and a Unix socket's can have %d", options.SocketPath, len(options.SocketPath), maxSocketPath)
	case options.SocketPath != "":
		conn = bySocket(options)
	case options.Address == "":
		return nil, errors.New("a SPIRE server is reached by its socket or by its address, and neither is given")
	case c.td.IsZero():
		return nil, errors.New("a SPIRE server is recognised over TCP by its trust domain, which is not given")
	default:
		conn = byAddress(options, c.td)
	}
	c.api = grpcAPI{conn: conn}
	c.close = conn.Close
	return c, nil
}

// Close drops the connections.
func (c *Client) Close() error { return c.close() }

// Plan says what Apply would give. What an entry or relationship will look like is known even before it exists.
func (c *Client) Plan(ctx context.Context, desired stack.Object, prior string) (stack.Live, error) {
	live, err := attempt(ctx, briefly, func() (stack.Live, error) {
		switch desired.Key.Kind {
		case stack.SPIREEntry:
			return c.planEntry(ctx, desired, prior)
		case stack.SPIREFederationRelationship:
			return c.planRelationship(ctx, desired, prior)
		}
		return stack.Live{}, errKind
	})
	return live, unknownIfAway(desired.Key, err)
}

// Apply creates the object, adopts one of the same name, or updates in it the fields that we own; it writes nothing where
// nothing differs. While the server is away it tries again until the context's deadline.
func (c *Client) Apply(ctx context.Context, desired stack.Object, prior string) (stack.Live, error) {
	doubtful := false
	live, err := attempt(ctx, untilDeadline, func() (live stack.Live, err error) {
		switch desired.Key.Kind {
		case stack.SPIREEntry:
			live, err = c.applyEntry(ctx, desired, prior)
		case stack.SPIREFederationRelationship:
			live, err = c.applyRelationship(ctx, desired, prior)
		default:
			err = errKind
		}
		doubtful = doubtful || errors.As(err, new(*stack.DoubtError))
		return live, err
	})
	if doubtful && unanswered(err) {
		return live, &stack.DoubtError{Err: named(desired.Key, err)}
	}
	return live, named(desired.Key, err)
}

// Read looks at the fields that we own.
func (c *Client) Read(ctx context.Context, key stack.Key, prior string) (stack.Live, error) {
	live, err := attempt(ctx, briefly, func() (stack.Live, error) {
		switch key.Kind {
		case stack.SPIREEntry:
			return c.readEntry(ctx, key)
		case stack.SPIREFederationRelationship:
			return c.readRelationship(ctx, key, prior)
		}
		return stack.Live{}, errKind
	})
	return live, unknownIfAway(key, err)
}

// Delete removes the object; one that is not there is no error. The API has no notion of a UID, and an entry under an id of ours
// is ours whoever wrote it last, so uid is not looked at: withdrawing an identity must not fail because somebody recreated it.
func (c *Client) Delete(ctx context.Context, key stack.Key, _ string) error {
	_, err := attempt(ctx, untilDeadline, func() (stack.Live, error) {
		switch key.Kind {
		case stack.SPIREEntry:
			return stack.Live{}, c.api.deleteEntry(ctx, key.Name)
		case stack.SPIREFederationRelationship:
			return stack.Live{}, c.deleteRelationship(ctx, key.Name)
		}
		return stack.Live{}, errKind
	})
	return named(key, err)
}

var errKind = errors.New("the SPIRE server API carries no such kind")

// serverDomain asks the server, once, for its trust domain.
func (c *Client) serverDomain(ctx context.Context) (string, error) {
	c.mu.Lock()
	known := c.domain
	c.mu.Unlock()
	if known != "" {
		return known, nil
	}
	domain, err := c.api.trustDomain(ctx)
	if err != nil {
		return "", err
	}
	if !c.td.IsZero() && c.td.Name() != domain {
		return "", fmt.Errorf("the SPIRE server is the authority of trust domain %q, not of %q", domain, c.td.Name())
	}
	c.mu.Lock()
	c.domain = domain
	c.mu.Unlock()
	return domain, nil
}
