package kars

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// The words for a whole level in a gate's requirements.
const (
	RequireMust   = "must"
	RequireShould = "should"
)

// Gap is a requirement that somebody lives without, for a while and for a reason.
type Gap struct {
	Requirement string
	Reason      string
	// Expires ends it: from then on the requirement counts again.
	Expires time.Time
}

// Last is the end of the last day, or hour, in which the gap is accepted, in UTC.
func (g Gap) Last() time.Time { return g.Expires.Add(-time.Nanosecond).UTC() }

// Over says whether the gap has ended.
func (g Gap) Over(now time.Time) bool { return !now.Before(g.Expires) }

// Gate says which requirements a cluster has to meet.
type Gate struct {
	// Require holds "must", "should" (which is both levels) and ids. Empty is the same as "must".
	Require []string
	Gaps    []Gap
	// Strict makes what the cluster does not tell count as unmet.
	Strict bool
}

// Validate checks the gate against a checklist. A problem names the requirement.
func (g Gate) Validate(list Checklist) error {
	for _, word := range g.Require {
		if _, ok := list.Find(word); !ok && word != RequireMust && word != RequireShould {
			return fmt.Errorf("%q is no requirement of %s; give %q, %q or some of %s", word, list.Version, RequireMust, RequireShould, strings.Join(list.IDs(), ", "))
		}
	}
	for _, gap := range g.Gaps {
		if _, ok := list.Find(gap.Requirement); !ok {
			return fmt.Errorf("a gap is accepted in %q, which is no requirement of %s; there are %s", gap.Requirement, list.Version, strings.Join(list.IDs(), ", "))
		}
	}
	return nil
}

// Requires says whether the gate asks for a requirement.
func (g Gate) Requires(r Requirement) bool {
	if len(g.Require) == 0 {
		return r.Level == Must
	}
	return slices.ContainsFunc(g.Require, func(word string) bool {
		return word == r.ID || word == RequireMust && r.Level == Must || word == RequireShould && r.Level != ""
	})
}

// Verdict is what a gate says of a report.
type Verdict struct {
	// Unmet lists what is required and not met, in the order of the checklist.
	Unmet []Result
	// Accepted lists what is not met and lived without.
	Accepted []Result
	// Undetermined lists what is required and what the cluster does not tell. Unless the gate is strict it holds nobody up.
	Undetermined []Result
}

// Judge applies the gate to a report. What could not be read is unmet: a gate that opens when nobody looks is none.
func (g Gate) Judge(report Report, now time.Time) Verdict {
	var v Verdict
	for _, r := range report.Results {
		if !g.Requires(r.Requirement) || r.Met() {
			continue
		}
		accepted := slices.ContainsFunc(g.Gaps, func(gap Gap) bool { return gap.Requirement == r.ID && !gap.Over(now) })
		switch {
		case r.Undetermined() && !g.Strict:
			v.Undetermined = append(v.Undetermined, r)
		case accepted:
			v.Accepted = append(v.Accepted, r)
		default:
			v.Unmet = append(v.Unmet, r)
		}
	}
	return v
}

// Gap gives what was accepted in a requirement, whether it is over or not.
func (g Gate) Gap(id string) (Gap, bool) {
	i := slices.IndexFunc(g.Gaps, func(gap Gap) bool { return gap.Requirement == id })
	if i < 0 {
		return Gap{}, false
	}
	return g.Gaps[i], true
}

// Complaint says in one text what is wrong with a result and what to do.
func (r Result) Complaint() string {
	text := fmt.Sprintf("%s: %s", r.Status, r.Reason)
	if len(r.Unread) > 0 {
		text += " Not read: " + strings.Join(r.Unread, "; ") + "."
	}
	if r.Status != Unknown {
		text += " " + r.Remedy
	}
	return text
}
