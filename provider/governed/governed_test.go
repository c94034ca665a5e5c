package governed

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	providerschema "github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// thing is a resource of nothing but the life cycle: one object for each of its parts, on either stack.
type thing struct {
	Base
	Name  types.String   `tfsdk:"name"`
	Parts []types.String `tfsdk:"parts"`
	GCP   *thingInGoogle `tfsdk:"gcp"`
	Seen  types.String   `tfsdk:"observed"`
}

type thingInGoogle struct {
	Project types.String `tfsdk:"project"`
	Zone    types.String `tfsdk:"zone"`
}

func (m *thing) Label() string                            { return m.Name.ValueString() }
func (m *thing) Validate(*Provider) spec.Problems         { return nil }
func (m *thing) Computed(*Provider) map[string]attr.Value { return map[string]attr.Value{} }
func (m *thing) ImportKeys(*Provider) []stack.Key {
	return []stack.Key{m.key("first"), m.key("elsewhere")}
}
func (m *thing) Switched(spec.Stack) string { return "Tell everybody who has a part." }

// Leaving warns of a part that is named so.
func (m *thing) Leaving(*Provider) diag.Diagnostics {
	for _, part := range m.Parts {
		if part.ValueString() == "missed" {
			return diag.Diagnostics{diag.NewWarningDiagnostic("It will be missed", "By everybody.")}
		}
	}
	return nil
}

// Kept keeps objects that are named so.
func (m *thing) Kept(key stack.Key) bool { return key.Name == "kept" }

// Lasting has what was observed last for as long as the part of that name is there.
func (m *thing) Lasting(*Provider) map[string]stack.Key {
	return map[string]stack.Key{"observed": m.key("lasting")}
}

func (m *thing) key(part string) stack.Key {
	if m.On() == spec.GCP {
		return googleKey(m.GCP.Project.ValueString(), m.Label(), part)
	}
	return partKey(m.Label(), part)
}

func googleKey(project, name, part string) stack.Key {
	return stack.GoogleKey("things.googleapis.com", "projects/"+project+"/things/"+name+"/parts/"+part)
}

// fromFullName takes the name of a thing.
func fromFullName(service, name string) ([]Told, error) {
	said, ok := stack.MatchGoogleName("projects/{project}/things/{thing}", name)
	if !ok || service != "" && service != "things.googleapis.com" {
		return nil, errors.New("it takes things")
	}
	return []Told{{path.Root("name"), said["thing"]}, {path.Root("gcp").AtName("project"), said["project"]}}, nil
}

func (m *thing) Observed(live map[stack.Key]stack.Live) map[string]attr.Value {
	var uids []string
	for _, l := range live {
		uids = append(uids, l.UID)
	}
	slices.Sort(uids)
	return map[string]attr.Value{"observed": types.StringValue(strings.Join(uids, ","))}
}

func (m *thing) Render(*Provider) ([]stack.Object, error) {
	objects := make([]stack.Object, len(m.Parts))
	for i, part := range m.Parts {
		objects[i] = stack.Object{Key: m.key(part.ValueString()), Body: map[string]any{"part": part.ValueString()}}
		if part.ValueString() == "output" {
			objects[i].Body["of"] = stack.Output(m.key("first"), "name")
		}
	}
	return objects, nil
}

// Settle asks the fake, where a test lets it say something.
func (m *thing) Settle(ctx context.Context, provider *Provider) diag.Diagnostics {
	backend, err := provider.Backend(ctx, partKey(m.Label(), "first"))
	f, ok := backend.(*fake)
	if err != nil || !ok || f.settle == nil {
		return nil
	}
	return f.settle(ctx)
}

// partKey takes what follows a number sign for a part in an object that others share.
func partKey(name, part string) stack.Key {
	object, shared, _ := strings.Cut(part, "#")
	return stack.Key{Version: "v1", Kind: "Part", Namespace: name, Name: object, Part: shared}
}

// fake is a backend that can be made to fail at the right moment, which a real one cannot, and that records what is asked of it.
type fake struct {
	mu      sync.Mutex
	objects map[stack.Key]stack.Live
	calls   []string
	fail    func(verb string, key stack.Key) error
	serial  int
	rivals  []string
	settle  func(context.Context) diag.Diagnostics
}

// errUnanswered has the fake do what it is asked, and not say so.
var errUnanswered = errors.New("no answer")

func (f *fake) call(verb string, key stack.Key) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	name := key.Name
	if key.Google() {
		name = "google " + name[strings.LastIndex(name, "/")+1:]
	}
	f.calls = append(f.calls, verb+" "+name)
	if f.fail != nil {
		return f.fail(verb, key)
	}
	return nil
}

func (f *fake) taken() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	calls := f.calls
	f.calls = nil
	return calls
}

func (f *fake) Plan(_ context.Context, o stack.Object, _ string) (stack.Live, error) {
	if err := f.call("plan", o.Key); err != nil {
		return stack.Live{}, err
	}
	text, err := stack.CanonicalJSON(o.Body)
	return stack.Live{Projection: text}, err
}

func (f *fake) Apply(_ context.Context, o stack.Object, _ string) (stack.Live, error) {
	if err := f.call("apply", o.Key); err != nil && !errors.Is(err, errUnanswered) {
		return stack.Live{}, err
	} else if err != nil {
		f.objects[o.Key] = stack.Live{Projection: `{"part":"made"}`, UID: "unheard"}
		return stack.Live{}, &stack.DoubtError{Err: err}
	}
	text, err := stack.CanonicalJSON(o.Body)
	f.mu.Lock()
	defer f.mu.Unlock()
	live, ok := f.objects[o.Key]
	if !ok {
		f.serial++
		live.UID = fmt.Sprintf("uid-%d", f.serial)
	}
	live.Projection = text
	f.objects[o.Key] = live
	return live, err
}

func (f *fake) Read(_ context.Context, key stack.Key, _ string) (stack.Live, error) {
	if err := f.call("read", key); err != nil {
		return stack.Live{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	live, ok := f.objects[key]
	if !ok {
		return stack.Live{}, stack.ErrNotFound
	}
	return live, nil
}

func (f *fake) Delete(_ context.Context, key stack.Key, uid string) error {
	if err := f.call("delete", key); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if live, ok := f.objects[key]; ok && (uid == "" || uid == live.UID) {
		delete(f.objects, key)
	}
	return nil
}

func (f *fake) Await(_ context.Context, key stack.Key) error { return f.call("await", key) }

func (f *fake) Rivals(context.Context, []stack.Object) ([]string, error) { return f.rivals, nil }

func away(verbs ...string) func(string, stack.Key) error {
	return func(verb string, key stack.Key) error {
		if slices.Contains(verbs, verb) {
			return &stack.UnknownError{Key: key, Unreachable: true, Err: errors.New("connection refused")}
		}
		return nil
	}
}

// testProvider serves thing alone.
type testProvider struct{ configured *Provider }

func (p testProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "test"
}

func (p testProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = providerschema.Schema{}
}

func (p testProvider) Configure(_ context.Context, _ provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	resp.ResourceData = p.configured
}

func (p testProvider) DataSources(context.Context) []func() datasource.DataSource { return nil }

func (p testProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{func() resource.Resource {
		return New(Definition{
			TypeName: "test_thing", Noun: "thing", ImportID: []string{"name"}, Google: true, FromFullName: fromFullName, New: func() Model { return &thing{} },
			Schema: schema.Schema{Attributes: map[string]schema.Attribute{
				"name":  schema.StringAttribute{Required: true},
				"parts": schema.ListAttribute{Optional: true, ElementType: types.StringType},
				"gcp": schema.SingleNestedAttribute{Optional: true, Attributes: map[string]schema.Attribute{
					"project": schema.StringAttribute{Optional: true}, "zone": schema.StringAttribute{Optional: true},
				}},
				"observed": schema.StringAttribute{Computed: true},
			}},
		})
	}}
}

// process is the provider as one Terraform command starts it: what it remembers ends with it.
type process struct {
	t      *testing.T
	server tfprotov6.ProviderServer
	schema tftypes.Object
}

func start(t *testing.T, configured *Provider) process {
	t.Helper()
	server, err := providerserver.NewProtocol6WithError(testProvider{configured})()
	if err != nil {
		t.Fatal(err)
	}
	empty := tftypes.NewValue(tftypes.Object{AttributeTypes: map[string]tftypes.Type{}}, map[string]tftypes.Value{})
	config, err := tfprotov6.NewDynamicValue(empty.Type(), empty)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{Config: &config}); err != nil {
		t.Fatal(err)
	}
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	object, ok := schemas.ResourceSchemas["test_thing"].ValueType().(tftypes.Object)
	if !ok {
		t.Fatal("the schema is no object")
	}
	return process{t, server, object}
}

func using(f *fake) *Provider {
	return &Provider{Stack: "oss", FieldManager: "test", Backend: func(context.Context, stack.Key) (stack.Backend, error) { return f, nil }}
}

// state is what Terraform keeps of a resource between commands.
type state struct {
	value   tftypes.Value
	private []byte
}

func (p process) value(set map[string]tftypes.Value) tftypes.Value {
	values := map[string]tftypes.Value{}
	for name, typ := range p.schema.AttributeTypes {
		values[name] = tftypes.NewValue(typ, nil)
	}
	maps.Copy(values, set)
	return tftypes.NewValue(p.schema, values)
}

func (p process) config(parts ...string) tftypes.Value { return p.configOn("", parts...) }

// configOn is a configuration that names its stack.
func (p process) configOn(on string, parts ...string) tftypes.Value {
	stackValue := tftypes.NewValue(tftypes.String, on)
	if on == "" {
		stackValue = tftypes.NewValue(tftypes.String, nil)
	}
	gcp := p.schema.AttributeTypes["gcp"]
	elements := make([]tftypes.Value, len(parts))
	for i, part := range parts {
		elements[i] = tftypes.NewValue(tftypes.String, part)
	}
	return p.value(map[string]tftypes.Value{
		"name":  tftypes.NewValue(tftypes.String, "box"),
		"stack": stackValue,
		"gcp": tftypes.NewValue(gcp, map[string]tftypes.Value{
			"project": tftypes.NewValue(tftypes.String, "acme"), "zone": tftypes.NewValue(tftypes.String, nil),
		}),
		"parts": tftypes.NewValue(tftypes.List{ElementType: tftypes.String}, elements),
	})
}

// proposed is the configuration with what Terraform carries over from state; nothing for a destruction.
func (p process) proposed(config tftypes.Value, prior state) tftypes.Value {
	if config.IsNull() {
		return config
	}
	values := p.attributes(config)
	for _, name := range []string{"id", "stack", "objects", "observed"} {
		if !prior.value.IsNull() && values[name].IsNull() {
			values[name] = p.attributes(prior.value)[name]
		}
	}
	return tftypes.NewValue(p.schema, values)
}

func (p process) attributes(v tftypes.Value) map[string]tftypes.Value {
	p.t.Helper()
	values := map[string]tftypes.Value{}
	if err := v.As(&values); err != nil {
		p.t.Fatal(err)
	}
	return maps.Clone(values) // the map is the value's own
}

func (p process) objects(v tftypes.Value) map[string]tftypes.Value {
	p.t.Helper()
	objects := map[string]tftypes.Value{}
	value := p.attributes(v)["objects"]
	if !value.IsKnown() {
		return nil
	}
	if err := value.As(&objects); err != nil {
		p.t.Fatal(err)
	}
	return objects
}

func (p process) wire(v tftypes.Value) *tfprotov6.DynamicValue {
	p.t.Helper()
	dv, err := tfprotov6.NewDynamicValue(p.schema, v)
	if err != nil {
		p.t.Fatal(err)
	}
	return &dv
}

func (p process) unwire(dv *tfprotov6.DynamicValue) tftypes.Value {
	p.t.Helper()
	v, err := dv.Unmarshal(p.schema)
	if err != nil {
		p.t.Fatal(err)
	}
	return v
}

func none(p process) state { return state{value: tftypes.NewValue(p.schema, nil)} }

func (p process) plan(config tftypes.Value, prior state, capabilities ...*tfprotov6.PlanResourceChangeClientCapabilities) (*tfprotov6.PlanResourceChangeResponse, state) {
	p.t.Helper()
	req := &tfprotov6.PlanResourceChangeRequest{
		TypeName: "test_thing", PriorState: p.wire(prior.value), Config: p.wire(config),
		ProposedNewState: p.wire(p.proposed(config, prior)), PriorPrivate: prior.private,
	}
	if len(capabilities) > 0 {
		req.ClientCapabilities = capabilities[0]
	}
	resp, err := p.server.PlanResourceChange(p.t.Context(), req)
	if err != nil {
		p.t.Fatal(err)
	}
	if resp.PlannedState == nil {
		return resp, state{}
	}
	return resp, state{p.unwire(resp.PlannedState), resp.PlannedPrivate}
}

func (p process) apply(config tftypes.Value, prior, planned state) (*tfprotov6.ApplyResourceChangeResponse, state) {
	p.t.Helper()
	resp, err := p.server.ApplyResourceChange(p.t.Context(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName:   "test_thing",
		PriorState: p.wire(prior.value), Config: p.wire(config), PlannedState: p.wire(planned.value), PlannedPrivate: planned.private,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return resp, state{p.unwire(resp.NewState), resp.Private}
}

func (p process) read(current state) (*tfprotov6.ReadResourceResponse, state) {
	p.t.Helper()
	resp, err := p.server.ReadResource(p.t.Context(), &tfprotov6.ReadResourceRequest{TypeName: "test_thing", CurrentState: p.wire(current.value), Private: current.private})
	if err != nil {
		p.t.Fatal(err)
	}
	return resp, state{p.unwire(resp.NewState), resp.Private}
}

func (p process) created(parts ...string) state {
	p.t.Helper()
	config := p.config(parts...)
	_, planned := p.plan(config, none(p))
	resp, made := p.apply(config, none(p), planned)
	expectNoErrors(p.t, resp.Diagnostics)
	return made
}

// destroy applies a destroy plan, which keeps the private state.
func (p process) destroy(made state) (*tfprotov6.ApplyResourceChangeResponse, state) {
	p.t.Helper()
	absent := tftypes.NewValue(p.schema, nil)
	return p.apply(absent, made, state{absent, made.private})
}

func expectNoErrors(t *testing.T, diagnostics []*tfprotov6.Diagnostic) {
	t.Helper()
	for _, d := range diagnostics {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			t.Fatalf("%s: %s", d.Summary, d.Detail)
		}
	}
}

func expectError(t *testing.T, diagnostics []*tfprotov6.Diagnostic, text string) {
	t.Helper()
	for _, d := range diagnostics {
		if d.Severity == tfprotov6.DiagnosticSeverityError && strings.Contains(d.Summary+"\n"+d.Detail, text) {
			return
		}
	}
	t.Errorf("no error says %q: %v", text, diagnostics)
}
