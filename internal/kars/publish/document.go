// Package publish writes a report down: as JSON for programs, as JUnit for CI, and as a page of HTML for people.
package publish

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/kars"
)

// Document is a report and what a gate says of it.
type Document struct {
	Report kars.Report
	Gate   kars.Gate
	// Now decides whether an accepted gap has expired.
	Now time.Time
}

// standing is how a result stands at the gate.
type standing string

const (
	met          standing = "met"
	unmet        standing = "unmet"
	accepted     standing = "accepted"
	undetermined standing = "undetermined"
	optional     standing = "not_required"
)

func (d Document) standings() map[string]standing {
	verdict := d.Gate.Judge(d.Report, d.Now)
	all := map[string]standing{}
	for _, r := range d.Report.Results {
		all[r.ID] = optional
		if r.Met() {
			all[r.ID] = met
		}
	}
	for standing, results := range map[standing][]kars.Result{unmet: verdict.Unmet, accepted: verdict.Accepted, undetermined: verdict.Undetermined} {
		for _, r := range results {
			all[r.ID] = standing
		}
	}
	return all
}

// JSON gives the report with its totals and with how each requirement stands.
func (d Document) JSON() ([]byte, error) {
	type result struct {
		kars.Result
		Standing standing `json:"standing,omitempty"`
	}
	with := func(results []kars.Result, standings map[string]standing) []result {
		list := []result{}
		for _, r := range results {
			list = append(list, result{r, standings[r.ID]})
		}
		return list
	}
	standings := d.standings()
	document := struct {
		kars.Report
		Conforms bool                `json:"conforms"`
		Totals   map[kars.Status]int `json:"totals"`
		Results  []result            `json:"results"`
		Proposed []result            `json:"proposed"`
	}{
		Report: d.Report, Conforms: len(d.Gate.Judge(d.Report, d.Now).Unmet) == 0, Totals: kars.Totals(d.Report.Results),
		Results: with(d.Report.Results, standings), Proposed: with(d.Report.Proposed, nil),
	}
	text, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the report as JSON: %w", err)
	}
	return append(text, '\n'), nil
}
