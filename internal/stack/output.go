package stack

import (
	"regexp"
	"slices"
	"strings"
)

// Output stands, in any text of a body, for a field that only the server sets, of another object that is rendered before it: the name
// that Agent Registry gives to what a service describes. A backend puts the value in its place before it compares or sends the body
// (Fill). Until that object is there, what the body becomes is unknown. It reads as "{//<service>/<resource name>:<field>}", and with "/id"
// after the field it stands for the last segment of the name that the field holds.
func Output(key Key, field string) string { return "{" + key.String() + ":" + field + "}" }

var output = regexp.MustCompile(`\{(//[^\s:'"]+):([A-Za-z][A-Za-z.]*)(/id)?\}`)

// Fill gives body with the values of its outputs in their places, and the keys of those whose value is not known yet: get gives "" for
// them. The body itself stays as it is.
func Fill(body map[string]any, get func(key Key, field string) (string, error)) (filled map[string]any, unknown []Key, err error) {
	f := filling{get: get}
	filled, _ = f.value(body).(map[string]any)
	return filled, f.unknown, f.err
}

// Outputs gives the keys of the objects that a body has outputs of.
func Outputs(body map[string]any) []Key {
	_, keys, _ := Fill(body, func(Key, string) (string, error) { return "", nil })
	return keys
}

type filling struct {
	get     func(Key, string) (string, error)
	unknown []Key
	err     error
}

func (f *filling) value(v any) any {
	switch v := v.(type) {
	case map[string]any:
		made := make(map[string]any, len(v))
		for key, inner := range v {
			made[key] = f.value(inner)
		}
		return made
	case []any:
		made := make([]any, len(v))
		for i, inner := range v {
			made[i] = f.value(inner)
		}
		return made
	case string:
		return f.text(v)
	}
	return v
}

func (f *filling) text(text string) string {
	return output.ReplaceAllStringFunc(text, func(written string) string {
		parts := output.FindStringSubmatch(written)
		key, err := ParseKey(parts[1])
		switch {
		case err != nil:
			return written
		case f.err != nil:
			return ""
		}
		value, err := f.get(key, parts[2])
		f.err = err
		if parts[3] != "" {
			value = value[strings.LastIndexByte(value, '/')+1:]
		}
		if value == "" && !slices.Contains(f.unknown, key) {
			f.unknown = append(f.unknown, key)
		}
		return value
	})
}
