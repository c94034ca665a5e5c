package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"
	"github.com/spiffe/go-spiffe/v2/svid/x509svid"

	"github.com/agentward/terraform-provider-agent/internal/gateway/bundle"
	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
	"github.com/agentward/terraform-provider-agent/internal/gateway/devauthority"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
	"github.com/agentward/terraform-provider-agent/internal/gateway/server"
	"github.com/agentward/terraform-provider-agent/internal/gateway/sidecar"
	"github.com/agentward/terraform-provider-agent/internal/gateway/workload"
)

// agent is who a command acts as, and what it calls.
type agent struct {
	config, name, target string // on the machine of a development authority
	urls                 []string
	tokens, id           string // anywhere else
	svid, workload       string // where its identity comes from there
	wait                 time.Duration
	oauth                discovery
}

func (a *agent) flags(f *flag.FlagSet) {
	f.StringVar(&a.config, "config", "", "configuration `file` of a gateway on this machine with a development authority, which then issues the agent's identity")
	f.StringVar(&a.name, "agent", "", "with -config: the agent, as `namespace/name` or namespace/name/instance")
	f.StringVar(&a.target, "target", "", "with -config: `name` of the target; not needed where there is one alone")
	f.Func("url", "without -config: `URL` of the target at the gateway", func(u string) error {
		a.urls = append(a.urls, u)
		return nil
	})
	f.StringVar(&a.tokens, "token-endpoint", "", "without -config: `URL` of the gateway's token endpoint, where it asks for tokens")
	f.StringVar(&a.svid, "svid", "", "without -config: `folder` with svid.pem, svid-key.pem and bundle.pem")
	f.StringVar(&a.workload, "workload-api", "", "without -config: `address` of the SPIFFE Workload API, such as unix:///run/spire/agent.sock")
	f.DurationVar(&a.wait, "wait", time.Minute, "with -workload-api: how `long` an identity may take to come")
	f.StringVar(&a.id, "gateway-id", "", "without -config: SPIFFE `ID` of the gateway")
}

// errWho is what a command line lacks that does not say who acts.
var errWho = errors.New("name either -config and -agent, or -url, -gateway-id and one of -svid and -workload-api, or -url and -discover")

// options gives what a sidecar for the agent is made from, and what ends it. ctx ends the wait for an identity.
func (a *agent) options(ctx context.Context, e environment) (o sidecar.Options, end func(), err error) {
	o = sidecar.Options{Now: time.Now, Log: slog.New(slog.NewTextHandler(e.stderr, nil))}
	end = func() {}
	if err := a.oauth.options(&o); err != nil {
		return o, end, err
	}
	switch {
	case o.OAuth != nil && a.config == "" && len(a.urls) > 0 && a.svid == "" && a.workload == "" && a.id == "":
		err = a.at(a.urls[0], &o) // verified as public servers are, or on loopback; the sidecar refuses any other
	case a.config != "" && len(a.urls) == 0 && a.tokens+a.id+a.svid+a.workload == "":
		err = a.local(e, &o)
	case a.config == "" && len(a.urls) > 0 && a.id != "" && (a.svid == "") != (a.workload == ""):
		end, err = a.remote(ctx, &o)
	default:
		err = errWho
	}
	return o, end, err
}

// local asks the development authority of a gateway's configuration.
func (a *agent) local(e environment, o *sidecar.Options) error {
	c, err := load(e, a.config)
	if err != nil {
		return err
	}
	if c.Authority == nil {
		return fmt.Errorf("%s has no development_authority: use -url, -gateway-id and -svid or -workload-api", a.config)
	}
	parts := strings.Split(a.name, "/")
	if a.name == "" {
		return errors.New("name the agent with -agent, as namespace/name")
	}
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
	at := slices.IndexFunc(c.Targets, func(t config.Target) bool { return t.Name == a.target || a.target == "" && len(c.Targets) == 1 })
	if at < 0 {
		var names []string
		for _, t := range c.Targets {
			names = append(names, t.Name)
		}
		if a.target == "" {
			return fmt.Errorf("name the target with -target: there are %s", strings.Join(names, ", "))
		}
		return fmt.Errorf("-target %q is none of the gateway's, which has %s", a.target, strings.Join(names, ", "))
	}
	t := c.Targets[at]
	on := slices.IndexFunc(c.Listeners, func(l config.Listener) bool { return !l.Plain && l.Serves(t.Name) })
	if on < 0 {
		return fmt.Errorf("-target %q is served by no listener with TLS", t.Name)
	}
	certificate := func(asked principal.Combination) bool { return asked.Proven([]string{principal.MTLS}) }
	if c.TokenService != nil && !slices.ContainsFunc(c.Listeners[on].Authenticate, certificate) {
		giving := slices.IndexFunc(c.Listeners, func(l config.Listener) bool { return l.Name == c.TokenService.Listener })
		o.TokenEndpoint = origin(c.Listeners[giving]) + server.Issuer + "/token"
	}
	var err error
	o.Target, err = url.Parse(origin(c.Listeners[on]) + t.Path)
	return err
}

// origin is the URL of a listener, as server has it for an address with a port.
func origin(l config.Listener) string {
	if l.URL != "" {
		return l.URL
	}
	return "https://" + l.Address
}

// remote takes an identity from files, as spiffe-helper writes them, or from the Workload API.
func (a *agent) remote(ctx context.Context, o *sidecar.Options) (end func(), err error) {
	end = func() {}
	gateway, err := spiffeid.FromString(a.id)
	if err != nil {
		return end, fmt.Errorf("-gateway-id: %w", err)
	}
	if err := a.at(a.urls[0], o); err != nil {
		return end, err
	}
	o.Gateway, o.TokenEndpoint = tlsconfig.AuthorizeID(gateway), a.tokens
	if a.workload != "" {
		ctx, cancel := context.WithTimeoutCause(ctx, a.wait, fmt.Errorf("nothing came within %s", a.wait))
		defer cancel()
		api, err := workload.Open(ctx, workload.Options{Address: a.workload, Now: o.Now, Log: o.Log})
		if err != nil {
			return end, fmt.Errorf("-workload-api: %w", err)
		}
		o.SVID, o.Bundles = api, api
		return func() { _ = api.Close() }, nil // nothing is written to it
	}
	o.Bundles, err = bundle.Load(gateway.TrustDomain(), filepath.Join(a.svid, devauthority.BundleFile))
	if err != nil {
		return end, fmt.Errorf("-svid: %w", err)
	}
	o.SVID = files(a.svid)
	if _, err := o.SVID.GetX509SVID(); err != nil {
		return end, fmt.Errorf("-svid: %w", err)
	}
	return end, nil
}

// at says which target is called: its URL, behind which services of gRPC may be named.
func (a *agent) at(target string, o *sidecar.Options) error {
	u, err := url.Parse(target)
	if err != nil {
		return fmt.Errorf("-url: %w", err)
	}
	if u.Scheme != "https" && a.id != "" {
		return fmt.Errorf("-url %q is not one of https", target)
	}
	o.Services = nil
	if u.Fragment != "" {
		o.Services = strings.Split(u.Fragment, ",")
		u.Fragment, u.RawFragment = "", ""
	}
	o.Target = u
	return nil
}

// each gives the options of each target, of which o is the first.
func (a *agent) each(o sidecar.Options) ([]sidecar.Options, error) {
	all := []sidecar.Options{o}
	for i := 1; i < len(a.urls); i++ {
		if err := a.at(a.urls[i], &o); err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	return all, nil
}

// files is a folder with an SVID, which is read each time: whoever renews it writes new files.
type files string

// GetX509SVID implements x509svid.Source.
func (f files) GetX509SVID() (*x509svid.SVID, error) {
	return x509svid.Load(filepath.Join(string(f), devauthority.CertificateFile), filepath.Join(string(f), devauthority.KeyFile))
}
