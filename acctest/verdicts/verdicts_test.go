// Package verdicts proves, on one table of Pods, that the three engines of an admission policy give the same verdicts.
package verdicts

import (
	"slices"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/spec"
)

func TestAPIServerGivesTheExpectedVerdicts(t *testing.T) {
	rows := table(t)
	cluster := newCluster(t)
	for _, p := range policies() {
		t.Run(p.Name, func(t *testing.T) { compare(t, p, rows, cluster.native(t, p, rows), firstRule) })
	}
}

func TestKyvernoGivesTheExpectedVerdicts(t *testing.T) {
	rows := table(t)
	for _, p := range policies() {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel() // the program compiles the policy anew for each pod
			got := kyverno(t, p, rows)
			compare(t, p, rows, got, firstRule)
			for _, r := range rows {
				selected := selects(p.NamespaceSelector, namespaceOf(r).Labels) && selects(p.ObjectSelector, r.typed.Labels)
				if _, reported := got[r.key()]; reported != selected {
					t.Errorf("%s (%s): Kyverno reports on it: %v, the policy selects it: %v", r.name, r.key(), reported, selected)
				}
			}
		})
	}
}

func TestGatekeeperGivesTheExpectedVerdicts(t *testing.T) {
	rows := table(t)
	for _, p := range policies() {
		// gator does not hand the namespace on to CEL, as Gatekeeper's webhook and audit do.
		if p.Name == "namespace-object" {
			continue
		}
		t.Run(p.Name, func(t *testing.T) { compare(t, p, rows, gator(t, p, rows), allRules) })
	}
}

// reported says which of the broken rules an engine names: API servers and Kyverno stop at the first.
type reported func(broken []string) []string

func firstRule(broken []string) []string { return broken[:min(1, len(broken))] }
func allRules(broken []string) []string  { return broken }

func compare(t *testing.T, p spec.AdmissionPolicy, rows []row, got map[string]outcome, reported reported) {
	t.Helper()
	denied := 0
	for _, r := range rows {
		want := judge(p, namespaceOf(r), r.typed)
		said := got[r.key()]
		if len(said) > 0 {
			denied++
		}
		switch names := reported(want.broken); {
		case len(want.broken) == 0 && len(said) > 0:
			t.Errorf("%s (%s): refused, should be let in: %s", r.name, r.key(), said)
		case len(want.broken) > 0 && len(said) == 0:
			t.Errorf("%s (%s): let in, should be refused for %v", r.name, r.key(), want.broken)
		case want.errored:
			// The words differ; that it is refused is what counts.
		case len(said) != len(names) || slices.ContainsFunc(names, func(name string) bool { return !mentions(said, name) }):
			t.Errorf("%s (%s): refused for %q, should be for %v", r.name, r.key(), said, names)
		}
	}
	t.Logf("%d of %d pods refused", denied, len(rows))
}

// mentions says whether one of the messages is of the rule. A rule whose evaluation fails is not named.
func mentions(said outcome, rule string) bool {
	return slices.ContainsFunc(said, func(message string) bool {
		return strings.Contains(message, rule+": ") || rule == "errs-without-labels"
	})
}
