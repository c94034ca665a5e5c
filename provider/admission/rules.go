package admission

import (
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

type rulesModel struct {
	ApprovalLabel       *approvalLabelModel   `tfsdk:"approval_label"`
	AllowedRegistries   []types.String        `tfsdk:"allowed_registries"`
	MCPServers          *mcpServersModel      `tfsdk:"mcp_servers"`
	SignedImages        *signedImagesModel    `tfsdk:"signed_images"`
	SPIFFEIdentity      *spiffeIdentityModel  `tfsdk:"spiffe_identity"`
	SecurityContext     *securityContextModel `tfsdk:"security_context"`
	RuntimeClasses      []types.String        `tfsdk:"runtime_classes"`
	NoAutomountedTokens types.Bool            `tfsdk:"no_automounted_tokens"`
	ResourceLimits      *resourceLimitsModel  `tfsdk:"resource_limits"`
	Custom              []customRuleModel     `tfsdk:"custom"`
}

type approvalLabelModel struct {
	Key    types.String   `tfsdk:"key"`
	Values []types.String `tfsdk:"values"`
}

type mcpServersModel struct {
	LabelKey      types.String   `tfsdk:"label_key"`
	LabelValue    types.String   `tfsdk:"label_value"`
	AllowedImages []types.String `tfsdk:"allowed_images"`
}

type signedImagesModel struct {
	Images      []types.String            `tfsdk:"images"`
	PublicKey   types.String              `tfsdk:"public_key"`
	Keyless     *keylessModel             `tfsdk:"keyless"`
	RekorURL    types.String              `tfsdk:"rekor_url"`
	IgnoreTlog  types.Bool                `tfsdk:"ignore_tlog"`
	Credentials *registryCredentialsModel `tfsdk:"registry_credentials"`
}

type keylessModel struct {
	Issuer  types.String `tfsdk:"issuer"`
	Subject types.String `tfsdk:"subject"`
}

type registryCredentialsModel struct {
	Server            types.String `tfsdk:"server"`
	Username          types.String `tfsdk:"username"`
	PasswordWO        types.String `tfsdk:"password_wo"`
	PasswordWOVersion types.Int64  `tfsdk:"password_wo_version"`
	Namespace         types.String `tfsdk:"namespace"`
}

type spiffeIdentityModel struct {
	CSIDriver  types.String `tfsdk:"csi_driver"`
	Annotation types.String `tfsdk:"annotation"`
}

type securityContextModel struct {
	RunAsNonRoot             types.Bool     `tfsdk:"run_as_non_root"`
	NoPrivilegeEscalation    types.Bool     `tfsdk:"no_privilege_escalation"`
	NoPrivileged             types.Bool     `tfsdk:"no_privileged"`
	ReadOnlyRootFilesystem   types.Bool     `tfsdk:"read_only_root_filesystem"`
	DropAllCapabilities      types.Bool     `tfsdk:"drop_all_capabilities"`
	SeccompRuntimeDefault    types.Bool     `tfsdk:"seccomp_runtime_default"`
	NoHostNamespaces         types.Bool     `tfsdk:"no_host_namespaces"`
	NoHostPath               types.Bool     `tfsdk:"no_host_path"`
	AllowedAddedCapabilities []types.String `tfsdk:"allowed_added_capabilities"`
}

type resourceLimitsModel struct {
	Required  []types.String `tfsdk:"required"`
	MaxCPU    types.String   `tfsdk:"max_cpu"`
	MaxMemory types.String   `tfsdk:"max_memory"`
}

type customRuleModel struct {
	Name       types.String `tfsdk:"name"`
	Expression types.String `tfsdk:"expression"`
	Message    types.String `tfsdk:"message"`
}

// spec gives the rules in plain values.
func (m *rulesModel) spec() spec.AdmissionRules {
	r := spec.AdmissionRules{
		AllowedRegistries:   governed.Strings(m.AllowedRegistries),
		RuntimeClasses:      governed.Strings(m.RuntimeClasses),
		NoAutomountedTokens: m.NoAutomountedTokens.ValueBool(),
		SignedImages:        m.SignedImages.spec(),
		SecurityContext:     m.SecurityContext.spec(),
	}
	if l := m.ApprovalLabel; l != nil {
		r.ApprovalLabel = &spec.ApprovalLabel{Key: l.Key.ValueString(), Values: governed.Strings(l.Values)}
	}
	if s := m.MCPServers; s != nil {
		r.MCPServers = &spec.MCPServers{
			LabelKey: s.LabelKey.ValueString(), LabelValue: s.LabelValue.ValueString(), AllowedImages: governed.Strings(s.AllowedImages),
		}
	}
	if s := m.SPIFFEIdentity; s != nil {
		r.SPIFFEIdentity = &spec.SPIFFEIdentity{CSIDriver: s.CSIDriver.ValueString(), Annotation: s.Annotation.ValueString()}
	}
	if l := m.ResourceLimits; l != nil {
		r.ResourceLimits = &spec.ResourceLimits{
			Required: governed.Strings(l.Required), MaxCPU: l.MaxCPU.ValueString(), MaxMemory: l.MaxMemory.ValueString(),
		}
	}
	for _, c := range m.Custom {
		r.Custom = append(r.Custom, spec.CustomRule{
			Name: c.Name.ValueString(), Expression: c.Expression.ValueString(), Message: c.Message.ValueString(),
		})
	}
	return r
}

func (m *securityContextModel) spec() *spec.SecurityContext {
	if m == nil {
		return nil
	}
	return &spec.SecurityContext{
		RunAsNonRoot:             m.RunAsNonRoot.ValueBool(),
		NoPrivilegeEscalation:    m.NoPrivilegeEscalation.ValueBool(),
		NoPrivileged:             m.NoPrivileged.ValueBool(),
		ReadOnlyRootFilesystem:   m.ReadOnlyRootFilesystem.ValueBool(),
		DropAllCapabilities:      m.DropAllCapabilities.ValueBool(),
		SeccompRuntimeDefault:    m.SeccompRuntimeDefault.ValueBool(),
		NoHostNamespaces:         m.NoHostNamespaces.ValueBool(),
		NoHostPath:               m.NoHostPath.ValueBool(),
		AllowedAddedCapabilities: governed.Strings(m.AllowedAddedCapabilities),
	}
}

func (m *signedImagesModel) spec() *spec.SignedImages {
	if m == nil {
		return nil
	}
	s := &spec.SignedImages{
		Images:     governed.Strings(m.Images),
		PublicKey:  m.PublicKey.ValueString(),
		RekorURL:   m.RekorURL.ValueString(),
		IgnoreTlog: m.IgnoreTlog.ValueBool(),
	}
	if k := m.Keyless; k != nil {
		s.Keyless = &spec.KeylessIdentity{Issuer: k.Issuer.ValueString(), Subject: k.Subject.ValueString()}
	}
	if c := m.Credentials; c != nil {
		s.Registry = &spec.RegistryCredentials{
			Server:    c.Server.ValueString(),
			Username:  c.Username.ValueString(),
			Password:  c.PasswordWO.ValueString(),
			Version:   strconv.FormatInt(c.PasswordWOVersion.ValueInt64(), 10),
			Namespace: c.Namespace.ValueString(),
		}
		if c.Namespace.IsNull() {
			s.Registry.Namespace = kyvernoNamespace
		}
	}
	return s
}

// credentials gives the block that holds the write-only password, nil where there is none.
func (m *model) credentials() *registryCredentialsModel {
	if m.Rules == nil || m.Rules.SignedImages == nil {
		return nil
	}
	return m.Rules.SignedImages.Credentials
}

// TakeSecrets copies the password, which neither plan nor state has.
func (m *model) TakeSecrets(config governed.Model) {
	configured, ok := config.(*model)
	if !ok {
		return
	}
	if to, from := m.credentials(), configured.credentials(); to != nil && from != nil {
		to.PasswordWO = from.PasswordWO
	}
}

// spelt gives the path of a problem as the schema spells it.
func spelt(path []any) []any {
	if n := len(path); n > 1 && path[n-2] == "registry_credentials" && path[n-1] == "password" {
		return append(path[:n-1:n-1], "password_wo")
	}
	return path
}
