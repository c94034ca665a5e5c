package oss

import (
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/written"
	"github.com/agentward/terraform-provider-agent/internal/spec"
)

// file is the gateway's own configuration.
func (c *configuring) file() written.File {
	f := written.File{
		Identity:  &written.Identity{WorkloadAPI: workloadAPIAddress(c.Deployment.WorkloadAPI), SPIFFEID: GatewayID(c.Gateway)},
		DIDs:      c.DIDs,
		Suspended: c.Gateway.Suspended,
		// What agent identities suspend, each in an entry of its own.
		SuspendedFiles: []string{"../suspended/*"},
		Limits:         limits(c.Limits),
		Admin:          &written.Admin{Address: address(gateway{Gateway: c.Gateway}.adminPort()), Remote: true},
		Audit:          c.audit(),
		Telemetry:      c.telemetry(),
	}
	for _, id := range c.Keys.IDs {
		f.Secrets = append(f.Secrets, "../keys/"+id)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Gateway.Listeners)) {
		f.Listeners = append(f.Listeners, c.listener(name, c.Gateway.Listeners[name]))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Gateway.Targets)) {
		f.Targets = append(f.Targets, c.target(name, c.Gateway.Targets[name]))
	}
	if policies := c.cedarFiles(); len(policies) > 0 {
		f.Policies = []written.Policies{{Files: policies}}
	}
	for _, id := range slices.Sorted(maps.Keys(c.AgentLabels)) {
		f.Agents = append(f.Agents, written.Agent{ID: id, Labels: c.AgentLabels[id]})
	}
	if s := c.TokenService; s != nil {
		f.TokenService = &written.TokenService{Lifetime: span(s.Lifetime), Listener: s.Listener, Bind: s.Bind, Exchange: s.Exchange}
	}
	c.trust(&f)
	if s := c.Store; s != nil {
		f.Store = &written.Store{
			Kind: "redis", URL: s.URL, Password: c.secret("store.password", s.Password), CA: c.add("ca.store", s.CA), Prefix: s.Prefix, Timeout: span(s.Timeout),
		}
	}
	return f
}

// cedarFiles are the entries that are policies, sorted.
func (c *configuring) cedarFiles() []string {
	var files []string
	for _, name := range slices.Sorted(maps.Keys(c.Files)) {
		if strings.HasSuffix(name, ".cedar") {
			files = append(files, name)
		}
	}
	return files
}

func (c *configuring) listener(name string, l spec.Listener) written.Listener {
	made := written.Listener{
		Name: name, Address: address(int64(l.Port)), URL: ListenerURL(c.Gateway, name), MinimumTLS: l.MinimumTLS, Authenticate: l.Authenticate, Nonces: l.Nonces,
		Targets: l.Targets, Origins: l.Origins, Mode: mode(l.Audit || c.Audit),
	}
	if c.Mode == spec.AgentToAnywhere {
		made.Direction = string(c.Mode)
	}
	return made
}

func (c *configuring) trust(f *written.File) {
	for _, name := range slices.Sorted(maps.Keys(c.Issuers)) {
		i := c.Issuers[name]
		f.Issuers = append(f.Issuers, written.Issuer{
			Name: name, JWKS: i.JWKSURI, Roots: c.add("ca.issuer."+shortHash(name), i.CA), Algorithms: i.Algorithms, Audiences: i.Audiences, Types: i.Types,
			TrustDomains: i.TrustDomains, Unbound: i.Unbound, User: i.UserClaim, Scopes: i.Scopes,
		})
	}
	for _, domain := range slices.Sorted(maps.Keys(c.Trust)) {
		t := c.Trust[domain]
		made := written.Trust{Domain: domain, Bundle: c.add("bundle."+domain, t.Bundle)}
		if t.EndpointURL != "" {
			made.Endpoint = &written.Endpoint{URL: t.EndpointURL, Profile: t.EndpointProfile, SPIFFEID: t.EndpointSPIFFEID}
		}
		f.Trust = append(f.Trust, made)
	}
}

func (c *configuring) audit() *written.Audit {
	a := c.AuditLog
	made := &written.Audit{Stdout: a.Stdout, Queue: a.Queue, WhenFull: a.WhenFull, Arguments: a.Arguments}
	if o := a.OTLP; o != nil {
		made.OTLP = &written.AuditOTLP{
			Endpoint: o.Endpoint, Protocol: o.Protocol, Headers: c.secret("audit.headers", o.Headers), CA: c.add("ca.audit", o.CA), Timeout: span(o.Timeout),
		}
	}
	return made
}

func (c *configuring) telemetry() *written.Telemetry {
	t := c.Telemetry
	if t == nil {
		return nil
	}
	made := &written.Telemetry{
		Traces: t.Traces, Metrics: t.Metrics, SampleRatio: t.SampleRatio, Traceparent: t.Traceparent, Every: span(t.Every), Resource: t.Resource,
	}
	if o := t.OTLP; o != nil {
		made.OTLP = &written.OTLP{
			Endpoint: o.Endpoint, Protocol: o.Protocol, Headers: c.secret("telemetry.headers", o.Headers), CA: c.add("ca.telemetry", o.CA), Timeout: span(o.Timeout),
		}
	}
	return made
}

// address is a port on all addresses of the pod.
func address(port int64) string { return ":" + strconv.FormatInt(port, 10) }

// mode says only what is not so anyway.
func mode(audit bool) string {
	if audit {
		return "audit"
	}
	return ""
}

// span writes a duration, "" for none.
func span(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return d.String()
}

// inCluster says whether a host is a Service of the cluster by its name, or an address, which somebody has written down on purpose.
func inCluster(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	parts := strings.Split(host, ".")
	return host != "" && len(parts) == 1 || len(parts) >= 3 && parts[2] == "svc"
}
