// Package portability is the data source agent_portability: which permissions of a gateway Google Cloud can carry.
package portability

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/provider/gateway"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

const typeName = "agent_portability"

var _ datasource.DataSourceWithConfigure = (*portability)(nil)

// New gives the data source agent_portability.
func New() datasource.DataSource { return &portability{} }

type portability struct{ provider *governed.Provider }

type model struct {
	Targets     map[string]gateway.Target `tfsdk:"targets"`
	Allow       map[string]gateway.Allow  `tfsdk:"allow"`
	TrustDomain types.String              `tfsdk:"trust_domain"`
	Mode        types.String              `tfsdk:"mode"`
	GCP         *googleModel              `tfsdk:"gcp"`

	Portable    types.Bool                 `tfsdk:"portable"`
	Unportable  []types.String             `tfsdk:"unportable"`
	Permissions map[string]permissionModel `tfsdk:"permissions"`
}

type googleModel struct {
	Project       types.String            `tfsdk:"project"`
	ProjectNumber types.String            `tfsdk:"project_number"`
	Principals    map[string]types.String `tfsdk:"principals"`
	IAP           *iapModel               `tfsdk:"iap"`
}

type iapModel struct {
	Enabled types.Bool   `tfsdk:"enabled"`
	Version types.String `tfsdk:"version"`
}

type permissionModel struct {
	Portable types.Bool     `tfsdk:"portable"`
	Means    types.String   `tfsdk:"means"`
	Reasons  []types.String `tfsdk:"reasons"`
	Notes    []types.String `tfsdk:"notes"`
}

func (d *portability) Metadata(_ context.Context, _ datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = typeName
}

func (d *portability) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = portabilitySchema()
}

func (d *portability) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	provider, diags := governed.Handed(req.ProviderData, typeName)
	resp.Diagnostics.Append(diags...)
	d.provider = provider
}

// Read judges. It asks nobody: the permissions, and what they are about, are all that it needs.
func (d *portability) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	g := m.spec(d.provider)
	if problems := m.mistakes(g); len(problems) > 0 {
		resp.Diagnostics.Append(governed.ProblemDiagnostics(problems)...)
		return
	}
	m.report(g.GooglePortability())
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// spec gives the gateway that the permissions would be of, as far as they depend on it.
func (m *model) spec(provider *governed.Provider) spec.Gateway {
	g := spec.Gateway{
		TrustDomain: m.TrustDomain.ValueString(),
		Mode:        spec.GatewayMode(m.Mode.ValueString()),
		Targets:     map[string]spec.Target{},
		Allow:       map[string]spec.Allow{},
		Google:      &spec.GoogleGateway{},
	}
	if g.Mode == "" {
		g.Mode = spec.ClientToAgent
	}
	for name, target := range m.Targets {
		g.Targets[name] = target.Spec()
	}
	for name, allow := range m.Allow {
		g.Allow[name] = allow.Spec()
	}
	if provider != nil {
		g.Google.Project = provider.Google
		if g.TrustDomain == "" {
			g.TrustDomain = provider.TrustDomain
		}
	}
	m.GCP.onto(g.Google)
	return g
}

func (m *googleModel) onto(g *spec.GoogleGateway) {
	if m == nil {
		return
	}
	if id := m.Project.ValueString(); id != "" && id != g.Project.ID {
		g.Project = spec.GoogleProject{ID: id} // the provider's number is that of its own project
	}
	if number := m.ProjectNumber.ValueString(); number != "" {
		g.Project.Number = number
	}
	g.Principals = governed.StringMap(m.Principals)
	if m.IAP != nil {
		g.IAP = &spec.GoogleIAP{Disabled: !m.IAP.Enabled.IsNull() && !m.IAP.Enabled.ValueBool(), Version: m.IAP.Version.ValueString()}
	}
}

// mistakes are what is wrong with the permissions on any stack.
func (m *model) mistakes(g spec.Gateway) spec.Problems {
	var problems spec.Problems
	for _, problem := range g.Validate() {
		if len(problem.Path) > 0 && problem.Path[0] == "allow" {
			problem.Path = gateway.AllowPath(m.Allow, problem.Path)
			problems = append(problems, problem)
		}
	}
	return problems
}

// report writes down what was found, in the order of the permissions' names.
func (m *model) report(found []spec.GooglePortability) {
	m.Unportable, m.Permissions = []types.String{}, map[string]permissionModel{}
	for _, p := range found {
		permission := permissionModel{Portable: types.BoolValue(p.Portable()), Means: types.StringNull(), Reasons: []types.String{}, Notes: []types.String{}}
		if p.Means != "" {
			permission.Means = types.StringValue(string(p.Means))
		}
		for _, problem := range p.Problems {
			problem.Path = gateway.AllowPath(m.Allow, problem.Path)
			permission.Reasons = append(permission.Reasons, types.StringValue(problem.Error()))
		}
		for _, note := range p.Notes {
			permission.Notes = append(permission.Notes, types.StringValue(note))
		}
		if !p.Portable() {
			m.Unportable = append(m.Unportable, types.StringValue(p.Allow))
		}
		m.Permissions[p.Allow] = permission
	}
	m.Portable = types.BoolValue(len(m.Unportable) == 0)
}
