package conformance

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/agentward/terraform-provider-agent/internal/kars"
	"github.com/agentward/terraform-provider-agent/internal/kars/active"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

const (
	typeName = "kars_conformance"
	noRender = `With mode = "render" the provider touches no API, so there is no cluster to look at. Use kars_conformance in a configuration with mode = "apply".`
	// reportKey is where private state keeps the report that the attributes are made of.
	reportKey = "report"
	// writeTimeout bounds an apply that sets no timeouts.
	writeTimeout = 30 * time.Minute
)

var errInterrupted = errors.New("the API server stopped answering before everything was read")

// New gives the resource kars_conformance.
func New() resource.Resource { return &conformance{} }

var (
	_ resource.ResourceWithConfigure      = (*conformance)(nil)
	_ resource.ResourceWithModifyPlan     = (*conformance)(nil)
	_ resource.ResourceWithValidateConfig = (*conformance)(nil)
)

type conformance struct{ provider *governed.Provider }

func (r *conformance) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = typeName
}

func (r *conformance) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = resourceSchema(ctx)
}

func (r *conformance) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	provider, diags := governed.Handed(req.ProviderData, typeName)
	resp.Diagnostics.Append(diags...)
	if provider != nil {
		r.provider = provider
	}
}

func (r *conformance) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	if !req.Config.Raw.IsFullyKnown() {
		return
	}
	var m resourceModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(m.invalid()...)
}

// ModifyPlan plans what an apply brings about: a cluster that conforms. What it will look like in detail only the apply's own look
// tells, so that a cluster that conforms no more shows as a difference, requirement by requirement.
func (r *conformance) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	if r.provider != nil && r.provider.Render {
		resp.Diagnostics.AddError("Unable to plan "+typeName, noRender)
		return
	}
	if !req.State.Raw.IsNull() && req.Plan.Raw.Equal(req.State.Raw) {
		var conforms types.Bool
		resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root("conforms"), &conforms)...)
		if conforms.ValueBool() || resp.Diagnostics.HasError() {
			return
		}
		resp.Diagnostics.Append(unknown(ctx, &resp.Plan)...)
	}
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("conforms"), true)...)
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("unmet"), map[string]string{})...)
}

// unknown leaves to the apply what only a look tells.
func unknown(ctx context.Context, plan *tfsdk.Plan) diag.Diagnostics {
	var diags diag.Diagnostics
	for name := range lookAttributes() {
		attribute, more := plan.Schema.AttributeAtPath(ctx, path.Root(name))
		diags.Append(more...)
		if attribute == nil || !attribute.IsComputed() {
			continue
		}
		of := attribute.GetType()
		value, err := of.ValueFromTerraform(ctx, tftypes.NewValue(of.TerraformType(ctx), tftypes.UnknownValue))
		if err != nil {
			diags.AddError("Unable to plan "+typeName, fmt.Sprintf("Attribute %q: %v. This is a bug in the provider.", name, err))
			continue
		}
		diags.Append(plan.SetAttribute(ctx, path.Root(name), value)...)
	}
	return diags
}

func (r *conformance) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	a := application{conformance: r, verb: "create", state: &resp.State, private: resp.Private}
	resp.Diagnostics.Append(a.apply(ctx, req.Config)...)
}

func (r *conformance) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	a := application{conformance: r, verb: "update", state: &resp.State, private: resp.Private}
	resp.Diagnostics.Append(a.apply(ctx, req.Config)...)
}

// Read looks at the cluster again, and says of what an active probe verified whether it is taken back. A cluster that does not answer
// leaves the state as it was.
func (r *conformance) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var m resourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	earlier, diags := readReport(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() || r.provider == nil || r.provider.Render || r.provider.Unknown {
		return
	}
	gate, list, diags := m.gate()
	resp.Diagnostics.Append(diags...)
	timeout, diags := m.Timeouts.Read(ctx, lookTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	report, err := look(ctx, r.provider, list, m.GKE.ValueString())
	if err != nil {
		tflog.Debug(ctx, "cluster could not be looked at and is kept as it was", map[string]any{"reason": err.Error()})
		return
	}
	report = report.KeepVerified(earlier)
	report.Probe = cmp.Or(earlier.Probe, report.Probe)
	if report.SaysTheSame(earlier) {
		report.Started, report.Finished = earlier.Started, earlier.Finished
	}
	resp.Diagnostics.Append(m.take(report, gate, time.Now())...)
	resp.Diagnostics.Append(writeReport(ctx, resp.Private, report)...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	}
}

// Delete has nothing to remove.
func (r *conformance) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}

// application is one create or update: a look that has to end well.
type application struct {
	*conformance
	verb    string
	state   *tfsdk.State
	private privateWriter
}

// apply takes what is configured from the configuration, which is known by now: the plan holds unknown collections beside it.
func (a *application) apply(ctx context.Context, config tfsdk.Config) diag.Diagnostics {
	var m resourceModel
	diags := config.Get(ctx, &m)
	if diags.HasError() {
		return diags
	}
	gate, list, more := m.gate()
	diags.Append(more...)
	timeout, more := a.timeout(ctx, m)
	diags.Append(more...)
	if diags.HasError() {
		return diags
	}
	lookCtx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	report, err := a.look(lookCtx, m, list)
	if err != nil {
		diags.Append(governed.Unable(a.verb, "AI conformance", list.Version, err))
		return diags
	}
	diags.Append(m.take(report, gate, time.Now())...)
	if unmet := gate.Judge(report, time.Now()).Unmet; len(unmet) > 0 {
		diags.AddAttributeError(path.Root("require"), fmt.Sprintf("Unable to %s AI conformance %q: the cluster does not conform", a.verb, list.Version), complaint(unmet, gate, time.Now()))
	}
	if diags.HasError() {
		return diags
	}
	m.ID = types.StringValue("kars-" + list.Version)
	diags.Append(a.state.Set(ctx, &m)...)
	return append(diags, writeReport(ctx, a.private, report)...)
}

// look reads the cluster, and tries out what is found where that is asked for.
func (a *application) look(ctx context.Context, m resourceModel, list kars.Checklist) (kars.Report, error) {
	report, err := look(ctx, a.provider, list, m.GKE.ValueString())
	if err != nil || m.Probe.ValueString() != string(kars.Active) {
		return report, err
	}
	config, err := a.provider.REST()
	if err != nil {
		return report, err
	}
	report, err = active.Run(ctx, config, report, m.Active.options(), func(id string) {
		tflog.Info(ctx, "trying out a requirement", map[string]any{"requirement": id})
	})
	report.Finished = time.Now()
	return whole(report, err)
}

func (a *application) timeout(ctx context.Context, m resourceModel) (time.Duration, diag.Diagnostics) {
	if a.verb == "create" {
		return m.Timeouts.Create(ctx, writeTimeout)
	}
	return m.Timeouts.Update(ctx, writeTimeout)
}

// complaint lists what is unmet, each with what to do.
func complaint(unmet []kars.Result, gate kars.Gate, now time.Time) string {
	var text strings.Builder
	for _, r := range unmet {
		number := ""
		if r.KAR != 0 {
			number = fmt.Sprintf(", KAR-%d", r.KAR)
		}
		fmt.Fprintf(&text, "%s (%s%s): %s", r.ID, r.Level, number, r.Complaint())
		if gap, ok := gate.Gap(r.ID); ok && gap.Over(now) {
			fmt.Fprintf(&text, " The gap was accepted until %s.", gap.Last().Format("2 January 2006"))
		}
		text.WriteString("\n\n")
	}
	text.WriteString("Mend the cluster and apply again, or accept the gap for a while in accepted_gaps.")
	return text.String()
}

type privateReader interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

type privateWriter interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

func readReport(ctx context.Context, private privateReader) (report kars.Report, diags diag.Diagnostics) {
	text, diags := private.GetKey(ctx, reportKey)
	if len(text) == 0 || diags.HasError() {
		return report, diags
	}
	if err := json.Unmarshal(text, &report); err != nil {
		diags.AddError("Unable to read "+typeName, fmt.Sprintf("What the provider remembers of it cannot be read: %v.", err))
	}
	return report, diags
}

func writeReport(ctx context.Context, private privateWriter, report kars.Report) diag.Diagnostics {
	text, err := json.Marshal(report)
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("Unable to remember "+typeName, err.Error())}
	}
	return private.SetKey(ctx, reportKey, text)
}
