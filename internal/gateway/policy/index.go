package policy

import (
	"slices"

	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
)

// index finds the policies whose scope can hold for a request. A policy is filed under what its scope says of principal, action and
// resource; a request looks under each combination of what it is, what it is in, and nothing at all.
type index struct {
	entities map[types.EntityUID]uint32
	types    map[types.EntityType]uint32
	files    map[[3]uint32][]uint32 // places of policies, ascending
}

// anything is the number of a scope that says nothing.
const anything = 0

func newIndex(policies []*compiled) *index {
	x := &index{entities: map[types.EntityUID]uint32{}, types: map[types.EntityType]uint32{}, files: map[[3]uint32][]uint32{}}
	for place, p := range policies {
		principal, resource := x.number(p.ast.Principal), x.number(p.ast.Resource)
		actions := []uint32{anything}
		if set, ok := p.ast.Action.(ast.ScopeTypeInSet); ok {
			actions = actions[:0]
			for _, uid := range set.Entities {
				actions = append(actions, x.numberOf(uid))
			}
		} else {
			actions[0] = x.number(p.ast.Action)
		}
		slices.Sort(actions)
		for _, action := range slices.Compact(actions) {
			key := [3]uint32{principal, action, resource}
			x.files[key] = append(x.files[key], uint32(place)) //nolint:gosec // a set of four billion policies does not fit memory
		}
	}
	return x
}

func (x *index) number(scope ast.IsScopeNode) uint32 {
	switch s := scope.(type) {
	case ast.ScopeTypeEq:
		return x.numberOf(s.Entity)
	case ast.ScopeTypeIn:
		return x.numberOf(s.Entity)
	case ast.ScopeTypeIs:
		if _, ok := x.types[s.Type]; !ok {
			x.types[s.Type] = x.next()
		}
		return x.types[s.Type]
	case ast.ScopeTypeIsIn:
		return x.numberOf(s.Entity)
	}
	return anything
}

func (x *index) numberOf(uid types.EntityUID) uint32 {
	if _, ok := x.entities[uid]; !ok {
		x.entities[uid] = x.next()
	}
	return x.entities[uid]
}

// next is a number that nothing has yet.
func (x *index) next() uint32 {
	return uint32(len(x.entities) + len(x.types) + 1) //nolint:gosec // as above
}

// numbers are those under which a scope that holds for one of the entities may be filed.
func (x *index) numbers(above []types.EntityUID, to []uint32) []uint32 {
	to = append(to, anything)
	if n, ok := x.types[above[0].Type]; ok {
		to = append(to, n)
	}
	for _, uid := range above {
		if n, ok := x.entities[uid]; ok {
			to = append(to, n)
		}
	}
	return to
}

// candidates appends the places of the policies that can apply, ascending. The first entity of each list is the request's own.
func (x *index) candidates(principal, action, resource []types.EntityUID, to []uint32) []uint32 {
	var principals, actions, resources [6]uint32
	pa, aa, ra := x.numbers(principal, principals[:0]), x.numbers(action, actions[:0]), x.numbers(resource, resources[:0])
	for _, p := range pa {
		for _, a := range aa {
			for _, r := range ra {
				to = append(to, x.files[[3]uint32{p, a, r}]...)
			}
		}
	}
	slices.Sort(to)
	return slices.Compact(to)
}
