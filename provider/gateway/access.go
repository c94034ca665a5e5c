package gateway

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

type listenerModel struct {
	Port         types.Int64    `tfsdk:"port"`
	URL          types.String   `tfsdk:"url"`
	Authenticate []types.String `tfsdk:"authenticate"`
	MinimumTLS   types.String   `tfsdk:"minimum_tls"`
	DPoPNonces   types.Bool     `tfsdk:"dpop_nonces"`
	Origins      []types.String `tfsdk:"origins"`
	Targets      []types.String `tfsdk:"targets"`
	Enforcement  types.String   `tfsdk:"enforcement"`
}

func (m listenerModel) spec() spec.Listener {
	l := spec.Listener{
		Port:         integer(m.Port),
		URL:          m.URL.ValueString(),
		Authenticate: governed.Strings(m.Authenticate),
		MinimumTLS:   m.MinimumTLS.ValueString(),
		Nonces:       m.DPoPNonces.ValueBool(),
		Origins:      governed.Strings(m.Origins),
		Targets:      governed.Strings(m.Targets),
		Audit:        m.Enforcement.ValueString() == audit,
	}
	if m.Port.IsNull() {
		l.Port = defaultPort
	}
	return l
}

type tokenServiceModel struct {
	Lifetime types.String   `tfsdk:"lifetime"`
	Listener types.String   `tfsdk:"listener"`
	Bind     types.String   `tfsdk:"bind"`
	Exchange []types.String `tfsdk:"exchange"`
}

func (m *tokenServiceModel) spec() *spec.TokenService {
	if m == nil {
		return nil
	}
	return &spec.TokenService{
		Lifetime: span(m.Lifetime), Listener: m.Listener.ValueString(), Bind: m.Bind.ValueString(), Exchange: governed.Strings(m.Exchange),
	}
}

type issuerModel struct {
	JWKSURI      types.String   `tfsdk:"jwks_uri"`
	CA           types.String   `tfsdk:"ca"`
	Algorithms   []types.String `tfsdk:"algorithms"`
	Audiences    []types.String `tfsdk:"audiences"`
	Types        []types.String `tfsdk:"types"`
	Scopes       []types.String `tfsdk:"scopes"`
	TrustDomains []types.String `tfsdk:"trust_domains"`
	Unbound      types.Bool     `tfsdk:"unbound"`
	UserClaim    types.String   `tfsdk:"user_claim"`
}

func (m issuerModel) spec() spec.Issuer {
	return spec.Issuer{
		JWKSURI:      m.JWKSURI.ValueString(),
		CA:           m.CA.ValueString(),
		Algorithms:   governed.Strings(m.Algorithms),
		Audiences:    governed.Strings(m.Audiences),
		Types:        governed.Strings(m.Types),
		Scopes:       governed.Strings(m.Scopes),
		TrustDomains: governed.Strings(m.TrustDomains),
		Unbound:      m.Unbound.ValueBool(),
		UserClaim:    m.UserClaim.ValueString(),
	}
}

type trustModel struct {
	Bundle   types.String         `tfsdk:"bundle"`
	Endpoint *bundleEndpointModel `tfsdk:"endpoint"`
}

type bundleEndpointModel struct {
	URL      types.String `tfsdk:"url"`
	Profile  types.String `tfsdk:"profile"`
	SPIFFEID types.String `tfsdk:"spiffe_id"`
}

func (m trustModel) spec() spec.TrustedDomain {
	t := spec.TrustedDomain{Bundle: m.Bundle.ValueString()}
	if e := m.Endpoint; e != nil {
		t.EndpointURL, t.EndpointProfile, t.EndpointSPIFFEID = e.URL.ValueString(), e.Profile.ValueString(), e.SPIFFEID.ValueString()
	}
	return t
}

type keysModel struct {
	IDs            []types.String `tfsdk:"ids"`
	ExistingSecret types.String   `tfsdk:"existing_secret"`
}

// spec gives one key where none is named, so that what replicas share is never left to chance.
func (m *keysModel) spec() spec.SharedKeys {
	keys := spec.SharedKeys{IDs: []string{"1"}}
	if m == nil {
		return keys
	}
	if m.IDs != nil {
		keys.IDs = governed.Strings(m.IDs)
	}
	keys.ExistingSecret = m.ExistingSecret.ValueString()
	return keys
}

type storeModel struct {
	URL      types.String `tfsdk:"url"`
	Password *secretModel `tfsdk:"password"`
	CA       types.String `tfsdk:"ca"`
	Prefix   types.String `tfsdk:"prefix"`
	Timeout  types.String `tfsdk:"timeout"`
}

func (m *storeModel) spec() *spec.Store {
	if m == nil {
		return nil
	}
	return &spec.Store{
		URL: m.URL.ValueString(), Password: m.Password.spec(), CA: m.CA.ValueString(), Prefix: m.Prefix.ValueStringPointer(), Timeout: span(m.Timeout),
	}
}
