package spec

import (
	"slices"
	"strings"
	"sync"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
)

// The limits of the condition of a policy binding, as its schema gives them.
const (
	maxBindingCondition      = 250
	maxBindingSubexpressions = 10
)

// principalTypes are those that a boundary's condition may name.
var principalTypes = []string{
	"iam.googleapis.com/AgentPoolIdentity", "iam.googleapis.com/ServiceAccount", "iam.googleapis.com/WorkforcePoolIdentity",
	"iam.googleapis.com/WorkloadPoolIdentity", "iam.googleapis.com/WorkspaceIdentity",
}

var conditionParser = sync.OnceValues(func() (*cel.Env, error) { return cel.NewEnv() })

// parsed gives a condition's syntax tree, or notes that it has none.
func (v *validator) parsed(path []any, expression string) (ast.Expr, bool) {
	env, err := conditionParser()
	if err != nil {
		v.add(path, "cannot be checked: %v", err)
		return nil, false
	}
	tree, issues := env.Parse(expression)
	if issues.Err() != nil {
		v.add(path, "is no CEL expression: %v", issues.Err())
		return nil, false
	}
	return tree.NativeRep().Expr(), true
}

// conditionLeaves takes an expression apart at && and || and !.
func conditionLeaves(e ast.Expr) []ast.Expr {
	if e.Kind() == ast.CallKind {
		switch call := e.AsCall(); call.FunctionName() {
		case operators.LogicalAnd, operators.LogicalOr, operators.LogicalNot:
			var all []ast.Expr
			for _, arg := range call.Args() {
				all = append(all, conditionLeaves(arg)...)
			}
			return all
		}
	}
	return []ast.Expr{e}
}

// boundaryCondition checks the few comparisons that the binding of a principal access boundary takes.
func (v *googleIdentityValidator) boundaryCondition(path []any, expression string) {
	v.length(path, expression, maxBindingCondition)
	tree, ok := v.parsed(path, expression)
	if !ok {
		return
	}
	parts := conditionLeaves(tree)
	if len(parts) > maxBindingSubexpressions {
		v.add(path, "has %d subexpressions, %d are allowed", len(parts), maxBindingSubexpressions)
	}
	for _, part := range parts {
		attribute, values, ok := principalTest(part)
		if !ok {
			v.add(path, "may only compare principal.type and principal.subject with texts (==, !=, in), and ask principal.subject.startsWith or endsWith, joined by &&, || and !")
			return
		}
		for _, value := range values {
			if attribute == "type" && !slices.Contains(principalTypes, value) {
				v.add(path, "%q is no type of principal: use %s", value, strings.Join(principalTypes, ", "))
			}
		}
	}
}

// principalTest gives the attribute of principal that a subexpression asks about, and the texts that it is compared with.
func principalTest(e ast.Expr) (attribute string, values []string, ok bool) {
	if e.Kind() != ast.CallKind {
		return "", nil, false
	}
	call := e.AsCall()
	args := call.Args()
	if call.IsMemberFunction() {
		args = append([]ast.Expr{call.Target()}, args...)
	}
	if len(args) != 2 || args[0].Kind() != ast.SelectKind {
		return "", nil, false
	}
	selected := args[0].AsSelect()
	attribute = selected.FieldName()
	if selected.Operand().Kind() != ast.IdentKind || selected.Operand().AsIdent() != "principal" || attribute != "type" && attribute != "subject" {
		return "", nil, false
	}
	switch call.FunctionName() {
	case operators.Equals, operators.NotEquals:
	case operators.In:
		if args[1].Kind() != ast.ListKind {
			return "", nil, false
		}
		args = append(args[:1:1], args[1].AsList().Elements()...)
	case "startsWith", "endsWith":
		if attribute != "subject" {
			return "", nil, false
		}
	default:
		return "", nil, false
	}
	for _, arg := range args[1:] {
		text, isText := textLiteral(arg)
		if !isText {
			return "", nil, false
		}
		values = append(values, text)
	}
	return attribute, values, true
}

func textLiteral(e ast.Expr) (string, bool) {
	if e.Kind() != ast.LiteralKind {
		return "", false
	}
	text, ok := e.AsLiteral().Value().(string)
	return text, ok
}

// denyCondition checks that the condition of a deny rule asks about tags of resources, which is all that it can.
func (v *googleIdentityValidator) denyCondition(path []any, expression string) {
	tree, ok := v.parsed(path, expression)
	if !ok {
		return
	}
	for _, part := range conditionLeaves(tree) {
		if part.Kind() == ast.CallKind {
			call := part.AsCall()
			if call.IsMemberFunction() && call.Target().Kind() == ast.IdentKind && call.Target().AsIdent() == "resource" &&
				slices.Contains([]string{"matchTag", "matchTagId", "hasTagKey", "hasTagKeyId"}, call.FunctionName()) {
				continue
			}
		}
		v.add(path, "may only ask resource.matchTag, matchTagId, hasTagKey and hasTagKeyId, joined by &&, || and !: a deny rule knows nothing else of a request")
		return
	}
}

// accessCondition checks the condition of an access rule, whose attributes are each service's own; those of IAP are known.
func (v *validator) accessCondition(path []any, service, expression string) {
	if service == "iap.googleapis.com" {
		v.destination(path, expression)
		return
	}
	v.parsed(path, expression)
}
