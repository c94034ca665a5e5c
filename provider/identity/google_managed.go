package identity

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

type managedModel struct {
	Pool             *poolModel     `tfsdk:"pool"`
	Namespace        types.String   `tfsdk:"namespace"`
	CreateNamespace  types.Bool     `tfsdk:"create_namespace"`
	ID               types.String   `tfsdk:"id"`
	Description      types.String   `tfsdk:"description"`
	AttestationRules []types.String `tfsdk:"attestation_rules"`
}

type poolModel struct {
	ID          types.String          `tfsdk:"id"`
	Create      types.Bool            `tfsdk:"create"`
	DisplayName types.String          `tfsdk:"display_name"`
	Description types.String          `tfsdk:"description"`
	Issuance    *issuanceModel        `tfsdk:"certificate_issuance"`
	Trust       map[string]trustModel `tfsdk:"trust"`
}

type issuanceModel struct {
	CAPools      map[string]types.String `tfsdk:"ca_pools"`
	SharedCA     types.Bool              `tfsdk:"shared_ca"`
	KeyAlgorithm types.String            `tfsdk:"key_algorithm"`
	Lifetime     types.String            `tfsdk:"lifetime"`
	Rotation     types.Int64             `tfsdk:"rotation_window_percentage"`
}

type trustModel struct {
	Anchors  []types.String `tfsdk:"trust_anchors"`
	SharedCA types.Bool     `tfsdk:"shared_ca"`
}

// spec gives the managed identity in plain values. A namespace is created where the pool is, unless it is said otherwise: a pool of
// one's own has none yet.
func (m *managedModel) spec(namespace, name string) *spec.GoogleManagedIdentity {
	if m == nil {
		return nil
	}
	id := &spec.GoogleManagedIdentity{
		Namespace: orElse(m.Namespace, namespace), ID: orElse(m.ID, name), Description: m.Description.ValueString(),
		AttestationRules: governed.Strings(m.AttestationRules),
	}
	if p := m.Pool; p != nil {
		id.Pool = spec.GooglePool{
			ID: p.ID.ValueString(), Create: p.Create.ValueBool(), DisplayName: p.DisplayName.ValueString(), Description: p.Description.ValueString(),
			Issuance: p.Issuance.spec(),
		}
		for domain, trust := range p.Trust {
			if id.Pool.Trust == nil {
				id.Pool.Trust = map[string]spec.GoogleTrust{}
			}
			id.Pool.Trust[domain] = spec.GoogleTrust{Anchors: governed.Strings(trust.Anchors), SharedCA: trust.SharedCA.ValueBool()}
		}
	}
	id.CreateNamespace = id.Pool.Create
	if !m.CreateNamespace.IsNull() {
		id.CreateNamespace = m.CreateNamespace.ValueBool()
	}
	return id
}

func (m *issuanceModel) spec() *spec.GoogleCertificateIssuance {
	if m == nil {
		return nil
	}
	lifetime, _ := duration(m.Lifetime)
	return &spec.GoogleCertificateIssuance{
		CAPools: governed.StringMap(m.CAPools), SharedCA: m.SharedCA.ValueBool(), KeyAlgorithm: m.KeyAlgorithm.ValueString(),
		Lifetime: lifetime, Rotation: m.Rotation.ValueInt64(),
	}
}

// lifetime is the text of the lifetime of a pool's certificates, which need not be a duration; null where there is none.
func (m *googleModel) lifetime() types.String {
	if m == nil || m.Managed == nil || m.Managed.Pool == nil || m.Managed.Pool.Issuance == nil {
		return types.StringNull()
	}
	return m.Managed.Pool.Issuance.Lifetime
}
