// Package rest reads requests of HTTP APIs in one way: a path, its template and its parameters, with the types that the API's description
// gives them. What two servers may read differently is refused, and what is passed on is written anew from what was read.
package rest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/gateway/jsonscan"
)

// Request is a request that has been read, but for its body.
type Request struct {
	// Operation is what is asked for, nil where it is none of the API's.
	Operation *Operation
	// Template is the path's, or Unmatched.
	Template string
	// Path and Query are what to pass on, escaped.
	Path, Query string
	// arguments are those that the path and the query make, as the inside of a JSON object.
	arguments []byte
	content   []string
}

// Read reads a request's method, path (escaped as it came, below the API's own) and query.
func (a *API) Read(method, path, query string) (*Request, *Problem) {
	if !slices.Contains(methods, method) {
		return nil, &Problem{Status: http.StatusNotImplemented, Detail: "the method " + method + " is not passed on"}
	}
	read, problem := segments(path)
	if problem != nil {
		return nil, problem
	}
	given, problem := pairs(query)
	if problem != nil {
		return nil, problem
	}
	end, problem := a.find(read)
	if problem != nil {
		return nil, problem
	}
	r := &Request{Template: Unmatched, Path: written(read), Query: rewritten(given), content: a.Content}
	var template Template
	switch {
	case end != nil:
		template = end.template
		if r.Operation = end.of(method); r.Operation != nil {
			template = r.Operation.Template
		} else if !a.Open && method != http.MethodOptions {
			return nil, &Problem{Status: http.StatusMethodNotAllowed, Detail: "the API has no " + method + " " + template.Text, Allow: end.allow()}
		}
		r.Template = template.Text
	case !a.Open:
		return nil, &Problem{Status: http.StatusNotFound, Detail: "the API has no such path"}
	case a.resembles(read):
		return nil, &Problem{Status: http.StatusNotFound, Detail: "the API has no such path, and one that only differs in letter case, a slash at the end or a suffix"}
	}
	if r.Operation != nil {
		r.content = r.Operation.Content
	}
	if r.arguments, problem = r.appendPath(r.arguments, template, read); problem != nil {
		return nil, problem
	}
	if r.arguments, problem = r.appendQuery(r.arguments, given); problem != nil {
		return nil, problem
	}
	return r, nil
}

// appendPath writes the path's parameters.
func (r *Request) appendPath(to []byte, t Template, path []string) ([]byte, *Problem) {
	to = append(to, `"path":{`...)
	comma := false
	for i, p := range t.parts {
		if p.name == "" {
			continue
		}
		value, _ := p.takes(path[i])
		if p.tail {
			value = strings.Join(path[i:], "/")
		}
		var typ Type
		if r.Operation != nil {
			typ = r.Operation.Path[p.name]
		}
		if comma {
			to = append(to, ',')
		}
		comma = true
		to = append(appendString(to, p.name), ':')
		var ok bool
		if to, ok = typ.appendValue(to, []string{value}); !ok {
			return nil, bad(fmt.Sprintf("the path parameter %s is not of type %s", p.name, typ.Of))
		}
	}
	return append(to, '}'), nil
}

// appendQuery writes the query's parameters, by name and in the order in which they came first.
func (r *Request) appendQuery(to []byte, given []pair) ([]byte, *Problem) {
	var declared map[string]Type
	if r.Operation != nil {
		declared = r.Operation.Query
	}
	to = append(to, `,"query":{`...)
	seen := map[string]bool{}
	for i, p := range given {
		name, problem := nameOf(p.name, declared)
		if problem != nil {
			return nil, problem
		}
		if seen[name] {
			continue
		}
		seen[name] = true
		if len(seen) > 1 {
			to = append(to, ',')
		}
		to = append(appendString(to, name), ':')
		typ := declared[name]
		if typ.Members {
			if to, problem = appendMembers(to, name, given[i:]); problem != nil {
				return nil, problem
			}
			continue
		}
		var texts []string
		for _, other := range given[i:] {
			if other.name == name {
				texts = append(texts, other.value)
			}
		}
		if _, known := declared[name]; !known && len(texts) > 1 {
			typ.List = true
		}
		var ok bool
		if to, ok = typ.appendValue(to, texts); !ok {
			return nil, bad(fmt.Sprintf("the query parameter %s is not of its type, or is given more than once", name))
		}
	}
	return append(to, '}'), nil
}

// nameOf gives the name that a query parameter is known by, and refuses those that servers take for another.
func nameOf(name string, declared map[string]Type) (string, *Problem) {
	if _, ok := declared[name]; ok {
		return name, nil
	}
	if base, _, ok := strings.Cut(name, "["); ok {
		if !declared[base].Members {
			return "", bad("the name of a query parameter has brackets, which some servers read as those of a list or a record")
		}
		return base, nil
	}
	if strings.ContainsAny(name, "]") {
		return "", bad("the name of a query parameter has a bracket")
	}
	if name == "_method" {
		return "", bad("the query parameter _method would make some servers take another method")
	}
	for known := range declared {
		if jsonscan.Folds(name, known) {
			return "", bad("the query parameter " + known + " is written in other letter case")
		}
	}
	return name, nil
}

// appendMembers writes the members of a parameter, name[member]=text.
func appendMembers(to []byte, name string, given []pair) ([]byte, *Problem) {
	to = append(to, '{')
	seen := map[string]bool{}
	for _, p := range given {
		rest, ok := strings.CutPrefix(p.name, name+"[")
		if !ok {
			if p.name == name {
				return nil, bad("the query parameter " + name + " has members, and one is not named")
			}
			continue
		}
		member, after, ok := strings.Cut(rest, "]")
		if !ok || after != "" || member == "" || strings.Contains(member, "[") || seen[member] {
			return nil, bad("the query parameter " + name + " has a member whose name cannot be read, or that is given twice")
		}
		seen[member] = true
		if len(seen) > 1 {
			to = append(to, ',')
		}
		to = append(appendString(to, member), ':')
		to = appendString(to, p.value)
	}
	return append(to, '}'), nil
}

// Takes says whether the request may have a body of a media type.
func (r *Request) Takes(media string) bool { return takes(r.content, media) }

// Arguments gives what a policy may know of the request: {"path": {…}, "query": {…}, "body": …}. The body is JSON that has been read strictly;
// nil is none.
func (r *Request) Arguments(body []byte) []byte {
	to := make([]byte, 0, len(r.arguments)+len(body)+len(`{,"body":}`))
	to = append(append(to, '{'), r.arguments...)
	if body != nil {
		to = append(append(to, `,"body":`...), body...)
	}
	return append(to, '}')
}
