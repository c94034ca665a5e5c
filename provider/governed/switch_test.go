package governed

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// on gives the provider of a fake whose resources are on this stack where they name none.
func on(f *fake, name string) *Provider {
	p := using(f)
	p.Stack = name
	return p
}

func (p process) stack(s state) string {
	p.t.Helper()
	var name string
	if err := p.attributes(s.value)["stack"].As(&name); err != nil {
		p.t.Fatal(err)
	}
	return name
}

func movesWarning(diagnostics []*tfprotov6.Diagnostic) bool {
	return slices.ContainsFunc(diagnostics, func(d *tfprotov6.Diagnostic) bool {
		return d.Severity == tfprotov6.DiagnosticSeverityWarning && strings.Contains(d.Detail, "Tell everybody who has a part.")
	})
}

func TestStackIsTheResourcesOwnOrElseTheProviders(t *testing.T) {
	for _, c := range []struct{ provider, resource, want string }{
		{"oss", "", "oss"}, {"gcp", "", "gcp"}, {"oss", "gcp", "gcp"}, {"gcp", "oss", "oss"},
	} {
		f := newFake()
		p := start(t, on(f, c.provider))
		config := p.configOn(c.resource, "first")
		planResp, planned := p.plan(config, none(p))
		expectNoErrors(t, planResp.Diagnostics)
		resp, made := p.apply(config, none(p), planned)
		expectNoErrors(t, resp.Diagnostics)
		if got := p.stack(made); got != c.want {
			t.Errorf("provider on %q, resource on %q: state is on %q", c.provider, c.resource, got)
		}
		_, again := p.plan(config, made)
		if !again.value.Equal(made.value) {
			t.Errorf("provider on %q, resource on %q: second plan is not empty", c.provider, c.resource)
		}
	}
}

func TestMoveMakesTheNewBeforeItDeletesTheOld(t *testing.T) {
	for name, configured := range map[string]struct {
		provider string
		resource string
	}{"by the resource": {"oss", "gcp"}, "by the provider": {"gcp", ""}} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			made := start(t, using(f)).created("first", "second")
			f.taken()
			p := start(t, on(f, configured.provider))
			config := p.configOn(configured.resource, "first", "second")
			planResp, planned := p.plan(config, made)
			expectNoErrors(t, planResp.Diagnostics)
			if !movesWarning(planResp.Diagnostics) {
				t.Errorf("the plan does not say what the move means: %v", planResp.Diagnostics)
			}
			if len(planResp.RequiresReplace) > 0 {
				t.Errorf("the move replaces for %v", planResp.RequiresReplace)
			}
			if p.attributes(planned.value)["observed"].IsKnown() {
				t.Error("what only live objects tell is known before they are there")
			}
			f.taken()
			resp, moved := p.apply(config, made, planned)
			expectNoErrors(t, resp.Diagnostics)
			expectCalls(t, f, "apply google first", "apply google second", "delete second", "delete first")
			again, second := p.plan(config, moved)
			if movesWarning(again.Diagnostics) || !second.value.Equal(moved.value) || p.stack(moved) != "gcp" {
				t.Errorf("after the move there is still something to do: %s", second.value)
			}
		})
	}
}

func TestMoveThatFailsKeepsBothAndGoesOn(t *testing.T) {
	for name, breaks := range map[string]string{"while the new is made": "apply google second", "while the old is deleted": "delete first"} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			p := start(t, using(f))
			made := p.created("first", "second")
			config := p.configOn("gcp", "first", "second")
			_, planned := p.plan(config, made)
			f.taken()
			f.fail = func(string, stack.Key) error {
				if f.calls[len(f.calls)-1] == breaks {
					return errors.New("no more quota")
				}
				return nil
			}
			resp, left := p.apply(config, made, planned)
			expectError(t, resp.Diagnostics, "no more quota")
			if objects := p.objects(left.value); len(objects) != 3 || p.stack(left) != "oss" {
				t.Fatalf("state keeps %v on %q, want the three that there are, still on their way", objects, p.stack(left))
			}
			f.fail = nil
			_, read := p.read(left)
			again, planned := p.plan(config, read)
			expectNoErrors(t, again.Diagnostics)
			if !movesWarning(again.Diagnostics) {
				t.Error("the plan that goes on does not say so")
			}
			resp, moved := p.apply(config, read, planned)
			expectNoErrors(t, resp.Diagnostics)
			if len(f.objects) != 2 || len(p.objects(moved.value)) != 2 || p.stack(moved) != "gcp" {
				t.Errorf("after the second apply there are %v", f.objects)
			}
		})
	}
}

func TestStateOfBeforeThereWereStacksIsOpenSource(t *testing.T) {
	f := newFake()
	p := start(t, using(f))
	made := p.created("first")
	values := p.attributes(made.value)
	values["stack"] = tftypes.NewValue(tftypes.String, nil)
	old := state{tftypes.NewValue(p.schema, values), made.private}
	_, read := p.read(old)
	resp, planned := p.plan(p.config("first"), read)
	if !planned.value.Equal(read.value) || movesWarning(resp.Diagnostics) {
		t.Errorf("the upgrade changes something: %s", planned.value)
	}
}

func TestUnknownValuesLeaveTheStackToTheApply(t *testing.T) {
	p := start(t, on(newFake(), "gcp"))
	unknownParts := tftypes.NewValue(p.schema.AttributeTypes["parts"], tftypes.UnknownValue)
	values := p.attributes(p.config())
	values["parts"] = unknownParts
	_, planned := p.plan(tftypes.NewValue(p.schema, values), none(p))
	if got := p.attributes(planned.value)["stack"]; !got.Equal(tftypes.NewValue(tftypes.String, "gcp")) {
		t.Errorf("the provider's stack is known, and planned is %s", got)
	}
	values["stack"] = tftypes.NewValue(tftypes.String, tftypes.UnknownValue)
	_, planned = p.plan(tftypes.NewValue(p.schema, values), none(p))
	if got := p.attributes(planned.value)["stack"]; got.IsKnown() {
		t.Errorf("planned is %s, want unknown", got)
	}
	unknown := start(t, &Provider{Unknown: true})
	_, planned = unknown.plan(unknown.config("first"), none(unknown))
	if got := unknown.attributes(planned.value)["stack"]; got.IsKnown() {
		t.Errorf("planned is %s although the provider is not known", got)
	}
}

func TestOneAPIThatAnsweredSaysNothingOfAnother(t *testing.T) {
	f := newFake()
	p := start(t, using(f))
	p.created("first")
	f.fail = func(verb string, key stack.Key) error {
		if key.Google() {
			return away("plan")(verb, key)
		}
		return nil
	}
	resp, planned := p.plan(p.configOn("gcp", "first"), none(p))
	expectNoErrors(t, resp.Diagnostics)
	if value := p.objects(planned.value)[googleKey("acme", "box", "first").String()]; value.IsKnown() {
		t.Errorf("planned %s, want unknown", value)
	}
}

func TestImportByFullName(t *testing.T) {
	for _, id := range []string{"//things.googleapis.com/projects/acme/things/box", "projects/acme/things/box"} {
		f := newFake()
		f.objects[googleKey("acme", "box", "first")] = stack.Live{Projection: `{"part":"first"}`, UID: "theirs"}
		p := start(t, using(f))
		resp := p.importState(id)
		expectNoErrors(t, resp.Diagnostics)
		imported := state{p.unwire(resp.ImportedResources[0].State), resp.ImportedResources[0].Private}
		_, read := p.read(imported)
		if objects := p.objects(read.value); len(objects) != 1 || p.stack(read) != "gcp" {
			t.Fatalf("%s: imported %v on %q", id, objects, p.stack(read))
		}
		config := p.configOn("gcp", "first")
		planResp, planned := p.plan(config, read)
		expectNoErrors(t, planResp.Diagnostics)
		if !planned.value.Equal(read.value) && len(planResp.RequiresReplace) > 0 {
			t.Errorf("%s: the import replaces for %v", id, planResp.RequiresReplace)
		}
	}
}

func TestImportOfAFullNameOfAnotherKind(t *testing.T) {
	p := start(t, using(newFake()))
	for _, id := range []string{"//other.googleapis.com/projects/acme/things/box", "projects/acme/locations/l/things/box"} {
		expectError(t, p.importState(id).Diagnostics, "it takes things")
	}
	for _, id := range []string{"//things.googleapis.com", "a/b", "projects/acme"} {
		expectError(t, p.importState(id).Diagnostics, "is not of the form name, nor a full resource name")
	}
}

func (p process) importState(id string) *tfprotov6.ImportResourceStateResponse {
	p.t.Helper()
	resp, err := p.server.ImportResourceState(context.Background(), &tfprotov6.ImportResourceStateRequest{TypeName: "test_thing", ID: id})
	if err != nil {
		p.t.Fatal(err)
	}
	return resp
}
