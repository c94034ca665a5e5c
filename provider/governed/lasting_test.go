package governed

import (
	"context"
	"errors"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

func TestAnObservedAttributeLastsAsLongAsItsObject(t *testing.T) {
	for part, known := range map[string]bool{"lasting": true, "passing": false} {
		f := newFake()
		p := start(t, using(f))
		made := p.created(part)
		_, planned := p.plan(p.config(part, "second"), made)
		before, after := p.attributes(made.value)["observed"], p.attributes(planned.value)["observed"]
		if after.IsKnown() != known || known && !after.Equal(before) {
			t.Errorf("an update of a %s object plans %s, and it was %s", part, after, before)
		}
		delete(f.objects, partKey("box", part))
		_, read := p.read(made)
		_, planned = p.plan(p.config(part), read)
		if value := p.attributes(planned.value)["observed"]; value.IsKnown() {
			t.Errorf("what was observed of a %s object that is gone is planned as %s", part, value)
		}
	}
}

func TestObjectsThatAreKeptOutliveTheResource(t *testing.T) {
	f := newFake()
	p := start(t, using(f))
	made := p.created("first", "kept", "second")
	config := p.config("first")
	_, planned := p.plan(config, made)
	f.taken()
	resp, after := p.apply(config, made, planned)
	expectNoErrors(t, resp.Diagnostics)
	expectCalls(t, f, "read first", "delete second")
	if objects := p.objects(after.value); len(objects) != 1 {
		t.Errorf("state holds %v, and what is kept is nobody's", objects)
	}

	made = p.created("kept", "first")
	f.taken()
	destroyed, _ := p.destroy(made)
	expectNoErrors(t, destroyed.Diagnostics)
	expectCalls(t, f, "delete first")
}

// An import looks for more than the resource may have: on Google Cloud for the account of an agent that has no cluster.
func TestImportNeedsNoAPIThatTheResourceHasNothingIn(t *testing.T) {
	f := newFake()
	f.objects[partKey("box", "first")] = stack.Live{Projection: `{"part":"first"}`, UID: "theirs"}
	provider := using(f)
	provider.Backend = func(_ context.Context, key stack.Key) (stack.Backend, error) {
		if key.Name == "elsewhere" {
			return nil, errors.New("no cluster is configured")
		}
		return f, nil
	}
	p := start(t, provider)
	imported := func() state {
		resp := p.importState("box")
		expectNoErrors(t, resp.Diagnostics)
		return state{p.unwire(resp.ImportedResources[0].State), resp.ImportedResources[0].Private}
	}
	read, there := p.read(imported())
	expectNoErrors(t, read.Diagnostics)
	if objects := p.objects(there.value); len(objects) != 1 {
		t.Errorf("imported %v", objects)
	}
	delete(f.objects, partKey("box", "first"))
	read, _ = p.read(imported())
	expectError(t, read.Diagnostics, "no cluster is configured")
}

func TestThePlanOfADestructionSaysWhatItMeans(t *testing.T) {
	for part, warnings := range map[string]int{"missed": 1, "first": 0} {
		p := start(t, using(newFake()))
		made := p.created(part)
		resp, _ := p.plan(tftypes.NewValue(p.schema, nil), made)
		if len(resp.Diagnostics) != warnings {
			t.Errorf("the plan of the destruction of a %s part says %v", part, resp.Diagnostics)
		}
	}
}
