// Package reports reads what policy engines report of the objects in a cluster: PolicyReport and ClusterPolicyReport of group
// wgpolicyk8s.io, and Report and ClusterReport of its successor openreports.io.
package reports

import (
	"encoding/json"
	"fmt"
	"time"
)

// The results that a report can give.
const (
	Pass  = "pass"
	Fail  = "fail"
	Warn  = "warn"
	Error = "error" // the policy could not be evaluated
	Skip  = "skip"
)

// All are the results that a report can give.
var All = []string{Pass, Fail, Warn, Error, Skip}

// Violations are the results that say, or may say, that an object breaks a policy.
var Violations = []string{Fail, Warn, Error}

// Result is what one rule of one policy said of one object.
type Result struct {
	Policy, Rule string
	Result       string // one of All
	Severity     string // critical, high, medium, low, info; "" where the policy has none
	Category     string
	Message      string
	Source       string // the engine that evaluated it
	Resource     Resource
	Time         time.Time // zero where the report does not say
}

// Resource names the object that a result is about. All fields are empty where the report does not say.
type Resource struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Namespace  string `json:"namespace"`
	Name       string `json:"name"`
}

// report is what the kinds of both groups share.
type report struct {
	Source  string    `json:"source"`
	Scope   *Resource `json:"scope"`
	Results []struct {
		Policy    string     `json:"policy"`
		Rule      string     `json:"rule"`
		Result    string     `json:"result"`
		Severity  string     `json:"severity"`
		Category  string     `json:"category"`
		Message   string     `json:"message"`
		Source    string     `json:"source"`
		Resources []Resource `json:"resources"`
		Timestamp struct {
			Seconds int64 `json:"seconds"`
			Nanos   int64 `json:"nanos"`
		} `json:"timestamp"`
	} `json:"results"`
}

// Parse gives the results of a report, in its order; one that names several objects once for each. What a result leaves out, the
// report's scope and source say.
func Parse(object map[string]any) ([]Result, error) {
	text, err := json.Marshal(object)
	if err != nil {
		return nil, fmt.Errorf("encode the report: %w", err)
	}
	var r report
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, fmt.Errorf("read the report: %w", err)
	}
	var results []Result
	for _, given := range r.Results {
		result := Result{
			Policy: given.Policy, Rule: given.Rule, Result: given.Result, Severity: given.Severity, Category: given.Category,
			Message: given.Message, Source: given.Source,
		}
		if result.Source == "" {
			result.Source = r.Source
		}
		if at := given.Timestamp; at.Seconds != 0 || at.Nanos != 0 {
			result.Time = time.Unix(at.Seconds, at.Nanos).UTC()
		}
		resources := given.Resources
		if len(resources) == 0 {
			resources = []Resource{{}}
			if r.Scope != nil {
				resources[0] = *r.Scope
			}
		}
		for _, result.Resource = range resources {
			results = append(results, result)
		}
	}
	return results, nil
}
