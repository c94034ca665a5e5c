package identity

import (
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
	"github.com/agentward/terraform-provider-agent/internal/stack/oss"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

type model struct {
	governed.Base
	Name             types.String             `tfsdk:"name"`
	Namespace        types.String             `tfsdk:"namespace"`
	TrustDomain      types.String             `tfsdk:"trust_domain"`
	Registration     types.String             `tfsdk:"registration"`
	ServiceAccount   *serviceAccountModel     `tfsdk:"service_account"`
	PodSelector      *governed.LabelSelector  `tfsdk:"pod_selector"`
	LogicalID        types.Bool               `tfsdk:"logical_id"`
	X509TTL          types.String             `tfsdk:"x509_ttl"`
	JWTTL            types.String             `tfsdk:"jwt_ttl"`
	DNSNames         []types.String           `tfsdk:"dns_names"`
	AutoDNSNames     types.Bool               `tfsdk:"auto_dns_names"`
	ClassName        types.String             `tfsdk:"class_name"`
	FederatesWith    []federationModel        `tfsdk:"federates_with"`
	Instances        map[string]instanceModel `tfsdk:"instances"`
	Suspended        types.Bool               `tfsdk:"suspended"`
	SuspendedPods    []types.String           `tfsdk:"suspended_instances"`
	Gateways         []types.String           `tfsdk:"gateways"`
	SPIFFEIDTemplate types.String             `tfsdk:"spiffe_id_template"`
	Principal        types.String             `tfsdk:"principal"`
	Status           types.Object             `tfsdk:"status"`
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
		if id.TrustDomain == "" {
			id.TrustDomain = provider.TrustDomain
		}
	}
	// Agents that the SPIRE server is told of one by one need not be pods.
	id.ServiceAccount.Create = id.Registration == spec.RegistrationController
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

// Validate checks the identity. Without a provider the trust domain may still come from there.
func (m *model) Validate(provider *governed.Provider) spec.Problems {
	var problems spec.Problems
	for name, value := range map[string]types.String{"jwt_ttl": m.JWTTL, "x509_ttl": m.X509TTL} {
		if _, err := duration(value); err != nil {
			problems.Add([]any{name}, `%q is no duration; write one as "90s", "15m" or "1h"`, value.ValueString())
		}
	}
	id := m.spec(provider)
	for _, problem := range id.Validate() {
		if provider == nil && id.TrustDomain == "" && problem.Path[0] == "trust_domain" {
			continue
		}
		problems = append(problems, problem)
	}
	return problems
}

// Computed gives the ID's template and its logical part.
func (m *model) Computed(provider *governed.Provider) map[string]attr.Value {
	id := m.spec(provider)
	return map[string]attr.Value{
		"spiffe_id_template": types.StringValue(oss.InstanceIDTemplate(id)),
		"principal":          types.StringValue(oss.LogicalID(id)),
	}
}

// Render gives the identity's objects.
func (m *model) Render(provider *governed.Provider) ([]stack.Object, error) {
	return oss.Identity(m.spec(provider))
}

// ImportKeys lists the Kubernetes objects that an identity of this name has. Entries of the SPIRE server are found by instance
// name, which only the configuration knows: its first plan adopts them.
func (m *model) ImportKeys(provider *governed.Provider) []stack.Key {
	id := m.spec(provider)
	id.LogicalID = true
	id.ServiceAccount.Create = true
	id.TrustDomain = "import" // rendered for the keys alone
	objects, err := oss.Identity(id)
	if err != nil {
		return nil
	}
	return stack.Keys(objects)
}
