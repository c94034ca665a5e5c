package admission

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

// binaryAuthorizationModel is what the policy has in the Binary Authorization policy of a Google Cloud project.
type binaryAuthorizationModel struct {
	Project         types.String                  `tfsdk:"project"`
	Default         *admissionRuleModel           `tfsdk:"default_rule"`
	Clusters        map[string]admissionRuleModel `tfsdk:"cluster_rules"`
	Namespaces      map[string]admissionRuleModel `tfsdk:"namespace_rules"`
	ServiceAccounts map[string]admissionRuleModel `tfsdk:"service_account_rules"`
	ExemptImages    []types.String                `tfsdk:"exempt_images"`
	SystemImages    types.Bool                    `tfsdk:"system_images"`
	Attestors       map[string]attestorModel      `tfsdk:"attestors"`
	Adopt           types.Bool                    `tfsdk:"adopt"`
	OnDestroy       types.String                  `tfsdk:"on_destroy"`
}

type admissionRuleModel struct {
	Evaluation  types.String   `tfsdk:"evaluation"`
	Enforcement types.String   `tfsdk:"enforcement"`
	Attestors   []types.String `tfsdk:"attestors"`
}

type attestorModel struct {
	Description types.String       `tfsdk:"description"`
	Note        types.String       `tfsdk:"note"`
	PublicKeys  []attestorKeyModel `tfsdk:"public_keys"`
}

type attestorKeyModel struct {
	ID                 types.String `tfsdk:"id"`
	Comment            types.String `tfsdk:"comment"`
	PGP                types.String `tfsdk:"pgp"`
	PEM                types.String `tfsdk:"pem"`
	SignatureAlgorithm types.String `tfsdk:"signature_algorithm"`
}

// The values of on_destroy.
const (
	onDestroyRestore = "restore"
	onDestroyKeep    = "keep"
)

func (m *binaryAuthorizationModel) spec(provider *governed.Provider) *spec.GoogleBinaryAuthorization {
	if m == nil {
		return nil
	}
	b := &spec.GoogleBinaryAuthorization{
		Project:         provider.Place(spec.GoogleProject{ID: m.Project.ValueString()}),
		Clusters:        admissionRules(m.Clusters),
		Namespaces:      admissionRules(m.Namespaces),
		ServiceAccounts: admissionRules(m.ServiceAccounts),
		ExemptImages:    governed.Strings(m.ExemptImages),
		Adopt:           m.Adopt.ValueBool(),
		Keep:            m.OnDestroy.ValueString() == onDestroyKeep,
	}
	if m.Default != nil {
		rule := m.Default.spec()
		b.Default = &rule
	}
	if !m.SystemImages.IsNull() {
		b.SystemImages = m.SystemImages.ValueBoolPointer()
	}
	for id, a := range m.Attestors {
		if b.Attestors == nil {
			b.Attestors = map[string]spec.GoogleAttestor{}
		}
		b.Attestors[id] = a.spec()
	}
	return b
}

func admissionRules(models map[string]admissionRuleModel) map[string]spec.GoogleAdmissionRule {
	rules := make(map[string]spec.GoogleAdmissionRule, len(models))
	for name, m := range models {
		rules[name] = m.spec()
	}
	return rules
}

func (m admissionRuleModel) spec() spec.GoogleAdmissionRule {
	rule := spec.GoogleAdmissionRule{Evaluation: m.Evaluation.ValueString(), Enforcement: m.Enforcement.ValueString(), Attestors: governed.Strings(m.Attestors)}
	if m.Enforcement.IsNull() {
		rule.Enforcement = spec.EnforcementEnforce
	}
	return rule
}

func (m attestorModel) spec() spec.GoogleAttestor {
	a := spec.GoogleAttestor{Description: m.Description.ValueString(), Note: m.Note.ValueString()}
	for _, k := range m.PublicKeys {
		a.Keys = append(a.Keys, spec.GoogleAttestorKey{
			ID: k.ID.ValueString(), Comment: k.Comment.ValueString(), PGP: k.PGP.ValueString(), PEM: k.PEM.ValueString(), Algorithm: k.SignatureAlgorithm.ValueString(),
		})
	}
	return a
}

// validateGoogle checks what is Google Cloud's alone. Without a provider the project may still come from there.
func (m *model) validateGoogle(provider *governed.Provider) spec.Problems {
	if m.BinaryAuthorization == nil {
		return nil
	}
	if m.On() == spec.OSS {
		var problems spec.Problems
		problems.Add([]any{"binary_authorization"}, "is of stack %q, and the policy is on %q: leave it out, or set stack = %q", spec.GCP, spec.OSS, spec.GCP)
		return problems
	}
	if provider == nil {
		provider = &governed.Provider{Google: spec.GoogleProject{ID: "of-the-provider"}}
	}
	return m.spec(provider).ValidateGoogle()
}

// Kept says that what the policy has in Binary Authorization stays when it goes, where on_destroy says so: with the rules the attestors,
// without which the rules would let nothing in.
func (m *model) Kept(key stack.Key) bool {
	return key.Google() && m.BinaryAuthorization != nil && m.BinaryAuthorization.OnDestroy.ValueString() == onDestroyKeep
}

// Switched says what a move between the stacks means.
func (m *model) Switched(from spec.Stack) string {
	if from == spec.GCP && m.BinaryAuthorization == nil {
		return "What Kubernetes enforces is the same on both stacks and stays as it is. What the policy has in Binary Authorization goes, unless on_destroy was \"keep\"."
	}
	return "What Kubernetes enforces is the same on both stacks and stays as it is."
}
