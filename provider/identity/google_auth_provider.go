package identity

import (
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

type authProviderModel struct {
	ID            types.String      `tfsdk:"id"`
	Description   types.String      `tfsdk:"description"`
	APIKey        *apiKeyModel      `tfsdk:"api_key"`
	TwoLegged     *twoLeggedModel   `tfsdk:"two_legged_oauth"`
	ThreeLegged   *threeLeggedModel `tfsdk:"three_legged_oauth"`
	AllowedScopes []types.String    `tfsdk:"allowed_scopes"`
	BlockedScopes []types.String    `tfsdk:"blocked_scopes"`
	Workloads     []types.String    `tfsdk:"workloads"`
}

type apiKeyModel struct {
	KeyWO        types.String `tfsdk:"key_wo"`
	KeyWOVersion types.Int64  `tfsdk:"key_wo_version"`
}

type twoLeggedModel struct {
	ClientID              types.String `tfsdk:"client_id"`
	ClientSecretWO        types.String `tfsdk:"client_secret_wo"`
	ClientSecretWOVersion types.Int64  `tfsdk:"client_secret_wo_version"`
	TokenURL              types.String `tfsdk:"token_url"`
}

type threeLeggedModel struct {
	AuthorizationURL      types.String `tfsdk:"authorization_url"`
	ClientID              types.String `tfsdk:"client_id"`
	ClientSecretWO        types.String `tfsdk:"client_secret_wo"`
	ClientSecretWOVersion types.Int64  `tfsdk:"client_secret_wo_version"`
	TokenURL              types.String `tfsdk:"token_url"`
	DefaultContinueURI    types.String `tfsdk:"default_continue_uri"`
	EnablePKCE            types.Bool   `tfsdk:"enable_pkce"`
}

func (m *authProviderModel) spec(namespace, name string) *spec.GoogleAuthProvider {
	if m == nil {
		return nil
	}
	a := &spec.GoogleAuthProvider{
		ID: orElse(m.ID, namespace+"-"+name), Description: m.Description.ValueString(),
		AllowedScopes: governed.Strings(m.AllowedScopes), BlockedScopes: governed.Strings(m.BlockedScopes), Workloads: governed.Strings(m.Workloads),
	}
	if k := m.APIKey; k != nil {
		a.APIKey = &spec.GoogleAPIKey{Key: secret(k.KeyWO, k.KeyWOVersion)}
	}
	if o := m.TwoLegged; o != nil {
		a.TwoLegged = &spec.GoogleTwoLegged{ClientID: o.ClientID.ValueString(), ClientSecret: secret(o.ClientSecretWO, o.ClientSecretWOVersion), TokenURL: o.TokenURL.ValueString()}
	}
	if o := m.ThreeLegged; o != nil {
		a.ThreeLegged = &spec.GoogleThreeLegged{
			AuthorizationURL: o.AuthorizationURL.ValueString(), ClientID: o.ClientID.ValueString(), ClientSecret: secret(o.ClientSecretWO, o.ClientSecretWOVersion),
			TokenURL: o.TokenURL.ValueString(), ContinueURI: o.DefaultContinueURI.ValueString(), PKCE: o.EnablePKCE.IsNull() || o.EnablePKCE.ValueBool(),
		}
	}
	return a
}

func secret(value types.String, version types.Int64) spec.GoogleSecret {
	s := spec.GoogleSecret{Value: value.ValueString()}
	if !version.IsNull() {
		s.Version = strconv.FormatInt(version.ValueInt64(), 10)
	}
	return s
}

// TakeSecrets copies the secrets of the auth provider, which neither plan nor state has.
func (m *model) TakeSecrets(config governed.Model) {
	from, ok := config.(*model)
	if !ok || from.Google == nil || from.Google.AuthProvider == nil || m.Google == nil || m.Google.AuthProvider == nil {
		return
	}
	a, b := m.Google.AuthProvider, from.Google.AuthProvider
	if a.APIKey != nil && b.APIKey != nil {
		a.APIKey.KeyWO = b.APIKey.KeyWO
	}
	if a.TwoLegged != nil && b.TwoLegged != nil {
		a.TwoLegged.ClientSecretWO = b.TwoLegged.ClientSecretWO
	}
	if a.ThreeLegged != nil && b.ThreeLegged != nil {
		a.ThreeLegged.ClientSecretWO = b.ThreeLegged.ClientSecretWO
	}
}
