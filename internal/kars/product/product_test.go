package product

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/agentward/terraform-provider-agent/internal/kars"
)

// checklist gives a published checklist, which is beside the repository and not in it.
func checklist(t *testing.T, version string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../../../shared/kars", "AIConformance-"+version+".yaml"))
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("the published checklist of %s is not in ../shared/kars", version)
	}
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func reported(t *testing.T, version string, status func(kars.Requirement) kars.Status) kars.Report {
	t.Helper()
	list, err := kars.ForVersion(version)
	if err != nil {
		t.Fatal(err)
	}
	report := kars.Report{Version: version, Probe: kars.Active, Finished: time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)}
	for _, r := range list.Requirements {
		report.Results = append(report.Results, kars.Result{Requirement: r, Finding: kars.Finding{Status: status(r), Reason: "It \"works\": seen."}, Probe: kars.Active})
	}
	return report
}

func everything(kars.Requirement) kars.Status { return kars.Verified }

var metadata = map[string]string{
	"platformName": "Example", "platformVersion": "1", "vendorName": "Example", "websiteUrl": "https://example.com", "documentationUrl": "https://example.com/docs",
	"productLogoUrl": "https://example.com/logo.svg", "description": "A platform: for agents", "contactEmailAddress": "ai@example.com",
	"k8sConformanceUrl": "https://github.com/cncf/k8s-conformance/tree/master/v1.36/example",
}

func claims(report kars.Report, status string) map[string]Claim {
	all := map[string]Claim{}
	for _, r := range report.Results {
		all[r.ID] = Claim{Status: status}
	}
	return all
}

func written(names ...string) func(string) bool {
	return func(path string) bool { return slices.Contains(names, path) }
}

// Where everything is met and the vendor says so, the program's rules are kept, for every version that is published.
func TestADraftOfAClusterThatMeetsEverythingPasses(t *testing.T) {
	for _, version := range []string{"1.33", "1.34", "1.35", "1.36"} {
		t.Run(version, func(t *testing.T) {
			list, report := checklist(t, version), reported(t, version, everything)
			draft, err := Draft(list, report, Product{Metadata: metadata, Claims: claims(report, Implemented)})
			if err != nil {
				t.Fatal(err)
			}
			problems, err := Check(list, draft, written("junit.xml"))
			if err != nil || len(problems) > 0 {
				t.Errorf("%v\n%s\n%s", err, strings.Join(problems, "\n"), draft)
			}
		})
	}
}

// A draft never says Implemented by itself, however well the cluster does.
func TestADraftClaimsNothingThatItsVendorDoesNot(t *testing.T) {
	list := checklist(t, "1.36")
	draft, err := Draft(list, reported(t, "1.36", everything), Product{Metadata: metadata})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(draft), Implemented) {
		t.Errorf("the draft claims something:\n%s", draft)
	}
	problems, err := Check(list, draft, written())
	if err != nil {
		t.Fatal(err)
	}
	if len(problems) != 8 { // one for each MUST
		t.Errorf("%d problems:\n%s", len(problems), strings.Join(problems, "\n"))
	}
}

func TestADraftKeepsTheWordsOfTheChecklist(t *testing.T) {
	list := checklist(t, "1.36")
	report := reported(t, "1.36", everything)
	draft, err := Draft(list, report, Product{Metadata: metadata, Claims: map[string]Claim{"gang_scheduling": {Implemented, []string{"https://example.com/kueue"}, "Kueue."}}})
	if err != nil {
		t.Fatal(err)
	}
	var before, after submission
	if err := errors.Join(yaml.Unmarshal(list, &before), yaml.Unmarshal(draft, &after)); err != nil {
		t.Fatal(err)
	}
	for category, entries := range before.Spec {
		for i, want := range entries {
			got := after.Spec[category][i]
			if got.ID != want.ID || got.Description != want.Description || got.Level != want.Level {
				t.Errorf("%s became %+v", want.ID, got)
			}
		}
	}
	gang := after.Spec["schedulingOrchestration"][0]
	if gang.Status != Implemented || !slices.Equal(gang.Evidence, []string{"https://example.com/kueue", "junit.xml"}) || gang.Notes != "Kueue.\nactive probe of 2026-11-26: verified. It \"works\": seen." {
		t.Errorf("gang_scheduling is %+v", gang)
	}
	if after.Metadata["kubernetesVersion"] != "v1.36" || after.Metadata["repoUrl"] != nil {
		t.Errorf("the metadata is %v", after.Metadata)
	}
}

func TestADraftIsRefused(t *testing.T) {
	list := checklist(t, "1.36")
	all := reported(t, "1.36", everything)
	missing := reported(t, "1.36", func(r kars.Requirement) kars.Status {
		if r.ID == "gang_scheduling" {
			return kars.NotDetected
		}
		return kars.Detected
	})
	for name, test := range map[string]struct {
		list   []byte
		report kars.Report
		claims map[string]Claim
		want   string
	}{
		"a claim that a probe contradicts":       {list, missing, map[string]Claim{"gang_scheduling": {Status: Implemented}}, "a probe found otherwise"},
		"a claim that is none":                   {list, all, map[string]Claim{"gang_scheduling": {Status: "done"}}, `claimed to be "done"`},
		"a claim of something that nobody asked": {list, all, map[string]Claim{"dra_support": {Status: Implemented}}, "dra_support is claimed"},
		"a checklist of another version":         {list, reported(t, "1.35", everything), nil, "not that of 1.35"},
		"something that is no checklist":         {[]byte("hello: world"), all, nil, "no metadata or no spec"},
		"nothing":                                {nil, all, nil, "it is empty"},
	} {
		if _, err := Draft(test.list, test.report, Product{Claims: test.claims}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: the error is %v, want %q", name, err, test.want)
		}
	}
}

// Each rule of the validator, one change away from a submission that passes.
func TestTheValidatorsRules(t *testing.T) {
	list := checklist(t, "1.36")
	report := reported(t, "1.36", everything)
	good, err := Draft(list, report, Product{Metadata: metadata, Claims: claims(report, Implemented)})
	if err != nil {
		t.Fatal(err)
	}
	replace := func(old, with string) func(string) string {
		return func(text string) string {
			if !strings.Contains(text, old) {
				t.Fatalf("the submission has no %q", old)
			}
			return strings.Replace(text, old, with, 1)
		}
	}
	gang := func(text, status string) string {
		before, after, _ := strings.Cut(text, "id: gang_scheduling")
		return before + "id: gang_scheduling" + strings.Replace(after, `status: "Implemented"`, "status: "+status, 1)
	}
	for name, test := range map[string]struct {
		change func(string) string
		want   string // "" for nothing
	}{
		"keys in snake case are keys too":        {replace("platformName:", "platform_name:"), ""},
		"a field that is missing":                {replace("platformName: \"Example\"", "other: x"), "platformName is missing"},
		"a field that is empty":                  {replace("\"Example\"", "\"\""), "platformName is empty"},
		"a placeholder":                          {replace("\"Example\"", "\"[Platform Name]\""), "still is the placeholder"},
		"a version that YAML takes for a number": {replace("platformVersion: \"1\"", "platformVersion: 1.0"), "platformVersion is no text"},
		"a logo that is no vector graphic":       {replace("logo.svg", "logo.png"), "SVG, EPS or AI"},
		"a conformance of Kubernetes elsewhere":  {replace("cncf/k8s-conformance", "example/k8s-conformance"), "k8sConformanceUrl is"},
		"a description in other words":           {replace("Support the Kubernetes Gateway API", "Support the Gateway API"), "ai_inference: its description"},
		"a requirement that is missing":          {replace("id: gang_scheduling", "id: gangs"), "gang_scheduling is missing"},
		"a MUST that does not apply":             {func(s string) string { return gang(s, `"N/A"`) }, "N/A does not"},
		"a MUST in part":                         {func(s string) string { return gang(s, `"Partially Implemented"`) }, "only Implemented passes"},
		"a status in words of its own":           {func(s string) string { return gang(s, `"verified"`) }, `status is "verified"`},
		"evidence that is not there":             {replace(`- "junit.xml"`, `- "file://junit.xml"`), "neither a URL nor a file"},
		"a SHOULD with neither status nor evidence": {func(s string) string {
			before, after, _ := strings.Cut(s, "id: gpu_sharing")
			after = strings.Replace(after, `status: "Implemented"`, `status: ""`, 1)
			return before + "id: gpu_sharing" + strings.Replace(after, "evidence:\n        - \"junit.xml\"", "evidence: []", 1)
		}, ""},
	} {
		problems, err := Check(list, []byte(test.change(string(good))), written("junit.xml"))
		if err != nil {
			t.Fatal(err)
		}
		if said := strings.Join(problems, "\n"); test.want == "" && said != "" || !strings.Contains(said, test.want) {
			t.Errorf("%s: %q, want %q", name, said, test.want)
		}
	}
}
