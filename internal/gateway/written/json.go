package written

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// JSON writes a configuration in HCL's JSON syntax, which package config reads as it reads the native one. The same File gives the same bytes: what
// a block has stands in the order of its names, blocks and lists keep the order that they have, and each value has a line of its own, so that two
// configurations can be compared by their lines. An optional attribute is left out where its value says nothing: nil, "" or false. A list that is
// empty and not nil is written, as it may mean something else than none.
//
// Strings stand as they are: the gateway reads a configuration without anything to interpolate, so that "${" in JSON is no template. HCL gives
// them in Unicode's normalization form C. A string that is not UTF-8 is an error.
func JSON(f File) ([]byte, error) {
	text, err := body(reflect.ValueOf(f))
	if err != nil {
		return nil, fmt.Errorf("write configuration: %w", err)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, text, "", "  "); err != nil {
		return nil, fmt.Errorf("write configuration: %w", err)
	}
	indented.WriteByte('\n')
	return indented.Bytes(), nil
}

// body writes what stands between the braces of a block, its label aside.
func body(block reflect.Value) (json.RawMessage, error) {
	members := map[string]json.RawMessage{}
	for field, value := range block.Fields() {
		name, kind, _ := strings.Cut(field.Tag.Get("hcl"), ",")
		var err error
		switch {
		case kind == "optional" && value.IsZero(), kind == "block" && (value.IsZero() || value.Kind() == reflect.Slice && value.Len() == 0):
		case kind == "block":
			members[name], err = blocks(value)
		case kind == "" || kind == "optional":
			members[name], err = attribute(value)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return encode(members)
}

// blocks writes the blocks of one name: one block, or a list of them.
func blocks(v reflect.Value) (json.RawMessage, error) {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if v.Kind() == reflect.Struct {
		v = reflect.Append(reflect.MakeSlice(reflect.SliceOf(v.Type()), 0, 1), v)
	}
	var labels []string
	var bodies []json.RawMessage
	for i := range v.Len() {
		name, labelled := label(v.Index(i))
		text, err := body(v.Index(i))
		if err != nil && labelled {
			return nil, fmt.Errorf("%q: %w", name, err)
		} else if err != nil {
			return nil, err
		}
		if labelled {
			labels = append(labels, name)
		}
		bodies = append(bodies, text)
	}
	switch {
	case labels != nil:
		return underLabels(labels, bodies)
	case len(bodies) == 1:
		return bodies[0], nil
	}
	return encode(bodies)
}

// underLabels writes blocks by their labels. Where a label is there twice each block stands in an object of its own, so that they keep their order.
func underLabels(labels []string, bodies []json.RawMessage) (json.RawMessage, error) {
	sorted := slices.Sorted(slices.Values(labels))
	between := ","
	if repeated := len(slices.Compact(sorted)) < len(labels); repeated {
		between = "},{"
	}
	var text bytes.Buffer
	for i, name := range labels {
		key, err := attribute(reflect.ValueOf(name))
		if err != nil {
			return nil, fmt.Errorf("label %w", err)
		}
		if i > 0 {
			text.WriteString(between)
		}
		text.Write(key)
		text.WriteByte(':')
		text.Write(bodies[i])
	}
	if between == "," {
		return slices.Concat([]byte("{"), text.Bytes(), []byte("}")), nil
	}
	return slices.Concat([]byte("[{"), text.Bytes(), []byte("}]")), nil
}

// label gives the label of a block, false where blocks of its name have none.
func label(block reflect.Value) (string, bool) {
	for field, value := range block.Fields() {
		if strings.HasSuffix(field.Tag.Get("hcl"), ",label") {
			return value.String(), true
		}
	}
	return "", false
}

var errUTF8 = errors.New("not UTF-8")

// attribute writes the value of an attribute.
func attribute(v reflect.Value) (json.RawMessage, error) {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	var texts []string
	switch value := v.Interface().(type) {
	case string:
		texts = []string{value}
	case []string:
		texts = value
	case map[string]string:
		for name, of := range value {
			texts = append(texts, name, of)
		}
	}
	for _, text := range texts {
		if !utf8.ValidString(text) { // encoding/json would write something else in its place
			return nil, fmt.Errorf("%q: %w", text, errUTF8)
		}
	}
	return encode(v.Interface())
}

// encode is json.Marshal which leaves <, > and & as they are, for those who read it, and escapes what is not ASCII: HCL looks for the end of a string
// by grapheme clusters, and does not see a quote that is part of one, as after U+0600.
func encode(v any) (json.RawMessage, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	var escaped []byte
	for _, r := range bytes.Runes(bytes.TrimSpace(text.Bytes())) {
		switch {
		case r < utf8.RuneSelf:
			escaped = append(escaped, byte(r))
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			escaped = fmt.Appendf(escaped, `\u%04x\u%04x`, high, low)
		default:
			escaped = fmt.Appendf(escaped, `\u%04x`, r)
		}
	}
	return escaped, nil
}
