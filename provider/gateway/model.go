package gateway

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack/oss"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

type model struct {
	governed.Base
	Name        types.String                       `tfsdk:"name"`
	Namespace   types.String                       `tfsdk:"namespace"`
	TrustDomain types.String                       `tfsdk:"trust_domain"`
	Mode        types.String                       `tfsdk:"mode"`
	Enforcement types.String                       `tfsdk:"enforcement"`
	Listeners   map[string]listenerModel           `tfsdk:"listeners"`
	Targets     map[string]targetModel             `tfsdk:"targets"`
	Policies    map[string]types.String            `tfsdk:"policies"`
	Allow       map[string]Allow                   `tfsdk:"allow"`
	AgentLabels map[string]map[string]types.String `tfsdk:"agent_labels"`
	Suspended   []types.String                     `tfsdk:"suspended"`
	DIDs        []types.String                     `tfsdk:"dids"`

	TokenService   *tokenServiceModel     `tfsdk:"token_service"`
	Issuers        map[string]issuerModel `tfsdk:"issuers"`
	Trust          map[string]trustModel  `tfsdk:"trust"`
	Keys           *keysModel             `tfsdk:"keys"`
	Store          *storeModel            `tfsdk:"store"`
	Limits         *limitsModel           `tfsdk:"limits"`
	Audit          *auditModel            `tfsdk:"audit_log"`
	Telemetry      *telemetryModel        `tfsdk:"telemetry"`
	ServiceMonitor *serviceMonitorModel   `tfsdk:"service_monitor"`
	Deployment     *deploymentModel       `tfsdk:"deployment"`
	Network        *networkModel          `tfsdk:"network"`
	GCP            *googleModel           `tfsdk:"gcp"`

	SPIFFEID         types.String `tfsdk:"spiffe_id"`
	URL              types.String `tfsdk:"url"`
	Endpoints        types.Map    `tfsdk:"endpoints"`
	TokenEndpoint    types.String `tfsdk:"token_endpoint"`
	Revision         types.String `tfsdk:"revision"`
	RenderedPolicies types.Map    `tfsdk:"rendered_policies"`
	ResourceName     types.String `tfsdk:"resource_name"`
	RootCertificates types.List   `tfsdk:"root_certificates"`
	ServiceAccount   types.String `tfsdk:"service_account"`
	RequiredRoles    types.Map    `tfsdk:"required_roles"`
	Status           types.Object `tfsdk:"status"`
}

// Label is the gateway's id.
func (m *model) Label() string {
	if m.Namespace.ValueString() == "" {
		return m.Name.ValueString()
	}
	return m.Namespace.ValueString() + "/" + m.Name.ValueString()
}

// spec gives the gateway in plain values. Durations and descriptors that do not parse are left to the schema, which sees the text.
func (m *model) spec(provider *governed.Provider) spec.Gateway {
	g := spec.Gateway{
		Name:        m.Name.ValueString(),
		Namespace:   m.Namespace.ValueString(),
		TrustDomain: m.TrustDomain.ValueString(),
		Mode:        spec.GatewayMode(m.Mode.ValueString()),
		Audit:       m.Enforcement.ValueString() == audit,
		Suspended:   governed.Strings(m.Suspended),
		Targets:     converted(m.Targets, targetModel.spec),
		Allow:       converted(m.Allow, Allow.Spec),
	}
	if g.Mode == "" {
		g.Mode = spec.ClientToAgent
	}
	if provider != nil && g.TrustDomain == "" {
		g.TrustDomain = provider.TrustDomain
	}
	m.addProgram(&g)
	if m.On() == spec.GCP {
		// The namespace may stand there for the sake of the other stack, and labels of the provider are Kubernetes'.
		g.Namespace, g.Google = "", m.GCP.spec(provider)
		return g
	}
	if provider != nil {
		g.Labels, g.Annotations = provider.Labels, provider.Annotations
	}
	m.addDefaults(&g, provider)
	return g
}

// addProgram adds what only agent-gateway has, the program, as far as it is configured.
func (m *model) addProgram(g *spec.Gateway) {
	g.Policies = governed.StringMap(m.Policies)
	g.DIDs = governed.Strings(m.DIDs)
	g.TokenService = m.TokenService.spec()
	g.Store = m.Store.spec()
	g.Limits = m.Limits.spec()
	g.Telemetry = m.Telemetry.spec()
	g.ServiceMonitor = m.ServiceMonitor.spec()
	g.Network = m.Network.spec()
	g.Listeners = converted(m.Listeners, listenerModel.spec)
	g.AgentLabels = converted(m.AgentLabels, governed.StringMap)
	g.Issuers = converted(m.Issuers, issuerModel.spec)
	g.Trust = converted(m.Trust, trustModel.spec)
	if m.Keys != nil {
		g.Keys = m.Keys.spec()
	}
	if m.Audit != nil {
		g.AuditLog = m.Audit.spec()
	}
	if m.Deployment != nil {
		g.Deployment = m.Deployment.spec(m.Store != nil)
	}
}

// addDefaults adds what the program has where nothing is configured.
func (m *model) addDefaults(g *spec.Gateway, provider *governed.Provider) {
	if m.Listeners == nil {
		g.Listeners = map[string]spec.Listener{defaultListener: {Port: defaultPort}}
	}
	g.Keys = m.Keys.spec()
	g.AuditLog = m.Audit.spec()
	g.Deployment = m.Deployment.spec(m.Store != nil)
	if g.Deployment.Image == "" {
		g.Deployment.Image = image(provider)
	}
}

// image is the published one of the provider's own version. Without a provider nothing is rendered, and any will do.
func image(provider *governed.Provider) string {
	if provider == nil {
		return oss.PublishedImage
	}
	return oss.PublishedImage + ":" + provider.Version
}

// converted gives a map of the same keys; nil for nil.
func converted[From, To any](from map[string]From, convert func(From) To) map[string]To {
	if from == nil {
		return nil
	}
	to := make(map[string]To, len(from))
	for name, value := range from {
		to[name] = convert(value)
	}
	return to
}
