package verdicts

import (
	"slices"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/spec"
)

// ruleOrder is the order in which typed rules are checked.
var ruleOrder = spec.AdmissionRuleNames

func TestTableIsLargeAndNamesEachPodOnce(t *testing.T) {
	rows := table(t)
	if len(rows) < 200 {
		t.Errorf("the table has %d pods, the least is 200", len(rows))
	}
	seen := map[string]string{}
	for _, r := range rows {
		if other, twice := seen[r.key()]; twice {
			t.Errorf("%q and %q are both the pod %s", r.name, other, r.key())
		}
		seen[r.key()] = r.name
	}
}

// The oracle is right about the baseline where it says what was written beside each pod by hand.
func TestOracleAgreesWithWhatIsWrittenByHand(t *testing.T) {
	everywhere := baseline()
	everywhere.NamespaceSelector = spec.LabelSelector{}
	for _, r := range table(t) {
		got := judge(everywhere, namespaceOf(r), r.typed)
		if !slices.Equal(got.broken, r.breaks) {
			t.Errorf("%s: the oracle says it breaks %v, by hand it breaks %v", r.name, got.broken, r.breaks)
		}
	}
}

func TestPoliciesAreValid(t *testing.T) {
	for _, p := range policies() {
		for _, p.Engine = range []spec.Engine{spec.EngineNative, spec.EngineKyverno, spec.EngineGatekeeper} {
			for _, problem := range p.Validate() {
				t.Errorf("%s for %s: %v", p.Name, p.Engine, problem)
			}
		}
	}
}
