package gateway

import (
	"encoding/base64"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

type targetModel struct {
	Protocol     types.String   `tfsdk:"protocol"`
	URL          types.String   `tfsdk:"url"`
	Path         types.String   `tfsdk:"path"`
	Enforcement  types.String   `tfsdk:"enforcement"`
	Versions     []types.String `tfsdk:"versions"`
	KeepHost     types.Bool     `tfsdk:"keep_host"`
	Tunnel       types.Bool     `tfsdk:"tunnel"`
	AllowPrivate types.Bool     `tfsdk:"allow_private"`

	OpenAPI     types.String              `tfsdk:"openapi"`
	Operations  map[string]operationModel `tfsdk:"operations"`
	Unmatched   types.String              `tfsdk:"unmatched"`
	Content     []types.String            `tfsdk:"content"`
	Services    []types.String            `tfsdk:"services"`
	Descriptors types.String              `tfsdk:"descriptors"`
	A2A         *a2aModel                 `tfsdk:"a2a"`

	TLS         *upstreamTLSModel  `tfsdk:"tls"`
	Credentials []credentialModel  `tfsdk:"credentials"`
	Limits      *targetLimitsModel `tfsdk:"limits"`
	Workload    *podSetModel       `tfsdk:"workload"`

	GCP *googleTargetModel `tfsdk:"gcp"`
}

func (m targetModel) spec() spec.Target {
	t := spec.Target{
		Protocol:     m.Protocol.ValueString(),
		URL:          m.URL.ValueString(),
		Path:         m.Path.ValueString(),
		Audit:        m.Enforcement.ValueString() == audit,
		Versions:     governed.Strings(m.Versions),
		KeepHost:     m.KeepHost.ValueBool(),
		Tunnel:       m.Tunnel.ValueBool(),
		AllowPrivate: m.AllowPrivate.ValueBoolPointer(),
		OpenAPI:      m.OpenAPI.ValueString(),
		Operations:   converted(m.Operations, operationModel.spec),
		Unmatched:    m.Unmatched.ValueString(),
		Content:      governed.Strings(m.Content),
		Services:     governed.Strings(m.Services),
		A2A:          m.A2A.spec(),
		TLS:          m.TLS.spec(),
		Limits:       m.Limits.spec(),
		Google:       m.GCP.spec(),
	}
	if !m.Descriptors.IsNull() {
		t.Descriptors, _ = base64.StdEncoding.DecodeString(m.Descriptors.ValueString())
	}
	for _, c := range m.Credentials {
		t.Credentials = append(t.Credentials, c.spec())
	}
	if m.Workload != nil {
		t.Workload = new(m.Workload.spec())
	}
	return t
}

type operationModel struct {
	Method     types.String            `tfsdk:"method"`
	Path       types.String            `tfsdk:"path"`
	Parameters map[string]types.String `tfsdk:"parameters"`
	Content    []types.String          `tfsdk:"content"`
}

func (m operationModel) spec() spec.Operation {
	return spec.Operation{
		Method: m.Method.ValueString(), Path: m.Path.ValueString(), Parameters: governed.StringMap(m.Parameters), Content: governed.Strings(m.Content),
	}
}

type a2aModel struct {
	JSONRPC    types.String `tfsdk:"jsonrpc"`
	HTTPJSON   types.String `tfsdk:"http_json"`
	GRPC       types.String `tfsdk:"grpc"`
	Card       types.String `tfsdk:"card"`
	CardKeys   types.String `tfsdk:"card_keys"`
	CardMaxAge types.String `tfsdk:"card_max_age"`
	SkillKey   types.String `tfsdk:"skill_key"`
}

func (m *a2aModel) spec() *spec.A2ATarget {
	if m == nil {
		return nil
	}
	return &spec.A2ATarget{
		JSONRPC: m.JSONRPC.ValueString(), HTTPJSON: m.HTTPJSON.ValueString(), GRPC: m.GRPC.ValueString(), Card: m.Card.ValueString(),
		CardKeys: m.CardKeys.ValueString(), CardMaxAge: span(m.CardMaxAge), SkillKey: m.SkillKey.ValueString(),
	}
}

type upstreamTLSModel struct {
	CA                types.String   `tfsdk:"ca"`
	ServerName        types.String   `tfsdk:"server_name"`
	SPIFFEIDs         []types.String `tfsdk:"spiffe_ids"`
	ClientSVID        types.Bool     `tfsdk:"client_svid"`
	Minimum           types.String   `tfsdk:"minimum"`
	ClientCertificate types.String   `tfsdk:"client_certificate"`
}

func (m *upstreamTLSModel) spec() *spec.UpstreamTLS {
	if m == nil {
		return nil
	}
	t := &spec.UpstreamTLS{
		CA: m.CA.ValueString(), ServerName: m.ServerName.ValueString(), SPIFFEIDs: governed.Strings(m.SPIFFEIDs), ClientSVID: m.ClientSVID.ValueBool(),
		Minimum: m.Minimum.ValueString(),
	}
	if !m.ClientCertificate.IsNull() {
		t.Client = &spec.SecretPair{Name: m.ClientCertificate.ValueString()}
	}
	return t
}

type credentialModel struct {
	Kind                 types.String   `tfsdk:"kind"`
	Header               types.String   `tfsdk:"header"`
	Prefix               types.String   `tfsdk:"prefix"`
	Value                *secretModel   `tfsdk:"value"`
	TokenURL             types.String   `tfsdk:"token_url"`
	ClientID             types.String   `tfsdk:"client_id"`
	ClientAuthentication types.String   `tfsdk:"client_authentication"`
	ClientKey            *secretModel   `tfsdk:"client_key"`
	ClientKeyID          types.String   `tfsdk:"client_key_id"`
	Scopes               []types.String `tfsdk:"scopes"`
	Resource             types.String   `tfsdk:"resource"`
	Audience             types.String   `tfsdk:"audience"`
	Subject              types.String   `tfsdk:"subject"`
}

func (m credentialModel) spec() spec.Credential {
	return spec.Credential{
		Kind:                 m.Kind.ValueString(),
		Header:               m.Header.ValueString(),
		Prefix:               m.Prefix.ValueStringPointer(),
		Value:                m.Value.spec(),
		TokenURL:             m.TokenURL.ValueString(),
		ClientID:             m.ClientID.ValueString(),
		ClientAuthentication: m.ClientAuthentication.ValueString(),
		ClientKey:            m.ClientKey.spec(),
		KeyID:                m.ClientKeyID.ValueString(),
		Scopes:               governed.Strings(m.Scopes),
		Resource:             m.Resource.ValueString(),
		Audience:             m.Audience.ValueString(),
		Subject:              m.Subject.ValueString(),
	}
}

type podSetModel struct {
	Namespace types.String            `tfsdk:"namespace"`
	Selector  *governed.LabelSelector `tfsdk:"selector"`
}

func (m podSetModel) spec() spec.PodSet {
	return spec.PodSet{Namespace: m.Namespace.ValueString(), Selector: m.Selector.Spec()}
}
