package gateway

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

// googleModel is what a gateway has on Google Cloud alone.
type googleModel struct {
	Project           types.String            `tfsdk:"project"`
	ProjectNumber     types.String            `tfsdk:"project_number"`
	Location          types.String            `tfsdk:"location"`
	ID                types.String            `tfsdk:"id"`
	Description       types.String            `tfsdk:"description"`
	Labels            map[string]types.String `tfsdk:"labels"`
	DataPlane         types.String            `tfsdk:"data_plane"`
	Registries        []types.String          `tfsdk:"registries"`
	NetworkAttachment types.String            `tfsdk:"network_attachment"`
	DNSPeering        *dnsPeeringModel        `tfsdk:"dns_peering"`
	ResourceURIs      []types.String          `tfsdk:"resource_uris"`
	Template          *templateModel          `tfsdk:"connectivity_template"`
	Protocols         []types.String          `tfsdk:"protocols"`

	IAP               *iapModel                        `tfsdk:"iap"`
	ModelArmor        *modelArmorModel                 `tfsdk:"model_armor"`
	Extensions        map[string]extensionModel        `tfsdk:"extensions"`
	AuthzPolicies     map[string]authzPolicyModel      `tfsdk:"authz_policies"`
	DenyByDefault     types.Bool                       `tfsdk:"deny_by_default"`
	AccessPolicy      *accessPolicyModel               `tfsdk:"access_policy"`
	IAPGrants         map[string]iapGrantModel         `tfsdk:"iap_grants"`
	Services          map[string]serviceModel          `tfsdk:"services"`
	Bindings          map[string]bindingModel          `tfsdk:"bindings"`
	ExtensionBindings map[string]extensionBindingModel `tfsdk:"extension_bindings"`
	Principals        map[string]types.String          `tfsdk:"principals"`
}

// spec gives the block in plain values; nil is one that sets nothing. What it leaves out of where the gateway is, the provider says.
func (m *googleModel) spec(provider *governed.Provider) *spec.GoogleGateway {
	if m == nil {
		m = &googleModel{}
	}
	return &spec.GoogleGateway{
		Project:              m.project(provider),
		ID:                   m.ID.ValueString(),
		Description:          m.Description.ValueString(),
		Labels:               governed.StringMap(m.Labels),
		DataPlane:            m.DataPlane.ValueString(),
		Registries:           governed.Strings(m.Registries),
		NetworkAttachment:    m.NetworkAttachment.ValueString(),
		DNSPeering:           m.DNSPeering.spec(),
		ResourceURIs:         governed.Strings(m.ResourceURIs),
		ConnectivityTemplate: m.Template.spec(),
		Protocols:            governed.Strings(m.Protocols),
		IAP:                  m.IAP.spec(),
		ModelArmor:           m.ModelArmor.spec(),
		Extensions:           converted(m.Extensions, extensionModel.spec),
		AuthzPolicies:        converted(m.AuthzPolicies, authzPolicyModel.spec),
		AllowUnmatched:       no(m.DenyByDefault),
		AccessPolicy:         m.AccessPolicy.spec(),
		IAPGrants:            converted(m.IAPGrants, iapGrantModel.spec),
		Services:             converted(m.Services, serviceModel.spec),
		Bindings:             converted(m.Bindings, bindingModel.spec),
		ExtensionBindings:    converted(m.ExtensionBindings, extensionBindingModel.spec),
		Principals:           governed.StringMap(m.Principals),
	}
}

// no says that a flag whose default is true is false.
func no(flag types.Bool) bool { return !flag.IsNull() && !flag.ValueBool() }

// project is where the gateway is.
func (m *googleModel) project(provider *governed.Provider) spec.GoogleProject {
	return provider.Place(spec.GoogleProject{ID: m.Project.ValueString(), Number: m.ProjectNumber.ValueString(), Location: m.Location.ValueString()})
}

type dnsPeeringModel struct {
	Domains       []types.String `tfsdk:"domains"`
	TargetProject types.String   `tfsdk:"target_project"`
	TargetNetwork types.String   `tfsdk:"target_network"`
}

func (m *dnsPeeringModel) spec() *spec.GoogleDNSPeering {
	if m == nil {
		return nil
	}
	return &spec.GoogleDNSPeering{
		Domains: governed.Strings(m.Domains), TargetProject: m.TargetProject.ValueString(), TargetNetwork: m.TargetNetwork.ValueString(),
	}
}

type templateModel struct {
	Name              types.String             `tfsdk:"name"`
	ID                types.String             `tfsdk:"id"`
	Description       types.String             `tfsdk:"description"`
	Labels            map[string]types.String  `tfsdk:"labels"`
	AccessTypes       []types.String           `tfsdk:"access_types"`
	AgentCompute      types.String             `tfsdk:"agent_compute"`
	DeploymentModel   types.String             `tfsdk:"deployment_model"`
	NetworkAttachment types.String             `tfsdk:"network_attachment"`
	VPCEgress         types.String             `tfsdk:"vpc_egress"`
	DNSPeering        *templateDNSPeeringModel `tfsdk:"dns_peering"`
	TrustConfig       types.String             `tfsdk:"trust_config"`
	AdditionalRoots   types.String             `tfsdk:"additional_roots"`
}

func (m *templateModel) spec() *spec.GoogleConnectivityTemplate {
	if m == nil {
		return nil
	}
	return &spec.GoogleConnectivityTemplate{
		Name:              m.Name.ValueString(),
		ID:                m.ID.ValueString(),
		Description:       m.Description.ValueString(),
		Labels:            governed.StringMap(m.Labels),
		AccessTypes:       governed.Strings(m.AccessTypes),
		AgentCompute:      m.AgentCompute.ValueString(),
		DeploymentModel:   m.DeploymentModel.ValueString(),
		NetworkAttachment: m.NetworkAttachment.ValueString(),
		VPCEgress:         m.VPCEgress.ValueString(),
		DNSPeering:        m.DNSPeering.spec(),
		TrustConfig:       m.TrustConfig.ValueString(),
		AdditionalRoots:   m.AdditionalRoots.ValueString(),
	}
}

// templateDNSPeeringModel has no project of its own: Google's templates have none.
type templateDNSPeeringModel struct {
	Domains       []types.String `tfsdk:"domains"`
	TargetNetwork types.String   `tfsdk:"target_network"`
}

func (m *templateDNSPeeringModel) spec() *spec.GoogleDNSPeering {
	if m == nil {
		return nil
	}
	return &spec.GoogleDNSPeering{Domains: governed.Strings(m.Domains), TargetNetwork: m.TargetNetwork.ValueString()}
}
