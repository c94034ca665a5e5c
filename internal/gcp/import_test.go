package gcp

import (
	"maps"
	"slices"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/gcp/gcptest"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// What is imported and declared as it is has nothing to be done to it; what Google never shows is sent once.
func TestAnImportOfWhatIsDeclaredChangesNothing(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(lives)) {
		t.Run(name, func(t *testing.T) {
			life := lives[name]
			if life.service == IAP {
				t.Skip("a condition that the declaration leaves out is made up; what is rendered has one")
			}
			b := newBench(t, gcptest.Options{})
			for i := 0; i < len(life.before); i += 3 {
				b.mustApply(t, declared(t, life.before[i], life.before[i+1], life.before[i+2]), "")
			}
			desired := declared(t, life.service, life.name, life.first)
			b.mustApply(t, desired, "")
			imported, err := b.Read(deadline(t), desired.Key, "")
			if err != nil {
				t.Fatal(err)
			}
			b.Forget()
			again := b.mustApply(t, desired, imported.Projection)
			if b.secretive(t, desired) {
				return
			}
			if again.Projection != imported.Projection || b.methods() != "" {
				t.Errorf("it is imported as\n  %s and becomes\n  %s by %q", imported.Projection, again.Projection, b.methods())
			}
		})
	}
}

// secretive says that the object has something that Google never shows.
func (b *bench) secretive(t *testing.T, object stack.Object) bool {
	t.Helper()
	bound, err := b.bind(object.Key)
	if err != nil {
		t.Fatal(err)
	}
	return len(stack.GoogleSecretValues(object.Body)) > 0 || slices.ContainsFunc(bound.inputOnly, func(field string) bool { return at(object.Body, field) != missing{} })
}
