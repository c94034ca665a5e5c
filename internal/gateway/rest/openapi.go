package rest

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// MaxDocument is how many bytes an OpenAPI document may have.
const MaxDocument = 16 << 20

// Fault is what is wrong with an OpenAPI document, and where.
type Fault struct {
	Line, Column int // 0 where it is the whole document
	Why          string
}

// Error implements error.
func (f *Fault) Error() string { return f.Why }

// maxRefs bounds references that lead to references.
const maxRefs = 16

// document is an OpenAPI document that is being read.
type document struct {
	root *yaml.Node
	read []Operation
}

var versions = regexp.MustCompile(`^3\.[01](\.|$)`)

// OpenAPI reads the operations of an OpenAPI document, 3.0 or 3.1, in YAML or JSON: names, paths, the types of parameters and the media types
// of bodies. The rest of the document is not looked at. Servers are not either: where the API is, the gateway's configuration says.
// The error is a *Fault.
func OpenAPI(text []byte) ([]Operation, error) {
	if len(text) > MaxDocument {
		return nil, &Fault{Why: fmt.Sprintf("the document has %d bytes, and may have %d", len(text), MaxDocument)}
	}
	var whole yaml.Node
	if err := yaml.Unmarshal(text, &whole); err != nil {
		return nil, syntax(err)
	}
	if len(whole.Content) != 1 || whole.Content[0].Kind != yaml.MappingNode {
		return nil, &Fault{Why: "it is not an OpenAPI document: it is no mapping"}
	}
	d := &document{root: whole.Content[0]}
	if err := once(d.root); err != nil {
		return nil, err
	}
	if err := d.all(); err != nil {
		return nil, err
	}
	return d.read, nil
}

var lined = regexp.MustCompile(`^yaml: line (\d+): (.*)`)

// syntax is what the YAML parser says, which has a line in its words alone.
func syntax(err error) *Fault {
	f := &Fault{Why: strings.TrimPrefix(err.Error(), "yaml: ")}
	if m := lined.FindStringSubmatch(err.Error()); m != nil {
		if line, err := strconv.Atoi(m[1]); err == nil {
			f.Line, f.Column, f.Why = line, 1, m[2]
		}
	}
	return f
}

func at(n *yaml.Node, format string, values ...any) error {
	return &Fault{Line: n.Line, Column: n.Column, Why: fmt.Sprintf(format, values...)}
}

func (d *document) all() error {
	version, err := d.member(d.root, "openapi")
	if err != nil {
		return err
	}
	if version == nil || !versions.MatchString(version.Value) {
		return at(d.root, "it is not an OpenAPI document of version 3.0 or 3.1, whose first member is openapi: 3.1.0 or the like")
	}
	paths, err := d.member(d.root, "paths")
	if err != nil || paths == nil {
		return err
	}
	return d.each(paths, func(key, item *yaml.Node) error {
		if strings.HasPrefix(key.Value, "x-") {
			return nil
		}
		template, err := ParseTemplate(key.Value)
		if err == nil && slices.ContainsFunc(template.parts, func(p part) bool { return p.tail }) {
			err = errors.New("OpenAPI has no parameters for all that follows")
		}
		if err != nil {
			return at(key, "path %v", err)
		}
		return d.item(template, item)
	})
}

// item reads the operations of one path.
func (d *document) item(template Template, item *yaml.Node) error {
	item, err := d.resolved(item)
	if err != nil {
		return err
	}
	shared, err := d.member(item, "parameters")
	if err != nil {
		return err
	}
	return d.each(item, func(key, operation *yaml.Node) error {
		method := strings.ToUpper(key.Value)
		if key.Value != strings.ToLower(key.Value) || !slices.Contains(methods, method) {
			return nil // descriptions, servers, extensions; trace, which is not passed on
		}
		if operation.Kind != yaml.MappingNode {
			return at(operation, "%s %s is no operation", method, template.Text)
		}
		o := Operation{Method: method, Template: template, Path: map[string]Type{}, Query: map[string]Type{}}
		name, err := d.member(operation, "operationId")
		if err != nil {
			return err
		}
		if name != nil {
			o.Name = name.Value
		}
		own, err := d.member(operation, "parameters")
		if err != nil {
			return err
		}
		for _, list := range []*yaml.Node{shared, own} {
			if err := d.parameters(&o, list); err != nil {
				return err
			}
		}
		for name := range o.Path {
			if !slices.Contains(template.Names(), name) {
				return at(operation, "%s has no parameter {%s}", template.Text, name)
			}
		}
		if o.Content, err = d.content(operation); err != nil {
			return err
		}
		d.read = append(d.read, o)
		return nil
	})
}

func (d *document) parameters(o *Operation, list *yaml.Node) error {
	if list == nil {
		return nil
	}
	if list.Kind != yaml.SequenceNode {
		return at(list, "parameters are no list")
	}
	for _, p := range list.Content {
		p, err := d.resolved(p)
		if err != nil {
			return err
		}
		if err := d.parameter(o, p); err != nil {
			return err
		}
	}
	return nil
}

// parameter reads one. Those of headers and cookies are not arguments.
func (d *document) parameter(o *Operation, p *yaml.Node) error {
	texts := map[string]string{}
	for _, name := range []string{"name", "in", "style", "explode"} {
		v, err := d.member(p, name)
		if err != nil {
			return err
		}
		if v != nil {
			texts[name] = v.Value
		}
	}
	schema, err := d.member(p, "schema")
	if err != nil {
		return err
	}
	t, object, err := d.typ(schema)
	if err != nil {
		return err
	}
	name := texts["name"]
	switch in := texts["in"]; {
	case name == "":
		return at(p, "a parameter has no name")
	case in == "path" && texts["style"] != "" && texts["style"] != "simple":
		return at(p, "the path parameter %s has the style %q: only simple is read", name, texts["style"])
	case in == "path":
		if object {
			t = Type{Of: "string"}
		}
		t.Split = t.List
		o.Path[name] = t
	case in == "query" && texts["style"] == "deepObject":
		o.Query[name] = Type{Of: "string", Members: true}
	case in == "query" && object:
		// Its properties are parameters of their own, by names that the schema may leave open.
	case in == "query":
		if style := texts["style"]; style != "" && style != "form" {
			t = Type{Of: "string"} // divided by spaces or pipes, and read as it is written
		}
		t.Split = t.List && texts["explode"] == "false"
		o.Query[name] = t
	}
	return nil
}

// typ gives the type of a schema, and whether it is an object's. What is not said plainly is a string.
func (d *document) typ(schema *yaml.Node) (Type, bool, error) {
	t := Type{Of: "string"}
	if schema == nil {
		return t, false, nil
	}
	schema, err := d.resolved(schema)
	if err != nil {
		return t, false, err
	}
	said, err := d.member(schema, "type")
	if err != nil || said == nil {
		return t, false, err
	}
	names := []string{said.Value}
	if said.Kind == yaml.SequenceNode { // 3.1
		names = nil
		for _, n := range said.Content {
			if n.Value != "null" {
				names = append(names, n.Value)
			}
		}
	}
	if len(names) != 1 {
		return t, false, nil
	}
	switch names[0] {
	case "integer", "number", "boolean":
		t.Of = names[0]
	case "object":
		return t, true, nil
	case "array":
		items, err := d.member(schema, "items")
		if err != nil {
			return t, false, err
		}
		if items != nil && items.Kind == yaml.MappingNode {
			if items, err = d.resolved(items); err != nil {
				return t, false, err
			}
			if of, err := d.member(items, "type"); err != nil {
				return t, false, err
			} else if of != nil && slices.Contains([]string{"integer", "number", "boolean"}, of.Value) {
				t.Of = of.Value
			}
		}
		t.List = true
	}
	return t, false, nil
}

// content reads the media types of an operation's body. An operation without one takes none.
func (d *document) content(operation *yaml.Node) ([]string, error) {
	body, err := d.member(operation, "requestBody")
	if err != nil || body == nil {
		return []string{}, err
	}
	if body, err = d.resolved(body); err != nil {
		return nil, err
	}
	content, err := d.member(body, "content")
	if err != nil || content == nil {
		return []string{}, err
	}
	media := []string{}
	err = d.each(content, func(key, _ *yaml.Node) error {
		plain, _, _ := strings.Cut(key.Value, ";")
		m, err := ParseMedia(strings.TrimSpace(plain))
		if err != nil {
			return at(key, "%v", err)
		}
		media = append(media, m)
		return nil
	})
	return media, err
}
