package policy

import (
	"slices"

	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
)

// index finds the policies whose scope can hold for a request. A policy is filed under what its scope says of principal, action and
// resource; a request looks under each combination of what it is, what it is in, and nothing at all.
type index struct {
	ids   map[scopeKey]uint32
	files map[[3]uint32][]uint32 // places of policies, ascending
}

// scopeKey is what a scope can name: an entity, or a type of entities where the id is empty and isType is set.
type scopeKey struct {
	uid    types.EntityUID
	isType bool
}

// anything is the number of a scope that says nothing.
const anything = 0

func newIndex(policies []*compiled) *index {
	x := &index{ids: map[scopeKey]uint32{}, files: map[[3]uint32][]uint32{}}
	for place, p := range policies {
		principal, resource := x.number(p.ast.Principal), x.number(p.ast.Resource)
		actions := []uint32{anything}
		if set, ok := p.ast.Action.(ast.ScopeTypeInSet); ok {
			actions = actions[:0]
			for _, uid := range set.Entities {
				actions = append(actions, x.numberOf(scopeKey{uid: uid}))
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
		return x.numberOf(scopeKey{uid: s.Entity})
	case ast.ScopeTypeIn:
		return x.numberOf(scopeKey{uid: s.Entity})
	case ast.ScopeTypeIs:
		return x.numberOf(scopeKey{uid: types.EntityUID{Type: s.Type}, isType: true})
	case ast.ScopeTypeIsIn:
		return x.numberOf(scopeKey{uid: s.Entity})
	}
	return anything
}

func (x *index) numberOf(k scopeKey) uint32 {
	if _, ok := x.ids[k]; !ok {
		x.ids[k] = uint32(len(x.ids) + 1) //nolint:gosec // as above
	}
	return x.ids[k]
}

// numbers are those under which a scope that holds for one of the entities may be filed.
func (x *index) numbers(above []types.EntityUID) []uint32 {
	found := make([]uint32, 1, len(above)+2) // the first stands for anything
	if n, ok := x.ids[scopeKey{uid: types.EntityUID{Type: above[0].Type}, isType: true}]; ok {
		found = append(found, n)
	}
	for _, uid := range above {
		if n, ok := x.ids[scopeKey{uid: uid}]; ok {
			found = append(found, n)
		}
	}
	return found
}

// candidates gives the places of the policies that can apply, ascending. The first entity of each list is the request's own.
func (x *index) candidates(principal, action, resource []types.EntityUID) []uint32 {
	var found []uint32
	actions, resources := x.numbers(action), x.numbers(resource)
	for _, p := range x.numbers(principal) {
		for _, a := range actions {
			for _, r := range resources {
				found = append(found, x.files[[3]uint32{p, a, r}]...)
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}
