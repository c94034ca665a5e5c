package passive_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/internal/kars"
	"github.com/agentward/terraform-provider-agent/internal/kars/cluster"
)

// Of every requirement of every checklist, and of what is proposed, there is a look that finds it and one that is not taken in by what only
// looks like it.
func TestEveryRequirementIsLookedForBothWays(t *testing.T) {
	all := slices.Concat(
		looksOfAnOlderCluster(), looksOfAccelerators(), looksOfSandboxing(), looksOfNetworking(), looksOfScheduling(), looksOfGroups(),
		looksOfObservability(), looksOfOperators(), looksOfWhatIsProposed(), looksAtServedMetrics(0),
	)
	for _, l := range looksAtAnswers() {
		all = append(all, l.look)
	}
	finds, sees := map[string]bool{}, map[string]bool{}
	note := func(l look, planted bool) {
		met := kars.Result{Finding: kars.Finding{Status: l.want}}.Met()
		finds[l.id] = finds[l.id] || met && l.want != kars.NotApplicable
		sees[l.id] = sees[l.id] || !met && planted
	}
	for _, l := range all {
		note(l, l.objects != "")
	}
	for _, l := range looksAtLess() {
		note(l.look, l.without != "")
	}
	onlyActive := []string{"long_running_stability"} // of which objects say nothing
	requirements := kars.Proposed()
	for _, version := range kars.Versions() {
		list, err := kars.ForVersion(version)
		if err != nil {
			t.Fatal(err)
		}
		requirements = append(requirements, list.Requirements...)
	}
	for _, r := range requirements {
		if slices.Contains(onlyActive, r.ID) {
			continue
		}
		if !finds[r.ID] {
			t.Errorf("no look finds %s", r.ID)
		}
		if !sees[r.ID] {
			t.Errorf("no look at what only looks like %s sees that it is not", r.ID)
		}
	}
}

// less is an API server that does not serve something: the server of these tests cannot be told to leave it out.
type less struct {
	cluster.Reader
	without string // "group/resource", and a verb where that alone is missing; the core group is ""
}

func (r less) Discover(ctx context.Context) (*cluster.Discovery, error) {
	found, err := r.Reader.Discover(ctx)
	if err != nil || r.without == "" {
		return found, err
	}
	what, verb, onlyVerb := strings.Cut(r.without, " ")
	group, resource, _ := strings.Cut(what, "/")
	for _, version := range found.Groups[group] {
		if onlyVerb {
			version.Resources[resource] = slices.DeleteFunc(version.Resources[resource], func(v string) bool { return v == verb })
		} else {
			delete(version.Resources, resource)
		}
	}
	return found, nil
}

type lookAtLess struct {
	look
	without string
}

func looksAtLess() []lookAtLess {
	return []lookAtLess{
		{look{"all of it", "in_place_pod_resize", "", kars.Detected, "can be resized"}, ""},
		{look{"pods that cannot be resized", "in_place_pod_resize", "", kars.NotDetected, "does not serve pods/resize"}, "/pods/resize"},
		{look{"all of it", "dra_support", "", kars.Detected, "all that users need"}, ""},
		{look{"a kind that is missing", "dra_support", "", kars.NotDetected, "does not serve resourceslices.resource.k8s.io"}, "resource.k8s.io/resourceslices"},
		{look{"a kind that can only be read", "dra_support", "", kars.NotDetected, "without the verb create"}, "resource.k8s.io/resourceclaims create"},
	}
}

func TestAnAPIServerThatServesLess(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	for _, l := range looksAtLess() {
		t.Run(l.id+": "+l.name, func(t *testing.T) {
			found := find(t, less{reader(t, s.Config()), l.without}, l.id)
			if found.Status != l.want || !strings.Contains(found.Reason, l.reason) || len(found.Unread) > 0 {
				t.Errorf("it is %s: %s %v", found.Status, found.Reason, found.Unread)
			}
		})
	}
}

func TestGroups(t *testing.T) {
	t.Parallel()
	newSceneWith(t, controlplane.Options{
		FeatureGates: map[string]bool{"GenericWorkload": true}, RuntimeConfig: map[string]string{"scheduling.k8s.io/v1beta1": "true"},
	}).look(t, looksOfGroups())
}

func looksOfGroups() []look {
	return []look{
		{"those of the API server itself", "workload_aware_scheduling", "", kars.Detected, "whether the scheduler keeps to them only an active probe sees"},
		{"those of the API server itself", "gang_scheduling", "", kars.Detected, ""},
	}
}
