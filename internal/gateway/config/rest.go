package config

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/agentward/terraform-provider-agent/internal/gateway/rest"
	"github.com/agentward/terraform-provider-agent/internal/gateway/written"
)

// api reads what a target of REST has, and no other.
func (r *reading) api(t *written.Target, to *Target) {
	if t.Protocol != "rest" {
		for name, at := range map[string]hcl.Range{"openapi": t.OpenAPIAt, "unmatched": t.UnmatchedAt, "content": t.ContentAt} {
			if !at.Empty() {
				r.wrong(at, t.At, "Not a target of REST", "Only a target with protocol = \"rest\" has %s.", name)
			}
		}
		for _, o := range t.Operations {
			r.wrong(o.At, o.At, "Not a target of REST", "Only a target with protocol = \"rest\" has operations.")
		}
		return
	}
	if u, err := url.Parse(t.URL); err == nil && (u.RawQuery != "" || u.ForceQuery) {
		r.wrong(t.URLAt, t.At, "Not a URL of a target", "%q: paths of the API come after it, so that it can have no query.", redacted(t.URL))
	}
	if t.Unmatched != "" && t.Unmatched != "deny" && t.Unmatched != "decide" {
		r.wrong(t.UnmatchedAt, t.At, "Not a choice", "%q: it is \"deny\" where nothing is said, and may be \"decide\".", t.Unmatched)
	}
	var all []rest.Operation
	var places []hcl.Range
	for i := range t.Operations {
		o := &t.Operations[i]
		if made, ok := r.operation(o); ok {
			all, places = append(all, made), append(places, o.At)
		}
	}
	later := false
	if t.OpenAPI != "" {
		var described []rest.Operation
		described, later = r.openapi(t)
		for _, o := range described {
			// What the configuration says of an operation, it says instead of the document.
			if !slices.ContainsFunc(all, func(own rest.Operation) bool { return own.Method == o.Method && own.Template.Text == o.Template.Text }) {
				all, places = append(all, o), append(places, t.OpenAPIAt)
			}
		}
	}
	if len(all) == 0 && t.Unmatched != "decide" && !later && !r.diagnostics.HasErrors() {
		r.wrong(t.At, t.At, "No operation",
			"Target %q has none, so that every request would be refused. Add operation blocks, name an OpenAPI document, or set unmatched = \"decide\".", t.Name)
	}
	api, i, err := rest.New(all)
	if err != nil {
		r.wrong(places[i], t.At, "Operations cannot stand together", "%v.", err)
		return
	}
	api.Open, api.Content = t.Unmatched == "decide", r.media(t.Content, t.ContentAt, t.At)
	to.API = api
}

func (r *reading) operation(o *written.Operation) (rest.Operation, bool) {
	made := rest.Operation{Name: o.Name, Method: o.Method, Path: map[string]rest.Type{}, Query: map[string]rest.Type{}}
	if !slices.Contains(rest.Methods(), o.Method) {
		r.wrong(o.MethodAt, o.At, "Not a method", "%q: it may be one of %s.", o.Method, strings.Join(rest.Methods(), ", "))
	}
	var err error
	if made.Template, err = rest.ParseTemplate(o.Path); err != nil {
		r.wrong(o.PathAt, o.At, "Not a path of an operation", "%v. Write one such as \"/users/{id}\", below the path of the target.", err)
		return made, false
	}
	for name, typ := range o.Parameters {
		parsed, err := rest.ParseType(typ)
		if err != nil {
			r.wrong(o.ParametersAt, o.At, "Not a type", "%s: %v.", name, err)
			continue
		}
		if slices.Contains(made.Template.Names(), name) {
			parsed.Split = parsed.List
			made.Path[name] = parsed
		} else {
			made.Query[name] = parsed
		}
	}
	made.Content = r.media(o.Content, o.ContentAt, o.At)
	return made, slices.Contains(rest.Methods(), o.Method)
}

func (r *reading) media(said []string, at, block hcl.Range) []string {
	var content []string
	for _, m := range said {
		media, err := rest.ParseMedia(m)
		if err != nil {
			r.wrong(at, block, "Not a media type", "%v.", err)
		}
		content = append(content, media)
	}
	if said != nil && content == nil {
		return []string{} // no body at all
	}
	return content
}

// openapi reads the operations of an OpenAPI document, or says that it comes later. Errors point into it.
func (r *reading) openapi(t *written.Target) (described []rest.Operation, later bool) {
	file := r.within(t.OpenAPI)
	r.Files = append(r.Files, file)
	text, err := r.source.Read(file, rest.MaxDocument)
	switch {
	case errors.Is(err, ErrLater):
		return nil, true
	case err != nil:
		r.wrong(t.OpenAPIAt, t.At, "OpenAPI document cannot be read", "%s: %v.", file, err)
		return nil, false
	}
	operations, err := rest.OpenAPI(text)
	var fault *rest.Fault
	switch {
	case err == nil:
		return operations, false
	case errors.As(err, &fault) && fault.Line > 0:
		at := hcl.Pos{Line: fault.Line, Column: fault.Column}
		r.diagnostics = append(r.diagnostics, &hcl.Diagnostic{
			Severity: hcl.DiagError, Summary: "OpenAPI document cannot be used", Detail: fault.Why + ".",
			Subject: &hcl.Range{Filename: file, Start: at, End: hcl.Pos{Line: at.Line, Column: at.Column + 1}},
		})
	default:
		r.wrong(t.OpenAPIAt, t.At, "OpenAPI document cannot be used", "%s: %v.", file, err)
	}
	return nil, false
}
