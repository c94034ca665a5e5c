package server

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/gateway/a2a"
	"github.com/agentward/terraform-provider-agent/internal/gateway/authn"
	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
	"github.com/agentward/terraform-provider-agent/internal/gateway/dpop"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
	"github.com/agentward/terraform-provider-agent/internal/gateway/svid"
	"github.com/agentward/terraform-provider-agent/internal/gateway/token"
)

// Issuer is the path of the token service below the URL of its listener.
const Issuer = "/oauth"

// generation is everything that a configuration makes. A request stays with the one it began in.
type generation struct {
	config   *config.Config
	identity *identity
	sites    map[string]*site // by the listener's name
}

// site is what one listener serves.
type site struct {
	listener config.Listener
	origin   string
	// callers takes whatever was configured; tokens knows nothing of certificates, and challenges for a token alone.
	callers, tokens *authn.Authenticator
	routes
	service  *token.Service // nil where this listener has none
	tokenURL string         // where tokens for its targets are got, "" for nowhere
	cards    *a2a.Signer    // nil where no target has a card
	metadata http.Handler
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
	who, err := identities(c, s.options.Now)
	if err != nil {
		return nil, err
	}
	g := &generation{config: c, identity: who, sites: map[string]*site{}}
	suspended := func(p principal.Principal) bool { return isSuspended(c.Suspended, p) }
	clients := svid.NewVerifier(who.bundles, s.options.Now)
	var service *token.Service
	var serving string
	var verifier *token.Verifier
	var proofs, nonced *dpop.Verifier
	if c.TokenService != nil {
		if proofs, nonced, err = s.proofs(who); err != nil {
			return nil, err
		}
		if service, serving, err = s.service(c, who, origins, clients, proofs, suspended); err != nil {
			return nil, err
		}
		if verifier, err = token.NewVerifier([]token.Trust{service.Trust(who.domains)}, 0, s.options.Now); err != nil {
			return nil, err
		}
	}
	for _, l := range c.Listeners {
		if who.certificate == nil {
			return nil, fmt.Errorf("listener %q serves TLS and the gateway has no certificate: add an identity or a development_authority block", l.Name)
		}
		at := &site{listener: l, origin: origins[l.Name]}
		o := authn.Options{Origin: at.origin, Suspended: suspended}
		if slices.Contains(l.Authenticate, config.MTLS) {
			o.Clients = clients
		}
		if slices.Contains(l.Authenticate, config.DPoP) {
			o.Tokens, o.Proofs = verifier, proofs
			if l.Nonces {
				o.Proofs = nonced
			}
		}
		if at.callers, err = authn.New(o); err != nil {
			return nil, err
		}
		o.Clients = nil
		if at.tokens, err = authn.New(o); err != nil {
			return nil, err
		}
		if l.Name == serving {
			at.service = service
		}
		if service != nil {
			at.tokenURL = service.Trust(nil).Issuer + "/token"
		}
		if at.cards, err = s.cardSigner(c, who, at.origin); err != nil {
			return nil, err
		}
		if err := at.serve(c, s, service); err != nil {
			return nil, err
		}
		g.sites[l.Name] = at
	}
	return g, nil
}

// serve adds the targets and what is said of them.
func (at *site) serve(c *config.Config, s *Server, service *token.Service) error {
	var descriptions []authn.Metadata
	for _, t := range c.Targets {
		if !at.listener.Serves(t.Name) {
			continue
		}
		speaks, err := newProtocol(c, t)
		if err != nil {
			return err
		}
		made := &target{Target: t, resource: at.origin + t.Path, protocol: speaks, transport: s.upstream}
		if t.Protocol == "grpc" {
			made.transport = trailing{s.streams}
		}
		made.meters = s.metrics.meters(t.Name, t.Protocol)
		at.add(made)
		var servers []string
		if service != nil {
			servers = []string{service.Trust(nil).Issuer}
		}
		m := at.callers.Metadata(made.resource, t.Name, servers)
		m.ProofRequired = slices.Contains(at.listener.Authenticate, config.DPoP)
		descriptions = append(descriptions, m)
	}
	var err error
	at.metadata, err = authn.MetadataHandler(descriptions)
	return err
}

// service makes the token service on the first listener.
func (s *Server) service(
	c *config.Config, who *identity, origins map[string]string, clients *svid.Verifier, proofs *dpop.Verifier, suspended func(principal.Principal) bool,
) (*token.Service, string, error) {
	ring, err := s.ring(c, who)
	if err != nil {
		return nil, "", err
	}
	var resources []string
	for _, l := range c.Listeners {
		for _, t := range c.Targets {
			if !l.Serves(t.Name) {
				continue
			}
			resources = append(resources, origins[l.Name]+t.Path)
		}
	}
	serving := c.Listeners[0].Name
	service, err := token.NewService(token.ServiceOptions{
		Issuer: origins[serving] + Issuer, Ring: ring, Clients: clients, Proofs: proofs, Resources: resources,
		Lifetime: c.TokenService.Lifetime, Suspended: suspended, Now: s.options.Now,
	})
	return service, serving, err
}

// isSuspended says whether a principal, or the agent that it is an instance of, is on the list.
func isSuspended(list []string, p principal.Principal) bool {
	return slices.ContainsFunc(list, func(id string) bool {
		return id == p.SPIFFEID || strings.HasPrefix(p.SPIFFEID, id+"/") || p.SPIFFEID == "" && id == p.Subject
	})
}
