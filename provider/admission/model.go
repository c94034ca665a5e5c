package admission

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
	"github.com/agentward/terraform-provider-agent/internal/stack/gcp"
	"github.com/agentward/terraform-provider-agent/internal/stack/oss"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

var (
	_ governed.Secretive = (*model)(nil)
	_ governed.Warner    = (*model)(nil)
	_ governed.Adopter   = (*model)(nil)
	_ governed.Keeper    = (*model)(nil)
	_ governed.Switcher  = (*model)(nil)
)

type model struct {
	governed.Base
	Name              types.String            `tfsdk:"name"`
	Engine            types.String            `tfsdk:"engine"`
	Actions           []types.String          `tfsdk:"actions"`
	NamespaceSelector *governed.LabelSelector `tfsdk:"namespace_selector"`
	ObjectSelector    *governed.LabelSelector `tfsdk:"object_selector"`
	FailurePolicy     types.String            `tfsdk:"failure_policy"`
	Rules             *rulesModel             `tfsdk:"rules"`
	Exceptions        []exceptionModel        `tfsdk:"exceptions"`
	Sidecar           *sidecarModel           `tfsdk:"sidecar"`

	BinaryAuthorization *binaryAuthorizationModel `tfsdk:"binary_authorization"`
}

type exceptionModel struct {
	Name       types.String   `tfsdk:"name"`
	Namespaces []types.String `tfsdk:"namespaces"`
	Names      []types.String `tfsdk:"names"`
	Expression types.String   `tfsdk:"expression"`
	Reason     types.String   `tfsdk:"reason"`
	ExpiresAt  types.String   `tfsdk:"expires_at"`
}

// Label is the policy's id.
func (m *model) Label() string { return m.Name.ValueString() }

// spec gives the policy in plain values. Times that do not parse are left to Validate, which sees the text. Defaults are
// repeated here because a configuration that is only validated has none filled in.
func (m *model) spec(provider *governed.Provider) spec.AdmissionPolicy {
	p := spec.AdmissionPolicy{
		Name:              m.Name.ValueString(),
		Engine:            spec.Engine(m.Engine.ValueString()),
		NamespaceSelector: m.NamespaceSelector.Spec(),
		ObjectSelector:    m.ObjectSelector.Spec(),
		FailClosed:        m.FailurePolicy.ValueString() != failureIgnore,
		Sidecar:           m.Sidecar.spec(provider),

		BinaryAuthorization: m.BinaryAuthorization.spec(provider),
	}
	if m.Engine.IsNull() {
		p.Engine = spec.EngineNative
	}
	for _, action := range m.Actions {
		p.Actions = append(p.Actions, spec.Action(action.ValueString()))
	}
	if m.Actions == nil {
		p.Actions = []spec.Action{spec.ActionDeny}
	}
	slices.Sort(p.Actions)
	if m.Rules != nil {
		p.Rules = m.Rules.spec()
	}
	for _, e := range m.Exceptions {
		expires, _ := e.expiry()
		p.Exceptions = append(p.Exceptions, spec.AdmissionException{
			Name:       e.Name.ValueString(),
			Namespaces: governed.Strings(e.Namespaces),
			Names:      governed.Strings(e.Names),
			Expression: e.Expression.ValueString(),
			Reason:     e.Reason.ValueString(),
			ExpiresAt:  expires,
		})
	}
	if provider != nil {
		p.Labels, p.Annotations = provider.Labels, provider.Annotations
	}
	return p
}

func (e exceptionModel) expiry() (time.Time, error) {
	if e.ExpiresAt.IsNull() {
		return time.Time{}, nil
	}
	return time.Parse(time.RFC3339, e.ExpiresAt.ValueString())
}

// Validate checks the policy.
func (m *model) Validate(provider *governed.Provider) spec.Problems {
	problems := m.spec(provider).Validate()
	for i, problem := range problems {
		problems[i].Path = spelt(problem.Path)
	}
	for i, e := range m.Exceptions {
		if _, err := e.expiry(); err != nil {
			problems.Add([]any{"exceptions", i, "expires_at"},
				`%q is no time of RFC 3339; write one as "2027-01-31T00:00:00Z"`, e.ExpiresAt.ValueString())
		}
	}
	return append(problems, m.validateGoogle(provider)...)
}

// Computed gives nothing: all that follows from the configuration is in objects.
func (m *model) Computed(*governed.Provider) map[string]attr.Value {
	return map[string]attr.Value{}
}

// Observed gives nothing: engines report on pods, not on policies. See the data source agent_policy_violations.
func (m *model) Observed(map[stack.Key]stack.Live) map[string]attr.Value {
	return map[string]attr.Value{}
}

// Render gives the policy's objects, which are Kubernetes' own on both stacks.
func (m *model) Render(provider *governed.Provider) ([]stack.Object, error) {
	if m.On() == spec.GCP {
		return gcp.Admission(m.spec(provider))
	}
	return oss.Admission(m.spec(provider))
}

// PlanWarnings names the exceptions that have ended, a policy that nothing confines, and a sidecar that must be signed. Nothing that is rendered depends on the
// time, so a plan and its apply agree however far apart they are: an exception ends in the cluster, by itself.
func (m *model) PlanWarnings(_ context.Context, provider *governed.Provider) diag.Diagnostics {
	return slices.Concat(m.expired(time.Now()), m.unconfined(provider), m.unsigned(provider))
}

// unconfined warns of a policy that would refuse the cluster's own pods too.
func (m *model) unconfined(provider *governed.Provider) diag.Diagnostics {
	var diags diag.Diagnostics
	p := m.spec(provider)
	if p.NamespaceSelector.Empty() && p.ObjectSelector.Empty() && slices.Contains(p.Actions, spec.ActionDeny) {
		diags.AddAttributeWarning(path.Root("namespace_selector"), fmt.Sprintf("Admission policy %q denies in every namespace", m.Label()),
			"Neither namespace_selector nor object_selector is set, so pods of the cluster itself, as those of kube-system, must meet the rules "+
				"too. Select the namespaces of agents.")
	}
	return diags
}

// expired warns of what does no harm, but what a reader of the configuration takes for an open door.
func (m *model) expired(now time.Time) diag.Diagnostics {
	var diags diag.Diagnostics
	for i, e := range m.Exceptions {
		if expires, err := e.expiry(); err == nil && !expires.IsZero() && !expires.After(now) {
			diags.AddAttributeWarning(path.Root("exceptions").AtListIndex(i).AtName("expires_at"),
				fmt.Sprintf("Exception %q of admission policy %q has expired", e.Name.ValueString(), m.Label()),
				fmt.Sprintf("It covers no pod that was created since %s. Remove it, or give it a later time.", expires.UTC().Format(time.RFC3339)))
		}
	}
	return diags
}
