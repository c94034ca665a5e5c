package gateway

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

type iapModel struct {
	Enabled  types.Bool   `tfsdk:"enabled"`
	Version  types.String `tfsdk:"version"`
	Timeout  types.String `tfsdk:"timeout"`
	FailOpen types.Bool   `tfsdk:"fail_open"`
}

func (m *iapModel) spec() *spec.GoogleIAP {
	if m == nil {
		return nil
	}
	return &spec.GoogleIAP{Disabled: no(m.Enabled), Version: m.Version.ValueString(), Timeout: span(m.Timeout), FailOpen: m.FailOpen.ValueBool()}
}

type modelArmorModel struct {
	RequestTemplate  types.String             `tfsdk:"request_template"`
	ResponseTemplate types.String             `tfsdk:"response_template"`
	Template         *modelArmorTemplateModel `tfsdk:"template"`
	Timeout          types.String             `tfsdk:"timeout"`
	FailOpen         types.Bool               `tfsdk:"fail_open"`
}

func (m *modelArmorModel) spec() *spec.GoogleModelArmor {
	if m == nil {
		return nil
	}
	return &spec.GoogleModelArmor{
		RequestTemplate: m.RequestTemplate.ValueString(), ResponseTemplate: m.ResponseTemplate.ValueString(), Template: m.Template.spec(),
		Timeout: span(m.Timeout), FailOpen: m.FailOpen.ValueBool(),
	}
}

type modelArmorTemplateModel struct {
	ID                 types.String            `tfsdk:"id"`
	Labels             map[string]types.String `tfsdk:"labels"`
	InspectOnly        types.Bool              `tfsdk:"inspect_only"`
	ResponsibleAI      map[string]types.String `tfsdk:"responsible_ai"`
	PromptInjection    types.String            `tfsdk:"prompt_injection"`
	MaliciousURIs      types.Bool              `tfsdk:"malicious_uris"`
	SensitiveData      types.Bool              `tfsdk:"sensitive_data"`
	InspectTemplate    types.String            `tfsdk:"inspect_template"`
	DeidentifyTemplate types.String            `tfsdk:"deidentify_template"`
	MultiLanguage      types.Bool              `tfsdk:"multi_language"`
	LogOperations      types.Bool              `tfsdk:"log_operations"`
	LogSanitizing      types.Bool              `tfsdk:"log_sanitizing"`
}

func (m *modelArmorTemplateModel) spec() *spec.GoogleModelArmorTemplate {
	if m == nil {
		return nil
	}
	return &spec.GoogleModelArmorTemplate{
		ID:                 m.ID.ValueString(),
		Labels:             governed.StringMap(m.Labels),
		InspectOnly:        m.InspectOnly.ValueBool(),
		ResponsibleAI:      governed.StringMap(m.ResponsibleAI),
		PromptInjection:    m.PromptInjection.ValueString(),
		MaliciousURIs:      m.MaliciousURIs.ValueBool(),
		SensitiveData:      m.SensitiveData.ValueBool(),
		InspectTemplate:    m.InspectTemplate.ValueString(),
		DeidentifyTemplate: m.DeidentifyTemplate.ValueString(),
		MultiLanguage:      m.MultiLanguage.ValueBool(),
		LogOperations:      m.LogOperations.ValueBool(),
		LogSanitizing:      m.LogSanitizing.ValueBool(),
	}
}

type extensionModel struct {
	Service             types.String            `tfsdk:"service"`
	Profile             types.String            `tfsdk:"profile"`
	Timeout             types.String            `tfsdk:"timeout"`
	FailOpen            types.Bool              `tfsdk:"fail_open"`
	ForwardHeaders      []types.String          `tfsdk:"forward_headers"`
	ForwardAttributes   []types.String          `tfsdk:"forward_attributes"`
	Metadata            map[string]types.String `tfsdk:"metadata"`
	Authority           types.String            `tfsdk:"authority"`
	LoadBalancingScheme types.String            `tfsdk:"load_balancing_scheme"`
	WireFormat          types.String            `tfsdk:"wire_format"`
	Description         types.String            `tfsdk:"description"`
}

func (m extensionModel) spec() spec.GoogleExtension {
	return spec.GoogleExtension{
		Service:             m.Service.ValueString(),
		Profile:             m.Profile.ValueString(),
		Timeout:             span(m.Timeout),
		FailOpen:            m.FailOpen.ValueBool(),
		ForwardHeaders:      governed.Strings(m.ForwardHeaders),
		ForwardAttributes:   governed.Strings(m.ForwardAttributes),
		Metadata:            governed.StringMap(m.Metadata),
		Authority:           m.Authority.ValueString(),
		LoadBalancingScheme: m.LoadBalancingScheme.ValueString(),
		WireFormat:          m.WireFormat.ValueString(),
		Description:         m.Description.ValueString(),
	}
}

type extensionBindingModel struct {
	Description  types.String            `tfsdk:"description"`
	Extension    types.String            `tfsdk:"extension"`
	Metadata     map[string]types.String `tfsdk:"metadata"`
	FailOpen     types.Bool              `tfsdk:"fail_open"`
	Resource     types.String            `tfsdk:"resource"`
	ResourceType types.String            `tfsdk:"resource_type"`
	Match        []matchModel            `tfsdk:"match"`
}

func (m extensionBindingModel) spec() spec.GoogleExtensionBinding {
	b := spec.GoogleExtensionBinding{
		Description:  m.Description.ValueString(),
		Extension:    m.Extension.ValueString(),
		Metadata:     governed.StringMap(m.Metadata),
		FailOpen:     m.FailOpen.ValueBool(),
		Resource:     m.Resource.ValueString(),
		ResourceType: m.ResourceType.ValueString(),
	}
	for _, c := range m.Match {
		b.Match = append(b.Match, spec.GoogleMatchCondition{Destination: c.Destination.spec(), NotDestination: c.NotDestination.spec()})
	}
	return b
}

type matchModel struct {
	Destination    *destinationModel `tfsdk:"destination"`
	NotDestination *destinationModel `tfsdk:"not_destination"`
}

type destinationModel struct {
	Hosts     []stringMatchModel          `tfsdk:"hosts"`
	Paths     []stringMatchModel          `tfsdk:"paths"`
	Resources []stringMatchModel          `tfsdk:"resources"`
	Headers   map[string]stringMatchModel `tfsdk:"headers"`
}

func (m *destinationModel) spec() *spec.GoogleDestination {
	if m == nil {
		return nil
	}
	return &spec.GoogleDestination{
		Hosts: each(m.Hosts, stringMatchModel.spec), Paths: each(m.Paths, stringMatchModel.spec), Resources: each(m.Resources, stringMatchModel.spec),
		Headers: converted(m.Headers, stringMatchModel.spec),
	}
}
