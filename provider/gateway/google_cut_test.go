package gateway_test

import (
	"context"
	"encoding/json"
	"maps"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/agentward/terraform-provider-agent/acctest/terraform"
	"github.com/agentward/terraform-provider-agent/internal/gcp"
	"github.com/agentward/terraform-provider-agent/internal/gcp/gcptest"
)

// An apply may lose its network, or its life, at any request. What it has made by then is in state, or is found, and the next apply
// finishes.
func TestGoogleApplyThatIsCutAnywhereIsFinishedByTheNext(t *testing.T) {
	const tooMany = 200
	for n := range tooMany {
		life, end := context.WithCancel(t.Context())
		cut := false
		fake := gcptest.Start(t, gcptest.Options{Log: func(r gcptest.Request) {
			if r.Status == 0 { // the connection was dropped
				cut = true
				end()
			}
		}})
		p := speak(t, fake)
		_, planned := p.plan(p.gateway(), p.none())
		fake.StopAfter(n)
		p.life = life
		_, left := p.apply(p.gateway(), p.none(), planned)
		fake.Resume()
		end()
		if !cut {
			if n < 10 {
				t.Fatalf("%d requests make a gateway, which is too good to be true", n)
			}
			return
		}
		p = speak(t, fake) // what the provider remembers is gone with it
		read := p.read(left)
		diagnostics, planned := p.plan(p.gateway(), read)
		p.well(n, diagnostics)
		diagnostics, finished := p.apply(p.gateway(), read, planned)
		p.well(n, diagnostics)
		_, again := p.plan(p.gateway(), p.read(finished))
		if !again.value.Equal(finished.value) {
			t.Errorf("after a cut at request %d, the plan that follows the finishing apply is not empty:\n%s\n%s", n, again.value, finished.value)
		}
		diagnostics, _ = p.apply(p.none().value, finished, kept{p.none().value, finished.private})
		p.well(n, diagnostics)
		if names := fake.Names(); len(names) > 0 {
			t.Fatalf("after a cut at request %d, destroy left %q", n, names)
		}
	}
	t.Errorf("%d requests do not make a gateway", tooMany)
}

// spoken is the provider, as Terraform speaks to it.
type spoken struct {
	t      *testing.T
	server tfprotov6.ProviderServer
	schema *tfprotov6.SchemaBlock
	object tftypes.Object
	life   context.Context //nolint:containedctx // of an apply, which a test ends
}

// kept is what Terraform keeps of a resource.
type kept struct {
	value   tftypes.Value
	private []byte
}

func speak(t *testing.T, fake *gcptest.Server) spoken {
	t.Helper()
	server, err := terraform.Factories()["agent"]()
	if err != nil {
		t.Fatal(err)
	}
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
	return spoken{t, server, schema.Block, object, t.Context()}
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

func (p spoken) well(n int, failed []*tfprotov6.Diagnostic) {
	p.t.Helper()
	for _, d := range failed {
		p.t.Fatalf("after a cut at request %d: %s: %s", n, d.Summary, d.Detail)
	}
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
