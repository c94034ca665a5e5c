package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"time"

	"github.com/spiffe/go-spiffe/v2/bundle/x509bundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"

	"github.com/agentward/terraform-provider-agent/internal/gateway/a2a"
	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
	"github.com/agentward/terraform-provider-agent/internal/gateway/credential"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
	"github.com/agentward/terraform-provider-agent/internal/gateway/reread"
	"github.com/agentward/terraform-provider-agent/internal/gateway/stdio"
	"github.com/agentward/terraform-provider-agent/internal/gateway/upstream"
)

// reach is the way to a target: connections, credentials, processes. It outlives configurations that say the same of it.
type reach struct {
	http1  http.RoundTripper // or whatever a server of an https URL prefers
	http2  http.RoundTripper // with trailers, for gRPC
	bare   http.RoundTripper // http1 without credentials, for what is public
	way    way
	dialer *upstream.Dialer // nil for processes
	stdio  *stdio.Server    // nil for URLs

	cards    *a2a.Cards // of an agent, nil before it was asked for
	cardsFor config.A2A // what they were made for
}

// way is what makes a reach. Two that are equal make the same.
type way struct {
	Name, Protocol, URL   string
	Process               *config.Process
	TLS                   *config.TLS
	Credentials           []config.Credential
	Guarded, AllowPrivate bool
	Answer                int64
}

// reachOf gives the way to a target: that of the generation before, where nothing about it changed.
func (s *Server) reachOf(c *config.Config, t config.Target) (*reach, error) {
	w := way{
		Name: t.Name, Protocol: t.Protocol, URL: t.URL, Process: t.Process, TLS: t.TLS, Credentials: t.Credentials, Guarded: t.Guarded,
		AllowPrivate: t.AllowPrivate, Answer: c.Limits.Answer,
	}
	if before := s.now.Load(); before != nil {
		if same := before.reaches[t.Name]; same != nil && reflect.DeepEqual(same.way, w) {
			return same, nil
		}
	}
	made := &reach{way: w}
	if p := t.Process; p != nil {
		made.stdio = stdio.New(stdio.Options{
			Target: t.Name, Command: p.Command, Directory: p.Directory, Env: p.Env, EnvFiles: p.EnvFiles, MaxMessage: int(c.Limits.Answer),
			Idle: p.Idle, Stop: p.Stop, PerAgent: int(p.PerAgent), Total: int(p.Total), Log: s.options.Log,
		})
		made.http1 = made.stdio
		return made, nil
	}
	secure, err := s.upstreamTLS(t.TLS)
	if err != nil {
		return nil, fmt.Errorf("target %q: %w", t.Name, err)
	}
	made.dialer = &upstream.Dialer{TLS: secure}
	if t.Guarded {
		made.dialer.Guard = &upstream.Guard{Private: t.AllowPrivate}
	}
	made.http1, made.http2 = transport(made.dialer), trailing{http2Transport(made.dialer)}
	made.bare = made.http1
	if len(t.Credentials) == 0 {
		return made, nil
	}
	var sources []credential.Source
	for _, c := range t.Credentials {
		source, err := s.credential(c)
		if err != nil {
			return nil, fmt.Errorf("target %q: %w", t.Name, err)
		}
		sources = append(sources, source)
	}
	made.http1, made.http2 = &credential.Transport{Base: made.http1, Sources: sources}, &credential.Transport{Base: made.http2, Sources: sources}
	return made, nil
}

// agentCards gives the cards of an agent: those of the generation before, where nothing about them changed. Generations are made one at a time.
func (r *reach) agentCards(a *config.A2A, depth int) *a2a.Cards {
	if r.cards == nil || r.cards.Depth != depth || !reflect.DeepEqual(r.cardsFor, *a) {
		r.cards, r.cardsFor = &a2a.Cards{URL: a.Card, Keys: a.Keys, Keep: a.Keep, Now: time.Now, Depth: depth}, *a
	}
	return r.cards
}

// transport is that of a target's protocol.
func (r *reach) transport() http.RoundTripper {
	if r.way.Protocol == "grpc" {
		return r.http2
	}
	return r.http1
}

// close ends what is under way to a target that is no longer served. Requests over connections may end by themselves.
func (r *reach) close(log func(error)) {
	for _, t := range []http.RoundTripper{r.http1, r.http2} {
		if c, ok := t.(interface{ CloseIdleConnections() }); ok {
			c.CloseIdleConnections()
		}
	}
	if r.stdio != nil {
		ctx, cancel := context.WithTimeout(context.Background(), r.way.Process.Stop+5*time.Second)
		defer cancel()
		if err := r.stdio.Close(ctx); err != nil {
			log(err)
		}
	}
}

// upstreamTLS makes what a server is verified by. What it rests on is the identity of the generation that is served when a handshake is done.
func (s *Server) upstreamTLS(t *config.TLS) (*upstream.TLS, error) {
	made := &upstream.TLS{Now: s.options.Now}
	if t == nil {
		return made, nil
	}
	made.ServerName, made.Minimum = t.ServerName, t.Minimum
	if t.CAFile != "" {
		made.Roots = reread.New(upstream.Pool, t.CAFile)
		if _, err := made.Roots.Get(); err != nil {
			return nil, fmt.Errorf("ca_file: %w", err)
		}
	}
	for _, text := range t.SPIFFEIDs {
		id, err := spiffeid.FromString(text)
		if err != nil {
			return nil, fmt.Errorf("spiffe_ids: %w", err)
		}
		made.IDs = append(made.IDs, id)
	}
	made.Bundles = func() x509bundle.Source { return s.now.Load().identity.bundles }
	switch {
	case t.ClientSVID:
		made.Certificate = func() (*tls.Certificate, error) {
			if own := s.now.Load().identity.certificate; own != nil {
				return own()
			}
			return nil, errors.New("the gateway has no certificate")
		}
	case t.Certificate != "":
		pair := reread.New(upstream.Pair, t.Certificate, t.Key)
		if _, err := pair.Get(); err != nil {
			return nil, fmt.Errorf("certificate: %w", err)
		}
		made.Certificate = pair.Get
	}
	return made, nil
}

// credential makes a source of what a target is shown.
func (s *Server) credential(c config.Credential) (credential.Source, error) {
	secret := credential.Fixed(os.Getenv(c.Secret.Env))
	if c.Secret.File != "" {
		secret = credential.File(c.Secret.File)
	}
	if c.Secret != (config.Secret{}) {
		if _, err := secret(); err != nil {
			return nil, fmt.Errorf("credential %q: %w", c.Kind, err)
		}
	}
	if c.Kind == "static" {
		return &credential.Static{Name: http.CanonicalHeaderKey(c.Header), Prefix: c.Prefix, Secret: secret}, nil
	}
	secure, err := s.upstreamTLS(c.TLS)
	if err != nil {
		return nil, fmt.Errorf("credential %q: %w", c.Kind, err)
	}
	e := &credential.Endpoint{
		URL: c.TokenURL, HTTP: transport(&upstream.Dialer{TLS: secure}), Now: s.options.Now,
		Client: credential.Client{
			ID: c.ClientID, Method: credential.Method(c.Method), Secret: secret, KeyID: c.KeyID, Audience: c.AssertionAudience, Now: s.options.Now,
		},
	}
	if c.KeyFile != "" {
		e.Client.Key = reread.New(credential.Key, c.KeyFile)
		if _, err := e.Client.Key.Get(); err != nil {
			return nil, fmt.Errorf("credential %q: %w", c.Kind, err)
		}
	}
	wanted := credential.Wanted{Scopes: c.Scopes, Resource: c.Resource, Audience: c.Audience}
	if c.Kind == "token_exchange" {
		return credential.NewExchange(e, wanted, credential.Subject(c.Subject), c.AssertionAudience, s.assert), nil
	}
	return credential.NewClientCredentials(e, wanted), nil
}

// assert says to another authorization server who somebody is, in the name of the token service that is served now.
func (s *Server) assert(audience, subject, named, agent string, life time.Duration) (string, error) {
	service := s.now.Load().service
	if service == nil {
		return "", errors.New("there is no token service any more")
	}
	return service.Assert(audience, subject, named, agent, life)
}

// suspend ends what suspended callers have at targets.
func (g *generation) suspend(suspends func(principal.Principal) bool) {
	for _, r := range g.reaches {
		if r.stdio != nil {
			r.stdio.Suspend(suspends)
		}
	}
}

// leave closes what another generation does not go on with.
func (g *generation) leave(to *generation, log func(error)) {
	for name, r := range g.reaches {
		if to == nil || to.reaches[name] != r {
			r.close(log)
		}
	}
}
