package policy

import (
	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
)

// inference collects what a policy reads.
type inference struct {
	reads
	err error // the first clash
}

// infer finds what a policy reads of arguments and claims.
func infer(p *ast.Policy) (reads, error) {
	in := &inference{reads: reads{}}
	for _, c := range p.Conditions {
		in.visit(c.Body, boolKind)
	}
	return in.reads, in.err
}

// visit walks an expression that is used as want, and gives its kind as far as it shows.
func (in *inference) visit(n ast.IsNode, want kind) kind {
	if s, name := in.open(n); s != nil {
		in.use(s, name, want)
		return s.kind
	}
	switch n := n.(type) {
	case ast.NodeTypeAnd:
		return in.both(n.Left, n.Right, boolKind, boolKind)
	case ast.NodeTypeOr:
		return in.both(n.Left, n.Right, boolKind, boolKind)
	case ast.NodeTypeNot:
		return in.visit(n.Arg, boolKind)
	case ast.NodeTypeNegate:
		return in.visit(n.Arg, longKind)
	case ast.NodeTypeAdd:
		return in.both(n.Left, n.Right, longKind, longKind)
	case ast.NodeTypeSub:
		return in.both(n.Left, n.Right, longKind, longKind)
	case ast.NodeTypeMult:
		return in.both(n.Left, n.Right, longKind, longKind)
	case ast.NodeTypeLessThan:
		return in.compared(n.Left, n.Right)
	case ast.NodeTypeLessThanOrEqual:
		return in.compared(n.Left, n.Right)
	case ast.NodeTypeGreaterThan:
		return in.compared(n.Left, n.Right)
	case ast.NodeTypeGreaterThanOrEqual:
		return in.compared(n.Left, n.Right)
	case ast.NodeTypeEquals:
		return in.alike(n.Left, n.Right, unknownKind, boolKind)
	case ast.NodeTypeNotEquals:
		return in.alike(n.Left, n.Right, unknownKind, boolKind)
	case ast.NodeTypeLike:
		in.visit(n.Arg, stringKind)
		return boolKind
	case ast.NodeTypeHas:
		in.has(n)
		return boolKind
	case ast.NodeTypeAccess:
		in.access(n, want)
		return unknownKind
	case ast.NodeTypeContains:
		in.contains(n.Left, n.Right)
		return boolKind
	case ast.NodeTypeContainsAll:
		in.sets(n.Left, n.Right)
		return boolKind
	case ast.NodeTypeContainsAny:
		in.sets(n.Left, n.Right)
		return boolKind
	case ast.NodeTypeIsEmpty:
		in.visit(n.Arg, setKind)
		return boolKind
	case ast.NodeTypeIfThenElse:
		in.visit(n.If, boolKind)
		return in.alike(n.Then, n.Else, want, want)
	case ast.NodeTypeExtensionCall:
		return in.call(n)
	case ast.NodeValue:
		return kindOf(n.Value)
	case ast.NodeTypeSet:
		in.elements(n)
		return setKind
	case ast.NodeTypeRecord:
		for _, e := range n.Elements {
			in.visit(e.Value, unknownKind)
		}
		return recordKind
	case ast.NodeTypeVariable:
		in.variable(string(n.Name))
		return unknownKind
	default:
		in.children(n)
		return unknownKind
	}
}

// access walks the reading of an attribute.
func (in *inference) access(n ast.NodeTypeAccess, want kind) {
	if !in.isContext(n.Arg) {
		in.hints = in.hints || hint(n.Value)
		in.visit(n.Arg, recordKind)
		return
	}
	in.note(string(n.Value))
	if n.Value == "token" && want != recordKind {
		in.all("claims") // the token as a value
	}
}

// variable notes a variable that is used as a value, so that all of it counts.
func (in *inference) variable(name string) {
	switch name {
	case "principal":
		in.principal = true
	case "resource":
		in.resource = true
	case "context":
		for attribute := range published().Actions[action(&call.Call{})].AppliesTo.Context {
			in.note(string(attribute))
		}
		in.all("arguments")
		in.all("claims")
	}
}

func (in *inference) note(attribute string) {
	in.context |= attributeBit(attribute)
}

func (in *inference) all(name string) {
	in.root(name).whole = true
}

// children walks what an expression holds without saying what it is used as.
func (in *inference) children(n ast.IsNode) {
	itself := true // comes first; expressions cannot be compared, as some hold slices
	ast.Inspect(ast.NewNode(n), func(c ast.IsNode) bool {
		if itself {
			itself = false
			return true
		}
		in.visit(c, unknownKind)
		return false
	})
}

func (in *inference) both(a, b ast.IsNode, want, result kind) kind {
	in.visit(a, want)
	in.visit(b, want)
	return result
}

// compared walks the two sides of < and its like, which are numbers unless one shows to be a time.
func (in *inference) compared(a, b ast.IsNode) kind {
	want := longKind
	for _, side := range []ast.IsNode{a, b} {
		if k := in.peek(side); k == datetimeKind || k == durationKind {
			want = k
		}
	}
	return in.both(a, b, want, boolKind)
}

// alike walks two expressions of one type.
func (in *inference) alike(a, b ast.IsNode, want, result kind) kind {
	for _, side := range []ast.IsNode{a, b} {
		if want == unknownKind {
			want = in.peek(side)
		}
	}
	if want == setKind {
		in.sets(a, b)
		return result
	}
	return in.both(a, b, want, result)
}

// peek gives the kind that an expression shows without anything being noted.
func (in *inference) peek(n ast.IsNode) kind {
	if s, _ := (&inference{}).open(n); s != nil {
		return unknownKind
	}
	return (&inference{}).visit(n, unknownKind)
}

func (in *inference) has(n ast.NodeTypeHas) {
	if s, name := in.open(n.Arg); s != nil {
		in.use(s, name, recordKind)
		member(s, string(n.Value))
		return
	}
	if in.isContext(n.Arg) {
		in.note(string(n.Value))
		return
	}
	in.hints = in.hints || hint(n.Value)
	in.visit(n.Arg, recordKind)
}

// hint says that an attribute is one that a target says of its tool.
func hint(name types.String) bool {
	switch name {
	case "readOnly", "destructive", "idempotent", "openWorld":
		return true
	}
	return false
}

// contains walks set.contains(element).
func (in *inference) contains(set, element ast.IsNode) {
	if s, name := in.open(set); s != nil {
		in.use(s, name, setKind)
		in.use(s.element, name, in.peek(element))
		in.visit(element, unknownKind)
		return
	}
	in.visit(set, setKind)
	want := unknownKind
	if literal, ok := set.(ast.NodeTypeSet); ok {
		for _, e := range literal.Elements {
			if want == unknownKind {
				want = in.peek(e)
			}
		}
	}
	if v, ok := set.(ast.NodeValue); ok {
		if s, ok := v.Value.(types.Set); ok {
			for e := range s.All() {
				want = kindOf(e)
			}
		}
	}
	in.visit(element, want)
}

// sets walks two sets whose elements are of one type.
func (in *inference) sets(a, b ast.IsNode) {
	element := unknownKind
	for _, side := range []ast.IsNode{a, b} {
		if literal, ok := side.(ast.NodeTypeSet); ok {
			for _, e := range literal.Elements {
				if element == unknownKind {
					element = in.peek(e)
				}
			}
		}
	}
	for _, side := range []ast.IsNode{a, b} {
		if s, name := in.open(side); s != nil {
			in.use(s, name, setKind)
			in.use(s.element, name, element)
		} else {
			in.visit(side, setKind)
		}
	}
}

func (in *inference) elements(n ast.NodeTypeSet) {
	want := unknownKind
	for _, e := range n.Elements {
		if want == unknownKind {
			want = in.peek(e)
		}
	}
	for _, e := range n.Elements {
		in.visit(e, want)
	}
}

// call walks a function or method of Cedar's extensions.
func (in *inference) call(n ast.NodeTypeExtensionCall) kind {
	receiver := unknownKind
	result := boolKind
	switch n.Name {
	case "decimal", "ip", "datetime", "duration":
		for _, a := range n.Args {
			in.visit(a, stringKind)
		}
		return map[types.Path]kind{"decimal": decimalKind, "ip": ipKind, "datetime": datetimeKind, "duration": durationKind}[n.Name]
	case "lessThan", "lessThanOrEqual", "greaterThan", "greaterThanOrEqual":
		receiver = decimalKind
	case "isIpv4", "isIpv6", "isLoopback", "isMulticast", "isInRange":
		receiver = ipKind
	case "toMilliseconds", "toSeconds", "toMinutes", "toHours", "toDays":
		receiver, result = durationKind, longKind
	case "toDate", "toTime", "offset", "durationSince":
		receiver, result = datetimeKind, datetimeKind
		if n.Name == "toTime" || n.Name == "durationSince" {
			result = durationKind
		}
	}
	for i, a := range n.Args {
		want := receiver
		if i > 0 && n.Name == "offset" {
			want = durationKind
		}
		in.visit(a, want)
	}
	return result
}

func (in *inference) isContext(n ast.IsNode) bool {
	v, ok := n.(ast.NodeTypeVariable)
	return ok && v.Name == "context"
}
