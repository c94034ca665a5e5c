package oss

import (
	"maps"
	"slices"
	"strconv"

	"github.com/agentward/terraform-provider-agent/internal/gateway/written"
	"github.com/agentward/terraform-provider-agent/internal/spec"
)

func (c *configuring) target(name string, t spec.Target) written.Target {
	made := written.Target{
		Name: name, Protocol: t.Protocol, URL: t.URL, Path: t.Path, Mode: mode(t.Audit), Versions: t.Versions, KeepHost: t.KeepHost, Tunnel: t.Tunnel,
		Services: t.Services, OpenAPI: c.add("openapi."+name, t.OpenAPI), Unmatched: t.Unmatched, Content: t.Content,
		AllowPrivate: t.AllowPrivate, TLS: c.tls(name, t.TLS), Limits: targetLimits(t.Limits),
	}
	if len(t.Descriptors) > 0 {
		made.Descriptors = descriptors + name
		c.Files[made.Descriptors] = t.Descriptors
	}
	if t.AllowPrivate == nil && c.Mode == spec.AgentToAnywhere && inCluster(hostOf(t.URL)) {
		made.AllowPrivate = new(true)
	}
	for _, id := range slices.Sorted(maps.Keys(t.Operations)) {
		o := t.Operations[id]
		made.Operations = append(made.Operations, written.Operation{Name: id, Method: o.Method, Path: o.Path, Parameters: o.Parameters, Content: o.Content})
	}
	if a := t.A2A; a != nil {
		made.A2A = &written.A2A{
			JSONRPC: a.JSONRPC, HTTPJSON: a.HTTPJSON, GRPC: a.GRPC, Card: a.Card, Keys: c.add("card-keys."+name, a.CardKeys), Keep: span(a.CardMaxAge), SkillKey: a.SkillKey,
		}
	}
	for i, credential := range t.Credentials {
		made.Credentials = append(made.Credentials, c.credential(name+"."+strconv.Itoa(i), credential))
	}
	return made
}

// descriptors begins the names of entries that are no text.
const descriptors = "descriptors."

func (c *configuring) tls(target string, t *spec.UpstreamTLS) *written.TLS {
	if t == nil {
		return nil
	}
	made := &written.TLS{CAFile: c.add("ca.target."+target, t.CA), ServerName: t.ServerName, SPIFFEIDs: t.SPIFFEIDs, ClientSVID: t.ClientSVID, Minimum: t.Minimum}
	if t.Client != nil {
		made.Certificate, made.Key = c.mirror(t.Client.Name, "tls.crt"), c.mirror(t.Client.Name, "tls.key")
	}
	return made
}

// credential is one of a target's. name says which, in the Secret of write-only values.
func (c *configuring) credential(name string, of spec.Credential) written.Credential {
	made := written.Credential{Kind: of.Kind, Header: said(of.Header), Prefix: of.Prefix}
	value := said(c.secret("target."+name+".value", of.Value))
	if of.Kind == "static" {
		made.File = value
		return made
	}
	made.SecretFile, made.KeyFile = value, said(c.secret("target."+name+".client-key", of.ClientKey))
	made.TokenURL, made.ClientID, made.Method, made.KeyID = said(of.TokenURL), said(of.ClientID), said(of.ClientAuthentication), said(of.KeyID)
	made.Scopes, made.Resource, made.Audience, made.Subject = of.Scopes, said(of.Resource), said(of.Audience), said(of.Subject)
	if of.ClientAuthentication == "tls" {
		made.TLS = &written.TLS{ClientSVID: true}
	}
	return made
}

// said is a text where there is one.
func said(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func limits(l spec.GatewayLimits) *written.Limits {
	if l == (spec.GatewayLimits{}) {
		return nil
	}
	return &written.Limits{
		Body: l.Body, Answer: l.Answer, Header: l.Header, Depth: l.Depth, Concurrent: l.Concurrent, Streams: l.Streams, Open: l.OpenStreams,
		AgentRate: l.AgentRate, AgentBurst: l.AgentBurst, AgentConcurrent: l.AgentConcurrent, AgentStreams: l.AgentStreams,
		UnknownRate: l.UnauthenticatedRate, UnknownBurst: l.UnauthenticatedBurst,
		HeaderTime: span(l.HeaderTime), BodyTime: span(l.BodyTime), Idle: span(l.Idle), Total: span(l.Total), Drain: span(l.Drain),
	}
}

func targetLimits(l *spec.TargetLimits) *written.TargetLimits {
	if l == nil {
		return nil
	}
	return &written.TargetLimits{
		Body: l.Body, Answer: l.Answer, Depth: l.Depth, AgentRate: l.AgentRate, AgentBurst: l.AgentBurst, AgentConcurrent: l.AgentConcurrent,
		AgentStreams: l.AgentStreams, BodyTime: span(l.BodyTime), Idle: span(l.Idle), Total: span(l.Total),
	}
}
