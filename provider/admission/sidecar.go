package admission

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack/oss"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

// sidecarPort is the port of a sidecar whose configuration names none.
const sidecarPort = 7070

type sidecarModel struct {
	Image           types.String          `tfsdk:"image"`
	Gateway         types.String          `tfsdk:"gateway"`
	GatewaySPIFFEID types.String          `tfsdk:"gateway_spiffe_id"`
	Targets         []types.String        `tfsdk:"targets"`
	TokenEndpoint   types.String          `tfsdk:"token_endpoint"`
	Port            types.Int64           `tfsdk:"port"`
	WorkloadAPI     *governed.WorkloadAPI `tfsdk:"workload_api"`
	Resources       *governed.Resources   `tfsdk:"resources"`
}

// spec gives the sidecar in plain values; nil for none. The default image is the published one of the provider's own version.
func (m *sidecarModel) spec(provider *governed.Provider) *spec.Sidecar {
	if m == nil {
		return nil
	}
	s := &spec.Sidecar{
		Image:         oss.PublishedImage,
		Gateway:       m.Gateway.ValueString(),
		GatewayID:     m.GatewaySPIFFEID.ValueString(),
		Targets:       governed.Strings(m.Targets),
		TokenEndpoint: m.TokenEndpoint.ValueString(),
		Port:          sidecarPort,
		WorkloadAPI:   m.WorkloadAPI.Spec(),
		Resources:     m.Resources.Spec(),
	}
	switch {
	case !m.Image.IsNull():
		s.Image = m.Image.ValueString()
	case provider != nil:
		s.Image += ":" + provider.Version
	}
	if !m.Port.IsNull() {
		s.Port = int(m.Port.ValueInt64())
	}
	return s
}

// unsigned warns of what a plan cannot see: whether the sidecar's image carries the signature that the policy asks for.
func (m *model) unsigned(provider *governed.Provider) diag.Diagnostics {
	var diags diag.Diagnostics
	if p := m.spec(provider); p.SidecarMustBeSigned() {
		diags.AddAttributeWarning(path.Root("sidecar").AtName("image"), fmt.Sprintf("The sidecar of admission policy %q must be signed", m.Label()),
			fmt.Sprintf("%q is one of rules.signed_images.images. Unless it carries a signature of the same signer, every pod with the sidecar is refused: "+
				"sign it, or name the images more closely.", p.Sidecar.Image))
	}
	return diags
}
