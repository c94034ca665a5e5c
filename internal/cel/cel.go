// Package cel writes CEL literals and checks CEL expressions with the compiler of Kubernetes' ValidatingAdmissionPolicy, so
// that what a plan accepts is what an API server compiles.
package cel

import (
	"errors"
	"fmt"
	"sync"
	"unicode/utf8"

	celgo "github.com/google/cel-go/cel"
	admission "k8s.io/apiserver/pkg/admission/plugin/cel"
	apiserver "k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/environment"
)

// MaxExpression is the greatest length of an expression, in characters. The rule of a person is far shorter; the bound keeps
// compiling cheap and the rendered objects well below what etcd stores.
const MaxExpression = 8192

// Variable is a named expression that others can use as variables.<Name>.
type Variable struct {
	Name       string
	Expression string
}

// Error is the first thing wrong with an expression. Line and Column count from 1; both are 0 where the fault has no place,
// as when the result has the wrong type.
type Error struct {
	Line, Column int
	Message      string
}

// Error gives "line L, column C: message".
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Message
	}
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Message)
}

// Checker checks expressions against one set of variables. It is safe for concurrent use. Making one takes tens of
// milliseconds, checking an expression far less.
type Checker struct {
	compiler *admission.CompositedCompiler
	options  admission.OptionalVariableDeclarations
}

// NewChecker declares what a ValidatingAdmissionPolicy without parameters declares: object, oldObject, request and
// namespaceObject, the given variables, and the authorizer where the engine has one. It fails when a variable does not compile.
func NewChecker(authorizer bool, variables ...Variable) (*Checker, error) {
	compiler, err := admission.NewCompositedCompiler(base())
	if err != nil {
		return nil, fmt.Errorf("set up the CEL environment: %w", err)
	}
	c := &Checker{compiler: compiler, options: admission.OptionalVariableDeclarations{HasAuthorizer: authorizer}}
	for _, v := range variables {
		if result := compiler.CompileAndStoreVariable(named{v}, c.options, environment.NewExpressions); result.Error != nil {
			return nil, fmt.Errorf("variable %s: %w", v.Name, position(result.Error))
		}
	}
	return c, nil
}

// base is built once: it takes tens of milliseconds, and a plan checks many policies.
var base = sync.OnceValue(func() *environment.EnvSet {
	return environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion())
})

// Bool compiles the expression and asks that it gives a bool. The error, if any, is an *Error.
func (c *Checker) Bool(expression string) error {
	if n := utf8.RuneCountInString(expression); n > MaxExpression {
		return &Error{Message: fmt.Sprintf("the expression has %d characters, the most is %d", n, MaxExpression)}
	}
	result := c.compiler.CompileCELExpression(condition(expression), c.options, environment.NewExpressions)
	if result.Error != nil {
		return position(result.Error)
	}
	return nil
}

func position(err *apiserver.Error) *Error {
	var compilation *apiserver.CompilationError
	if !errors.As(err.Cause, &compilation) || len(compilation.Issues.Errors()) == 0 {
		return &Error{Message: err.Detail}
	}
	first := compilation.Issues.Errors()[0]
	return &Error{
		Line: first.Location.Line(),
		// The compiler counts columns from 0, and gives -1 for the end of an empty text.
		Column:  max(first.Location.Column()+1, 1),
		Message: first.Message,
	}
}

// condition is an expression that must give a bool.
type condition string

func (c condition) GetExpression() string    { return string(c) }
func (condition) ReturnTypes() []*celgo.Type { return []*celgo.Type{celgo.BoolType} }

// named is a variable's expression, of any type.
type named struct{ Variable }

func (n named) GetName() string          { return n.Name }
func (n named) GetExpression() string    { return n.Expression }
func (named) ReturnTypes() []*celgo.Type { return []*celgo.Type{celgo.AnyType, celgo.DynType} }
