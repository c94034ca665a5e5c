package policy

import (
	"fmt"
	"slices"

	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/schema/resolved"
)

// kind is what a policy uses a value as.
type kind string

const (
	unknownKind  kind = ""
	stringKind   kind = "String"
	longKind     kind = "Long"
	boolKind     kind = "Bool"
	decimalKind  kind = "decimal"
	ipKind       kind = "ipaddr"
	datetimeKind kind = "datetime"
	durationKind kind = "duration"
	setKind      kind = "Set"
	recordKind   kind = "record"
)

// shape is what a policy reads of a value whose type the schema leaves open (arguments, claims), and what it uses it as.
type shape struct {
	kind    kind
	members map[string]*shape // of a record
	element *shape            // of a set
	whole   bool              // read without naming members, so that all of it counts
}

// has says that something of the value at a path, innermost name first, is read.
func (s *shape) has(path []string) bool {
	for _, name := range slices.Backward(path) {
		switch {
		case s == nil:
			return false
		case name == element:
			s = s.element
		default:
			s = s.members[name]
		}
	}
	return s != nil
}

// reads is what a policy reads, beside what its scope names. What no policy reads is not made for it.
type reads struct {
	arguments, claims   *shape // nil where it reads nothing of them
	context             attributes
	principal, resource bool // attributes of the entities
	hints               bool // attributes of a tool that only its target knows
}

// clash is a value that a policy uses as two types.
type clash struct {
	name string
	a, b kind
}

func (c *clash) Error() string {
	return fmt.Sprintf("%q is used as %s and as %s", c.name, c.a, c.b)
}

func kindOf(v types.Value) kind {
	switch v.(type) {
	case types.String:
		return stringKind
	case types.Long:
		return longKind
	case types.Boolean:
		return boolKind
	case types.Decimal:
		return decimalKind
	case types.IPAddr:
		return ipKind
	case types.Datetime:
		return datetimeKind
	case types.Duration:
		return durationKind
	case types.Set:
		return setKind
	case types.Record:
		return recordKind
	}
	return unknownKind
}

// resolved gives the type that the schema would have for the shape. A value of which nothing shows is taken for a string: it is at most
// compared, which no type makes fail.
func (s *shape) resolved() resolved.IsType {
	switch s.kind {
	case longKind:
		return resolved.LongType{}
	case boolKind:
		return resolved.BoolType{}
	case decimalKind, ipKind, datetimeKind, durationKind:
		return resolved.ExtensionType(s.kind)
	case setKind:
		element := s.element
		if element == nil {
			element = &shape{}
		}
		return resolved.SetType{Element: element.resolved()}
	case recordKind:
		r := resolved.RecordType{}
		for name, m := range s.members {
			r[types.String(name)] = resolved.Attribute{Type: m.resolved(), Optional: true}
		}
		return r
	case unknownKind, stringKind:
	}
	return resolved.StringType{}
}
