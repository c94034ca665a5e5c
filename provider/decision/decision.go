// Package decision is the data source agent_decision: how the gateway would decide a call.
package decision

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/gateway/policy"
	"github.com/agentward/terraform-provider-agent/internal/gateway/question"
	"github.com/agentward/terraform-provider-agent/provider/gateway"
)

// New gives the data source agent_decision.
func New() datasource.DataSource { return &decision{} }

type decision struct{}

type model struct {
	Policies    map[string]types.String  `tfsdk:"policies"`
	Allow       map[string]gateway.Allow `tfsdk:"allow"`
	TrustDomain types.String             `tfsdk:"trust_domain"`
	Principal   principalModel           `tfsdk:"principal"`
	Call        callModel                `tfsdk:"call"`
	Time        types.String             `tfsdk:"time"`
	SourceIP    types.String             `tfsdk:"source_ip"`
	MTLS        types.Bool               `tfsdk:"mtls"`
	Listing     types.Bool               `tfsdk:"listing"`

	Allowed types.Bool     `tfsdk:"allowed"`
	Reason  types.String   `tfsdk:"reason"`
	By      []types.String `tfsdk:"decided_by"`
	Audited []types.String `tfsdk:"audited"`
	Error   types.String   `tfsdk:"error"`
}

type principalModel struct {
	SPIFFEID types.String            `tfsdk:"spiffe_id"`
	Subject  types.String            `tfsdk:"subject"`
	Issuer   types.String            `tfsdk:"issuer"`
	User     types.String            `tfsdk:"user"`
	UserFrom types.String            `tfsdk:"user_issuer"`
	Labels   map[string]types.String `tfsdk:"labels"`
	Methods  []types.String          `tfsdk:"methods"`
	Claims   types.String            `tfsdk:"claims"`
}

type callModel struct {
	Protocol    types.String      `tfsdk:"protocol"`
	Version     types.String      `tfsdk:"version"`
	Direction   types.String      `tfsdk:"direction"`
	Method      types.String      `tfsdk:"method"`
	Target      types.String      `tfsdk:"target"`
	Operation   types.String      `tfsdk:"operation"`
	Kind        types.String      `tfsdk:"kind"`
	Name        types.String      `tfsdk:"name"`
	Arguments   types.String      `tfsdk:"arguments"`
	Message     types.String      `tfsdk:"message"`
	Annotations *annotationsModel `tfsdk:"annotations"`
}

type annotationsModel struct {
	ReadOnly    types.Bool `tfsdk:"read_only"`
	Destructive types.Bool `tfsdk:"destructive"`
	Idempotent  types.Bool `tfsdk:"idempotent"`
	OpenWorld   types.Bool `tfsdk:"open_world"`
}

func (d *decision) Metadata(_ context.Context, _ datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = "agent_decision"
}

func (d *decision) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = decisionSchema()
}

// Read decides. It asks nobody: the policies and the call are all that it needs.
func (d *decision) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	engine, diags := m.engine()
	resp.Diagnostics.Append(diags...)
	text, err := json.Marshal(m.question())
	if err != nil {
		resp.Diagnostics.AddError("Unable to read the call", err.Error())
	}
	if resp.Diagnostics.HasError() {
		return
	}
	request, err := question.Read(bytes.NewReader(text), time.Now())
	if err != nil {
		resp.Diagnostics.AddError("Unable to read the call", fmt.Sprintf("No call could be like this one: %v.", err))
		return
	}
	said := engine.Decide(ctx, request)
	m.Allowed, m.Reason, m.Error = types.BoolValue(said.Allowed), types.StringValue(said.Reason), types.StringNull()
	if said.Err != nil {
		m.Error = types.StringValue(said.Err.Error())
	}
	m.By, m.Audited = values(said.Policies), values(said.Audited)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// engine loads the policies. Their errors are the attribute's, with the place in the text.
func (m *model) engine() (*policy.Engine, diag.Diagnostics) {
	sources, diags := m.permissions()
	if diags.HasError() {
		return nil, diags
	}
	for _, name := range slices.Sorted(maps.Keys(m.Policies)) {
		sources = append(sources, policy.Source{Name: name, Text: []byte(m.Policies[name].ValueString())})
	}
	engine, err := policy.New(sources...)
	for _, problem := range policy.Problems(err) {
		diags.AddAttributeError(m.at(problem.File), fmt.Sprintf("Unable to use policy %q", problem.File),
			fmt.Sprintf("Line %d, column %d: %s.", problem.Line, problem.Column, problem.Message))
	}
	if err != nil && !diags.HasError() {
		diags.AddAttributeError(path.Root("policies"), "Unable to use the policies", err.Error())
	}
	return engine, diags
}

// question is the call as question.Read wants it. What is not configured is left out.
func (m *model) question() map[string]any {
	p, c := m.Principal, m.Call
	caller := map[string]any{}
	put(caller, map[string]types.String{"spiffe_id": p.SPIFFEID, "subject": p.Subject, "issuer": p.Issuer, "user": p.User, "user_issuer": p.UserFrom})
	embed(caller, map[string]types.String{"claims": p.Claims})
	if p.Labels != nil {
		labels := map[string]any{}
		put(labels, p.Labels)
		caller["labels"] = labels
	}
	if p.Methods != nil {
		methods := make([]string, len(p.Methods))
		for i, method := range p.Methods {
			methods[i] = method.ValueString()
		}
		caller["methods"] = methods
	}
	call := map[string]any{}
	put(call, map[string]types.String{
		"protocol": c.Protocol, "version": c.Version, "direction": c.Direction, "method": c.Method, "target": c.Target, "operation": c.Operation, "kind": c.Kind, "name": c.Name,
	})
	embed(call, map[string]types.String{"arguments": c.Arguments, "message": c.Message})
	if a := c.Annotations; a != nil {
		call["annotations"] = map[string]bool{
			"ReadOnly": a.ReadOnly.ValueBool(), "Destructive": a.Destructive.ValueBool(), "Idempotent": a.Idempotent.ValueBool(), "OpenWorld": a.OpenWorld.ValueBool(),
		}
	}
	q := map[string]any{"principal": caller, "call": call, "mtls": m.MTLS.ValueBool(), "listing": m.Listing.ValueBool()}
	put(q, map[string]types.String{"time": m.Time, "source_ip": m.SourceIP})
	return q
}

func put(to map[string]any, attributes map[string]types.String) {
	for name, value := range attributes {
		if !value.IsNull() {
			to[name] = value.ValueString()
		}
	}
}

// embed puts JSON in.
func embed(to map[string]any, attributes map[string]types.String) {
	for name, value := range attributes {
		if !value.IsNull() {
			to[name] = json.RawMessage(value.ValueString())
		}
	}
}

func values(list []string) []types.String {
	out := make([]types.String, len(list))
	for i, s := range list {
		out[i] = types.StringValue(s)
	}
	return out
}
