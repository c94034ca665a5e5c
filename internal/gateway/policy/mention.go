package policy

import (
	"strings"

	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
)

// Mention is a target that the scope of a policy names, itself or by what it has.
type Mention struct {
	Target, Policy string // the target's name, and the policy's id
	File           string
	Line, Column   int // where the policy begins, both from 1
}

// Mentions gives the targets that scopes name, in the order of the policies. A policy that names none is for all of them.
func (e *Engine) Mentions() []Mention {
	var all []Mention
	for _, p := range e.policies {
		var named types.EntityUID
		switch scope := p.ast.Resource.(type) {
		case ast.ScopeTypeEq:
			named = scope.Entity
		case ast.ScopeTypeIn:
			named = scope.Entity
		case ast.ScopeTypeIsIn:
			named = scope.Entity
		default:
			continue
		}
		target, _, _ := strings.Cut(string(named.ID), "/") // names of targets have no slash
		all = append(all, Mention{target, p.id, p.file, p.line, p.column})
	}
	return all
}
