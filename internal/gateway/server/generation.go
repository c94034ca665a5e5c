package server

import (
	"fmt"
	"net/http"

	"github.com/agentward/terraform-provider-agent/internal/gateway/a2a"
	"github.com/agentward/terraform-provider-agent/internal/gateway/authn"
	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
	"github.com/agentward/terraform-provider-agent/internal/gateway/shared"
	"github.com/agentward/terraform-provider-agent/internal/gateway/token"
)

// Issuer is the path of the token service below the URL of its listener.
const Issuer = "/oauth"

// generation is everything that a configuration makes. A request stays with the one it began in.
type generation struct {
	config    *config.Config
	identity  *identity
	shared    *shared.Secrets // by all replicas; nil where they share none
	sessions  sessions
	suspended suspensions
	sites     map[string]*site  // by the listener's name
	service   *token.Service    // nil for none
	reaches   map[string]*reach // by the target's name
}

// site is what one listener serves.
type site struct {
	listener config.Listener
	origin   string
	callers  *authn.Authenticator
	servers  []string // issuers that give tokens for it
	routes
	service  *token.Service // nil where this listener has none
	tokenURL string         // where tokens for its targets are got, "" for nowhere
	cards    *a2a.Signer    // nil where no target has a card
	metadata http.Handler
	exits    exits // empty where it is no proxy
}

// target is something that is called through the gateway.
type target struct {
	config.Target
	resource  string // of tokens for it
	protocol  protocol
	transport http.RoundTripper
	meters    *meters
}

// generation makes what a configuration says. origins are the URLs of the listeners, by name.
func (s *Server) generation(c *config.Config, origins map[string]string) (*generation, error) {
	who, err := s.identities(c)
	if err != nil {
		return nil, err
	}
	g := &generation{config: c, identity: who, suspended: newSuspensions(c.Suspended), sites: map[string]*site{}, reaches: map[string]*reach{}}
	if g.shared, err = s.openShared(c); err != nil {
		return nil, err
	}
	if g.sessions.secrets, err = s.secrets(g, "sessions"); err != nil {
		return nil, err
	}
	guard, err := s.guard(g, origins)
	if err != nil {
		return nil, err
	}
	g.service = guard.service
	for _, t := range c.Targets {
		if g.reaches[t.Name], err = s.reachOf(c, t); err != nil {
			return nil, err
		}
	}
	for _, l := range c.Listeners {
		if who.certificate == nil && !l.Plain {
			return nil, fmt.Errorf("listener %q serves TLS and the gateway has no certificate: add an identity or a development_authority block", l.Name)
		}
		at := &site{listener: l, origin: origins[l.Name], servers: guard.issuers}
		if at.callers, err = guard.authenticator(l, at.origin); err != nil {
			return nil, fmt.Errorf("listener %q: %w", l.Name, err)
		}
		if c.TokenService != nil && l.Name == c.TokenService.Listener {
			at.service = guard.service
		}
		if guard.service != nil {
			at.tokenURL = guard.service.Trust(nil).Issuer + "/token"
		}
		if at.cards, err = s.cardSigner(g, at.origin); err != nil {
			return nil, err
		}
		if err := at.serve(s, g); err != nil {
			return nil, err
		}
		g.sites[l.Name] = at
	}
	return g, nil
}

// serve adds the targets and what is said of them.
func (at *site) serve(s *Server, g *generation) error {
	c := g.config
	var descriptions []authn.Metadata
	for _, t := range c.Targets {
		if !at.listener.Serves(t.Name) {
			continue
		}
		speaks, err := newProtocol(c, t)
		if err != nil {
			return err
		}
		if agent, ok := speaks.(*a2aProtocol); ok {
			agent.cards = g.reaches[t.Name].agentCards(t.A2A, int(c.Limits.Depth))
		}
		made := &target{Target: t, resource: at.origin + t.Path, protocol: speaks, transport: g.reaches[t.Name].transport()}
		made.meters = s.metrics.meters(t.Name, t.Protocol)
		at.add(made)
		if err := at.addExit(made); err != nil {
			return err
		}
		descriptions = append(descriptions, at.callers.Metadata(made.resource, t.Name, at.servers))
	}
	var err error
	at.metadata, err = authn.MetadataHandler(descriptions)
	return err
}
