package identity

import (
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
	"github.com/agentward/terraform-provider-agent/internal/stack/gcp"
	"github.com/agentward/terraform-provider-agent/internal/stack/oss"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

var (
	_ governed.Lasting   = (*model)(nil)
	_ governed.Secretive = (*model)(nil)
	_ governed.Switcher  = (*model)(nil)
	_ governed.Warner    = (*model)(nil)
)

type model struct {
	governed.Base
	Name           types.String             `tfsdk:"name"`
	Namespace      types.String             `tfsdk:"namespace"`
	TrustDomain    types.String             `tfsdk:"trust_domain"`
	Registration   types.String             `tfsdk:"registration"`
	ServiceAccount *serviceAccountModel     `tfsdk:"service_account"`
	PodSelector    *governed.LabelSelector  `tfsdk:"pod_selector"`
	LogicalID      types.Bool               `tfsdk:"logical_id"`
	X509TTL        types.String             `tfsdk:"x509_ttl"`
	JWTTL          types.String             `tfsdk:"jwt_ttl"`
	DNSNames       []types.String           `tfsdk:"dns_names"`
	AutoDNSNames   types.Bool               `tfsdk:"auto_dns_names"`
	ClassName      types.String             `tfsdk:"class_name"`
	FederatesWith  []federationModel        `tfsdk:"federates_with"`
	Instances      map[string]instanceModel `tfsdk:"instances"`
	Suspended      types.Bool               `tfsdk:"suspended"`
	SuspendedPods  []types.String           `tfsdk:"suspended_instances"`
	Gateways       []types.String           `tfsdk:"gateways"`
	Google         *googleModel             `tfsdk:"gcp"`

	SPIFFEIDTemplate    types.String `tfsdk:"spiffe_id_template"`
	Principal           types.String `tfsdk:"principal"`
	PrincipalSet        types.String `tfsdk:"principal_set"`
	CertificateLifetime types.String `tfsdk:"certificate_lifetime"`
	PodLabels           types.Map    `tfsdk:"pod_labels"`
	PodAnnotations      types.Map    `tfsdk:"pod_annotations"`
	WorkloadLabels      types.Map    `tfsdk:"workload_labels"`
	WorkloadAnnotations types.Map    `tfsdk:"workload_annotations"`
	Status              types.Object `tfsdk:"status"`
}

type serviceAccountModel struct {
	Create         types.Bool   `tfsdk:"create"`
	Name           types.String `tfsdk:"name"`
	AutomountToken types.Bool   `tfsdk:"automount_token"`
}

type federationModel struct {
	TrustDomain       types.String `tfsdk:"trust_domain"`
	BundleEndpointURL types.String `tfsdk:"bundle_endpoint_url"`
	EndpointSPIFFEID  types.String `tfsdk:"endpoint_spiffe_id"`
	TrustDomainBundle types.String `tfsdk:"trust_domain_bundle"`
}

type instanceModel struct {
	ParentID  types.String   `tfsdk:"parent_id"`
	Selectors []types.String `tfsdk:"selectors"`
	Suspended types.Bool     `tfsdk:"suspended"`
}

// Label is the identity's id.
func (m *model) Label() string {
	return m.Namespace.ValueString() + "/" + m.Name.ValueString()
}

// spec gives the identity in plain values. Durations that do not parse are left to Validate, which sees the text.
func (m *model) spec(provider *governed.Provider) spec.Identity {
	id := spec.Identity{
		Name:           m.Name.ValueString(),
		Namespace:      m.Namespace.ValueString(),
		TrustDomain:    m.TrustDomain.ValueString(),
		Registration:   spec.Registration(m.Registration.ValueString()),
		ServiceAccount: spec.ServiceAccount{Name: m.Name.ValueString()},
		LogicalID:      m.LogicalID.ValueBool(),
		DNSNames:       governed.Strings(m.DNSNames),
		AutoDNSNames:   m.AutoDNSNames.ValueBool(),
		ClassName:      m.ClassName.ValueString(),
		Suspended:      m.Suspended.ValueBool(),
		PodSelector:    m.PodSelector.Spec(),
		Gateways:       governed.Strings(m.Gateways),

		SuspendedInstances: governed.Strings(m.SuspendedPods),
	}
	id.X509TTL, _ = duration(m.X509TTL)
	id.JWTTL, _ = duration(m.JWTTL)
	if id.Registration == "" {
		id.Registration = spec.RegistrationController
	}
	if provider != nil {
		id.Labels, id.Annotations = provider.Labels, provider.Annotations
	}
	// Agents that the SPIRE server is told of one by one need not be pods.
	id.ServiceAccount.Create = id.Registration == spec.RegistrationController
	if m.On() == spec.GCP {
		id.Google = m.Google.spec(id.Namespace, id.Name, provider)
		id.ServiceAccount.Create = id.Google.Runtime == spec.RuntimeGKE
	} else if id.TrustDomain == "" && provider != nil {
		id.TrustDomain = provider.TrustDomain // Google has trust domains of its own
	}
	if sa := m.ServiceAccount; sa != nil {
		if !sa.Create.IsNull() {
			id.ServiceAccount.Create = sa.Create.ValueBool()
		}
		if !sa.Name.IsNull() {
			id.ServiceAccount.Name = sa.Name.ValueString()
		}
		id.ServiceAccount.AutomountToken = sa.AutomountToken.ValueBool()
	}
	for _, f := range m.FederatesWith {
		id.Federation = append(id.Federation, spec.Federation{
			TrustDomain:       f.TrustDomain.ValueString(),
			BundleEndpointURL: f.BundleEndpointURL.ValueString(),
			EndpointSPIFFEID:  f.EndpointSPIFFEID.ValueString(),
			TrustDomainBundle: f.TrustDomainBundle.ValueString(),
		})
	}
	if len(m.Instances) > 0 {
		id.Instances = make(map[string]spec.Instance, len(m.Instances))
	}
	for name, instance := range m.Instances {
		id.Instances[name] = spec.Instance{
			ParentID:  instance.ParentID.ValueString(),
			Selectors: governed.Strings(instance.Selectors),
			Suspended: instance.Suspended.ValueBool(),
		}
	}
	return id
}

func duration(value types.String) (time.Duration, error) {
	if value.IsNull() {
		return 0, nil
	}
	return time.ParseDuration(value.ValueString())
}

// Computed gives what follows from configuration alone. The principal of a reasoning engine that is created is not among it: see Observed.
func (m *model) Computed(provider *governed.Provider) map[string]attr.Value {
	id := m.spec(provider)
	var values map[string]attr.Value
	if id.Google != nil {
		values = m.googleComputed(id)
	} else {
		values = map[string]attr.Value{
			"spiffe_id_template":   types.StringValue(oss.InstanceIDTemplate(id)),
			"principal":            types.StringValue(oss.LogicalID(id)),
			"principal_set":        types.StringNull(),
			"certificate_lifetime": m.X509TTL,
			"pod_annotations":      stringMap(nil),
			"workload_labels":      stringMap(nil),
			"workload_annotations": stringMap(nil),
		}
	}
	values["pod_labels"] = stringMap(oss.PodSelector(id).MatchLabels)
	return values
}

// Render gives the identity's objects.
func (m *model) Render(provider *governed.Provider) ([]stack.Object, error) {
	id := m.spec(provider)
	if id.Google != nil {
		return gcp.Identity(id)
	}
	return oss.Identity(id)
}

func stringMap(values map[string]string) types.Map {
	elements := make(map[string]attr.Value, len(values))
	for key, value := range values {
		elements[key] = types.StringValue(value)
	}
	return types.MapValueMust(types.StringType, elements)
}
