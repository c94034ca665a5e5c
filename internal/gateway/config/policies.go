package config

import (
	"errors"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/agentward/terraform-provider-agent/internal/gateway/policy"
	"github.com/agentward/terraform-provider-agent/internal/gateway/written"
)

// policies reads and checks all policies. Their errors point into the file that they are written in.
func (r *reading) policies(blocks []written.Policies) {
	var sources []policy.Source
	for _, b := range blocks {
		if (b.Text == "") == (len(b.Files) == 0) {
			r.wrong(b.At, b.At, "Policies from one place", "Give either files, such as [\"policies/*.cedar\"], or text.")
		}
		for _, pattern := range b.Files {
			found, err := r.matching(pattern)
			if later := errors.Is(err, ErrLater); !later && (err != nil || len(found) == 0) {
				r.wrong(b.FilesAt, b.At, "No such policies", "No file matches %q.", r.within(pattern))
			}
			for _, f := range found {
				text, err := r.source.Read(f, mostPolicies)
				if err != nil {
					r.wrong(b.FilesAt, b.At, "Policies cannot be read", "%v.", err)
					continue
				}
				sources = append(sources, policy.Source{Name: f, Text: text})
			}
		}
		if b.Text != "" {
			sources = append(sources, r.inline(b))
		}
	}
	engine, err := policy.New(sources...)
	for _, problem := range problems(err) {
		at := hcl.Pos{Line: problem.Line, Column: problem.Column}
		r.diagnostics = append(r.diagnostics, &hcl.Diagnostic{
			Severity: hcl.DiagError, Summary: "Policy cannot be used", Detail: problem.Message + ".",
			Subject: &hcl.Range{Filename: problem.File, Start: at, End: hcl.Pos{Line: at.Line, Column: at.Column + 1}},
		})
	}
	r.Policies = engine
	if engine != nil {
		r.mentioned(engine)
	}
}

// mentioned warns of policies for targets that there are not: a forbid with a slip in it forbids nothing.
func (r *reading) mentioned(engine *policy.Engine) {
	for _, m := range engine.Mentions() {
		if slices.ContainsFunc(r.Targets, func(t Target) bool { return t.Name == m.Target }) {
			continue
		}
		at := hcl.Pos{Line: m.Line, Column: m.Column}
		r.warn(hcl.Range{Filename: m.File, Start: at, End: hcl.Pos{Line: at.Line, Column: at.Column + 1}}, "Policy never applies",
			"Policy `%s` is for target %q, and there is none of that name.", m.Policy, m.Target)
	}
}

// inline gives policies that stand in the configuration itself. A heredoc begins on the line after its mark.
func (r *reading) inline(b written.Policies) policy.Source {
	s := policy.Source{Name: r.File, Text: []byte(b.Text), Line: b.TextAt.Start.Line}
	if from := b.TextAt.Start.Byte; from >= 0 && from+2 <= len(r.text) && string(r.text[from:from+2]) == "<<" {
		s.Line++
	}
	return s
}

func problems(err error) []*policy.Problem {
	var found []*policy.Problem
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		for _, e := range joined.Unwrap() {
			found = append(found, problems(e)...)
		}
		return found
	}
	var one *policy.Problem
	if errors.As(err, &one) {
		found = append(found, one)
	}
	return found
}
