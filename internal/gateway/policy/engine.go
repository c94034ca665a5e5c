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

// ReadsAnnotations says whether a policy reads what targets say of their tools, so that it is worth asking them.
func (e *Engine) ReadsAnnotations() bool {
	return slices.ContainsFunc(e.policies, func(p *compiled) bool { return p.reads.hints })
}

// Len is the number of policies.
func (e *Engine) Len() int { return len(e.policies) }

// question is a request in Cedar's terms.
type question struct {
	*decide.Request
	principal, action, resource types.EntityUID
	entities                    entities
	room                        [16]*compiled // for the policies that can apply, as a rule
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
	return q.among(e.candidates(q))
}

func ask(r *decide.Request) (*question, error) {
	q := &question{Request: r, action: action(r.Call)}
	var err error
	if q.principal, err = q.entities.principal(&r.Principal); err != nil {
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
	var principals, resources [3]types.EntityUID
	var places [32]uint32
	found := q.room[:0]
	for _, p := range e.index.candidates(q.entities.above(q.principal, principals[:0]), groups()[q.action], q.entities.above(q.resource, resources[:0]), places[:0]) {
		found = append(found, e.policies[p])
	}
	return found
}

// among decides by the policies given. Those whose scope does not hold have no say.
func (q *question) among(policies []*compiled) decide.Decision {
	enforced, audited := policies, []*compiled(nil)
	if slices.ContainsFunc(policies, (*compiled).audits) {
		enforced = nil
		for _, p := range policies {
			if p.audit {
				audited = append(audited, p)
			} else {
				enforced = append(enforced, p)
			}
		}
	}
	d := q.verdict(enforced)
	d.Audited = q.audited(audited)
	return d
}

// verdict decides by policies that are in force.
func (q *question) verdict(policies []*compiled) decide.Decision {
	verdict, diagnostic, err := q.authorize(policies)
	if err != nil {
		return undecided(err)
	}
	d := decide.Decision{Allowed: verdict == cedar.Allow}
	if len(diagnostic.Errors) > 0 {
		return failed(policies, diagnostic.Errors)
	}
	if len(diagnostic.Reasons) > 0 {
		d.Policies = make([]string, len(diagnostic.Reasons))
		for i, reason := range diagnostic.Reasons {
			d.Policies[i] = string(reason.PolicyID)
		}
		slices.Sort(d.Policies)
	}
	d.Reason = because(d, policies, q)
	return d
}

// audited gives the ids of the policies in audit mode that would have had a say, or could not be evaluated: of themselves or, as they
// decide nothing for each other either, of one alone.
func (q *question) audited(policies []*compiled) []string {
	if len(policies) == 0 {
		return nil
	}
	var ids []string
	_, diagnostic, err := q.authorize(policies)
	switch {
	case err != nil && len(policies) == 1:
		return []string{policies[0].id}
	case err != nil:
		for _, p := range policies {
			ids = append(ids, q.audited([]*compiled{p})...)
		}
	}
	for _, reason := range diagnostic.Reasons {
		ids = append(ids, string(reason.PolicyID))
	}
	for _, failed := range diagnostic.Errors {
		ids = append(ids, string(failed.PolicyID))
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// authorize evaluates policies with what they need of the request. The error says why that cannot be made.
func (q *question) authorize(policies []*compiled) (cedar.Decision, cedar.Diagnostic, error) {
	values, err := q.describe(policies)
	if err != nil {
		return cedar.Deny, cedar.Diagnostic{}, err
	}
	if q.Listing {
		policies = q.settle(policies, values)
	}
	verdict, diagnostic := cedar.Authorize(set(policies), &q.entities, cedar.Request{
		Principal: q.principal, Action: q.action, Resource: q.resource, Context: values,
	})
	return verdict, diagnostic, nil
}

// describe makes what policies read of the request: the context, which it returns, and the attributes of the entities.
func (q *question) describe(policies []*compiled) (types.Record, error) {
	n := together(policies)
	var unknown types.Value
	if q.Listing {
		unknown = eval.Variable("arguments")
	}
	values, err := contextOf(q.Request, n, unknown)
	if err != nil {
		var u *unreadable
		if errors.As(err, &u) && u.clash {
			err = fmt.Errorf("%w: %s", err, strings.Join(readers(policies, u.path), ", "))
		}
		return types.Record{}, err
	}
	q.entities.describe(n, q)
	return values, nil
}

// opens says whether a policy reads what is not known of a listing: arguments, and the message of an A2A call that has none yet.
func (q *question) opens(p *compiled) bool {
	return p.reads.arguments != nil || q.Call.Protocol == call.A2A && q.Call.Message == nil && p.reads.context&attributeBit("message") != 0
}

// settle leaves of the policies that read arguments those that could permit: a listing shows what some arguments make possible, so that a
// permit holds where it can hold, and a forbid only where it holds whatever the arguments are.
func (q *question) settle(policies []*compiled, values types.Record) []*compiled {
	env := eval.Env{Entities: &q.entities, Principal: q.principal, Action: q.action, Resource: q.resource, Context: values}
	settled := make([]*compiled, 0, len(policies))
	for _, p := range policies {
		if !q.opens(p) {
			settled = append(settled, p)
			continue
		}
		rest, kept := eval.PartialPolicy(env, p.ast)
		if !kept {
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
		if p.policy.Effect() == cedar.Forbid && len(rest.Conditions) > len(unconditional.Conditions) {
			continue
		}
		sure.policy = cedar.NewPolicyFromAST((*ast.Policy)(&unconditional))
		settled = append(settled, &sure)
	}
	return settled
}

// readers are the policies that read a value, each with its place.
func readers(policies []*compiled, path []string) []string {
	var found []string
	for _, p := range policies {
		root := p.reads.arguments
		if path[len(path)-1] == "claim" {
			root = p.reads.claims
		}
		if root.has(path[:len(path)-1]) {
			found = append(found, p.id+" at "+p.at())
		}
	}
	return found
}

// set are policies, for cedar.Authorize.
type set []*compiled

// All implements cedar.PolicyIterator.
func (s set) All() iter.Seq2[cedar.PolicyID, *cedar.Policy] {
	return func(yield func(cedar.PolicyID, *cedar.Policy) bool) {
		for _, p := range s {
			if !yield(cedar.PolicyID(p.id), p.policy) {
				return
			}
		}
	}
}

func undecided(err error) decide.Decision {
	return decide.Decision{Err: err, Reason: err.Error()}
}

// failed denies because of policies that could not be evaluated. What they say of the values stays out of the reason.
func failed(policies []*compiled, failures []types.DiagnosticError) decide.Decision {
	var d decide.Decision
	for _, f := range failures {
		d.Policies = append(d.Policies, string(f.PolicyID))
	}
	slices.Sort(d.Policies)
	d.Reason = "cannot be evaluated: " + strings.Join(d.Policies, ", ")
	first := policies[slices.IndexFunc(policies, func(p *compiled) bool { return p.id == string(failures[0].PolicyID) })]
	d.Err = fmt.Errorf("policy %s at %s cannot be evaluated: %s", first.id, first.at(), failures[0].Message)
	return d
}

// because says in words what decided.
func because(d decide.Decision, policies []*compiled, q *question) string {
	if len(d.Policies) == 0 {
		return fmt.Sprintf("no policy permits %s %s on %s", q.action.ID, q.Call.Resource.Name, q.Call.Target)
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
