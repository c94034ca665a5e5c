package server

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/authn"
	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
	"github.com/agentward/terraform-provider-agent/internal/gateway/dpop"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
	"github.com/agentward/terraform-provider-agent/internal/gateway/shared"
	"github.com/agentward/terraform-provider-agent/internal/gateway/svid"
	"github.com/agentward/terraform-provider-agent/internal/gateway/token"
)

// guard is what callers of a configuration are known by, whatever listener they come to.
type guard struct {
	clients   *svid.Verifier
	tokens    *token.Verifier // nil where nobody's are taken
	proofs    *dpop.Verifier
	nonced    *dpop.Verifier // proofs, with a nonce of ours
	identity  *identity
	dids      map[string]bool
	issuers   []string       // of tokens, the token service first
	service   *token.Service // nil for none
	suspended func(principal.Principal) bool
	now       func() time.Time
}

// guard makes what a configuration says of callers. Keys of issuers that were there before are not fetched anew.
func (s *Server) guard(of *generation, origins map[string]string) (*guard, error) {
	c, who := of.config, of.identity
	g := &guard{
		clients: svid.NewVerifier(who.bundles, s.options.Now), identity: who, dids: map[string]bool{}, now: s.options.Now,
		suspended: func(p principal.Principal) bool { return s.suspends(of, &p) },
	}
	for _, did := range c.DIDs {
		g.dids[did] = true
	}
	var err error
	if g.proofs, g.nonced, err = s.proofs(of); err != nil {
		return nil, err
	}
	trusts, remotes := map[string]token.Trust{}, map[string]*token.Remote{}
	defer func() { s.remotes = remotes }()
	var all []token.Trust
	for _, i := range c.Issuers {
		keys, err := s.keysOf(i, remotes)
		if err != nil {
			return nil, fmt.Errorf("issuer %q: %w", i.Name, err)
		}
		trusts[i.Name] = token.Trust{
			Issuer: i.Name, Keys: keys, Algorithms: i.Algorithms, Audiences: i.Audiences, Types: i.Types, TrustDomains: i.TrustDomains,
			Bound: !i.Unbound, User: i.User, Scopes: i.Scopes,
		}
		all = append(all, trusts[i.Name])
		g.issuers = append(g.issuers, i.Name)
	}
	if c.TokenService != nil {
		if err := s.tokenService(of, g, origins, trusts); err != nil {
			return nil, err
		}
		own := g.service.Trust(who.domains())
		all = append(all, own)
		g.issuers = append([]string{own.Issuer}, g.issuers...)
	}
	if len(all) > 0 {
		if g.tokens, err = token.NewVerifier(all, 0, s.options.Now); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// authenticator makes what lets callers in at a listener.
func (g *guard) authenticator(l config.Listener, origin string) (*authn.Authenticator, error) {
	o := authn.Options{
		Origin: origin, Enough: l.Authenticate, Clients: g.clients, Tokens: g.tokens, Proofs: g.proofs, JWTSVIDs: g.identity.bundles,
		DIDs: func(did string) bool { return g.dids[did] }, Loopback: l.Principal, Suspended: g.suspended, Now: g.now,
	}
	if l.Nonces {
		o.Proofs = g.nonced
	}
	return authn.New(o)
}

// tokenService makes the token service of a configuration.
func (s *Server) tokenService(of *generation, g *guard, origins map[string]string, issuers map[string]token.Trust) error {
	c := of.config
	ring, err := s.ring(of)
	if err != nil {
		return err
	}
	var resources []string
	for _, l := range c.Listeners {
		for _, t := range c.Targets {
			if l.Serves(t.Name) {
				resources = append(resources, origins[l.Name]+t.Path)
			}
		}
	}
	o := token.ServiceOptions{
		Issuer: origins[c.TokenService.Listener] + Issuer, Ring: ring, Clients: g.clients, Proofs: g.proofs, Resources: resources,
		Lifetime: c.TokenService.Lifetime, KeyAlone: c.TokenService.KeyAlone, Suspended: g.suspended, Now: s.options.Now,
	}
	if len(c.TokenService.Exchange) > 0 {
		var subjects []token.Trust
		for _, name := range c.TokenService.Exchange {
			// A user's own token is seldom bound to a key of the agent's: that it is for the token service is what holds it.
			subject := issuers[name]
			subject.Bound = false
			subjects = append(subjects, subject)
		}
		if o.Subjects, err = token.NewVerifier(subjects, 0, s.options.Now); err != nil {
			return err
		}
	}
	g.service, err = token.NewService(o)
	return err
}

// ring gives the keys of the token service.
func (s *Server) ring(of *generation) (*token.Ring, error) {
	secrets, err := s.secrets(of, "tokens")
	if files := of.config.TokenService.SecretFiles; len(files) > 0 {
		var texts [][]byte
		texts, err = readSecrets(files)
		secrets = shared.Of(texts...)
	}
	if err != nil {
		return nil, fmt.Errorf("token service: %w", err)
	}
	return token.NewRing(secrets, 0, s.options.Now)
}

// proofs gives verifiers that share what was seen: one that demands nonces and one that does not.
func (s *Server) proofs(of *generation) (plain, nonced *dpop.Verifier, err error) {
	if plain, err = dpop.NewVerifier(dpop.Options{Store: s.store, Now: s.options.Now}); err != nil {
		return nil, nil, err
	}
	secrets, err := s.secrets(of, "nonces")
	if err != nil {
		return nil, nil, err
	}
	nonces, err := dpop.NewNonces(secrets, nonceLifetime, s.options.Now)
	if err != nil {
		return nil, nil, err
	}
	nonced, err = dpop.NewVerifier(dpop.Options{Store: s.store, Now: s.options.Now, Nonces: nonces})
	return plain, nonced, err
}

// keysOf gives the keys of an issuer and adds them to those of this configuration. Those that were fetched for the one before are used on, where the
// issuer is said to have the same.
func (s *Server) keysOf(i config.Issuer, remotes map[string]*token.Remote) (token.Keys, error) {
	var roots []byte
	if i.Roots != "" {
		var err error
		if roots, err = os.ReadFile(i.Roots); err != nil {
			return nil, err
		}
	}
	id := strings.Join([]string{i.Name, i.JWKS, string(roots)}, "\x00")
	if known, ok := s.remotes[id]; ok {
		remotes[id] = known
		return known, nil
	}
	transport := &http.Transport{TLSHandshakeTimeout: token.DefaultTimeout, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true, MaxResponseHeaderBytes: 64 << 10}
	if roots != nil {
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(roots)
		transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	o := token.RemoteOptions{URL: i.JWKS, Now: s.options.Now, Client: &http.Client{Transport: transport}}
	if o.URL == "" {
		o.Issuer = i.Name
	}
	made, err := token.NewRemote(o)
	if err != nil {
		return nil, err
	}
	remotes[id] = made
	return made, nil
}
