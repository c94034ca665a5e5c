package gcptest

import (
	"fmt"
	"reflect"
	"strings"
)

// complete checks an object as a whole, as it is to be stored: every field that the description calls required is there, and no oneof
// that descriptors know has two of its fields.
func (d *document) complete(s *schema, object map[string]any, at string) []violation {
	var wrong []violation
	chosen := map[string]string{}
	for _, name := range sorted(s.Properties) {
		p, value := s.Properties[name], object[name]
		below := at + "." + snake(name)
		if value == nil {
			if p.required() && !p.outputOnly() && !zeroCounts(p) {
				wrong = append(wrong, violation{below, "the field is required"})
			}
			continue
		}
		if p.OneOf != "" {
			if other, ok := chosen[p.OneOf]; ok {
				wrong = append(wrong, violation{below, fmt.Sprintf("only one of %s and %s may be set", other, name)})
			}
			chosen[p.OneOf] = name
		}
		wrong = append(wrong, d.completeValue(p, value, below)...)
	}
	return wrong
}

// zeroCounts says whether the zero value of a required field is as good as any, so that its absence cannot be told from it.
func zeroCounts(p *schema) bool {
	return p.Type == "boolean" || p.Type == "integer" || p.Type == "number"
}

func (d *document) completeValue(p *schema, value any, at string) []violation {
	var wrong []violation
	resolved := d.resolve(p)
	switch value := value.(type) {
	case map[string]any:
		switch {
		case resolved == nil || resolved.free():
		case len(resolved.Properties) > 0:
			wrong = d.complete(resolved, value, at)
		case resolved.AdditionalProperties != nil:
			for _, key := range sorted(value) {
				wrong = append(wrong, d.completeValue(resolved.AdditionalProperties, value[key], fmt.Sprintf("%s[%q]", at, key))...)
			}
		}
	case []any:
		for i, element := range value {
			if resolved.Items != nil {
				wrong = append(wrong, d.completeValue(resolved.Items, element, fmt.Sprintf("%s[%d]", at, i))...)
			}
		}
	}
	return wrong
}

// changed lists the immutable fields that differ between two states of an object.
func (d *document) changed(s *schema, before, after map[string]any, at string) []violation {
	var wrong []violation
	for _, name := range sorted(s.Properties) {
		p := s.Properties[name]
		below := at + "." + snake(name)
		if name == "name" || p.behaves("identifier") || p.outputOnly() || reflect.DeepEqual(before[name], after[name]) {
			continue
		}
		if p.immutable() {
			wrong = append(wrong, violation{below, "the field is immutable and cannot be changed"})
			continue
		}
		old, isMessage := before[name].(map[string]any)
		replacement, stillIs := after[name].(map[string]any)
		if resolved := d.resolve(p); isMessage && stillIs && resolved != nil {
			wrong = append(wrong, d.changed(resolved, old, replacement, below)...)
		}
	}
	return wrong
}

// without gives a copy of an object without the fields that are input only, at any depth.
func (d *document) without(s *schema, v any, keep func(*schema) bool, stead any) any {
	s = d.resolve(s)
	if s == nil || s.free() {
		return v
	}
	switch v := v.(type) {
	case map[string]any:
		kept := map[string]any{}
		for name, value := range v {
			p := s.Properties[name]
			if p == nil {
				p = s.AdditionalProperties
			}
			switch {
			case p == nil:
				kept[name] = value
			case keep(p):
				kept[name] = d.without(p, value, keep, stead)
			case stead != nil:
				kept[name] = stead
			}
		}
		return kept
	case []any:
		kept := make([]any, len(v))
		for i, value := range v {
			if s.Items == nil {
				kept[i] = value
				continue
			}
			kept[i] = d.without(s.Items, value, keep, stead)
		}
		return kept
	}
	return v
}

// merge applies an update: every path of the mask is taken from the update, which clears what the update does not have. Without a mask
// all fields that can be written are overwritten, and so are they with "*" (https://google.aip.dev/134).
func (d *document) merge(s *schema, stored, update map[string]any, mask string) (map[string]any, *refusal) {
	merged := clone(stored)
	var wrong []violation
	paths := strings.Split(mask, ",")
	if mask == "" || mask == "*" {
		paths = nil
		for _, name := range sorted(s.Properties) {
			if p := s.Properties[name]; !p.outputOnly() && !p.behaves("identifier") && name != "etag" && name != "name" {
				// What nobody can read back nobody can send again with the rest of the object.
				if p.inputOnly() && update[name] == nil {
					continue
				}
				paths = append(paths, name)
			}
		}
	}
	for _, path := range paths {
		if problem := d.take(s, merged, update, strings.Split(strings.TrimSpace(path), ".")); problem != "" {
			wrong = append(wrong, violation{"update_mask", fmt.Sprintf("invalid path %q: %s", path, problem)})
		}
	}
	if r := invalid(wrong); r != nil {
		return nil, r
	}
	return merged, nil
}

// take copies what is at a path of the mask from one message to another. It says what is wrong with the path, or nothing.
func (d *document) take(s *schema, into, from map[string]any, path []string) string {
	name, p := s.field(path[0])
	switch {
	case p == nil && s.AdditionalProperties != nil && len(path) == 1:
		name, p = path[0], s.AdditionalProperties
	case p == nil:
		return fmt.Sprintf("there is no field %q", path[0])
	case p.outputOnly():
		return "the field is output only"
	}
	if len(path) == 1 {
		delete(into, name)
		if value, ok := from[name]; ok {
			into[name] = clone(value)
		}
		return ""
	}
	below := d.resolve(p)
	if below == nil || !below.object() && below.AdditionalProperties == nil {
		return fmt.Sprintf("%q is no message, so that nothing in it can be named", path[0])
	}
	source, _ := from[name].(map[string]any)
	target, there := into[name].(map[string]any)
	if !there {
		target = map[string]any{}
	}
	problem := d.take(below, target, source, path[1:])
	if problem == "" && (there || len(target) > 0) {
		into[name] = target
	}
	return problem
}

// field finds a field by either of the two names that masks may have for it.
func (s *schema) field(name string) (string, *schema) {
	if p := s.Properties[name]; p != nil {
		return name, p
	}
	for _, candidate := range sorted(s.Properties) {
		if snake(candidate) == name {
			return candidate, s.Properties[candidate]
		}
	}
	return "", nil
}
