package passive

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/kars"
	"github.com/agentward/terraform-provider-agent/internal/kars/cluster"
)

// notes are what a probe writes down on its way to a finding.
type notes struct {
	evidence, unread []string
}

// saw notes something that speaks for or against the requirement.
func (n *notes) saw(format string, args ...any) {
	n.evidence = append(n.evidence, fmt.Sprintf(format, args...))
}

// missed notes that something could not be read, and says so. That a kind is not served, or registered with nobody behind it, is
// an answer.
func (n *notes) missed(r read, err error) bool {
	if err == nil || errors.Is(err, cluster.ErrNotServed) || errors.Is(err, cluster.ErrAway) || errors.Is(err, cluster.ErrNotFound) {
		return false
	}
	n.unread = append(n.unread, fmt.Sprintf("%s %s: %s", r.verb(), r, why(err)))
	return true
}

// why says in a few words why something could not be read.
func why(err error) string {
	switch {
	case errors.Is(err, cluster.ErrForbidden):
		return "the credentials may not"
	case errors.Is(err, cluster.ErrGone):
		return "the API server does not answer any more"
	}
	return err.Error()
}

// found concludes that the objects speak for the requirement.
func (n *notes) found(format string, args ...any) kars.Finding {
	return n.conclude(kars.Detected, format, args...)
}

// absent concludes that it is not there, or does not work. A probe that could not see everything cannot say so.
func (n *notes) absent(format string, args ...any) kars.Finding {
	if len(n.unread) > 0 {
		return n.conclude(kars.Unknown, "Nothing was found in what could be read.")
	}
	return n.conclude(kars.NotDetected, format, args...)
}

// unknown concludes that the cluster does not tell.
func (n *notes) unknown(format string, args ...any) kars.Finding {
	return n.conclude(kars.Unknown, format, args...)
}

func (n *notes) conclude(status kars.Status, format string, args ...any) kars.Finding {
	return kars.Finding{Status: status, Reason: fmt.Sprintf(format, args...), Evidence: tidy(n.evidence), Unread: tidy(n.unread)}
}

func tidy(lines []string) []string {
	slices.Sort(lines)
	return slices.Compact(lines)
}

// some lists a few names of many.
func some(names []string) string {
	const most = 5
	names = slices.Sorted(slices.Values(names))
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
