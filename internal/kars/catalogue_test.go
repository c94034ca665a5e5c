package kars

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"sigs.k8s.io/yaml"
)

// published is the folder with the checklists as CNCF publishes them, beside the repository.
const published = "../../../shared/kars"

func TestTheCatalogueAgreesWithThePublishedChecklists(t *testing.T) {
	for _, version := range Versions() {
		t.Run(version, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(published, "AIConformance-"+version+".yaml"))
			if errors.Is(err, os.ErrNotExist) {
				t.Skipf("the published checklist of %s is not in %s", version, published)
			}
			if err != nil {
				t.Fatal(err)
			}
			var document struct {
				Spec map[string][]struct{ ID, Level string }
			}
			if err := yaml.Unmarshal(text, &document); err != nil {
				t.Fatal(err)
			}
			ours := map[string][]string{}
			list, err := ForVersion(version)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range list.Requirements {
				ours[r.Category] = append(ours[r.Category], r.ID+" "+string(r.Level))
			}
			for category, requirements := range document.Spec {
				var theirs []string
				for _, r := range requirements {
					theirs = append(theirs, r.ID+" "+r.Level)
				}
				if !slices.Equal(ours[category], theirs) {
					t.Errorf("%s: the catalogue has %v, published is %v", category, ours[category], theirs)
				}
				delete(ours, category)
			}
			if len(ours) > 0 {
				t.Errorf("the catalogue has %v besides", ours)
			}
		})
	}
}

// The numbers that CNCF gives of each version.
func TestTheChecklistsHaveAsManyRequirementsAsAnnounced(t *testing.T) {
	want := map[string][2]int{"1.33": {8, 1}, "1.34": {9, 0}, "1.35": {9, 3}, "1.36": {8, 6}, "1.37": {8, 7}}
	if len(Versions()) != len(want) {
		t.Fatalf("there are %v", Versions())
	}
	for version, counts := range want {
		list, err := ForVersion("v" + version)
		if err != nil {
			t.Fatal(err)
		}
		var got [2]int
		for _, r := range list.Requirements {
			if r.Level == Must {
				got[0]++
			} else {
				got[1]++
			}
		}
		if got != counts {
			t.Errorf("%s has %d MUST and %d SHOULD, want %d and %d", version, got[0], got[1], counts[0], counts[1])
		}
	}
}

func TestRequirementsCarryTheirKAR(t *testing.T) {
	want := map[string]int{
		"driver_runtime_management": 1, "gpu_sharing": 3, "virtualized_accelerator": 4, "ai_inference": 0, "advanced_inference_ingress": 11,
		"high_performance_networking": 10, "disaggregated_inference": 41, "gang_scheduling": 53, "cluster_autoscaling": 55, "pod_autoscaling": 57,
		"accelerator_metrics": 59, "ai_service_metrics": 61, "secure_accelerator_access": 49, "workload_sandboxing": 20, "robust_controller": 63,
	}
	list, err := ForVersion("1.37")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list.Requirements {
		if number, ok := want[r.ID]; !ok || number != r.KAR {
			t.Errorf("%s is KAR %d, want %d", r.ID, r.KAR, number)
		}
	}
}

// What is proposed must never be taken for conformance.
func TestWhatIsProposedHasNoLevelAndNamesItsSource(t *testing.T) {
	for _, r := range Proposed() {
		if r.Level != "" || r.Category != "" || r.KAR != 0 || len(r.Sources) == 0 {
			t.Errorf("%s: level %q, category %q, KAR %d, sources %v", r.ID, r.Level, r.Category, r.KAR, r.Sources)
		}
		for _, version := range Versions() {
			if list, _ := ForVersion(version); slices.Contains(list.IDs(), r.ID) {
				t.Errorf("%s is in the checklist of %s", r.ID, version)
			}
		}
	}
}

func TestAVersionWithoutAChecklistIsNamedWithThoseThatHaveOne(t *testing.T) {
	_, err := ForVersion("1.12")
	if !errors.Is(err, ErrNoVersion) || err.Error() != `no such checklist: "1.12"; there are 1.33, 1.34, 1.35, 1.36, 1.37` {
		t.Errorf("the error is %v", err)
	}
}

func TestACatalogueWithAnErrorIsRefused(t *testing.T) {
	whole := "requirements: [{id: a, title: t, summary: s, remedy: r}]\nchecklists: [{version: '1', source: s, date: d, levels: {a: MUST}}]\n"
	if _, err := parse([]byte(whole)); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"a requirement that is not described": "requirements: [{id: a, title: t, summary: s, remedy: r}]\nchecklists: [{version: '1', source: s, date: d, levels: {b: MUST}}]",
		"a level that is none":                "requirements: [{id: a, title: t, summary: s, remedy: r}]\nchecklists: [{version: '1', source: s, date: d, levels: {a: MAY}}]",
		"a checklist of unknown origin":       "requirements: [{id: a, title: t, summary: s, remedy: r}]\nchecklists: [{version: '1', levels: {a: MUST}}]",
		"a requirement twice":                 "requirements: [{id: a, title: t, summary: s, remedy: r}, {id: a, title: t, summary: s, remedy: r}]",
		"a requirement without a remedy":      "requirements: [{id: a, title: t, summary: s}]",
		"a field that nobody reads":           "requirements: []\nsurprise: true",
	} {
		if _, err := parse([]byte(text)); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}
