package active

import (
	"context"
	"errors"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/kars"
)

// anyOf tries one after the other what can carry a requirement, each with a time of its own, until one of them is seen to work. That none does
// is said only where each could be tried that is there.
func anyOf(tries ...probe) probe {
	return func(a *arena) (kars.Finding, error) {
		var errs []error
		var short []kars.Finding
		for _, try := range tries {
			finding, err := a.alone(try)
			switch {
			case errors.Is(err, errNoProbe):
			case err != nil:
				errs = append(errs, err)
			case finding.Status == kars.Verified:
				return finding, nil
			default:
				short = append(short, finding)
			}
		}
		if err := errors.Join(errs...); err != nil {
			return kars.Finding{}, err
		}
		if len(short) == 0 {
			return kars.Finding{}, errNoProbe
		}
		return together(short), nil
	}
}

// alone runs a probe with all the time that one has, whatever others took before it.
func (a *arena) alone(try probe) (kars.Finding, error) {
	ctx, cancel := context.WithTimeout(a.run, a.options.Patience)
	defer cancel()
	before := a.ctx
	a.ctx = ctx
	defer func() { a.ctx = before }()
	return try(a)
}

// together makes one finding of several, none of which says that something works. What is not known of one leaves the whole unknown.
func together(findings []kars.Finding) kars.Finding {
	all := kars.Finding{Status: kars.NotDetected}
	var reasons []string
	for _, f := range findings {
		if f.Status != kars.NotDetected {
			all.Status = f.Status
		}
		reasons = append(reasons, f.Reason)
		all.Evidence = append(all.Evidence, f.Evidence...)
	}
	all.Reason = strings.Join(reasons, " ")
	return all
}
