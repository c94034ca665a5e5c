package gcploop

import (
	"fmt"
	"slices"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/gcp/gcptest"
)

// Creation, change and destruction are each cut off after every single request in turn, and the next run must make an end of it.
func TestARunMayBeCutAfterEveryRequest(t *testing.T) {
	for _, s := range stories {
		for _, w := range ways {
			t.Run(s.name+"/"+w.name, func(t *testing.T) {
				t.Parallel()
				b := benchFor(t, s)
				first, second := b.whole(t, s)
				n := 1
				for b.life(t, s, w, n, first, second) {
					n++
				}
				t.Logf("the longest run has %d requests", n-1)
			})
		}
	}
}

// whole gives what there is before and after the change where nothing is cut off.
func (b *bench) whole(t *testing.T, s story) (first, second []string) {
	t.Helper()
	b.anew(t, gcptest.Options{Polls: 1})
	b.configure(t, s.before)
	b.must(t, "creation", apply)
	b.must(t, "creation", plan)
	first = b.there(t)
	b.configure(t, s.after)
	b.must(t, "change", apply)
	b.must(t, "change", plan)
	second = b.there(t)
	b.must(t, "destruction", destroy)
	return first, second
}

// life is one from nothing to nothing in which each run is cut off at the nth request. It says whether one had so many.
func (b *bench) life(t *testing.T, s story, w way, n int, first, second []string) (struck bool) {
	t.Helper()
	b.anew(t, gcptest.Options{Polls: 1})
	for _, step := range []struct {
		name, config string
		want         []string
	}{{"creation", s.before, first}, {"change", s.after, second}} {
		when := fmt.Sprintf("%s, %s at request %d", step.name, w.name, n)
		b.configure(t, step.config)
		cut := b.cut(t, w, n, apply)
		if cut {
			b.must(t, when, apply)
			b.must(t, when, plan)
		}
		if there := b.there(t); !slices.Equal(there, step.want) {
			t.Fatalf("%s: there is %q, want %q", when, there, step.want)
		}
		struck = struck || cut
	}
	when := fmt.Sprintf("destruction, %s at request %d", w.name, n)
	cut := b.cut(t, w, n, destroy)
	if cut {
		b.must(t, when, destroy)
	}
	if left := b.there(t); len(left) > 0 {
		t.Fatalf("%s: left %q", when, left)
	}
	return struck || cut
}

// What a failed creation left is replaced, also by what is configured by then: it is no object of somebody else's.
func TestWhatAFailedCreationLeftMayBeConfiguredOtherwise(t *testing.T) {
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			b := benchFor(t, s)
			_, want := b.whole(t, s)
			for n := 1; ; n++ {
				b.anew(t, gcptest.Options{})
				b.configure(t, s.before)
				if !b.cut(t, ways[0], n, apply) {
					return
				}
				when := fmt.Sprintf("creation, %s at request %d", ways[0].name, n)
				b.configure(t, s.after)
				b.must(t, when, apply)
				if there := b.there(t); !slices.Equal(there, want) {
					t.Fatalf("%s: there is %q, want %q", when, there, want)
				}
			}
		})
	}
}
