package spec

import (
	"slices"
	"strings"
	"sync"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
)

// GoogleDestinationAttributes are what conditions of access policies may ask of a request's destination, as Google documents them.
func GoogleDestinationAttributes() []string {
	return []string{
		"destination.is_registered",
		"destination.agent_registry.resource_type", "destination.agent_registry.location", "destination.agent_registry.project_id",
		"destination.agent_registry.agent.name", "destination.agent_registry.endpoint.name",
		"destination.agent_registry.mcp_server.name", "destination.agent_registry.mcp_server.method",
		"destination.agent_registry.mcp_server.tool.name",
		"destination.agent_registry.mcp_server.tool.annotations.read_only_hint", "destination.agent_registry.mcp_server.tool.annotations.destructive_hint",
		"destination.agent_registry.mcp_server.tool.annotations.idempotent_hint", "destination.agent_registry.mcp_server.tool.annotations.open_world_hint",
		"destination.agent_registry.mcp_server.prompt.name", "destination.agent_registry.mcp_server.resource.name",
		"destination.unregistered.host", "destination.unregistered.path", "destination.unregistered.method",
	}
}

var destinationEnv = sync.OnceValues(func() (*cel.Env, error) { return cel.NewEnv(cel.Variable("destination", cel.DynType)) })

// destination checks the condition of a rule of an access policy.
func (v *validator) destination(path []any, expression string) {
	env, err := destinationEnv()
	if err != nil {
		v.add(path, "cannot be checked: %v", err)
		return
	}
	tree, issues := env.Compile(expression)
	if issues.Err() != nil {
		v.add(path, "is no CEL expression over destination: %v", issues.Err())
		return
	}
	if t := tree.OutputType(); !t.IsExactType(cel.BoolType) && !t.IsExactType(cel.DynType) {
		v.add(path, "gives %s, and a condition gives true or false", t)
	}
	root := tree.NativeRep().Expr()
	for _, attribute := range attributesOf(root) {
		switch {
		case slices.Contains(GoogleDestinationAttributes(), attribute):
		case strings.HasPrefix(attribute, "destination.agent_registry.agent.") || strings.Contains(attribute, "skill"):
			v.add(path, "asks for %s, and A2A is forwarded unread: of an agent, its name alone is known", attribute)
		default:
			v.add(path, "asks for %s, which destinations do not have: there are %s", attribute, strings.Join(GoogleDestinationAttributes(), ", "))
		}
	}
	if !toolGuarded(root, false) {
		v.add(path, "asks about a tool without asking first whether a tool is called, and fails on everything else that agents send to an MCP server: "+
			"write destination.agent_registry.mcp_server.method == 'tools' && before it")
	}
}

// attributesOf gives the attributes, by their whole paths, that an expression asks for, each once.
func attributesOf(e ast.Expr) []string {
	var all []string
	var look func(e ast.Expr)
	look = func(e ast.Expr) {
		if name := attributeOf(e); name != "" {
			if !slices.Contains(all, name) {
				all = append(all, name)
			}
			return
		}
		for _, part := range partsOf(e) {
			look(part)
		}
	}
	look(e)
	return all
}

// attributeOf gives "destination.a.b" for the selection of it, "" for what is none.
func attributeOf(e ast.Expr) string {
	switch e.Kind() {
	case ast.IdentKind:
		if e.AsIdent() == "destination" {
			return "destination"
		}
	case ast.SelectKind:
		if root := attributeOf(e.AsSelect().Operand()); root != "" {
			return root + "." + e.AsSelect().FieldName()
		}
	}
	return ""
}

// partsOf gives the expressions that one is made of.
func partsOf(e ast.Expr) []ast.Expr {
	switch e.Kind() {
	case ast.CallKind:
		if call := e.AsCall(); call.IsMemberFunction() {
			return append([]ast.Expr{call.Target()}, call.Args()...)
		}
		return e.AsCall().Args()
	case ast.SelectKind:
		return []ast.Expr{e.AsSelect().Operand()}
	case ast.ListKind:
		return e.AsList().Elements()
	case ast.ComprehensionKind:
		c := e.AsComprehension()
		return []ast.Expr{c.IterRange(), c.AccuInit(), c.LoopCondition(), c.LoopStep(), c.Result()}
	case ast.MapKind:
		var all []ast.Expr
		for _, entry := range e.AsMap().Entries() {
			all = append(all, entry.AsMapEntry().Key(), entry.AsMapEntry().Value())
		}
		return all
	}
	return nil
}

// toolGuarded says whether a tool is asked about only where the method is one of tools: by a comparison that && joins to it, or by its
// opposite that || does, on either side, since CEL takes what decides before an error.
func toolGuarded(e ast.Expr, guarded bool) bool {
	if e.Kind() == ast.CallKind && !guarded {
		switch call := e.AsCall(); call.FunctionName() {
		case operators.LogicalAnd:
			guarded = slices.ContainsFunc(joined(e, operators.LogicalAnd), isMethodTest)
			return toolGuarded(call.Args()[0], guarded) && toolGuarded(call.Args()[1], guarded)
		case operators.LogicalOr:
			guarded = slices.ContainsFunc(joined(e, operators.LogicalOr), isNoMethodTest)
			return toolGuarded(call.Args()[0], guarded) && toolGuarded(call.Args()[1], guarded)
		case operators.LogicalNot:
			return !slices.ContainsFunc(call.Args(), func(arg ast.Expr) bool { return !toolGuarded(arg, false) })
		}
	}
	return guarded || !slices.ContainsFunc(attributesOf(e), func(name string) bool { return strings.Contains(name, ".mcp_server.tool.") })
}

// joined takes an expression apart at one operator.
func joined(e ast.Expr, by string) []ast.Expr {
	if e.Kind() == ast.CallKind && e.AsCall().FunctionName() == by {
		return append(joined(e.AsCall().Args()[0], by), joined(e.AsCall().Args()[1], by)...)
	}
	return []ast.Expr{e}
}

// isMethodTest says whether an expression asks that the method be one.
func isMethodTest(e ast.Expr) bool {
	if e.Kind() != ast.CallKind {
		return false
	}
	call := e.AsCall()
	return (call.FunctionName() == operators.Equals || call.FunctionName() == operators.In) && asksMethod(call)
}

// isNoMethodTest says whether an expression asks that the method be another: what || joins to it is asked only where it is not.
func isNoMethodTest(e ast.Expr) bool {
	if e.Kind() != ast.CallKind {
		return false
	}
	call := e.AsCall()
	return call.FunctionName() == operators.NotEquals && asksMethod(call) || call.FunctionName() == operators.LogicalNot && isMethodTest(call.Args()[0])
}

func asksMethod(call ast.CallExpr) bool {
	return slices.ContainsFunc(call.Args(), func(arg ast.Expr) bool { return attributeOf(arg) == "destination.agent_registry.mcp_server.method" })
}

// whenEnv is what the when of an AuthzPolicy may be about, of which Google publishes no complete list.
var whenEnv = sync.OnceValues(func() (*cel.Env, error) {
	return cel.NewEnv(cel.Variable("request", cel.DynType), cel.Variable("source", cel.DynType), cel.Variable("destination", cel.DynType), cel.Variable("connection", cel.DynType))
})

func (v *validator) when(path []any, expression string) {
	env, err := whenEnv()
	if err != nil {
		v.add(path, "cannot be checked: %v", err)
		return
	}
	tree, issues := env.Compile(expression)
	if issues.Err() != nil {
		v.add(path, "is no CEL expression over request: %v", issues.Err())
		return
	}
	if t := tree.OutputType(); !t.IsExactType(cel.BoolType) && !t.IsExactType(cel.DynType) {
		v.add(path, "gives %s, and a condition gives true or false", t)
	}
}

// grantEnv evaluates conditions of IAP V1. api.getAttribute gives its default for what is of MCP, as it does for a request that
// begins a session or asks for a list, and something unknown for the rest.
var grantEnv = sync.OnceValues(func() (*cel.Env, error) {
	get := cel.MemberOverload("api_get_attribute", []*cel.Type{cel.DynType, cel.StringType, cel.DynType}, cel.DynType,
		cel.FunctionBinding(func(args ...ref.Val) ref.Val {
			if name, ok := args[1].Value().(string); ok && strings.HasPrefix(name, "iap.googleapis.com/mcp.") {
				return args[2]
			}
			return types.NewUnknown(1, nil)
		}))
	return cel.NewEnv(cel.Variable("api", cel.DynType), cel.Variable("request", cel.DynType), cel.Variable("resource", cel.DynType), cel.Function("getAttribute", get))
})

// grantCondition checks the condition of a grant of IAP V1: where it is about tools, it must let a session begin.
func (v *validator) grantCondition(path []any, expression string) {
	env, err := grantEnv()
	if err != nil {
		v.add(path, "cannot be checked: %v", err)
		return
	}
	tree, issues := env.Compile(expression)
	if issues.Err() != nil {
		v.add(path, "is no CEL expression of an allow policy: %v", issues.Err())
		return
	}
	program, err := env.Program(tree, cel.EvalOptions(cel.OptPartialEval))
	if err != nil {
		v.add(path, "cannot be evaluated: %v", err)
		return
	}
	some, err := cel.PartialVars(map[string]any{"api": "api"}, cel.AttributePattern("request"), cel.AttributePattern("resource"))
	if err != nil {
		v.add(path, "cannot be evaluated: %v", err)
		return
	}
	result, _, err := program.Eval(some)
	if err == nil && result == types.False && strings.Contains(expression, "/mcp.tool") {
		v.add(path, "is false where no tool is named, so that no session could begin and no tools be listed: let the empty name through, as in api.getAttribute('iap.googleapis.com/mcp.toolName', '') in ['pay', '']")
	}
}
