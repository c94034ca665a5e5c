package gateway

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

// googleTargetModel is how a target is known to Agent Registry.
type googleTargetModel struct {
	Unregistered     types.Bool          `tfsdk:"unregistered"`
	RegistryResource types.String        `tfsdk:"registry_resource"`
	Service          *targetServiceModel `tfsdk:"service"`
	Coarse           types.Bool          `tfsdk:"coarse"`
}

func (m *googleTargetModel) spec() *spec.GoogleTarget {
	if m == nil {
		return nil
	}
	t := &spec.GoogleTarget{Unregistered: m.Unregistered.ValueBool(), RegistryResource: m.RegistryResource.ValueString(), Coarse: m.Coarse.ValueBool()}
	if m.Service != nil {
		t.Service = m.Service.serviceModel().spec()
		t.Service.ID = m.Service.ID.ValueString()
	}
	return t
}

type serviceModel struct {
	Location    types.String     `tfsdk:"location"`
	DisplayName types.String     `tfsdk:"display_name"`
	Description types.String     `tfsdk:"description"`
	Interfaces  []interfaceModel `tfsdk:"interfaces"`
	Content     types.String     `tfsdk:"content"`
}

func (m serviceModel) spec() spec.GoogleRegistryService {
	return spec.GoogleRegistryService{
		Location: m.Location.ValueString(), DisplayName: m.DisplayName.ValueString(), Description: m.Description.ValueString(),
		Interfaces: each(m.Interfaces, interfaceModel.spec), Content: m.Content.ValueString(),
	}
}

// targetServiceModel is the entry of a target, which has no key of a map to be named by.
type targetServiceModel struct {
	ID          types.String     `tfsdk:"id"`
	Location    types.String     `tfsdk:"location"`
	DisplayName types.String     `tfsdk:"display_name"`
	Description types.String     `tfsdk:"description"`
	Interfaces  []interfaceModel `tfsdk:"interfaces"`
	Content     types.String     `tfsdk:"content"`
}

func (m *targetServiceModel) serviceModel() serviceModel {
	return serviceModel{m.Location, m.DisplayName, m.Description, m.Interfaces, m.Content}
}

type interfaceModel struct {
	URL             types.String `tfsdk:"url"`
	ProtocolBinding types.String `tfsdk:"protocol_binding"`
}

func (m interfaceModel) spec() spec.GoogleInterface {
	return spec.GoogleInterface{URL: m.URL.ValueString(), ProtocolBinding: m.ProtocolBinding.ValueString()}
}

type bindingModel struct {
	Location     types.String   `tfsdk:"location"`
	DisplayName  types.String   `tfsdk:"display_name"`
	Description  types.String   `tfsdk:"description"`
	Source       types.String   `tfsdk:"source"`
	Target       types.String   `tfsdk:"target"`
	AuthProvider types.String   `tfsdk:"auth_provider"`
	Scopes       []types.String `tfsdk:"scopes"`
	ContinueURI  types.String   `tfsdk:"continue_uri"`
}

func (m bindingModel) spec() spec.GoogleRegistryBinding {
	return spec.GoogleRegistryBinding{
		Location:     m.Location.ValueString(),
		DisplayName:  m.DisplayName.ValueString(),
		Description:  m.Description.ValueString(),
		Source:       m.Source.ValueString(),
		Target:       m.Target.ValueString(),
		AuthProvider: m.AuthProvider.ValueString(),
		Scopes:       governed.Strings(m.Scopes),
		ContinueURI:  m.ContinueURI.ValueString(),
	}
}
