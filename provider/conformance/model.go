// Package conformance is the resource and the data source kars_conformance: whether a cluster meets the requirements of CNCF Kubernetes
// AI Conformance, and stays so. It owns no objects, so that nothing of package governed's plans and applies is in it.
package conformance

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/kars"
	"github.com/agentward/terraform-provider-agent/internal/kars/active"
	"github.com/agentward/terraform-provider-agent/internal/kars/product"
	"github.com/agentward/terraform-provider-agent/internal/kars/publish"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

// lookModel is what the resource and the data source have in common.
type lookModel struct {
	Version  types.String        `tfsdk:"version"`
	Require  []types.String      `tfsdk:"require"`
	Strict   types.Bool          `tfsdk:"strict"`
	Accepted map[string]gapModel `tfsdk:"accepted_gaps"`
	Product  *productModel       `tfsdk:"product"`
	GKE      types.String        `tfsdk:"gke_cluster"`

	Conforms          types.Bool               `tfsdk:"conforms"`
	Unmet             map[string]types.String  `tfsdk:"unmet"`
	Undetermined      []types.String           `tfsdk:"undetermined"`
	Results           map[string]resultModel   `tfsdk:"results"`
	Proposed          map[string]proposedModel `tfsdk:"proposed"`
	Totals            map[string]types.Int64   `tfsdk:"totals"`
	KubernetesVersion types.String             `tfsdk:"kubernetes_version"`
	JSON              types.String             `tfsdk:"json"`
	JUnit             types.String             `tfsdk:"junit"`
	HTML              types.String             `tfsdk:"html"`
	ProductYAML       types.String             `tfsdk:"product_yaml"`
	ProductProblems   []types.String           `tfsdk:"product_problems"`
}

type resourceModel struct {
	lookModel
	ID       types.String   `tfsdk:"id"`
	Probe    types.String   `tfsdk:"probe"`
	Active   *activeModel   `tfsdk:"active"`
	Timeouts timeouts.Value `tfsdk:"timeouts"`
}

type activeModel struct {
	Image          types.String            `tfsdk:"image"`
	SPIRESocket    types.String            `tfsdk:"spire_socket"`
	SPIREClass     types.String            `tfsdk:"spire_class"`
	AgentNamespace map[string]types.String `tfsdk:"agent_namespace_labels"`
	Approved       map[string]types.String `tfsdk:"approved_labels"`
	GatewayClass   types.String            `tfsdk:"gateway_class"`
	GatewayPort    types.Int64             `tfsdk:"gateway_port"`
	GatewayAddress types.String            `tfsdk:"gateway_address"`
}

func (m *activeModel) options() active.Options {
	if m == nil {
		return active.Options{}
	}
	return active.Options{
		Image: m.Image.ValueString(), SPIRESocket: m.SPIRESocket.ValueString(), SPIREClass: m.SPIREClass.ValueString(),
		AgentNamespace: governed.StringMap(m.AgentNamespace), Approved: governed.StringMap(m.Approved),
		GatewayClass: m.GatewayClass.ValueString(), GatewayPort: int(m.GatewayPort.ValueInt64()), GatewayAddress: m.GatewayAddress.ValueString(),
	}
}

type gapModel struct {
	Reason  types.String `tfsdk:"reason"`
	Expires types.String `tfsdk:"expires"`
}

type productModel struct {
	Checklist types.String            `tfsdk:"checklist"`
	Metadata  map[string]types.String `tfsdk:"metadata"`
	Claims    map[string]claimModel   `tfsdk:"claims"`
}

type claimModel struct {
	Status   types.String   `tfsdk:"status"`
	Evidence []types.String `tfsdk:"evidence"`
	Notes    types.String   `tfsdk:"notes"`
}

type resultModel struct {
	Title    types.String   `tfsdk:"title"`
	Category types.String   `tfsdk:"category"`
	Level    types.String   `tfsdk:"level"`
	KAR      types.Int64    `tfsdk:"kar"`
	Status   types.String   `tfsdk:"status"`
	Probe    types.String   `tfsdk:"probe"`
	Reason   types.String   `tfsdk:"reason"`
	Evidence []types.String `tfsdk:"evidence"`
	Unread   []types.String `tfsdk:"unread"`
	Remedy   types.String   `tfsdk:"remedy"`
}

type proposedModel struct {
	Title    types.String   `tfsdk:"title"`
	Status   types.String   `tfsdk:"status"`
	Probe    types.String   `tfsdk:"probe"`
	Reason   types.String   `tfsdk:"reason"`
	Evidence []types.String `tfsdk:"evidence"`
	Sources  []types.String `tfsdk:"sources"`
}

// gate gives what the cluster has to meet. Problems are those of the attributes.
func (m *lookModel) gate() (kars.Gate, kars.Checklist, diag.Diagnostics) {
	var diags diag.Diagnostics
	gate := kars.Gate{Require: governed.Strings(m.Require), Strict: m.Strict.ValueBool()}
	list, err := kars.ForVersion(m.Version.ValueString())
	if err != nil {
		diags.AddAttributeError(path.Root("version"), "Invalid version", err.Error())
		return gate, list, diags
	}
	if err := gate.Validate(list); err != nil {
		diags.AddAttributeError(path.Root("require"), "Invalid require", err.Error())
	}
	for _, id := range slices.Sorted(maps.Keys(m.Accepted)) {
		gap := kars.Gap{Requirement: id, Reason: m.Accepted[id].Reason.ValueString()}
		at := path.Root("accepted_gaps").AtMapKey(id)
		if gap.Expires, err = expiry(m.Accepted[id].Expires.ValueString()); err != nil {
			diags.AddAttributeError(at.AtName("expires"), "Invalid accepted_gaps", fmt.Sprintf("The gap in %s expires at %v.", id, err))
		}
		if err := (kars.Gate{Gaps: []kars.Gap{gap}}).Validate(list); err != nil {
			diags.AddAttributeError(at, "Invalid accepted_gaps", err.Error())
		}
		gate.Gaps = append(gate.Gaps, gap)
	}
	return gate, list, diags
}

// expiry reads a day, which is over when it is over in UTC, or a time.
func expiry(text string) (time.Time, error) {
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day.AddDate(0, 0, 1), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, fmt.Errorf("%q, which is neither a day such as 2027-03-31 nor a time such as 2027-03-31T12:00:00Z", text)
	}
	return at, nil
}

// take puts a report and what the gate says of it into the computed attributes.
func (m *lookModel) take(report kars.Report, gate kars.Gate, now time.Time) diag.Diagnostics {
	verdict := gate.Judge(report, now)
	m.judged(verdict)
	m.Results = map[string]resultModel{}
	for _, r := range report.Results {
		m.Results[r.ID] = fromResult(r)
	}
	m.Proposed = map[string]proposedModel{}
	for _, r := range report.Proposed {
		m.Proposed[r.ID] = proposedModel{
			Title: types.StringValue(r.Title), Status: types.StringValue(string(r.Status)), Probe: types.StringValue(string(r.Probe)),
			Reason: types.StringValue(r.Reason), Evidence: values(r.Evidence), Sources: values(r.Sources),
		}
	}
	m.Totals = map[string]types.Int64{}
	for status, n := range kars.Totals(report.Results) {
		m.Totals[string(status)] = types.Int64Value(int64(n))
	}
	m.KubernetesVersion = types.StringValue(report.Cluster.Kubernetes)
	diags := m.publish(publish.Document{Report: report, Gate: gate, Now: now})
	return append(diags, m.draft(report)...)
}

// judged puts in what changes with the gate and with time alone.
func (m *lookModel) judged(verdict kars.Verdict) {
	m.Conforms = types.BoolValue(len(verdict.Unmet) == 0)
	m.Unmet = map[string]types.String{}
	for _, r := range verdict.Unmet {
		m.Unmet[r.ID] = types.StringValue(string(r.Level) + ", " + r.Complaint())
	}
	m.Undetermined = []types.String{}
	for _, r := range verdict.Undetermined {
		m.Undetermined = append(m.Undetermined, types.StringValue(r.ID))
	}
}

func (m *lookModel) publish(document publish.Document) diag.Diagnostics {
	var diags diag.Diagnostics
	for _, format := range []struct {
		write func() ([]byte, error)
		to    *types.String
	}{{document.JSON, &m.JSON}, {document.JUnit, &m.JUnit}, {document.HTML, &m.HTML}} {
		text, err := format.write()
		if err != nil {
			diags.AddError("Unable to write the report", err.Error())
		}
		*format.to = types.StringValue(string(text))
	}
	return diags
}

// invalid says what is wrong with the attributes, whatever the cluster is like.
func (m *lookModel) invalid() diag.Diagnostics {
	list, err := kars.ForVersion(m.Version.ValueString())
	if err != nil {
		return nil // the schema says so
	}
	_, _, diags := m.gate()
	if m.Product == nil {
		return diags
	}
	checklist, stated := m.submission()
	if err := product.Try(checklist, list, stated); err != nil {
		diags.AddAttributeError(path.Root("product"), "Invalid product", err.Error())
	}
	return diags
}

// submission gives the checklist, and what the vendor says.
func (m *lookModel) submission() (checklist []byte, stated product.Product) {
	stated = product.Product{Metadata: governed.StringMap(m.Product.Metadata), Claims: map[string]product.Claim{}}
	for id, claim := range m.Product.Claims {
		stated.Claims[id] = product.Claim{Status: claim.Status.ValueString(), Evidence: governed.Strings(claim.Evidence), Notes: claim.Notes.ValueString()}
	}
	return []byte(m.Product.Checklist.ValueString()), stated
}

// draft fills the checklist in where there is one.
func (m *lookModel) draft(report kars.Report) diag.Diagnostics {
	var diags diag.Diagnostics
	m.ProductYAML, m.ProductProblems = types.StringNull(), []types.String{}
	if m.Product == nil {
		return diags
	}
	list, stated := m.submission()
	files := map[string]bool{"junit.xml": true}
	for _, claim := range stated.Claims {
		for _, evidence := range claim.Evidence {
			files[evidence] = true // whether it is there is for the one who submits it to see
		}
	}
	text, err := product.Draft(list, report, stated)
	if err != nil {
		diags.AddAttributeError(path.Root("product"), "Unable to draft PRODUCT.yaml", err.Error())
		return diags
	}
	problems, err := product.Check(list, text, func(name string) bool { return files[name] })
	if err != nil {
		diags.AddAttributeError(path.Root("product"), "Unable to check PRODUCT.yaml", err.Error())
	}
	m.ProductYAML, m.ProductProblems = types.StringValue(string(text)), values(problems)
	return diags
}

func fromResult(r kars.Result) resultModel {
	m := resultModel{
		Title: types.StringValue(r.Title), Category: types.StringValue(r.Category), Level: types.StringValue(string(r.Level)), KAR: types.Int64Null(),
		Status: types.StringValue(string(r.Status)), Probe: types.StringValue(string(r.Probe)), Reason: types.StringValue(r.Reason),
		Evidence: values(r.Evidence), Unread: values(r.Unread), Remedy: types.StringValue(r.Remedy),
	}
	if r.KAR != 0 {
		m.KAR = types.Int64Value(int64(r.KAR))
	}
	return m
}

func values(list []string) []types.String {
	out := make([]types.String, len(list))
	for i, text := range list {
		out[i] = types.StringValue(text)
	}
	return out
}
