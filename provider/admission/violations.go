package admission

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/reports"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

const (
	// defaultLimit keeps the state of a careless configuration below some megabytes.
	defaultLimit = 1000
	// listTimeout bounds reading all reports.
	listTimeout = 5 * time.Minute
)

// NewViolations gives the data source agent_policy_violations.
func NewViolations() datasource.DataSource {
	return &violations{}
}

var _ datasource.DataSourceWithConfigure = (*violations)(nil)

type violations struct{ provider *governed.Provider }

type violationsModel struct {
	Policies   []types.String `tfsdk:"policies"`
	Namespaces []types.String `tfsdk:"namespaces"`
	Include    []types.String `tfsdk:"include"`
	Limit      types.Int64    `tfsdk:"limit"`

	Sources   []types.String `tfsdk:"sources"`
	Results   []resultModel  `tfsdk:"results"`
	Truncated types.Bool     `tfsdk:"truncated"`
	Totals    *totalsModel   `tfsdk:"totals"`
}

type resultModel struct {
	Policy    types.String  `tfsdk:"policy"`
	Rule      types.String  `tfsdk:"rule"`
	Result    types.String  `tfsdk:"result"`
	Severity  types.String  `tfsdk:"severity"`
	Category  types.String  `tfsdk:"category"`
	Message   types.String  `tfsdk:"message"`
	Source    types.String  `tfsdk:"source"`
	Resource  resourceModel `tfsdk:"resource"`
	Timestamp types.String  `tfsdk:"timestamp"`
}

type resourceModel struct {
	APIVersion types.String `tfsdk:"api_version"`
	Kind       types.String `tfsdk:"kind"`
	Namespace  types.String `tfsdk:"namespace"`
	Name       types.String `tfsdk:"name"`
}

type totalsModel struct {
	Pass  types.Int64 `tfsdk:"pass"`
	Fail  types.Int64 `tfsdk:"fail"`
	Warn  types.Int64 `tfsdk:"warn"`
	Error types.Int64 `tfsdk:"error"`
	Skip  types.Int64 `tfsdk:"skip"`
}

func (d *violations) Metadata(_ context.Context, _ datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = "agent_policy_violations"
}

func (d *violations) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = violationsSchema()
}

func (d *violations) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	provider, diags := governed.Handed(req.ProviderData, "agent_policy_violations")
	resp.Diagnostics.Append(diags...)
	if provider != nil {
		d.provider = provider
	}
}

// Read never answers "none" where it could not look: whoever gates a rollout on the answer must be able to rely on it.
func (d *violations) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	switch {
	case d.provider.Unknown && req.ClientCapabilities.DeferralAllowed:
		resp.Deferred = &datasource.Deferred{Reason: datasource.DeferredReasonProviderConfigUnknown}
		return
	case d.provider.Unknown:
		resp.Diagnostics.AddError("Unable to read policy violations",
			"The provider's configuration is not known before the apply, so there is no cluster to read from. Give the data source depends_on with what makes the cluster, so that it is read afterwards.")
		return
	case d.provider.Render:
		resp.Diagnostics.AddError("Unable to read policy violations",
			`With mode = "render" the provider touches no API, so there is nothing to read from. Read violations in a configuration with mode = "apply".`)
		return
	}
	var m violationsModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	client, err := d.provider.Kubernetes()
	if err != nil {
		resp.Diagnostics.AddError("Unable to read policy violations", governed.Reason(err))
		return
	}
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	answer, err := reports.Collect(ctx, client, m.query())
	if err != nil {
		resp.Diagnostics.AddError("Unable to read policy violations", governed.Reason(err))
		return
	}
	m.take(answer)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

func (m *violationsModel) query() reports.Query {
	q := reports.Query{
		Policies:   governed.Strings(m.Policies),
		Namespaces: governed.Strings(m.Namespaces),
		Results:    governed.Strings(m.Include),
		Limit:      defaultLimit,
	}
	if m.Include == nil {
		q.Results = reports.Violations
	}
	if !m.Limit.IsNull() {
		q.Limit = int(m.Limit.ValueInt64())
	}
	return q
}

func (m *violationsModel) take(answer reports.Answer) {
	m.Sources = []types.String{}
	for _, group := range answer.Groups {
		m.Sources = append(m.Sources, types.StringValue(group))
	}
	m.Results = []resultModel{}
	for _, r := range answer.Results {
		m.Results = append(m.Results, fromReport(r))
	}
	m.Truncated = types.BoolValue(answer.Truncated)
	total := func(result string) types.Int64 { return types.Int64Value(answer.Totals[result]) }
	m.Totals = &totalsModel{
		Pass: total(reports.Pass), Fail: total(reports.Fail), Warn: total(reports.Warn), Error: total(reports.Error), Skip: total(reports.Skip),
	}
}

func fromReport(r reports.Result) resultModel {
	m := resultModel{
		Policy:   given(r.Policy),
		Rule:     given(r.Rule),
		Result:   given(r.Result),
		Severity: given(r.Severity),
		Category: given(r.Category),
		Message:  given(r.Message),
		Source:   given(r.Source),
		Resource: resourceModel{
			APIVersion: given(r.Resource.APIVersion),
			Kind:       given(r.Resource.Kind),
			Namespace:  given(r.Resource.Namespace),
			Name:       given(r.Resource.Name),
		},
	}
	if !r.Time.IsZero() {
		m.Timestamp = types.StringValue(r.Time.Format(time.RFC3339))
	}
	return m
}

// given is null for what a report leaves out.
func given(text string) types.String {
	if text == "" {
		return types.StringNull()
	}
	return types.StringValue(text)
}
