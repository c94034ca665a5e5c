package gcptest

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// route is a method of an API with the paths it answers.
type route struct {
	*method
	document   *document
	path       *regexp.Regexp
	parameters []string // that the path carries, in the order of its groups
	collection string   // the method's ID without API and verb: "projects.locations.agentGateways"
	verb       string   // the last part of the ID: "create"
}

var placeholder = regexp.MustCompile(`\{\+?([^}]+)\}`)

// index makes the routes of a document. Those with a custom verb (":undelete") come first, since a name matches them too.
func (d *document) index() error {
	for _, m := range d.all() {
		r := &route{method: m, document: d}
		id := strings.Split(m.ID, ".")
		r.verb = id[len(id)-1]
		r.collection = strings.Join(id[1:len(id)-1], ".")

		expression, rest := "^", m.Path
		for rest != "" {
			at := placeholder.FindStringSubmatchIndex(rest)
			if at == nil {
				expression += regexp.QuoteMeta(rest)
				break
			}
			name := rest[at[2]:at[3]]
			pattern := "[^/]+"
			if p := m.Parameters[name]; p != nil && p.Pattern != "" {
				pattern = strings.TrimSuffix(strings.TrimPrefix(p.Pattern, "^"), "$")
			}
			expression += regexp.QuoteMeta(rest[:at[0]]) + "(" + pattern + ")"
			r.parameters = append(r.parameters, name)
			rest = rest[at[1]:]
		}
		var err error
		if r.path, err = regexp.Compile(expression + "$"); err != nil {
			return fmt.Errorf("the path of %s: %w", m.ID, err)
		}
		d.routes = append(d.routes, r)
	}
	slices.SortStableFunc(d.routes, func(a, b *route) int { return custom(a) - custom(b) })
	return nil
}

func custom(r *route) int {
	if strings.Contains(r.Path, ":") {
		return 0
	}
	return 1
}

// find is the method that answers a request, with the name the path carries: that of the resource, or of its parent.
// The path is the escaped one, since names in IAM's deny policies have slashes that are escaped.
func find(documents []*document, verb, path string) (*route, string, *refusal) {
	for _, d := range documents {
		for _, r := range d.routes {
			if r.HTTPMethod != verb {
				continue
			}
			groups := r.path.FindStringSubmatch(path)
			if groups == nil {
				continue
			}
			for i, parameter := range r.parameters {
				if parameter == "name" || parameter == "parent" || parameter == "resource" || len(r.parameters) == 1 {
					return r, groups[i+1], nil
				}
			}
			return r, "", nil
		}
	}
	for _, d := range documents {
		if slices.ContainsFunc(d.routes, func(r *route) bool { return r.path.MatchString(path) }) {
			return nil, "", refuse("NOT_FOUND", "The API has no method %s %s, but others with this path.", verb, path)
		}
	}
	return nil, "", refuse("NOT_FOUND", "The API has no method with the path %s.", path)
}

// checkQuery reads the query parameters of a request. Unlike many of Google's front ends it refuses those the method does not have.
func (r *route) checkQuery(query url.Values) *refusal {
	var wrong []violation
	for name, values := range query {
		p := r.Parameters[name]
		if p == nil {
			p = r.document.Parameters[name]
		}
		switch {
		case p == nil || slices.Contains(r.parameters, name):
			wrong = append(wrong, violation{name, fmt.Sprintf("Invalid JSON payload received. Unknown name %q: Cannot bind query parameter. Field %q could not be found in request message.", name, name)})
		case len(values) > 1 && !p.Repeated:
			wrong = append(wrong, violation{name, "the parameter is given more than once"})
		default:
			for _, value := range values {
				problem := p.text(value)
				if name == "requestId" && !requestID(value) {
					problem = "the request ID is a UUID, and not the zero one"
				}
				if problem != "" {
					wrong = append(wrong, violation{snake(name), problem})
				}
			}
		}
	}
	for name, p := range r.Parameters {
		if p.required() && !slices.Contains(r.parameters, name) && query.Get(name) == "" {
			wrong = append(wrong, violation{snake(name), "the parameter is required"})
		}
	}
	slices.SortFunc(wrong, func(a, b violation) int { return strings.Compare(a.Field, b.Field) })
	return invalid(wrong)
}

var uuid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

func requestID(id string) bool {
	return uuid.MatchString(id) && strings.Trim(id, "0-") != ""
}

// idParameter is the query parameter that names what is created: "agentGatewayId". There is none where the server chooses.
func (r *route) idParameter() string {
	for name := range r.Parameters {
		if strings.HasSuffix(name, "Id") && name != "requestId" && !slices.Contains(r.parameters, name) {
			return name
		}
	}
	return ""
}

// long says whether the method answers with a long-running operation.
func (r *route) long() bool { return strings.HasSuffix(r.Response.Ref, "Operation") }

// mutation says whether the method changes anything.
func (r *route) mutation() bool {
	if r.HTTPMethod == "GET" {
		return false
	}
	for _, reading := range []string{"getIamPolicy", "testIamPermissions", "search", "query", "wait", "evaluate"} {
		if r.verb == reading {
			return false
		}
	}
	return true
}
