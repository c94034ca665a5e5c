package policy

import (
	"errors"
	"strings"

	"github.com/cedar-policy/cedar-go"
	public "github.com/cedar-policy/cedar-go/ast"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
	"github.com/cedar-policy/cedar-go/x/exp/eval"

	"github.com/agentward/terraform-provider-agent/internal/gateway/decide"
)

// Outcome is how a policy bears on a request.
type Outcome string

// The outcomes of a policy.
const (
	Holds      Outcome = "holds"
	HoldsNot   Outcome = "does not hold"
	Depends    Outcome = "depends on the arguments" // of a listing alone
	Unreadable Outcome = "cannot be evaluated"
)

// Finding is a policy whose scope holds for a request, and how it bears on it.
type Finding struct {
	Policy  string
	At      string // file:line:column
	Forbids bool
	Audited bool   // it is in audit mode
	Reason  string // its annotation @reason, "" for none
	Outcome Outcome
	// Conditions are its when and unless clauses in Cedar; of one that depends on the arguments, what is left of them once everything else
	// is known. "" for none.
	Conditions string
	Err        error // why it cannot be evaluated
}

// Explain gives, beside the decision, each policy whose scope holds for the request, in the order in which they are written.
func (e *Engine) Explain(r *decide.Request) (decide.Decision, []Finding) {
	if r == nil || r.Call == nil {
		return undecided(errors.New("there is no call to decide on")), nil
	}
	q, err := ask(r)
	if err != nil {
		return undecided(err), nil
	}
	candidates := e.candidates(q)
	var findings []Finding
	for _, p := range candidates {
		if f, applies := q.find(p); applies {
			findings = append(findings, f)
		}
	}
	return q.among(candidates), findings
}

// find says how one policy bears on the request, and whether its scope holds.
func (q *question) find(p *compiled) (f Finding, applies bool) {
	f = Finding{
		Policy: p.id, At: p.at(), Forbids: p.policy.Effect() == cedar.Forbid, Audited: p.audit, Reason: p.reason,
		Outcome: Holds, Conditions: conditions(p.ast),
	}
	env := eval.Env{Entities: &q.entities, Principal: q.principal, Action: q.action, Resource: q.resource}
	scope := *p.ast
	scope.Conditions = nil
	if _, applies = eval.PartialPolicy(env, &scope); !applies {
		return f, false
	}
	var err error
	if env.Context, err = q.describe([]*compiled{p}); err != nil {
		f.Outcome, f.Err = Unreadable, err
		return f, true
	}
	rest, kept := eval.PartialPolicy(env, p.ast)
	switch {
	case !kept:
		f.Outcome = HoldsNot
	case len(rest.Conditions) > 0:
		f.Outcome, f.Conditions = Depends, conditions(rest)
		for _, c := range rest.Conditions {
			if broken, ok := eval.ToPartialError(c.Body); ok {
				f.Outcome, f.Err = Unreadable, broken
			}
		}
	}
	return f, true
}

// conditions are the when and unless clauses of a policy in Cedar's text, a line each.
func conditions(p *ast.Policy) string {
	bare := *p
	bare.Annotations, bare.Principal, bare.Action, bare.Resource = nil, ast.ScopeTypeAll{}, ast.ScopeTypeAll{}, ast.ScopeTypeAll{}
	_, text, _ := strings.Cut(string(cedar.NewPolicyFromAST((*public.Policy)(&bare)).MarshalCedar()), ")")
	text = strings.TrimSuffix(strings.TrimSpace(text), ";")
	return strings.NewReplacer("when { true && ", "when { ", "unless { true && ", "unless { ").Replace(text)
}
