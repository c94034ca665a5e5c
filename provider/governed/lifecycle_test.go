package governed

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

func newFake() *fake { return &fake{objects: map[stack.Key]stack.Live{}} }

func expectCalls(t *testing.T, f *fake, want ...string) {
	t.Helper()
	if got := f.taken(); !slices.Equal(got, want) {
		t.Errorf("asked of the API: %q, want %q", got, want)
	}
}

func TestUnchangedResourceCostsOneReadPerObject(t *testing.T) {
	f := newFake()
	made := start(t, using(f)).created("first", "second")
	expectCalls(t, f, "plan first", "plan second", "apply first", "apply second")

	p := start(t, using(f))
	_, read := p.read(made)
	resp, planned := p.plan(p.config("first", "second"), read)
	expectNoErrors(t, resp.Diagnostics)
	if !planned.value.Equal(read.value) {
		t.Errorf("second plan is not empty:\n%s\n%s", planned.value, read.value)
	}
	calls := f.taken()
	slices.Sort(calls)
	if !slices.Equal(calls, []string{"read first", "read second"}) {
		t.Errorf("asked of the API: %q, want one read per object", calls)
	}
}

func TestDriftIsPlannedAnewAndOnlyThatObjectIsWritten(t *testing.T) {
	f := newFake()
	made := start(t, using(f)).created("first", "second")
	changed := f.objects[partKey("box", "second")]
	changed.Projection = `{"part":"drift"}`
	f.objects[partKey("box", "second")] = changed
	f.taken()

	p := start(t, using(f))
	_, read := p.read(made)
	config := p.config("first", "second")
	_, planned := p.plan(config, read)
	f.taken()
	resp, healed := p.apply(config, read, planned)
	expectNoErrors(t, resp.Diagnostics)
	expectCalls(t, f, "read first", "apply second")
	if !healed.value.Equal(made.value) {
		t.Errorf("healed state differs:\n%s\n%s", healed.value, made.value)
	}
}

func TestObjectsThatLeaveThePlanArePrunedLastAppliedFirst(t *testing.T) {
	f := newFake()
	p := start(t, using(f))
	made := p.created("first", "second", "third", "fourth")
	config := p.config("first", "fifth")
	_, planned := p.plan(config, made)
	f.taken()
	resp, _ := p.apply(config, made, planned)
	expectNoErrors(t, resp.Diagnostics)
	expectCalls(t, f, "read first", "apply fifth", "delete fourth", "delete third", "delete second")
}

func TestPartInAnObjectOfOthersHoldsNothingUp(t *testing.T) {
	f := newFake()
	p := start(t, using(f))
	made := p.created("own", "old")
	config := p.config("first#box", "second#box", "own")
	_, planned := p.plan(config, made)
	f.taken()
	f.fail = func(verb string, key stack.Key) error {
		if verb == "apply" && key.Name == "first" {
			return errors.New("no such namespace")
		}
		return nil
	}
	resp, after := p.apply(config, made, planned)
	expectError(t, resp.Diagnostics, "no such namespace")
	expectCalls(t, f, "apply first", "apply second", "read own", "delete old")
	if objects := p.objects(after.value); len(objects) != 2 {
		t.Errorf("state holds %v, want what is there", objects)
	}
}

func TestDestroyIsInReverse(t *testing.T) {
	f := newFake()
	p := start(t, using(f))
	made := p.created("c", "a", "b")
	f.taken()
	resp, _ := p.destroy(made)
	expectNoErrors(t, resp.Diagnostics)
	expectCalls(t, f, "delete b", "delete a", "delete c")
}

func TestFailedCreateKeepsWhatWasWritten(t *testing.T) {
	f := newFake()
	p := start(t, using(f))
	config := p.config("first", "second", "third")
	_, planned := p.plan(config, none(p))
	f.fail = func(verb string, key stack.Key) error {
		if verb == "apply" && key.Name == "second" {
			return errors.New("no more disk")
		}
		return nil
	}
	resp, left := p.apply(config, none(p), planned)
	expectError(t, resp.Diagnostics, "no more disk")
	if kept := p.objects(left.value); len(kept) != 1 || kept["/v1/Part/box/first"].IsNull() {
		t.Fatalf("state keeps %v, want the first part", kept)
	}
	f.fail = nil
	f.taken()
	deleted, _ := p.destroy(left)
	expectNoErrors(t, deleted.Diagnostics)
	expectCalls(t, f, "delete first")
}

func TestCreateThatWroteNothingLeavesNothing(t *testing.T) {
	f := newFake()
	p := start(t, using(f))
	config := p.config("first")
	_, planned := p.plan(config, none(p))
	f.fail = away("apply")
	resp, left := p.apply(config, none(p), planned)
	expectError(t, resp.Diagnostics, "connection refused")
	if !left.value.IsNull() {
		t.Errorf("state holds %s", left.value)
	}
}

func TestReplacedObjectIsNotOurs(t *testing.T) {
	f := newFake()
	p := start(t, using(f))
	made := p.created("first")
	key := partKey("box", "first")
	f.objects[key] = stack.Live{Projection: f.objects[key].Projection, UID: "of another"}
	_, read := p.read(made)
	if objects := p.objects(read.value); len(objects) != 0 {
		t.Errorf("state still holds %v", objects)
	}
	resp, _ := p.destroy(made)
	expectNoErrors(t, resp.Diagnostics)
	if _, there := f.objects[key]; !there {
		t.Error("destroy deleted the object of another")
	}
}

func TestPlanWithoutAPI(t *testing.T) {
	t.Run("a new resource is unknown", func(t *testing.T) {
		f := newFake()
		f.fail = away("plan", "read")
		p := start(t, using(f))
		resp, planned := p.plan(p.config("first"), none(p))
		expectNoErrors(t, resp.Diagnostics)
		if value := p.objects(planned.value)["/v1/Part/box/first"]; value.IsKnown() {
			t.Errorf("planned %s, want unknown", value)
		}
	})
	t.Run("a resource whose read was not answered is unknown, not unchanged", func(t *testing.T) {
		f := newFake()
		made := start(t, using(f)).created("first")
		f.fail = away("plan", "read")
		p := start(t, using(f))
		readResp, read := p.read(made)
		expectNoErrors(t, readResp.Diagnostics)
		resp, planned := p.plan(p.config("first"), read)
		expectNoErrors(t, resp.Diagnostics)
		if value := p.objects(planned.value)["/v1/Part/box/first"]; value.IsKnown() {
			t.Errorf("planned %s, want unknown", value)
		}
	})
	t.Run("the second plan, while applying an update, is an error", func(t *testing.T) {
		f := newFake()
		made := start(t, using(f)).created("first")
		f.fail = away("plan")
		p := start(t, using(f))
		resp, _ := p.plan(p.config("first", "second"), made)
		expectError(t, resp.Diagnostics, "connection refused")
	})
	t.Run("an API that answered before and no longer does is an error", func(t *testing.T) {
		f := newFake()
		p := start(t, using(f))
		p.created("first")
		f.fail = away("plan")
		resp, _ := p.plan(p.config("second"), none(p))
		expectError(t, resp.Diagnostics, "connection refused")
	})
}

func TestChangeBetweenPlanAndApplyIsSaidAndRecorded(t *testing.T) {
	f := newFake()
	p := start(t, using(f))
	config := p.config("first")
	_, planned := p.plan(config, none(p))
	values := p.attributes(planned.value)
	values["objects"] = tftypes.NewValue(tftypes.Map{ElementType: tftypes.String}, map[string]tftypes.Value{
		"/v1/Part/box/first": tftypes.NewValue(tftypes.String, `{"part":"as it was then"}`),
	})
	resp, left := p.apply(config, none(p), state{tftypes.NewValue(p.schema, values), planned.private})
	expectError(t, resp.Diagnostics, "changed between plan and apply")
	if kept := p.objects(left.value); len(kept) != 1 {
		t.Errorf("state keeps %v, want the object as it is", kept)
	}
}

func TestUnknownProviderIsDeferredWhereAllowed(t *testing.T) {
	p := start(t, &Provider{Unknown: true})
	resp, _ := p.plan(p.config("first"), none(p), &tfprotov6.PlanResourceChangeClientCapabilities{DeferralAllowed: true})
	expectNoErrors(t, resp.Diagnostics)
	if resp.Deferred == nil || resp.Deferred.Reason != tfprotov6.DeferredReasonProviderConfigUnknown {
		t.Errorf("deferred is %v", resp.Deferred)
	}
	resp, planned := p.plan(p.config("first"), none(p))
	expectNoErrors(t, resp.Diagnostics)
	if resp.Deferred != nil || p.attributes(planned.value)["objects"].IsKnown() {
		t.Errorf("without deferral the objects are to be unknown: %s", planned.value)
	}
}

func TestRivalIsAWarningOnCreateAlone(t *testing.T) {
	f := newFake()
	f.rivals = []string{"a controller deletes what it does not know"}
	p := start(t, using(f))
	warned := func(resp *tfprotov6.PlanResourceChangeResponse) bool {
		return slices.ContainsFunc(resp.Diagnostics, func(d *tfprotov6.Diagnostic) bool {
			return d.Severity == tfprotov6.DiagnosticSeverityWarning && strings.Contains(d.Detail, f.rivals[0])
		})
	}
	resp, _ := p.plan(p.config("first"), none(p))
	if !warned(resp) {
		t.Errorf("no warning: %v", resp.Diagnostics)
	}
	resp, _ = p.plan(p.config("first"), p.created("first"))
	if warned(resp) {
		t.Error("warned of what has outlived its rival")
	}
}

func TestImportByIdentityNeedsNoID(t *testing.T) {
	f := newFake()
	f.objects[partKey("box", "first")] = stack.Live{Projection: `{"part":"first"}`, UID: "theirs"}
	p := start(t, using(f))
	identity := tftypes.Object{AttributeTypes: map[string]tftypes.Type{"name": tftypes.String}}
	dv, err := tfprotov6.NewDynamicValue(identity, tftypes.NewValue(identity, map[string]tftypes.Value{"name": tftypes.NewValue(tftypes.String, "box")}))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := p.server.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{
		TypeName: "test_thing",
		Identity: &tfprotov6.ResourceIdentityData{IdentityData: &dv},
	})
	if err != nil {
		t.Fatal(err)
	}
	expectNoErrors(t, resp.Diagnostics)
	imported := state{p.unwire(resp.ImportedResources[0].State), resp.ImportedResources[0].Private}
	_, read := p.read(imported)
	config := p.config("first")
	planResp, planned := p.plan(config, read)
	expectNoErrors(t, planResp.Diagnostics)
	if len(planResp.RequiresReplace) > 0 {
		t.Errorf("adoption replaces for %v", planResp.RequiresReplace)
	}
	_, adopted := p.apply(config, read, planned)
	if uid := f.objects[partKey("box", "first")].UID; uid != "theirs" {
		t.Errorf("the object was replaced: %s", uid)
	}
	f.taken()
	again := start(t, using(f))
	_, reread := again.read(adopted)
	_, second := again.plan(config, reread)
	if !second.value.Equal(reread.value) {
		t.Errorf("second plan is not empty:\n%s\n%s", second.value, reread.value)
	}
}
