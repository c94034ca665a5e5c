package policy

import "github.com/cedar-policy/cedar-go/x/exp/ast"

// open finds the shape that an expression names: context.arguments, context.token.claims, or a member below them. Nil for anything else.
func (in *inference) open(n ast.IsNode) (found *shape, name string) {
	access, ok := n.(ast.NodeTypeAccess)
	if !ok {
		return nil, ""
	}
	name = string(access.Value)
	if in.isContext(access.Arg) && name == "arguments" {
		return in.root(name), name
	}
	if token, ok := access.Arg.(ast.NodeTypeAccess); ok && name == "claims" && token.Value == "token" && in.isContext(token.Arg) {
		return in.root(name), name
	}
	parent, parentName := in.open(access.Arg)
	if parent == nil {
		return nil, ""
	}
	in.use(parent, parentName, recordKind)
	return member(parent, name), name
}

func (in *inference) root(name string) *shape {
	at := &in.arguments
	if name == "claims" {
		at = &in.claims
		in.note("token")
	} else {
		in.note("arguments")
	}
	if *at == nil {
		*at = &shape{kind: recordKind, members: map[string]*shape{}}
	}
	return *at
}

// use notes that a value is used as k.
func (in *inference) use(s *shape, name string, k kind) {
	switch {
	case k == unknownKind:
		if s.kind == recordKind || s.kind == setKind {
			s.whole = true
		}
	case s.kind == unknownKind:
		s.kind = k
	case s.kind != k && in.err == nil:
		in.err = &clash{name, s.kind, k}
	}
	if k == setKind && s.element == nil {
		s.element = &shape{}
	}
}

func member(s *shape, name string) *shape {
	if s.members == nil {
		s.members = map[string]*shape{}
	}
	if s.members[name] == nil {
		s.members[name] = &shape{}
	}
	return s.members[name]
}
