package governed

import (
	"context"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

func TestUpdateWaitsUntilWhatItWroteIsInForce(t *testing.T) {
	f := newFake()
	p := start(t, using(f))
	var written []string
	f.settle = func(ctx context.Context) diag.Diagnostics {
		written = f.taken()
		if _, bounded := ctx.Deadline(); !bounded {
			t.Error("the wait has no end")
		}
		return nil
	}
	made := p.created("first")
	if written != nil {
		t.Error("a create waits, whose error would taint what is there")
	}
	f.taken()
	config := p.config("first", "second")
	_, planned := p.plan(config, made)
	f.taken()
	resp, _ := p.apply(config, made, planned)
	expectNoErrors(t, resp.Diagnostics)
	if len(written) != 2 || written[1] != "apply second" {
		t.Errorf("before the wait the API was asked %q, want all of the update", written)
	}
}

func TestUpdateThatDoesNotSettleIsRecorded(t *testing.T) {
	f := newFake()
	p := start(t, using(f))
	made := p.created("first")
	f.settle = func(context.Context) diag.Diagnostics {
		return diag.Diagnostics{diag.NewErrorDiagnostic("Unable to settle", "the first part is still as it was")}
	}
	config := p.config("first", "second")
	_, planned := p.plan(config, made)
	resp, left := p.apply(config, made, planned)
	expectError(t, resp.Diagnostics, "still as it was")
	if len(p.objects(left.value)) != 2 {
		t.Errorf("state keeps %v, want both parts", left.value)
	}
	_, again := p.plan(config, left)
	if !again.value.Equal(left.value) {
		t.Error("what was written is planned again")
	}
}

func TestUpdateThatFailedDoesNotWait(t *testing.T) {
	f := newFake()
	p := start(t, using(f))
	made := p.created("first")
	config := p.config("first", "second")
	_, planned := p.plan(config, made)
	f.fail = away("apply")
	f.settle = func(context.Context) diag.Diagnostics {
		t.Error("waits for what was not written")
		return nil
	}
	p.apply(config, made, planned)
}
