package config

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/spiffe/go-spiffe/v2/spiffeid"

	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
	"github.com/agentward/terraform-provider-agent/internal/gateway/written"
)

// Agent is what is said of one agent, or of all whose SPIFFE IDs begin alike.
type Agent struct {
	ID     string // SPIFFE ID, of an agent or of an instance
	All    bool   // ID is what theirs begin with, up to a slash
	Labels map[string]string
}

// labelName is what a label may be called, so that policies can write it as it is.
var labelName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9_./-]{0,61}[A-Za-z0-9])?$`)

// maxLabel is the longest value of a label, in bytes, and maxLabels how many an agent block may have.
const (
	maxLabel  = 256
	maxLabels = 64
)

func (r *reading) agents(f *written.File) {
	for _, a := range f.Agents {
		made := Agent{ID: a.ID, Labels: a.Labels}
		made.ID, made.All = strings.CutSuffix(a.ID, "/*")
		if made.All {
			if _, err := spiffeid.FromString(made.ID); err != nil {
				r.wrong(a.At, a.At, "Not SPIFFE IDs", "%q: %v. Use something such as \"spiffe://example.org/ns/payments/*\".", a.ID, err)
			}
		} else {
			r.spiffeID(a.ID, a.At, a.At)
		}
		if slices.ContainsFunc(r.Agents, func(other Agent) bool { return other.ID == made.ID && other.All == made.All }) {
			r.wrong(a.At, a.At, "Agent is there twice", "There is another agent block %q. Say everything of it in one.", a.ID)
		}
		if len(a.Labels) > maxLabels {
			r.wrong(a.LabelsAt, a.At, "Too many labels", "%d: there may be %d.", len(a.Labels), maxLabels)
		}
		for name, value := range a.Labels {
			if !labelName.MatchString(name) {
				r.wrong(a.LabelsAt, a.At, "Not a name of a label", "%q: use up to 63 letters and digits, with - _ . / between them.", name)
			}
			if len(value) > maxLabel {
				r.wrong(a.LabelsAt, a.At, "Label is too long", "%s has %d bytes, and may have %d.", name, len(value), maxLabel)
			}
		}
		r.Agents = append(r.Agents, made)
	}
	r.Labels = labels(r.Agents)
}

// Labels is what is said of agents, to be looked up.
type Labels struct {
	exact map[string]map[string]string // by the whole SPIFFE ID
	below map[string]map[string]string // by what it begins with, up to a slash
}

func labels(agents []Agent) Labels {
	l := Labels{exact: map[string]map[string]string{}, below: map[string]map[string]string{}}
	for _, a := range agents {
		if a.All {
			l.below[a.ID] = a.Labels
		} else {
			l.exact[a.ID] = a.Labels
		}
	}
	return l
}

// Of gives the labels of a principal, nil for none; they are not to be changed. What is said of fewer counts before what is said of more: first an
// instance, then its agent, then all whose IDs begin alike.
func (l Labels) Of(p *principal.Principal) map[string]string {
	if len(l.exact)+len(l.below) == 0 {
		return nil
	}
	var found map[string]string
	add := func(more map[string]string) {
		if len(found) == 0 || len(more) == 0 {
			if len(more) > 0 {
				found = more
			}
			return
		}
		both := maps.Clone(found)
		maps.Copy(both, more)
		found = both
	}
	const scheme = len("spiffe://")
	for at := scheme; at < len(p.SPIFFEID); at++ {
		if p.SPIFFEID[at] == '/' {
			add(l.below[p.SPIFFEID[:at]])
		}
	}
	if p.Instance != "" {
		add(l.exact[strings.TrimSuffix(p.SPIFFEID, "/instance/"+p.Instance)])
	}
	add(l.exact[p.SPIFFEID])
	return found
}
