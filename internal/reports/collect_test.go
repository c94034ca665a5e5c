package reports

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// served holds the reports of a cluster by kind. It stands in for one because what is asked of it is the subject here.
type served map[string][]map[string]any

func (s served) List(_ context.Context, key stack.Key, visit func(map[string]any) error) error {
	reports, ok := s[key.APIVersion()+"/"+key.Kind]
	if !ok {
		return stack.ErrNotFound
	}
	for _, report := range reports {
		metadata, _ := report["metadata"].(map[string]any)
		if key.Namespace != "" && metadata["namespace"] != key.Namespace {
			continue
		}
		if err := visit(report); err != nil {
			return err
		}
	}
	return nil
}

func reportOf(namespace string, results ...any) map[string]any {
	return map[string]any{"metadata": map[string]any{"namespace": namespace, "name": "r"}, "results": results}
}

func result(policy, result string) map[string]any {
	return map[string]any{"policy": policy, "result": result}
}

func TestCollect(t *testing.T) {
	cluster := served{
		"wgpolicyk8s.io/v1alpha2/PolicyReport": {
			reportOf("agents", result("agents", Fail), result("agents", Pass), result("other", Fail)),
			reportOf("web", result("agents", Warn)),
		},
		"wgpolicyk8s.io/v1alpha2/ClusterPolicyReport": {reportOf("", result("nodes", Error))},
		"openreports.io/v1alpha1/Report":              {reportOf("agents", result("agents", Skip), result("agents", Fail))},
		"openreports.io/v1alpha1/ClusterReport":       {},
	}
	both := []string{"openreports.io", "wgpolicyk8s.io"}
	tests := []struct {
		name      string
		from      served
		query     Query
		groups    []string
		results   string // as policy/result, in order
		truncated bool
		totals    map[string]int64
	}{
		{"a cluster without reports has no groups", served{}, Query{Results: All, Limit: 10}, nil, "", false, map[string]int64{}},
		{
			"all reports of both groups are read", cluster,
			Query{Results: Violations, Limit: 10},
			both,
			"agents/fail agents/fail other/fail agents/warn nodes/error", false,
			map[string]int64{Fail: 3, Pass: 1, Warn: 1, Error: 1, Skip: 1},
		},
		{
			"a policy's results are told from the others'", cluster,
			Query{Policies: []string{"other", "nodes"}, Results: Violations, Limit: 10},
			both,
			"other/fail nodes/error", false,
			map[string]int64{Fail: 1, Error: 1},
		},
		{
			"with namespaces only their reports are read", cluster,
			Query{Namespaces: []string{"web"}, Results: Violations, Limit: 10},
			both,
			"agents/warn", false,
			map[string]int64{Warn: 1},
		},
		{
			"what is not asked for is counted still", cluster,
			Query{Results: []string{Pass}, Limit: 10},
			both,
			"agents/pass", false,
			map[string]int64{Fail: 3, Pass: 1, Warn: 1, Error: 1, Skip: 1},
		},
		{
			"beyond the limit there is only the count", cluster,
			Query{Results: []string{Fail}, Limit: 2},
			both,
			"agents/fail agents/fail", true,
			map[string]int64{Fail: 3, Pass: 1, Warn: 1, Error: 1, Skip: 1},
		},
		{
			"a limit that is just enough cuts nothing off", cluster,
			Query{Results: []string{Fail}, Limit: 3},
			both,
			"agents/fail agents/fail other/fail", false,
			map[string]int64{Fail: 3, Pass: 1, Warn: 1, Error: 1, Skip: 1},
		},
		{"one kind of a group is enough for it to count", served{"openreports.io/v1alpha1/ClusterReport": {}}, Query{Limit: 1}, []string{"openreports.io"}, "", false, map[string]int64{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			answer, err := Collect(t.Context(), test.from, test.query)
			if err != nil {
				t.Fatal(err)
			}
			var results []string
			for _, r := range answer.Results {
				results = append(results, r.Policy+"/"+r.Result)
			}
			if got := strings.Join(results, " "); got != test.results {
				t.Errorf("the results are %q, want %q", got, test.results)
			}
			if !reflect.DeepEqual(answer.Groups, test.groups) || answer.Truncated != test.truncated || !reflect.DeepEqual(answer.Totals, test.totals) {
				t.Errorf("groups %v, truncated %v, totals %v; want %v, %v, %v", answer.Groups, answer.Truncated, answer.Totals, test.groups, test.truncated, test.totals)
			}
		})
	}
}

func TestAReportThatCannotBeReadIsNoSilence(t *testing.T) {
	broken := map[string]any{"metadata": map[string]any{"namespace": "agents", "name": "broken"}, "results": "none"}
	_, err := Collect(t.Context(), served{"wgpolicyk8s.io/v1alpha2/PolicyReport": {broken}}, Query{Limit: 1})
	if err == nil || !strings.Contains(err.Error(), `PolicyReport "agents/broken"`) {
		t.Errorf("the error is %v", err)
	}
}

type failing struct{ error }

func (f failing) List(context.Context, stack.Key, func(map[string]any) error) error { return f.error }

func TestACollectionThatFailsGivesNoPart(t *testing.T) {
	refused := errors.New("refused")
	answer, err := Collect(t.Context(), failing{refused}, Query{Limit: 1})
	if !errors.Is(err, refused) || answer.Groups != nil || answer.Results != nil {
		t.Errorf("%v, %v", answer, err)
	}
}
