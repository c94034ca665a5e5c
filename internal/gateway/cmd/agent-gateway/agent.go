package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spiffe/go-spiffe/v2/bundle/x509bundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"
	"github.com/spiffe/go-spiffe/v2/svid/x509svid"

	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
	"github.com/agentward/terraform-provider-agent/internal/gateway/devauthority"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
	"github.com/agentward/terraform-provider-agent/internal/gateway/server"
	"github.com/agentward/terraform-provider-agent/internal/gateway/sidecar"
)

// agent is who a command acts as, and what it calls.
type agent struct {
	config, name, target  string // on the machine of a development authority
	url, tokens, svid, id string // anywhere else
	oauth                 discovery
}

func (a *agent) flags(f *flag.FlagSet) {
	f.StringVar(&a.config, "config", "", "configuration `file` of a gateway on this machine with a development authority, which then issues the agent's identity")
	f.StringVar(&a.name, "agent", "", "with -config: the agent, as `namespace/name` or namespace/name/instance")
	f.StringVar(&a.target, "target", "", "with -config: `name` of the target; not needed where there is one alone")
	f.StringVar(&a.url, "url", "", "without -config: `URL` of the target at the gateway")
	f.StringVar(&a.tokens, "token-endpoint", "", "without -config: `URL` of the gateway's token endpoint, where it asks for tokens")
	f.StringVar(&a.svid, "svid", "", "without -config: `folder` with svid.pem, svid-key.pem and bundle.pem")
	f.StringVar(&a.id, "gateway-id", "", "without -config: SPIFFE `ID` of the gateway")
	a.oauth.flags(f)
}

// options gives what a sidecar for the agent is made from.
func (a *agent) options(e environment) (sidecar.Options, error) {
	o := sidecar.Options{Now: time.Now, Log: slog.New(slog.NewTextHandler(e.stderr, nil))}
	if err := a.oauth.options(&o); err != nil {
		return o, err
	}
	switch {
	case o.OAuth != nil && a.config == "" && a.url != "" && a.svid == "" && a.id == "":
		return o, a.public(&o)
	case a.config != "" && a.url == "" && a.svid == "":
		return o, a.local(e, &o)
	case a.config == "" && a.url != "" && a.svid != "" && a.id != "":
		return o, a.remote(&o)
	}
	return o, errors.New("name either -config and -agent, or -url, -svid and -gateway-id, or -url and -discover")
}

// local asks the development authority of a gateway's configuration.
func (a *agent) local(e environment, o *sidecar.Options) error {
	c, err := load(e, a.config)
	if err != nil {
		return err
	}
	if c.Authority == nil {
		return fmt.Errorf("%s has no development_authority: use -url, -svid and -gateway-id", a.config)
	}
	parts := strings.Split(a.name, "/")
	if len(parts) != 2 && len(parts) != 3 {
		return fmt.Errorf("-agent %q is not namespace/name", a.name)
	}
	authority, err := devauthority.Open(c.Authority.Directory, c.Authority.TrustDomain, time.Now)
	if err != nil {
		return err
	}
	id, err := authority.Agent(parts[0], parts[1], strings.Join(parts[2:], ""))
	if err != nil {
		return fmt.Errorf("-agent %q: %w", a.name, err)
	}
	source, err := authority.Source(id)
	if err != nil {
		return err
	}
	gateway, err := spiffeid.FromPath(authority.TrustDomain(), server.Workload)
	if err != nil {
		return err
	}
	o.SVID, o.Bundles, o.Gateway = source, source, tlsconfig.AuthorizeID(gateway)
	return a.find(c, o)
}

// find gives the URLs of a target and of the token endpoint, as the gateway has them.
func (a *agent) find(c *config.Config, o *sidecar.Options) error {
	origin := c.Listeners[0].URL
	if origin == "" {
		origin = "https://" + c.Listeners[0].Address
	}
	if !slices.ContainsFunc(c.Listeners[0].Authenticate, func(asked principal.Combination) bool { return asked.Proven([]string{principal.MTLS}) }) {
		o.TokenEndpoint = origin + server.Issuer + "/token"
	}
	for _, t := range c.Targets {
		if t.Name == a.target || a.target == "" && len(c.Targets) == 1 {
			u, err := url.Parse(origin + t.Path)
			o.Target = u
			return err
		}
	}
	return fmt.Errorf("-target %q is none of the gateway's", a.target)
}

// remote takes an identity from files, as spiffe-helper writes them.
func (a *agent) remote(o *sidecar.Options) error {
	gateway, err := spiffeid.FromString(a.id)
	if err != nil {
		return fmt.Errorf("-gateway-id: %w", err)
	}
	if o.Target, err = url.Parse(a.url); err != nil || o.Target.Scheme != "https" {
		return fmt.Errorf("-url %q is not one of https", a.url)
	}
	bundle, err := x509bundle.Load(gateway.TrustDomain(), filepath.Join(a.svid, devauthority.BundleFile))
	if err != nil {
		return fmt.Errorf("-svid: %w", err)
	}
	source := files(a.svid)
	if _, err := source.GetX509SVID(); err != nil {
		return fmt.Errorf("-svid: %w", err)
	}
	o.SVID, o.Bundles, o.Gateway, o.TokenEndpoint = source, bundle, tlsconfig.AuthorizeID(gateway), a.tokens
	return nil
}

// files is a folder with an SVID, which is read each time: whoever renews it writes new files.
type files string

// GetX509SVID implements x509svid.Source.
func (f files) GetX509SVID() (*x509svid.SVID, error) {
	return x509svid.Load(filepath.Join(string(f), devauthority.CertificateFile), filepath.Join(string(f), devauthority.KeyFile))
}

func runSidecar(ctx context.Context, e environment, args []string) error {
	var a agent
	var listen string
	err := flags(e, "sidecar", func(f *flag.FlagSet) {
		a.flags(f)
		f.StringVar(&listen, "listen", "127.0.0.1:7070", "loopback `address` of the endpoint")
	}, args)
	if err != nil {
		return err
	}
	if err := devauthority.RequireLoopback(listen); err != nil {
		return fmt.Errorf("-listen: %w", err)
	}
	o, err := a.options(e)
	if err != nil {
		return err
	}
	s, err := sidecar.New(o)
	if err != nil {
		return err
	}
	on, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	o.Log.Info("sidecar", "url", "http://"+on.Addr().String(), "target", o.Target.String())
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true) // clients of gRPC
	endpoint := &http.Server{Handler: s, Protocols: protocols, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug)}
	failed := make(chan error, 1)
	go func() { failed <- endpoint.Serve(on) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return endpoint.Close() // streams have no end to wait for
	}
}
