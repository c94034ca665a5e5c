package rest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// API are the operations of a target. It never changes, so that it may be used by many at once.
type API struct {
	root *node
	all  []*leaf
	// Open lets what is no operation be decided on, rather than refusing it: on its template where another method has one, and on Unmatched
	// otherwise.
	Open bool
	// Content are the media types that bodies of what is no operation may have, as those of operations are written.
	Content []string
}

// Unmatched names the resource of a path that no template matches.
const Unmatched = "*"

// node is where templates that begin alike part.
type node struct {
	literal map[string]*node
	others  []edge // parameters, each affix once
	ends    *leaf
}

type edge struct {
	part
	to *node
}

// leaf are the operations of one template. Those of other methods may have other names for its parameters.
type leaf struct {
	template Template // the first
	methods  map[string]*Operation
}

// New makes the table of operations. The error names the first that cannot stand beside another, whose place is given too.
func New(operations []Operation) (*API, int, error) {
	a := &API{root: &node{}}
	for i := range operations {
		o := &operations[i]
		end := a.place(o.Template)
		if other := end.methods[o.Method]; other != nil {
			return nil, i, fmt.Errorf("there is another operation for %s %s: %s", o.Method, o.Template.Text, other.Template.Text)
		}
		end.methods[o.Method] = o
	}
	return a, 0, nil
}

func (a *API) place(t Template) *leaf {
	at := a.root
	for _, p := range t.parts {
		at = at.next(p)
	}
	if at.ends == nil {
		at.ends = &leaf{template: t, methods: map[string]*Operation{}}
		a.all = append(a.all, at.ends)
	}
	return at.ends
}

func (n *node) next(p part) *node {
	if p.name == "" {
		if n.literal == nil {
			n.literal = map[string]*node{}
		}
		if n.literal[p.literal] == nil {
			n.literal[p.literal] = &node{}
		}
		return n.literal[p.literal]
	}
	for _, e := range n.others {
		if e.prefix == p.prefix && e.suffix == p.suffix && e.tail == p.tail && slices.Equal(e.inner, p.inner) {
			return e.to
		}
	}
	n.others = append(n.others, edge{p, &node{}})
	return n.others[len(n.others)-1].to
}

// find gives the template of a path: the one that says more, segment by segment, than every other that matches. Where there is none such,
// servers choose one or another, and the path is refused.
func (a *API) find(path []string) (*leaf, *Problem) {
	if len(path) > maxParts {
		return nil, bad(fmt.Sprintf("the path has more than %d segments", maxParts))
	}
	var found []*leaf
	a.root.collect(path, &found)
	for _, l := range found {
		if !slices.ContainsFunc(found, func(other *leaf) bool { return other != l && !l.template.within(other.template) }) {
			return l, nil
		}
	}
	if len(found) > 0 {
		return nil, bad(fmt.Sprintf("the path is both %s and %s, and neither says more", found[0].template.Text, found[1].template.Text))
	}
	return nil, nil
}

func (n *node) collect(path []string, found *[]*leaf) {
	if len(path) == 0 {
		if n.ends != nil {
			*found = append(*found, n.ends)
		}
		return
	}
	if next := n.literal[path[0]]; next != nil {
		next.collect(path[1:], found)
	}
	for _, e := range n.others {
		if _, ok := e.takes(path[0]); !ok {
			continue
		}
		if e.tail {
			*found = append(*found, e.to.ends)
		} else {
			e.to.collect(path[1:], found)
		}
	}
}

// within says that a template which matches a path of another says at least as much of each segment.
func (t Template) within(other Template) bool {
	for i, p := range t.parts {
		if i >= len(other.parts) {
			return true // the other ended in all that follows
		}
		o := other.parts[i]
		switch a, b := p.kind(), o.kind(); {
		case b == isTail:
			return a != isTail || len(t.parts) == len(other.parts)
		case a < b, a == isAffixed && b == isAffixed && (p.prefix != o.prefix || p.suffix != o.suffix || !slices.Equal(p.inner, o.inner)):
			return false
		}
	}
	return len(t.parts) >= len(other.parts)
}

// resembles says whether a server that is lax about paths may take one that no template matches for one of a template: about letter case,
// a slash at the end, or the suffix of a format.
func (a *API) resembles(path []string) bool {
	if n := len(path); n > 0 && path[n-1] == "" {
		path = path[:n-1]
	}
	return slices.ContainsFunc(a.all, func(l *leaf) bool { return l.template.resembled(path) })
}

func (t Template) resembled(path []string) bool {
	parts := t.parts
	if n := len(parts); n > 0 && parts[n-1].name == "" && parts[n-1].literal == "" {
		parts = parts[:n-1]
	}
	for i, p := range parts {
		if p.tail {
			return true
		}
		if i >= len(path) {
			return false
		}
		p.literal, p.prefix, p.suffix = strings.ToLower(p.literal), strings.ToLower(p.prefix), strings.ToLower(p.suffix)
		s := strings.ToLower(path[i])
		_, ok := p.takes(s)
		if cut := strings.LastIndexByte(s, '.'); !ok && i == len(path)-1 && cut > 0 {
			_, ok = p.takes(s[:cut])
		}
		if !ok {
			return false
		}
	}
	return len(parts) == len(path)
}

// of gives the operation of a method. HEAD is what GET is, without its body (RFC 9110 §9.3.2).
func (l *leaf) of(method string) *Operation {
	if o := l.methods[method]; o != nil || method != http.MethodHead {
		return o
	}
	return l.methods[http.MethodGet]
}

// allow are the methods of a template, for a client that used another.
func (l *leaf) allow() string {
	have := slices.Collect(maps.Keys(l.methods))
	if l.methods[http.MethodGet] != nil && l.methods[http.MethodHead] == nil {
		have = append(have, http.MethodHead)
	}
	slices.Sort(have)
	return strings.Join(have, ", ")
}
