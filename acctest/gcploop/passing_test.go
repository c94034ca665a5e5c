package gcploop

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/gcp/gcptest"
)

// What passes by itself is borne by the run that meets it, whichever request it hits: each request in turn is answered so once, and each
// kind of failure has its turn.
func TestEveryRequestMayFailOnceWithoutTheRun(t *testing.T) {
	faults := []gcptest.Fault{
		{Status: "ABORTED"},
		{Drop: gcptest.DropAfter},
		{Status: "RESOURCE_EXHAUSTED"},
		{Status: "INTERNAL"},
		{Drop: gcptest.DropBefore},
		{Status: "UNAVAILABLE"},
		{Status: "INTERNAL", InOperation: true, Mutations: true},
	}
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			b := benchFor(t, s)
			for n := 1; ; n++ {
				b.anew(t, gcptest.Options{Polls: 1})
				struck := false
				for i, step := range []struct {
					config string
					args   []string
				}{{s.before, apply}, {s.after, apply}, {s.after, plan}, {s.after, destroy}} {
					fault := faults[(n+i)%len(faults)]
					fault.Skip = n - 1
					b.Forget()
					b.Inject(fault)
					b.configure(t, step.config)
					b.must(t, fmt.Sprintf("with request %d answered by %+v", n, fault), step.args)
					struck = struck || len(b.Requests()) >= n
					b.Mend()
				}
				if left := b.there(t); len(left) > 0 {
					t.Fatalf("with a failure at request %d, there is left %q", n, left)
				}
				if !struck {
					return
				}
			}
		})
	}
}

// Terraform makes both gateways of a project at once, and Google refuses changes that overlap.
func TestGatewaysOfOneProjectTakeTurns(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.anew(t, gcptest.Options{Polls: 2})
	both := func(tools string) string { return gateway("tools", tools, "") + gateway("files", tools, "") }
	for _, step := range []struct {
		config string
		args   []string
	}{{both(`["balance"]`), apply}, {both(`["history"]`), apply}, {both(`["history"]`), plan}, {both(`["history"]`), destroy}} {
		b.configure(t, step.config)
		b.must(t, "two gateways", step.args)
	}
	var order strings.Builder
	for _, r := range b.Mutations() {
		if r.Status != 200 {
			t.Errorf("%s was answered %d: %s", r.Method, r.Status, r.Message)
		}
		if strings.HasSuffix(r.Method, "agentGateways.create") {
			order.WriteString(r.Method)
		}
	}
	// The control: there were two to take turns.
	if made := strings.Count(order.String(), "create"); made != 2 {
		t.Errorf("%d gateways were made", made)
	}
	if left := b.there(t); len(left) > 0 {
		t.Errorf("there is left %q", left)
	}
}

// Google shows what was done when it pleases: new objects are hidden, unknown to what refers to them, and not complete; old ones stay.
func TestWhatGoogleShowsLateIsWaitedFor(t *testing.T) {
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			b := benchFor(t, s)
			first, second := b.whole(t, s)
			b.anew(t, gcptest.Options{Polls: 2, HiddenReads: 2, UnknownReferences: 2, LingeringReads: 3, ReadsWithoutCard: 3})
			for _, step := range []struct {
				config string
				args   []string
				want   []string
			}{{s.before, apply, first}, {s.before, plan, first}, {s.after, apply, second}, {s.after, plan, second}, {s.after, destroy, nil}} {
				b.configure(t, step.config)
				b.must(t, "late", step.args)
				if there := b.there(t); !slices.Equal(there, step.want) {
					t.Fatalf("after %s there is %q, want %q", step.args[0], there, step.want)
				}
			}
		})
	}
}
