package governed

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// unanswered has the API make a part and not say so.
func unanswered(part string) func(string, stack.Key) error {
	return func(verb string, key stack.Key) error {
		if verb == "apply" && key.Name == part {
			return errUnanswered
		}
		return nil
	}
}

// hideSecond has the API show the second part later: show brings it back.
func (f *fake) hideSecond() (show func()) {
	key := partKey("box", "second")
	late := f.objects[key]
	delete(f.objects, key)
	return func() { f.objects[key] = late }
}

// expectDoubt checks of an inventory which parts are in it, and that only the one in doubt has no projection.
func expectDoubt(p process, s state, doubtful string, parts ...string) {
	p.t.Helper()
	objects := p.objects(s.value)
	if len(objects) != len(parts) {
		p.t.Fatalf("state has %v, want %q", objects, parts)
	}
	for _, part := range parts {
		if value, there := objects["/v1/Part/box/"+part]; !there || value.IsNull() != (part == doubtful) {
			p.t.Fatalf("state has %v, want %q of which %q is null", objects, parts, doubtful)
		}
	}
}

// cutCreate makes a resource of three parts, of which the second gets no answer.
func cutCreate(p process, f *fake) state {
	p.t.Helper()
	config := p.config("first", "second", "third")
	_, planned := p.plan(config, none(p))
	f.fail = unanswered("second")
	resp, left := p.apply(config, none(p), planned)
	expectError(p.t, resp.Diagnostics, "no answer")
	f.fail = nil
	expectDoubt(p, left, "second", "first", "second")
	return left
}

// cutUpdate gives a resource of one part a second, of which no answer comes.
func cutUpdate(p process, f *fake) (config tftypes.Value, left state) {
	p.t.Helper()
	made := p.created("first")
	config = p.config("first", "second")
	_, planned := p.plan(config, made)
	f.fail = unanswered("second")
	resp, left := p.apply(config, made, planned)
	expectError(p.t, resp.Diagnostics, "no answer")
	f.fail = nil
	return config, left
}

func TestWhatMayHaveBeenMadeGoesFirstWhenItShowsLate(t *testing.T) {
	f := newFake()
	p := start(t, using(f))
	left := cutCreate(p, f)
	show := f.hideSecond()
	_, read := p.read(left)
	expectDoubt(p, read, "second", "first", "second")
	show()
	f.taken()
	deleted, _ := p.destroy(read)
	expectNoErrors(t, deleted.Diagnostics)
	expectCalls(t, f, "await second", "delete second", "delete first")
	if len(f.objects) > 0 {
		t.Errorf("there is left %v", f.objects)
	}
}

// Of what a failed create left Terraform hands over the state, and as private state only what the plan of the new create gave.
func TestWhatMayHaveBeenMadeGoesWithAReplacementThatKnowsNoPrivateState(t *testing.T) {
	for _, refreshed := range []bool{true, false} {
		f := newFake()
		left := cutCreate(start(t, using(f)), f)
		show := f.hideSecond()
		p := start(t, using(f))
		if refreshed {
			_, left = p.read(left)
		}
		config := p.config("first", "second")
		planResp, planned := p.plan(config, none(p))
		expectNoErrors(t, planResp.Diagnostics)
		show()
		f.taken()
		absent := tftypes.NewValue(p.schema, nil)
		resp, _ := p.apply(absent, left, state{absent, planned.private})
		expectNoErrors(t, resp.Diagnostics)
		expectCalls(t, f, "await second", "delete second", "delete first")
		created, _ := p.apply(config, none(p), planned)
		expectNoErrors(t, created.Diagnostics)
	}
}

func TestWhatShowsLateIsTakenUp(t *testing.T) {
	f := newFake()
	p := start(t, using(f))
	config, left := cutUpdate(p, f)
	show := f.hideSecond()
	p = start(t, using(f))
	_, read := p.read(left)
	_, planned := p.plan(config, read)
	if planned.value.Equal(read.value) {
		t.Error("what nobody has seen is planned as done")
	}
	show()
	_, read = p.read(read)
	expectDoubt(p, read, "", "first", "second")
	_, planned = p.plan(config, read)
	resp, whole := p.apply(config, read, planned)
	expectNoErrors(t, resp.Diagnostics)
	if _, again := p.plan(config, whole); !again.value.Equal(whole.value) {
		t.Errorf("second plan is not empty:\n%s\n%s", again.value, whole.value)
	}
	f.objects[partKey("box", "second")] = stack.Live{Projection: `{"part":"second"}`, UID: "of another"}
	destroyed, _ := p.destroy(read)
	expectNoErrors(t, destroyed.Diagnostics)
	if len(f.objects) != 1 {
		t.Errorf("there is left %v, want the object of another", f.objects)
	}
}

func TestWhatIsNoLongerWantedIsWaitedForAndRemoved(t *testing.T) {
	f := newFake()
	p := start(t, using(f))
	_, left := cutUpdate(p, f)
	show := f.hideSecond()
	_, read := p.read(left)
	show()
	_, planned := p.plan(p.config("first"), read)
	f.taken()
	resp, after := p.apply(p.config("first"), read, planned)
	expectNoErrors(t, resp.Diagnostics)
	expectCalls(t, f, "read first", "await second", "delete second")
	expectDoubt(p, after, "", "first")
}

func TestAnAPIThatDoesNotAnswerSettlesNoDoubt(t *testing.T) {
	f := newFake()
	left := cutCreate(start(t, using(f)), f)
	f.fail = away("read")
	resp, read := start(t, using(f)).read(left)
	expectNoErrors(t, resp.Diagnostics)
	expectDoubt(start(t, using(f)), read, "second", "first", "second")
}
