package kars

import (
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// reported is a report of 1.37 in which everything is detected but what is given.
func reported(t *testing.T, found map[string]Finding) Report {
	t.Helper()
	list, err := ForVersion("1.37")
	if err != nil {
		t.Fatal(err)
	}
	report := Report{Version: list.Version}
	for _, r := range list.Requirements {
		finding, ok := found[r.ID]
		if !ok {
			finding = Finding{Status: Detected}
		}
		report.Results = append(report.Results, Result{Requirement: r, Finding: finding, Probe: Passive})
	}
	return report
}

func TestAGateOpensForWhatItAsks(t *testing.T) {
	gone, hidden := Finding{Status: NotDetected}, Finding{Status: Unknown, Unread: []string{"deployments: forbidden"}}
	gap := func(until time.Time) []Gap { return []Gap{{"gang_scheduling", "bought for 2027", until}} }
	tests := []struct {
		name                          string
		gate                          Gate
		found                         map[string]Finding
		unmet, accepted, undetermined string
	}{
		{"a cluster that meets everything passes", Gate{Require: []string{"should"}, Strict: true}, nil, "", "", ""},
		{"without a word only MUST counts", Gate{}, map[string]Finding{"gpu_sharing": gone, "gang_scheduling": gone}, "gang_scheduling", "", ""},
		{"should is both levels", Gate{Require: []string{"should"}}, map[string]Finding{"gpu_sharing": gone, "gang_scheduling": gone}, "gpu_sharing gang_scheduling", "", ""},
		{"an id counts alone", Gate{Require: []string{"gpu_sharing"}}, map[string]Finding{"gpu_sharing": gone, "gang_scheduling": gone}, "gpu_sharing", "", ""},
		{"an id adds to a level", Gate{Require: []string{"must", "gpu_sharing"}}, map[string]Finding{"gpu_sharing": gone, "gang_scheduling": gone}, "gpu_sharing gang_scheduling", "", ""},
		{"what is verified, detected or does not apply is met", Gate{}, map[string]Finding{"gang_scheduling": {Status: Verified}, "pod_autoscaling": {Status: NotApplicable}}, "", "", ""},
		{"what the cluster does not tell fails nobody", Gate{}, map[string]Finding{"accelerator_metrics": {Status: Unknown}}, "", "", "accelerator_metrics"},
		{"unless the gate is strict", Gate{Strict: true}, map[string]Finding{"accelerator_metrics": {Status: Unknown}}, "accelerator_metrics", "", ""},
		{"what could not be read is not met", Gate{}, map[string]Finding{"gang_scheduling": hidden}, "gang_scheduling", "", ""},
		{"an accepted gap lets it pass", Gate{Gaps: gap(noon.Add(time.Hour))}, map[string]Finding{"gang_scheduling": gone}, "", "gang_scheduling", ""},
		{"until it expires", Gate{Gaps: gap(noon)}, map[string]Finding{"gang_scheduling": gone}, "gang_scheduling", "", ""},
		{"a gap in what is met is none", Gate{Gaps: gap(noon.Add(time.Hour))}, nil, "", "", ""},
	}
	names := func(results []Result) string {
		var ids []string
		for _, r := range results {
			ids = append(ids, r.ID)
		}
		return strings.Join(ids, " ")
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			v := test.gate.Judge(reported(t, test.found), noon)
			if names(v.Unmet) != test.unmet || names(v.Accepted) != test.accepted || names(v.Undetermined) != test.undetermined {
				t.Errorf("unmet %q, accepted %q, undetermined %q; want %q, %q, %q",
					names(v.Unmet), names(v.Accepted), names(v.Undetermined), test.unmet, test.accepted, test.undetermined)
			}
		})
	}
}

func TestAGateKnowsItsChecklist(t *testing.T) {
	list, err := ForVersion("1.36")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		gate Gate
		want string
	}{
		"levels and ids":                         {Gate{Require: []string{"must", "should", "gpu_sharing"}, Gaps: []Gap{{Requirement: "gang_scheduling"}}}, ""},
		"a requirement of another version":       {Gate{Require: []string{"dra_support"}}, `"dra_support" is no requirement of 1.36`},
		"a gap in one of another version":        {Gate{Gaps: []Gap{{Requirement: "workload_sandboxing"}}}, `"workload_sandboxing", which is no requirement of 1.36`},
		"what is proposed can never be required": {Gate{Require: []string{"agent_identity"}}, `"agent_identity" is no requirement`},
	} {
		err := test.gate.Validate(list)
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: the error is %v, want %q", name, err, test.want)
		}
	}
}

func TestEveryStatusIsCounted(t *testing.T) {
	report := reported(t, map[string]Finding{"gang_scheduling": {Status: Verified}, "gpu_sharing": {Status: Unknown}})
	totals := Totals(report.Results)
	want := map[Status]int{Verified: 1, Detected: 13, NotApplicable: 0, Unknown: 1, NotDetected: 0}
	for status, n := range want {
		if got, ok := totals[status]; !ok || got != n {
			t.Errorf("%d are %s, want %d", got, status, n)
		}
	}
}

// What an active probe saw stays until the cluster says otherwise.
func TestWhatWasVerifiedStaysUntilTheClusterSaysOtherwise(t *testing.T) {
	seen := Finding{Status: Verified, Reason: "seen"}
	earlier := reported(t, map[string]Finding{"gang_scheduling": seen, "ai_inference": seen, "robust_controller": seen})
	now := reported(t, map[string]Finding{"gang_scheduling": {Status: NotDetected}, "ai_inference": {Status: Unknown}})
	kept := now.KeepVerified(earlier)
	for id, want := range map[string]Status{"gang_scheduling": NotDetected, "ai_inference": Verified, "robust_controller": Verified, "gpu_sharing": Detected} {
		if r, _ := kept.Result(id); r.Status != want {
			t.Errorf("%s is %s, want %s", id, r.Status, want)
		}
	}
	if r, _ := now.Result("ai_inference"); r.Status != Unknown {
		t.Error("the report itself was changed")
	}
}

func TestReportsDifferByWhatTheySayAndNotByWhen(t *testing.T) {
	a, b := reported(t, nil), reported(t, nil)
	b.Finished = noon
	if !a.SaysTheSame(b) {
		t.Error("a later report that says the same is another")
	}
	if a.SaysTheSame(reported(t, map[string]Finding{"gang_scheduling": {Status: NotDetected}})) {
		t.Error("a report that says something else is the same")
	}
}
