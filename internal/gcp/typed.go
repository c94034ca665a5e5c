package gcp

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// typed turns a body into one of Google's types, strictly: a field that the type lacks is an error. What the body holds is what is
// sent, zero values too, which Google's types would leave out.
func typed[T any](body map[string]any) (*T, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("encode the object: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	into := new(T)
	if err := decoder.Decode(into); err != nil {
		return nil, fmt.Errorf("the object is not what Google's client knows as one: %w", err)
	}
	force(reflect.ValueOf(into), body)
	return into, sentAsGiven(into, body)
}

// sentAsGiven finds what decoding lets pass: a name in other letters, a null.
func sentAsGiven(object any, body map[string]any) error {
	given, err := stack.CanonicalJSON(body)
	if err != nil {
		return err
	}
	sent, err := bodyOf(object)
	if err != nil {
		return err
	}
	text, err := stack.CanonicalJSON(sent)
	if err != nil {
		return err
	}
	if text != given {
		return errors.New("the object would not be sent as it stands: a field is null, or its name is in other letters than Google's")
	}
	return nil
}

// force names the fields of body that are zero among those that are sent all the same.
func force(value reflect.Value, body any) {
	for value.Kind() == reflect.Pointer || value.Kind() == reflect.Interface {
		if value.IsNil() {
			return
		}
		value = value.Elem()
	}
	switch given := body.(type) {
	case map[string]any:
		if value.Kind() == reflect.Struct {
			forceFields(value, given)
			return
		}
		if value.Kind() != reflect.Map || value.Type().Key().Kind() != reflect.String {
			return
		}
		for name, v := range given {
			element := value.MapIndex(reflect.ValueOf(name).Convert(value.Type().Key()))
			if !element.IsValid() {
				continue
			}
			changed := reflect.New(element.Type()).Elem() // what a map holds cannot be changed in place
			changed.Set(element)
			force(changed.Addr(), v)
			value.SetMapIndex(reflect.ValueOf(name).Convert(value.Type().Key()), changed)
		}
	case []any:
		if value.Kind() != reflect.Slice || value.Len() != len(given) {
			return
		}
		for i, v := range given {
			force(value.Index(i).Addr(), v)
		}
	}
}

func forceFields(value reflect.Value, body map[string]any) {
	forced := value.FieldByName("ForceSendFields")
	for i := range value.NumField() {
		name, _, _ := strings.Cut(value.Type().Field(i).Tag.Get("json"), ",")
		given, ok := body[name]
		if name == "" || name == "-" || !ok {
			continue
		}
		field := value.Field(i)
		if empty(field) && forced.IsValid() {
			forced.Set(reflect.Append(forced, reflect.ValueOf(value.Type().Field(i).Name)))
			continue
		}
		force(field.Addr(), given)
	}
}

// empty says that encoding/json's omitempty would leave the value out.
func empty(value reflect.Value) bool {
	switch value.Kind() {
	case reflect.Map, reflect.Slice, reflect.String:
		return value.Len() == 0
	case reflect.Struct:
		return false
	}
	return value.IsZero()
}

// bodyOf gives one of Google's values as a body.
func bodyOf(value any) (map[string]any, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("encode what Google sent: %w", err)
	}
	return parseBody(text)
}

// parseBody reads a JSON object. Whole numbers are int64, others float64.
func parseBody(text []byte) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var body map[string]any
	if err := decoder.Decode(&body); err != nil {
		return nil, fmt.Errorf("decode the object: %w", err)
	}
	plain, _ := plainNumbers(body).(map[string]any)
	return plain, nil
}

func plainNumbers(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			v[name] = plainNumbers(inner)
		}
	case []any:
		for i, inner := range v {
			v[i] = plainNumbers(inner)
		}
	case json.Number:
		if whole, err := v.Int64(); err == nil {
			return whole
		}
		if f, err := v.Float64(); err == nil {
			return f
		}
		return v.String()
	}
	return value
}

// clone copies a body to its depth.
func clone(value any) any {
	switch v := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, inner := range v {
			out[name] = clone(inner)
		}
		return out
	case []any:
		out := slices.Clone(v)
		for i, inner := range out {
			out[i] = clone(inner)
		}
		return out
	}
	return value
}
