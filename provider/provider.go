// Package provider is the Terraform provider "agent".
package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/agentward/terraform-provider-agent/internal/gcp"
	"github.com/agentward/terraform-provider-agent/provider/admission"
	"github.com/agentward/terraform-provider-agent/provider/conformance"
	"github.com/agentward/terraform-provider-agent/provider/decision"
	"github.com/agentward/terraform-provider-agent/provider/gateway"
	"github.com/agentward/terraform-provider-agent/provider/identity"
	"github.com/agentward/terraform-provider-agent/provider/portability"
)

type agentProvider struct {
	version string
	pace    gcp.Pace
}

// Option changes how a provider works.
type Option func(*agentProvider)

// GooglePace has the provider wait for Google's APIs at this pace. It is for tests; users have timeouts.
func GooglePace(pace gcp.Pace) Option {
	return func(p *agentProvider) { p.pace = pace }
}

// New gives a function that makes the provider of this version.
func New(version string, options ...Option) func() provider.Provider {
	return func() provider.Provider {
		p := &agentProvider{version: version}
		for _, option := range options {
			option(p)
		}
		return p
	}
}

func (p *agentProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "agent"
	resp.Version = p.version
}

func (p *agentProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = providerSchema()
}

func (p *agentProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{
		identity.New,
		gateway.New,
		admission.New,
		conformance.New,
	}
}

func (p *agentProvider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{
		admission.NewViolations,
		conformance.NewLook,
		decision.New,
		portability.New,
	}
}
