package reports

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

func decode(t *testing.T, text string) map[string]any {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		t.Fatal(err)
	}
	return object
}

func TestParse(t *testing.T) {
	pod := Resource{APIVersion: "v1", Kind: "Pod", Namespace: "agents", Name: "billing"}
	tests := []struct {
		name, report string
		want         []Result
	}{
		{"a report without results has none", `{"kind": "PolicyReport"}`, nil},
		{
			"a result is taken as it is", `{"results": [{"policy": "agents", "rule": "approval-label", "result": "fail", "severity": "high", "category": "Agents",
			"message": "not approved", "source": "kyverno", "timestamp": {"seconds": 1795392000, "nanos": 500000000},
			"resources": [{"apiVersion": "v1", "kind": "Pod", "namespace": "agents", "name": "billing", "uid": "u"}]}]}`,
			[]Result{{"agents", "approval-label", Fail, "high", "Agents", "not approved", "kyverno", pod, time.Date(2026, 11, 23, 0, 0, 0, 500000000, time.UTC)}},
		},
		{
			"scope and source of the report stand for what a result leaves out", `{"source": "kyverno", "scope": {"apiVersion": "v1", "kind": "Pod", "namespace": "agents", "name": "billing"},
			"results": [{"policy": "agents", "result": "warn"}]}`,
			[]Result{{Policy: "agents", Result: Warn, Source: "kyverno", Resource: pod}},
		},
		{
			"a result's own object and source come before them", `{"source": "kyverno", "scope": {"kind": "Namespace", "name": "agents"},
			"results": [{"policy": "agents", "result": "fail", "source": "gatekeeper", "resources": [{"apiVersion": "v1", "kind": "Pod", "namespace": "agents", "name": "billing"}]}]}`,
			[]Result{{Policy: "agents", Result: Fail, Source: "gatekeeper", Resource: pod}},
		},
		{
			"a result for several objects counts for each", `{"results": [{"policy": "agents", "result": "fail", "resources": [{"name": "a"}, {"name": "b"}]}]}`,
			[]Result{{Policy: "agents", Result: Fail, Resource: Resource{Name: "a"}}, {Policy: "agents", Result: Fail, Resource: Resource{Name: "b"}}},
		},
		{
			"a result for no object is still one", `{"results": [{"policy": "agents", "result": "error"}]}`,
			[]Result{{Policy: "agents", Result: Error}},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Parse(decode(t, test.report))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
		})
	}
}

func TestAReportOfAnotherShapeIsAnError(t *testing.T) {
	for _, text := range []string{
		`{"results": "none"}`, `{"results": [1]}`, `{"results": [{"policy": 1}]}`, `{"scope": []}`, `{"results": [{"timestamp": {"seconds": "today"}}]}`,
	} {
		if got, err := Parse(decode(t, text)); err == nil {
			t.Errorf("%s is read as %v", text, got)
		}
	}
}

// A report is read or refused, and gives no result that it does not have.
func FuzzParse(f *testing.F) {
	f.Add(`{"results": [{"policy": "agents", "result": "fail", "resources": [{"name": "a"}, {}]}]}`)
	f.Add(`{"scope": {"name": "a"}, "results": [{"timestamp": {"seconds": -1, "nanos": 9999999999}}]}`)
	f.Add(`{"results": null, "source": null}`)
	f.Fuzz(func(t *testing.T, text string) {
		var object map[string]any
		if json.Unmarshal([]byte(text), &object) != nil {
			return
		}
		results, err := Parse(object)
		if err != nil {
			return
		}
		if len(results) > strings.Count(text, "{")+strings.Count(text, "null") {
			t.Errorf("%d results from %q", len(results), text)
		}
	})
}
