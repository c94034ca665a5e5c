package governed

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// createdOnGoogle creates a resource on the gcp stack.
func (p process) createdOnGoogle(parts ...string) state {
	p.t.Helper()
	config := p.configOn("gcp", parts...)
	_, planned := p.plan(config, state{value: tftypes.NewValue(p.schema, nil)})
	resp, made := p.apply(config, state{value: tftypes.NewValue(p.schema, nil)}, planned)
	expectNoErrors(p.t, resp.Diagnostics)
	return made
}

// A policy that names an engine by the id that Google gave it must not go on naming the one that is gone.
func TestWhatHasTheOutputOfAnObjectThatIsMadeAnewIsWrittenAnew(t *testing.T) {
	f := newFake()
	p := start(t, using(f))
	made := p.createdOnGoogle("first", "output")
	config := p.configOn("gcp", "first", "output")
	_, planned := p.plan(config, made)
	if !planned.value.Equal(made.value) {
		t.Fatalf("nothing changed, and the plan is %s", planned.value)
	}
	delete(f.objects, googleKey("acme", "box", "first"))
	_, read := p.read(made)
	_, planned = p.plan(config, read)
	if value := p.objects(planned.value)[googleKey("acme", "box", "output").String()]; value.IsKnown() {
		t.Errorf("what has an output of an object that is gone is planned as %s", value)
	}
	f.taken()
	resp, _ := p.apply(config, read, planned)
	expectNoErrors(t, resp.Diagnostics)
	expectCalls(t, f, "apply google first", "apply google output")
}

// Terraform plans a tainted resource as one that is created, while what it had is still there, and deletes that first.
func TestWhatATaintedResourceHadIsNotWhatItWillHave(t *testing.T) {
	f := newFake()
	p := start(t, using(f))
	made := p.createdOnGoogle("first")
	_, read := p.read(made)
	f.taken()
	_, planned := p.plan(p.configOn("gcp", "first"), state{value: tftypes.NewValue(p.schema, nil)})
	if value := p.objects(planned.value)[googleKey("acme", "box", "first").String()]; value.IsKnown() {
		t.Errorf("planned as %s", value)
	}
	expectCalls(t, f)
	resp, _ := p.destroy(read)
	expectNoErrors(t, resp.Diagnostics)

	// In the process that applies, nothing was read.
	p = start(t, using(f))
	_, again := p.plan(p.configOn("gcp", "first"), state{value: tftypes.NewValue(p.schema, nil)})
	if value := p.objects(again.value)[googleKey("acme", "box", "first").String()]; !value.IsKnown() {
		t.Error("the plan of the apply does not know what it makes")
	}
}
