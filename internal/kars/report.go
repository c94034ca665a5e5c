package kars

import (
	"encoding/json"
	"slices"
	"time"
)

// Finding is what a probe says of a requirement.
type Finding struct {
	Status Status `json:"status"`
	// Reason is one sentence for a person.
	Reason string `json:"reason"`
	// Evidence is what was seen, sorted.
	Evidence []string `json:"evidence,omitempty"`
	// Unread is what could not be looked at, each with why. Where there is some, the cluster may have more than was found.
	Unread []string `json:"unread,omitempty"`
}

// Result is a requirement and what was found.
type Result struct {
	Requirement
	Finding
	// Probe is how it was found: an active run has passive results where no active probe can be made.
	Probe Mode `json:"probe"`
}

// Met says whether the requirement is met, as far as anybody can see.
func (r Result) Met() bool {
	return r.Status == Verified || r.Status == Detected || r.Status == NotApplicable
}

// Undetermined says that the cluster does not tell, though everything was read that a probe reads.
func (r Result) Undetermined() bool { return r.Status == Unknown && len(r.Unread) == 0 }

// Cluster is what a report says of the cluster itself.
type Cluster struct {
	// Kubernetes is the server's version: "v1.37.2".
	Kubernetes string `json:"kubernetes,omitempty"`
	Nodes      int    `json:"nodes"`
	// AcceleratorNodes are those with accelerators that we know.
	AcceleratorNodes int `json:"accelerator_nodes"`
	// GKE is what GKE says of the cluster, as JSON; nil for a cluster elsewhere, and where GKE was not asked.
	GKE json.RawMessage `json:"gke,omitempty"`
}

// Report is what was found of a version's checklist, and apart from it of what is proposed.
type Report struct {
	// Program is what made the report, with its version.
	Program string `json:"program"`
	// Version, Source and Date name the checklist.
	Version string `json:"version"`
	Source  string `json:"source"`
	Date    string `json:"date"`
	Probe   Mode   `json:"probe"`
	// Started and Finished bound the time in which the cluster was like this.
	Started  time.Time `json:"started"`
	Finished time.Time `json:"finished"`
	// Interrupted says that the cluster stopped answering before all was read.
	Interrupted bool    `json:"interrupted,omitempty"`
	Cluster     Cluster `json:"cluster"`
	// Results stand in the order of the checklist.
	Results []Result `json:"results"`
	// Proposed is no part of any checklist, and never conformance.
	Proposed []Result `json:"proposed"`
}

// Result gives what was found of a requirement of the checklist.
func (r Report) Result(id string) (Result, bool) {
	i := slices.IndexFunc(r.Results, func(r Result) bool { return r.ID == id })
	if i < 0 {
		return Result{}, false
	}
	return r.Results[i], true
}

// KeepVerified gives the report with what an earlier one verified, for every requirement of which the cluster does not now say that it is
// not met: a look that writes nothing can take back what an active probe saw, and cannot see it again.
func (r Report) KeepVerified(earlier Report) Report {
	keep := func(now, before []Result) []Result {
		kept := slices.Clone(now)
		for i, result := range kept {
			j := slices.IndexFunc(before, func(b Result) bool { return b.ID == result.ID && b.Status == Verified })
			if j >= 0 && result.Status != NotDetected {
				kept[i].Finding, kept[i].Probe = before[j].Finding, before[j].Probe
			}
		}
		return kept
	}
	r.Results, r.Proposed = keep(r.Results, earlier.Results), keep(r.Proposed, earlier.Proposed)
	return r
}

// SaysTheSame says whether two reports differ in nothing but when they were made.
func (r Report) SaysTheSame(other Report) bool {
	r.Started, r.Finished = other.Started, other.Finished
	a, err := json.Marshal(r)
	b, otherErr := json.Marshal(other)
	return err == nil && otherErr == nil && string(a) == string(b)
}

// Totals counts results by status. Every status has a number.
func Totals(results []Result) map[Status]int {
	totals := map[Status]int{}
	for _, status := range Statuses {
		totals[status] = 0
	}
	for _, r := range results {
		totals[r.Status]++
	}
	return totals
}
