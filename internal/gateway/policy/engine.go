// Package policy decides calls with Cedar policies that are checked against a published schema.
package policy

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/ast"
	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/eval"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/decide"
)

// Engine decides by a set of Cedar policies. It never changes, so that it may be used by many at once.
type Engine struct {
	policies []*compiled
	index    *index
}

var _ decide.Engine = (*Engine)(nil)

// New parses the policies of all sources and checks them against the schema. The error joins a *Problem for everything that is wrong,
// each with its position. No policies at all is no error: everything is denied then.
func New(sources ...Source) (*Engine, error) {
	policies, err := load(sources)
	if err != nil {
		return nil, err
	}
	return &Engine{policies: policies, index: newIndex(policies)}, nil
}

// Len is the number of policies.
func (e *Engine) Len() int { return len(e.policies) }

// question is a request in Cedar's terms.
type question struct {
	principal, action, resource types.EntityUID
	entities                    entities
}

// Decide implements decide.Engine: denied unless a policy permits and none forbids, and denied when a policy that applies cannot be
// evaluated.
func (e *Engine) Decide(_ context.Context, r *decide.Request) decide.Decision {
	if r == nil || r.Call == nil {
		return undecided(errors.New("there is no call to decide on"))
	}
	q, err := ask(r)
	if err != nil {
		return undecided(err)
	}
	return e.among(e.candidates(q), q, r)
}

func ask(r *decide.Request) (*question, error) {
	q := &question{action: action(r.Call), entities: make(entities, 5)}
	var err error
	if q.principal, err = q.entities.principal(r.Principal); err != nil {
		return nil, err
	}
	if q.resource, err = q.entities.resource(r.Call); err != nil {
		return nil, err
	}
	applies := published().Actions[q.action].AppliesTo
	if applies == nil || !slices.Contains(applies.Resources, q.resource.Type) {
		return nil, fmt.Errorf("%s is not asked of a %s", q.action.ID, q.resource.Type)
	}
	return q, nil
}

func (e *Engine) candidates(q *question) []*compiled {
	places := e.index.candidates(q.entities.above(q.principal), q.entities.above(q.action), q.entities.above(q.resource))
	found := make([]*compiled, len(places))
	for i, p := range places {
		found[i] = e.policies[p]
	}
	return found
}

// among decides by the policies given. Those whose scope does not hold have no say.
func (e *Engine) among(policies []*compiled, q *question, r *decide.Request) decide.Decision {
	n := together(policies)
	var unknown types.Value
	if r.Listing {
		unknown = eval.Variable("arguments")
	}
	values, err := contextOf(r, n, unknown)
	if err != nil {
		return undecided(err)
	}
	q.entities.describe(n, q, r)
	if r.Listing {
		policies = q.settle(policies, values)
	}
	request := cedar.Request{Principal: q.principal, Action: q.action, Resource: q.resource, Context: values}
	verdict, diagnostic := cedar.Authorize(enforced{policies, false}, q.entities, request)
	d := decide.Decision{Allowed: verdict == cedar.Allow}
	for _, reason := range diagnostic.Reasons {
		d.Policies = append(d.Policies, string(reason.PolicyID))
	}
	slices.Sort(d.Policies)
	d.Audited = audited(policies, q, request)
	if len(diagnostic.Errors) > 0 {
		return failed(d, diagnostic.Errors)
	}
	d.Reason = because(d, policies, q, r.Call)
	return d
}

// audited gives the ids of the policies in audit mode that would have had a say, or could not be evaluated.
func audited(policies []*compiled, q *question, request cedar.Request) []string {
	if !slices.ContainsFunc(policies, func(p *compiled) bool { return p.audit }) {
		return nil
	}
	var ids []string
	_, diagnostic := cedar.Authorize(enforced{policies, true}, q.entities, request)
	for _, reason := range diagnostic.Reasons {
		ids = append(ids, string(reason.PolicyID))
	}
	for _, failed := range diagnostic.Errors {
		ids = append(ids, string(failed.PolicyID))
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// settle leaves of the policies that read arguments those that could permit: a listing shows what some arguments make possible, so that a
// permit holds where it can hold, and a forbid only where it holds whatever the arguments are.
func (q *question) settle(policies []*compiled, values types.Record) []*compiled {
	env := eval.Env{Entities: q.entities, Principal: q.principal, Action: q.action, Resource: q.resource, Context: values}
	settled := make([]*compiled, 0, len(policies))
	for _, p := range policies {
		if p.reads.arguments == nil {
			settled = append(settled, p)
			continue
		}
		rest, kept := eval.PartialPolicy(env, p.ast)
		if !kept || (len(rest.Conditions) > 0 && p.policy.Effect() == cedar.Forbid) {
			continue
		}
		sure := *p
		unconditional := *rest
		unconditional.Conditions = nil
		for _, c := range rest.Conditions {
			if _, broken := eval.ToPartialError(c.Body); broken {
				unconditional.Conditions = append(unconditional.Conditions, c)
			}
		}
		sure.policy = cedar.NewPolicyFromAST((*ast.Policy)(&unconditional))
		settled = append(settled, &sure)
	}
	return settled
}

// enforced are the policies in one mode, for cedar.Authorize.
type enforced struct {
	policies []*compiled
	audit    bool
}

// All implements cedar.PolicyIterator.
func (s enforced) All() iter.Seq2[cedar.PolicyID, *cedar.Policy] {
	return func(yield func(cedar.PolicyID, *cedar.Policy) bool) {
		for _, p := range s.policies {
			if p.audit == s.audit && !yield(cedar.PolicyID(p.id), p.policy) {
				return
			}
		}
	}
}

func undecided(err error) decide.Decision {
	return decide.Decision{Err: err, Reason: err.Error()}
}

// failed denies because of policies that could not be evaluated. What they say of the values stays out of the reason.
func failed(d decide.Decision, failures []types.DiagnosticError) decide.Decision {
	d.Allowed, d.Policies = false, nil
	for _, f := range failures {
		d.Policies = append(d.Policies, string(f.PolicyID))
	}
	slices.Sort(d.Policies)
	d.Reason = "cannot be evaluated: " + strings.Join(d.Policies, ", ")
	d.Err = fmt.Errorf("policy %s cannot be evaluated: %s", failures[0].PolicyID, failures[0].Message)
	return d
}

// because says in words what decided.
func because(d decide.Decision, policies []*compiled, q *question, c *call.Call) string {
	if len(d.Policies) == 0 {
		return fmt.Sprintf("no policy permits %s %s on %s", q.action.ID, c.Resource.Name, c.Target)
	}
	for _, p := range policies {
		if p.reason != "" && slices.Contains(d.Policies, p.id) {
			return p.reason
		}
	}
	if d.Allowed {
		return "permitted by " + strings.Join(d.Policies, ", ")
	}
	return "forbidden by " + strings.Join(d.Policies, ", ")
}
