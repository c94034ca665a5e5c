package publish

import (
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/kars"
)

var now = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// sample is a report with every status, level and standing.
func sample(t *testing.T) Document {
	t.Helper()
	list, err := kars.ForVersion("1.37")
	if err != nil {
		t.Fatal(err)
	}
	report := kars.Report{
		Program: "agentward test", Version: list.Version, Source: list.Source, Date: list.Date, Probe: kars.Passive,
		Started: now.Add(-3 * time.Second), Finished: now, Cluster: kars.Cluster{Kubernetes: "v1.37.2", Nodes: 12, AcceleratorNodes: 4},
	}
	found := map[string]kars.Finding{
		"gang_scheduling":     {Status: kars.NotDetected, Reason: "No gang scheduler is installed."},
		"ai_inference":        {Status: kars.NotDetected, Reason: "There is no GatewayClass.", Evidence: []string{"<script>alert(1)</script>", "GatewayClass c is not accepted"}},
		"accelerator_metrics": {Status: kars.Unknown, Reason: "No node shows an accelerator."},
		"gpu_sharing":         {Status: kars.NotDetected, Reason: "None is shared."},
		"robust_controller":   {Status: kars.Verified, Reason: "It was reconciled."},
		"pod_autoscaling":     {Status: kars.NotApplicable, Reason: "There are no HorizontalPodAutoscalers."},
		"ai_service_metrics":  {Status: kars.Unknown, Reason: "Nothing was found in what could be read.", Unread: []string{"list services: the credentials may not"}},
	}
	for _, r := range list.Requirements {
		finding, ok := found[r.ID]
		if !ok {
			finding = kars.Finding{Status: kars.Detected, Reason: "It is there.", Evidence: []string{"an object"}}
		}
		report.Results = append(report.Results, kars.Result{Requirement: r, Finding: finding, Probe: kars.Passive})
	}
	for _, r := range kars.Proposed() {
		report.Proposed = append(report.Proposed, kars.Result{Requirement: r, Finding: kars.Finding{Status: kars.NotDetected, Reason: "It is not there."}, Probe: kars.Passive})
	}
	gaps := []kars.Gap{
		{Requirement: "ai_inference", Reason: "the gateway comes in March", Expires: time.Date(2027, 3, 27, 0, 0, 0, 0, time.UTC)},
		{Requirement: "gang_scheduling", Reason: "the rack comes in spring", Expires: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)},
		{Requirement: "robust_controller", Reason: "nobody lacks it any more", Expires: time.Date(2027, 3, 27, 0, 0, 0, 0, time.UTC)},
	}
	return Document{Report: report, Gate: kars.Gate{Gaps: gaps}, Now: now}
}

func TestJSONSaysHowEachRequirementStands(t *testing.T) {
	text, err := sample(t).JSON()
	if err != nil {
		t.Fatal(err)
	}
	var said struct {
		Conforms bool
		Totals   map[string]int
		Results  []struct{ ID, Level, Status, Standing, Remedy string }
		Proposed []struct{ ID, Level, Standing string }
	}
	if err := json.Unmarshal(text, &said); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"gang_scheduling": "unmet", "ai_inference": "accepted", "accelerator_metrics": "undetermined", "gpu_sharing": "not_required",
		"robust_controller": "met", "pod_autoscaling": "met", "ai_service_metrics": "unmet", "secure_accelerator_access": "met",
	}
	for _, r := range said.Results {
		if standing, ok := want[r.ID]; ok && r.Standing != standing {
			t.Errorf("%s is %s, want %s", r.ID, r.Standing, standing)
		}
	}
	if said.Conforms || said.Totals["not_detected"] != 3 || len(said.Results) != 15 || len(said.Proposed) == 0 {
		t.Errorf("conforms %v, totals %v, %d results, %d proposed", said.Conforms, said.Totals, len(said.Results), len(said.Proposed))
	}
	for _, r := range said.Proposed {
		if r.Standing != "" || r.Level != "" {
			t.Errorf("%s, which is proposed, has level %q and is %q", r.ID, r.Level, r.Standing)
		}
	}
}

func TestJUnitFailsForWhatTheGateAsksAlone(t *testing.T) {
	text, err := sample(t).JUnit()
	if err != nil {
		t.Fatal(err)
	}
	var said suites
	if err := xml.Unmarshal(text, &said); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, s := range said.Suites {
		for _, c := range s.Cases {
			got[c.Name] = "passed"
			if c.Failure != nil {
				got[c.Name] = "failed"
			}
			if c.Skipped != nil {
				got[c.Name] = "skipped: " + c.Skipped.Message
			}
		}
	}
	for id, want := range map[string]string{
		"gang_scheduling": "failed", "ai_inference": "skipped: accepted until 2027-03-26: the gateway comes in March", "gpu_sharing": "skipped: not_detected",
		"accelerator_metrics": "skipped: unknown", "robust_controller": "passed", "ai_service_metrics": "failed", "agent_identity": "skipped: proposed, and not_detected",
	} {
		if got[id] != want {
			t.Errorf("%s: %s, want %s", id, got[id], want)
		}
	}
	if said.Suites[0].Failures != 2 || said.Suites[1].Failures != 0 || said.Suites[0].Time != "3.000" {
		t.Errorf("the suites are %+v", said.Suites)
	}
}

func TestThePageNeedsNothingFromElsewhere(t *testing.T) {
	text, err := sample(t).HTML()
	if err != nil {
		t.Fatal(err)
	}
	said := string(text)
	for _, forbidden := range []string{"<script", "<link", "src=", "@import", "url(", "nobody lacks it any more"} {
		if strings.Contains(said, forbidden) {
			t.Errorf("it has %q", forbidden)
		}
	}
	for _, wanted := range []string{
		"2 requirements are asked for and not met: Gang scheduling, Metrics of AI services.", "&lt;script&gt;", "Accepted until 26 March 2027:", "the gateway comes in March",
		"Counts again; it was accepted until 31 May 2026:", "Could not be read:", "Proposed for agents", "no certification", "KAR-53", "To do:",
	} {
		if !strings.Contains(said, wanted) {
			t.Errorf("it lacks %q", wanted)
		}
	}
}
