package reports

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// Lister hands every object of a kind to visit, those of key.Namespace or all. It returns stack.ErrNotFound where the kind is not
// served.
type Lister interface {
	List(ctx context.Context, key stack.Key, visit func(object map[string]any) error) error
}

// Query says which results count.
type Query struct {
	Policies   []string // by name; empty for all
	Namespaces []string // of the reports, which is that of the objects; empty for all, and objects of the cluster
	Results    []string // those to give: a part of All. Totals count the others too
	Limit      int      // the most to give; 0 for none, which leaves the totals
}

// Answer is what the reports say.
type Answer struct {
	Groups    []string // the API groups that the cluster serves reports of, sorted
	Results   []Result // the first Limit of them, by group, namespace and report
	Truncated bool     // there are more than Limit
	Totals    map[string]int64
}

// kinds are the reports: of one namespace, and of the cluster.
var kinds = []struct{ group, version, namespaced, cluster string }{
	{"openreports.io", "v1alpha1", "Report", "ClusterReport"},
	{"wgpolicyk8s.io", "v1alpha2", "PolicyReport", "ClusterPolicyReport"},
}

// Collect reads the reports of both groups. A group that the cluster does not serve has none.
func Collect(ctx context.Context, from Lister, query Query) (Answer, error) {
	answer := Answer{Totals: map[string]int64{}}
	for _, kind := range kinds {
		keys := []stack.Key{{Kind: kind.namespaced}, {Kind: kind.cluster}}
		if len(query.Namespaces) > 0 {
			keys = nil
			for _, namespace := range query.Namespaces {
				keys = append(keys, stack.Key{Kind: kind.namespaced, Namespace: namespace})
			}
		}
		served := false
		for _, key := range keys {
			key.Group, key.Version = kind.group, kind.version
			err := from.List(ctx, key, func(object map[string]any) error { return answer.add(key, object, query) })
			if errors.Is(err, stack.ErrNotFound) {
				continue
			}
			if err != nil {
				return Answer{}, err
			}
			served = true
		}
		if served {
			answer.Groups = append(answer.Groups, kind.group)
		}
	}
	return answer, nil
}

func (a *Answer) add(key stack.Key, object map[string]any, query Query) error {
	results, err := Parse(object)
	if err != nil {
		metadata, _ := object["metadata"].(map[string]any)
		key.Namespace, _ = metadata["namespace"].(string)
		key.Name, _ = metadata["name"].(string)
		return fmt.Errorf("%s: %w", key.Describe(), err)
	}
	for _, result := range results {
		if len(query.Policies) > 0 && !slices.Contains(query.Policies, result.Policy) {
			continue
		}
		a.Totals[result.Result]++
		switch {
		case !slices.Contains(query.Results, result.Result):
		case len(a.Results) < query.Limit:
			a.Results = append(a.Results, result)
		default:
			a.Truncated = true
		}
	}
	return nil
}
