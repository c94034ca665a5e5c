package spec

import (
	"regexp"
	"strings"
)

// GoogleOperation is an operation of a REST target as Google can tell it: by its method and what the path looks like.
type GoogleOperation struct {
	Method, Path string            // a template: "/users/{id}"
	Parameters   map[string]string // of what types they are to the open-source gateway; Google takes any value
	// Except are paths that look like it and are operations of their own, which are not permitted.
	Except []string
}

// Closed says whether a REST target has operations that are all there are.
func (t Target) Closed() bool {
	return t.Unmatched != "decide" && (len(t.Operations) > 0 || t.OpenAPI != "")
}

// GoogleOperations gives the operations that an allow names, each once, or all of a closed target where it is "*". The rest of them,
// that the target does not have, are left out, and GooglePortability says so.
func (t Target) GoogleOperations(names []string) []GoogleOperation {
	permitted := map[[2]string]bool{}
	for _, id := range sortedKeys(t.Operations) {
		o := t.Operations[id]
		for _, name := range names {
			if name == Everything || name == id || name == o.Method+" "+o.Path {
				permitted[[2]string{o.Method, o.Path}] = true
			}
		}
	}
	var all []GoogleOperation
	written := map[[2]string]bool{}
	for _, id := range sortedKeys(t.Operations) {
		o := t.Operations[id]
		key := [2]string{o.Method, o.Path}
		if !permitted[key] || written[key] {
			continue
		}
		written[key] = true
		made := GoogleOperation{Method: o.Method, Path: o.Path, Parameters: o.Parameters}
		for _, other := range t.others(o, permitted) {
			if !strings.Contains(other, "{") {
				made.Except = append(made.Except, other)
			}
		}
		all = append(all, made)
	}
	return all
}

// others gives the paths of the target that a path of an operation could be of as well, without being permitted for its method: which
// of the two it is of, the open-source gateway says by the one that has more of it literally.
func (t Target) others(o Operation, permitted map[[2]string]bool) []string {
	var all []string
	if !strings.Contains(o.Path, "{") {
		return nil
	}
	seen := map[string]bool{o.Path: true}
	for _, id := range sortedKeys(t.Operations) {
		other := t.Operations[id].Path
		if seen[other] || permitted[[2]string{o.Method, other}] || !overlap(o.Path, other) {
			continue
		}
		seen[other] = true
		all = append(all, other)
	}
	return all
}

// overlap says whether two templates may match one path. It may say so of templates whose segments are partly literal and match none.
func overlap(a, b string) bool {
	as, bs := strings.Split(a, "/"), strings.Split(b, "/")
	if strings.Contains(a+b, "...}") {
		return true
	}
	if len(as) != len(bs) {
		return false
	}
	for i := range as {
		if as[i] != bs[i] && !strings.Contains(as[i], "{") && !strings.Contains(bs[i], "{") {
			return false
		}
	}
	return true
}

// plainPath is a template that reads the same to everybody: nothing in it is written otherwise in a URL.
var plainPath = regexp.MustCompile(`^/([A-Za-z0-9._~!$&'()+,;=:@/-]|\{[^{}/]+\})*$`)

// operations checks what is permitted of a REST target that Google tells by its URL.
func (v *portability) operations(path []any) {
	t, names := v.target, v.allow.Operations
	if t.OpenAPI != "" {
		v.add(path, "are of an OpenAPI document, which is not read for Google: write them as targets[%q].operations instead", v.allow.Target)
		return
	}
	for i, name := range names {
		if name != Everything && len(t.GoogleOperations([]string{name})) == 0 {
			v.add(at(path, i), "%q is none of the operations that target %q has, and is refused on the open-source stack too: add it to them", name, v.allow.Target)
		}
	}
	if everything(names) && !t.Closed() {
		return
	}
	permitted := map[[2]string]bool{}
	all := t.GoogleOperations(names)
	for _, o := range all {
		permitted[[2]string{o.Method, o.Path}] = true
	}
	for _, o := range all {
		v.googleOperation(path, o, t.others(Operation{Method: o.Method, Path: o.Path}, permitted))
	}
}

func (v *portability) googleOperation(path []any, o GoogleOperation, others []string) {
	name := o.Method + " " + o.Path
	switch {
	case !plainPath.MatchString(o.Path) || strings.Contains(o.Path, "/."):
		v.add(path, "include %q, whose path has characters that may be written in more than one way", name)
	case strings.Contains(o.Path, "...}"):
		v.add(path, "include %q, whose last variable is a path of its own: permit [\"*\"], or name the operations below it", name)
	case len(o.Parameters) > 0 && !v.google().Coarse:
		v.add(path, "include %q, which says of what types its parameters are, and Google takes any value for them: set targets[%q].gcp.coarse to accept that", name, v.allow.Target)
	case strings.Contains(o.Path, "{") && v.means == ByAuthzPolicy:
		v.add(path, "include %q, which has a variable: without IAP, rules compare whole paths", name)
	}
	for _, other := range others {
		if strings.Contains(other, "{") {
			v.add(path, "include %q and leave out %q, and a path may look like either: permit both, or neither", name, o.Method+" "+other)
		}
	}
}
