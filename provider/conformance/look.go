package conformance

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/datasource"

	"github.com/agentward/terraform-provider-agent/internal/kars"
	"github.com/agentward/terraform-provider-agent/internal/kars/cluster"
	"github.com/agentward/terraform-provider-agent/internal/kars/gke"
	"github.com/agentward/terraform-provider-agent/internal/kars/passive"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

// lookTimeout bounds a passive look.
const lookTimeout = 5 * time.Minute

// NewLook gives the data source kars_conformance.
func NewLook() datasource.DataSource { return &looker{} }

var (
	_ datasource.DataSourceWithConfigure      = (*looker)(nil)
	_ datasource.DataSourceWithValidateConfig = (*looker)(nil)
)

type looker struct{ provider *governed.Provider }

func (d *looker) Metadata(_ context.Context, _ datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = typeName
}

func (d *looker) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = lookSchema()
}

func (d *looker) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	provider, diags := governed.Handed(req.ProviderData, typeName)
	resp.Diagnostics.Append(diags...)
	if provider != nil {
		d.provider = provider
	}
}

func (d *looker) ValidateConfig(ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse) {
	if !req.Config.Raw.IsFullyKnown() {
		return
	}
	var m lookModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(m.invalid()...)
}

// Read never answers for a cluster that it could not look at.
func (d *looker) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	switch {
	case d.provider.Unknown && req.ClientCapabilities.DeferralAllowed:
		resp.Deferred = &datasource.Deferred{Reason: datasource.DeferredReasonProviderConfigUnknown}
		return
	case d.provider.Unknown:
		resp.Diagnostics.AddError("Unable to look at the cluster",
			"The provider's configuration is not known before the apply, so there is no cluster to look at. Give the data source depends_on with what makes the cluster, so that it is read afterwards.")
		return
	case d.provider.Render:
		resp.Diagnostics.AddError("Unable to look at the cluster", noRender)
		return
	}
	var m lookModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	gate, list, diags := m.gate()
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	report, err := look(ctx, d.provider, list, m.GKE.ValueString())
	if err != nil {
		resp.Diagnostics.AddError("Unable to look at the cluster", governed.Reason(err))
		return
	}
	resp.Diagnostics.Append(m.take(report, gate, time.Now())...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	}
}

// look reads the cluster once, and asks GKE too where the cluster has a name there. It gives errInterrupted with what had been read.
func look(ctx context.Context, provider *governed.Provider, list kars.Checklist, name string) (kars.Report, error) {
	config, err := provider.REST()
	if err != nil {
		return kars.Report{}, err
	}
	client, err := cluster.New(config)
	if err != nil {
		return kars.Report{}, err
	}
	started := time.Now()
	report, err := passive.Run(ctx, client, list, started, nil)
	if err == nil && name != "" {
		report, err = askGKE(ctx, provider, report, name)
	}
	report.Program, report.Started, report.Finished = "terraform-provider-agent "+provider.Version, started, time.Now()
	return whole(report, err)
}

func askGKE(ctx context.Context, provider *governed.Provider, report kars.Report, name string) (kars.Report, error) {
	google, err := provider.GoogleCloud()
	if err != nil {
		return report, err
	}
	found, err := google.Cluster(ctx, name)
	if err != nil {
		return report, err
	}
	return gke.Inform(report, *found)
}

// whole makes a report that was interrupted an error.
func whole(report kars.Report, err error) (kars.Report, error) {
	if err == nil && report.Interrupted {
		err = errInterrupted
	}
	return report, err
}
