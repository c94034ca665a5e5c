package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
)

// count is how many requests of each sort the API server answered.
type count struct {
	DryRuns int `json:"dry_runs"`
	Writes  int `json:"writes"` // patches, creates and updates that are no dry run
	Gets    int `json:"gets"`
	Lists   int `json:"lists"` // lists and watches
	Deletes int `json:"deletes"`
}

func (c *count) add(r controlplane.Request) {
	switch r.Verb {
	case "get":
		c.Gets++
	case "list", "watch":
		c.Lists++
	case "delete", "deletecollection":
		c.Deletes++
	default:
		if r.DryRun {
			c.DryRuns++
		} else {
			c.Writes++
		}
	}
}

// tally is what one phase asked of the API server.
type tally struct {
	count
	// Discovery counts the requests that are about no object: which kinds there are, and of what type their fields are.
	Discovery int `json:"discovery"`

	objects map[string]count
}

func tallyOf(requests []controlplane.Request) tally {
	t := tally{objects: map[string]count{}}
	for _, r := range requests {
		if r.Resource == "" {
			t.Discovery++
			continue
		}
		t.add(r)
		key := strings.Join([]string{r.Resource, r.Namespace, r.Name}, "/")
		c := t.objects[key]
		c.add(r)
		t.objects[key] = c
	}
	return t
}

// limits bound what one phase may ask for each object; least is what it cannot do without.
type limits struct{ least, most count }

// maxDiscovery bounds the requests about kinds and types of one phase, however many objects it has: two documents and an index
// for each of the two API groups, for each of the processes that Terraform starts.
const maxDiscovery = 12

// agreed are the limits of the provider, by phase. The second dry run, during the apply, is Terraform's: it plans each resource
// again before it applies it, in a process of its own, and wants the same answer.
var agreed = map[string]limits{
	phasePlan:    {least: count{DryRuns: 1}, most: count{DryRuns: 1}},
	phaseApply:   {least: count{Writes: 1}, most: count{Writes: 1, DryRuns: 1}},
	phaseReplan:  {least: count{Gets: 1}, most: count{Gets: 1}},
	phaseDestroy: {least: count{Gets: 1, Deletes: 1}, most: count{Gets: 2, Deletes: 1}},
}

// breaches says, for a person, which objects were asked for more or less than agreed, a few of each sort.
func (t tally) breaches(l limits, objects int) []string {
	var found []string
	if len(t.objects) != objects {
		found = append(found, fmt.Sprintf("%d objects were asked for, not %d", len(t.objects), objects))
	}
	if t.Discovery > maxDiscovery {
		found = append(found, fmt.Sprintf("%d requests of discovery, more than %d", t.Discovery, maxDiscovery))
	}
	bySort := map[string][]string{}
	for key, c := range t.objects {
		if !c.within(l) {
			bySort[c.String()] = append(bySort[c.String()], key)
		}
	}
	for sort, keys := range bySort {
		slices.Sort(keys)
		found = append(found, fmt.Sprintf("%d objects had %s: %s", len(keys), sort, strings.Join(keys[:min(3, len(keys))], ", ")))
	}
	slices.Sort(found)
	return found
}

func (c count) within(l limits) bool {
	between := func(least, n, most int) bool { return least <= n && n <= most }
	return between(l.least.DryRuns, c.DryRuns, l.most.DryRuns) && between(l.least.Writes, c.Writes, l.most.Writes) &&
		between(l.least.Gets, c.Gets, l.most.Gets) && between(l.least.Lists, c.Lists, l.most.Lists) &&
		between(l.least.Deletes, c.Deletes, l.most.Deletes)
}

func (c count) String() string {
	return fmt.Sprintf("%d dry runs, %d writes, %d gets, %d lists, %d deletes", c.DryRuns, c.Writes, c.Gets, c.Lists, c.Deletes)
}
