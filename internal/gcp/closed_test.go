package gcp

import (
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/gcp/gcptest"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// Ways to switch a control off that leave every field that we set as it is.
func TestWhatWeakensAControlIsDriftAndIsTakenBack(t *testing.T) {
	for name, c := range map[string]struct {
		desired stack.Object
		weaken  func(live map[string]any)
		mask    string
	}{
		"an extension that only tries": {extension(t), func(live map[string]any) {
			fieldsOf(live["metadata"])["iamEnforcementMode"] = "DRY_RUN"
		}, "metadata"},
		"a policy that is for some requests alone": {custom(t), func(live map[string]any) {
			live["httpRules"] = []any{map[string]any{"when": "false"}}
		}, "httpRules"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, gcptest.Options{})
			b.mustApply(t, gateway(t, egress), "")
			prior := b.mustApply(t, extension(t), "").Projection
			if c.desired.Key != extension(t).Key {
				prior = b.mustApply(t, c.desired, "").Projection
			}
			if err := b.Change(c.desired.Key.String(), c.weaken); err != nil {
				t.Fatal(err)
			}
			drifted, err := b.Read(deadline(t), c.desired.Key, prior)
			if err != nil || drifted.Projection == prior {
				t.Fatalf("it reads as %s (%v)", drifted.Projection, err)
			}
			b.Forget()
			live := b.mustApply(t, c.desired, drifted.Projection)
			if live.Projection != prior || len(b.Mutations()) != 1 || b.Mutations()[0].Query.Get("updateMask") != c.mask {
				t.Errorf("it becomes %s by %s with %v", live.Projection, b.methods(), b.Mutations()[0].Query)
			}
		})
	}
}
