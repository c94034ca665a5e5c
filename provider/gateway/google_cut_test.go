package gateway_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/internal/gcp"
	"github.com/agentward/terraform-provider-agent/internal/gcp/gcptest"
	"github.com/agentward/terraform-provider-agent/provider"
)

// An apply may be told to stop while it waits for the answer to any request, which is then lost, whether it was heard or not. What the
// apply has made by then is in state, or is found, and the next one finishes: where Terraform replaces what the failed create left, as it
// does by itself, and where it goes on from that, as it does when told that it is not tainted.
func TestGoogleApplyThatIsCutAnywhereIsFinishedByTheNext(t *testing.T) {
	controlplane.NoneNeeded(t)
	for name, cut := range map[string]struct {
		drop   gcptest.Drop
		finish func(p spoken, left kept) kept
	}{
		"not heard, and replaced":        {gcptest.DropBefore, spoken.replace},
		"not answered, and replaced":     {gcptest.DropAfter, spoken.replace},
		"not answered, and gone on with": {gcptest.DropAfter, spoken.goOn},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for n := 0; cutCreate(t, n, cut.drop, cut.finish); n++ {
			}
		})
	}
}

// cutCreate cuts the creation of a gateway off at a request, and says whether there was one.
func cutCreate(t *testing.T, n int, drop gcptest.Drop, finish func(p spoken, left kept) kept) bool {
	t.Helper()
	life, end := context.WithCancel(t.Context())
	defer end()
	var cut atomic.Bool
	fake := gcptest.Start(t, gcptest.Options{Polls: 1, Log: func(r gcptest.Request) {
		if r.Status == 0 { // the connection is about to be dropped
			cut.Store(true)
			end()
		}
	}})
	defer fake.Close()
	p := speak(t, fake)
	_, planned := p.plan(p.gateway(), p.none())
	fake.Inject(gcptest.Fault{Skip: n, Drop: drop})
	p.life = life
	_, left := p.apply(p.gateway(), p.none(), planned)
	if !cut.Load() {
		if n < 10 {
			t.Fatalf("%d requests make a gateway, which is too good to be true", n)
		}
		return false
	}
	p = speak(t, fake) // what the provider remembers is gone with it
	p.when = fmt.Sprintf("after a cut at request %d", n)
	finished := finish(p, left)
	if again := p.well(p.plan(p.gateway(), p.read(finished))); !again.value.Equal(finished.value) {
		t.Errorf("%s, the plan that follows the finishing apply is not empty:\n%s\n%s", p.when, again.value, finished.value)
	}
	p.well(p.apply(p.none().value, finished, kept{p.none().value, finished.private}))
	if names := fake.Names(); len(names) > 0 {
		t.Fatalf("%s, destroy left %q", p.when, names)
	}
	return true
}

// replace does what Terraform does with what a failed create left. To neither half of it does it hand over what was kept in private.
func (p spoken) replace(left kept) kept {
	p.t.Helper()
	read := p.read(left)
	planned := p.well(p.plan(p.gateway(), p.none()))
	if !read.value.IsNull() {
		p.well(p.apply(p.none().value, read, kept{p.none().value, planned.private}))
	}
	return p.well(p.apply(p.gateway(), p.none(), planned))
}

// goOn does what Terraform does with any other state.
func (p spoken) goOn(left kept) kept {
	p.t.Helper()
	read := p.read(left)
	return p.well(p.apply(p.gateway(), read, p.well(p.plan(p.gateway(), read))))
}

// spoken is the provider, as Terraform speaks to it.
type spoken struct {
	t      *testing.T
	server tfprotov6.ProviderServer
	schema *tfprotov6.SchemaBlock
	object tftypes.Object
	life   context.Context //nolint:containedctx // of an apply, which a test ends
	when   string
}

// kept is what Terraform keeps of a resource.
type kept struct {
	value   tftypes.Value
	private []byte
}

func speak(t *testing.T, fake *gcptest.Server) spoken {
	t.Helper()
	pace := gcp.Pace{Pause: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}
	server := providerserver.NewProtocol6(provider.New("test", provider.GooglePace(pace))())()
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	google := map[string]any{"project": "agents-1", "project_number": "111111111111", "region": "us-central1", "access_token": "of-a-test"}
	for _, service := range gcp.Services {
		google[service.Attribute()] = fake.Endpoint(service.Host[:len(service.Host)-len(".googleapis.com")])
	}
	config, err := json.Marshal(map[string]any{"stack": "gcp", "trust_domain": "agents.global.org-555555555555.system.id.goog", "gcp": google})
	if err != nil {
		t.Fatal(err)
	}
	configured, err := (&tfprotov6.DynamicValue{JSON: config}).Unmarshal(schemas.Provider.ValueType())
	if err != nil {
		t.Fatal(err)
	}
	wired, err := tfprotov6.NewDynamicValue(schemas.Provider.ValueType(), configured)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{Config: &wired}); err != nil {
		t.Fatal(err)
	}
	schema := schemas.ResourceSchemas["agent_gateway"]
	object, ok := schema.ValueType().(tftypes.Object)
	if !ok {
		t.Fatal("the schema is no object")
	}
	return spoken{t: t, server: server, schema: schema.Block, object: object, life: t.Context()}
}

func (p spoken) none() kept { return kept{value: tftypes.NewValue(p.object, nil)} }

// gateway is that of onGoogle.
func (p spoken) gateway() tftypes.Value {
	p.t.Helper()
	text := `{"name": "tools", "mode": "agent_to_anywhere", "targets": {"bank": {"protocol": "mcp", "url": "https://bank.example.org/mcp"}},
		"allow": {"balance": {"agents": ["` + engine + `"], "target": "bank", "tools": ["balance"]}}}`
	value, err := (&tfprotov6.DynamicValue{JSON: []byte(text)}).Unmarshal(p.object)
	if err != nil {
		p.t.Fatal(err)
	}
	return value
}

func (p spoken) wire(v tftypes.Value) *tfprotov6.DynamicValue {
	p.t.Helper()
	wired, err := tfprotov6.NewDynamicValue(p.object, v)
	if err != nil {
		p.t.Fatal(err)
	}
	return &wired
}

func (p spoken) unwire(v *tfprotov6.DynamicValue) tftypes.Value {
	p.t.Helper()
	value, err := v.Unmarshal(p.object)
	if err != nil {
		p.t.Fatal(err)
	}
	return value
}

// proposed is the configuration with the computed attributes of before.
func (p spoken) proposed(config tftypes.Value, before kept) tftypes.Value {
	p.t.Helper()
	var configured, prior map[string]tftypes.Value
	if err := config.As(&configured); err != nil {
		p.t.Fatal(err)
	}
	if before.value.IsNull() {
		return config
	}
	if err := before.value.As(&prior); err != nil {
		p.t.Fatal(err)
	}
	values := maps.Clone(configured)
	for _, a := range p.schema.Attributes {
		if a.Computed && values[a.Name].IsNull() {
			values[a.Name] = prior[a.Name]
		}
	}
	return tftypes.NewValue(p.object, values)
}

func (p spoken) plan(config tftypes.Value, before kept) ([]*tfprotov6.Diagnostic, kept) {
	p.t.Helper()
	resp, err := p.server.PlanResourceChange(p.t.Context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: "agent_gateway", PriorState: p.wire(before.value), Config: p.wire(config),
		ProposedNewState: p.wire(p.proposed(config, before)), PriorPrivate: before.private,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return errorsOf(resp.Diagnostics), kept{p.unwire(resp.PlannedState), resp.PlannedPrivate}
}

func (p spoken) apply(config tftypes.Value, before, planned kept) ([]*tfprotov6.Diagnostic, kept) {
	p.t.Helper()
	resp, err := p.server.ApplyResourceChange(p.life, &tfprotov6.ApplyResourceChangeRequest{
		TypeName:   "agent_gateway",
		PriorState: p.wire(before.value), Config: p.wire(config), PlannedState: p.wire(planned.value), PlannedPrivate: planned.private,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return errorsOf(resp.Diagnostics), kept{p.unwire(resp.NewState), resp.Private}
}

func (p spoken) read(current kept) kept {
	p.t.Helper()
	if current.value.IsNull() {
		return p.none()
	}
	resp, err := p.server.ReadResource(p.t.Context(), &tfprotov6.ReadResourceRequest{TypeName: "agent_gateway", CurrentState: p.wire(current.value), Private: current.private})
	if err != nil {
		p.t.Fatal(err)
	}
	return kept{p.unwire(resp.NewState), resp.Private}
}

// well gives the outcome of what must not fail.
func (p spoken) well(failed []*tfprotov6.Diagnostic, outcome kept) kept {
	p.t.Helper()
	for _, d := range failed {
		p.t.Fatalf("%s: %s: %s", p.when, d.Summary, d.Detail)
	}
	return outcome
}

func errorsOf(all []*tfprotov6.Diagnostic) []*tfprotov6.Diagnostic {
	var errors []*tfprotov6.Diagnostic
	for _, d := range all {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			errors = append(errors, d)
		}
	}
	return errors
}
