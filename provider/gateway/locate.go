package gateway

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/provider/attribute"
)

// located gives the attribute of the schema that a place in the gateway's configuration, which is JSON, was made from. The schema
// mirrors the configuration, so that names lead the way: see attributeFor.
func located(schema attribute.Set, configuration []byte, offset int) []any {
	return follow(schema, placeAt(configuration, offset))
}

// member is a key of an object, and how many stand before it.
type member struct {
	key   string
	index int
}

// placeAt gives the keys (member) and indices (int) that lead to the innermost value around an offset. A key belongs to its value.
func placeAt(text []byte, offset int) []any {
	var place []any
	descend(json.NewDecoder(bytes.NewReader(text)), int64(offset), &place)
	return place
}

// descend reads one value and says whether the offset lies in it, or before it where nothing else claimed it.
func descend(d *json.Decoder, offset int64, place *[]any) bool {
	token, err := d.Token()
	if err != nil {
		return false
	}
	if offset < d.InputOffset() {
		return true // it is this token: a value without parts, or the beginning of one with them
	}
	depth := len(*place)
	switch token {
	case json.Delim('{'):
		for i := 0; d.More(); i++ {
			token, err := d.Token()
			key, ok := token.(string)
			if err != nil || !ok {
				return false
			}
			if *place = append((*place)[:depth], member{key, i}); offset < d.InputOffset() || descend(d, offset, place) {
				return true
			}
		}
	case json.Delim('['):
		for i := 0; d.More(); i++ {
			if *place = append((*place)[:depth], i); descend(d, offset, place) {
				return true
			}
		}
	default:
		return false
	}
	*place = (*place)[:depth]
	if _, err := d.Token(); err != nil {
		return false
	}
	return offset < d.InputOffset()
}

// follow walks the schema along a place of the configuration. A step that the schema has no level for, such as the kind of a
// credential, is passed over; one that leads on nowhere leaves the attribute reached so far.
func follow(in attribute.Set, place []any) []any {
	var path []any
	for i := 0; i < len(place); i++ {
		name, ok := attributeFor(in, place[i])
		if !ok {
			continue
		}
		path = append(path, name)
		rest := place[i+1:]
		switch a := in[name].(type) {
		case schema.SingleNestedAttribute:
			return append(path, follow(a.Attributes, rest)...)
		case schema.MapNestedAttribute:
			if key, rest, ok := labelled(rest); ok {
				return append(append(path, key), follow(a.NestedObject.Attributes, rest)...)
			}
		case schema.ListNestedAttribute:
			index, rest := counted(rest)
			return append(append(path, index), follow(a.NestedObject.Attributes, rest)...)
		case schema.MapAttribute:
			if key, _, ok := labelled(rest); ok {
				return append(path, key)
			}
		}
		return path
	}
	return path
}

// attributeFor finds the attribute that a step is written from: of the same name, or of its plural where the configuration repeats a
// block; without "_file" where the configuration has a file for what the attribute holds itself; or the only one that begins with it.
func attributeFor(in attribute.Set, step any) (string, bool) {
	m, ok := step.(member)
	if !ok {
		return "", false
	}
	key := m.key
	for _, name := range []string{key, key + "s", strings.TrimSuffix(key, "_file"), strings.TrimSuffix(key, "_files")} {
		if _, ok := in[name]; ok {
			return name, true
		}
	}
	var begins []string
	for name := range in {
		if strings.HasPrefix(name, key+"_") {
			begins = append(begins, name)
		}
	}
	if len(begins) == 1 {
		return begins[0], true
	}
	return "", false
}

// labelled takes the key of a map: the next step that is a name. Blocks of one label may stand in a list.
func labelled(place []any) (spec.MapKey, []any, bool) {
	for i, step := range place {
		if m, ok := step.(member); ok {
			return spec.MapKey(m.key), place[i+1:], true
		}
	}
	return "", nil, false
}

// counted takes the index of a list. Blocks whose labels differ stand below those, in their order; one that is alone stands by itself.
func counted(place []any) (int, []any) {
	if len(place) == 0 {
		return 0, nil
	}
	switch step := place[0].(type) {
	case int:
		return step, place[1:]
	case member:
		return step.index, place[1:]
	}
	return 0, nil
}
