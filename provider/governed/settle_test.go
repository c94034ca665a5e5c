package governed

import (
	"context"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
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

func TestUpdateThatDoesNotSettleIsRecordedAndWaitedForAgain(t *testing.T) {
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
	waitsAgain := func() (*tfprotov6.ApplyResourceChangeResponse, state) {
		t.Helper()
		f.taken()
		said, again := p.plan(config, left)
		if len(said.Diagnostics) != 1 || said.Diagnostics[0].Severity != tfprotov6.DiagnosticSeverityWarning {
			t.Errorf("the plan says %v, want a warning that the last update was not seen in force", said.Diagnostics)
		}
		if len(p.objects(again.value)) != 2 || again.value.Equal(left.value) {
			t.Fatalf("the plan is %s, want an update of nothing", again.value)
		}
		resp, after := p.apply(config, left, again)
		expectCalls(t, f, "read first", "read second")
		return resp, after
	}
	resp, left = waitsAgain()
	expectError(t, resp.Diagnostics, "still as it was")
	f.settle = nil
	resp, left = waitsAgain()
	expectNoErrors(t, resp.Diagnostics)
	if said, again := p.plan(config, left); !again.value.Equal(left.value) || len(said.Diagnostics) > 0 {
		t.Errorf("what was seen in force is planned again: %v", said.Diagnostics)
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
