package otlp

import (
	"encoding/json"
	"maps"
	"slices"

	common "go.opentelemetry.io/proto/slim/otlp/common/v1"
	resource "go.opentelemetry.io/proto/slim/otlp/resource/v1"
)

// Resource is the gateway itself, as its telemetry names it.
func Resource(attributes map[string]string) *resource.Resource {
	r := &resource.Resource{}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		r.Attributes = append(r.Attributes, &common.KeyValue{Key: name, Value: text(attributes[name])})
	}
	return r
}

// Scope is what the telemetry comes from.
func Scope(version string) *common.InstrumentationScope {
	return &common.InstrumentationScope{Name: "agent-gateway", Version: version}
}

// Attributes gives the members of a JSON object, sorted by name. Numbers are from json.Decoder.UseNumber.
func Attributes(object map[string]any) []*common.KeyValue {
	made := make([]*common.KeyValue, 0, len(object))
	for _, name := range slices.Sorted(maps.Keys(object)) {
		made = append(made, &common.KeyValue{Key: name, Value: value(object[name])})
	}
	return made
}

// Text gives a string.
func Text(s string) *common.AnyValue { return text(s) }

func text(s string) *common.AnyValue {
	return &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: s}}
}

// value gives any JSON value. null is a value without content, as OTLP has it.
func value(v any) *common.AnyValue {
	switch v := v.(type) {
	case string:
		return text(v)
	case bool:
		return &common.AnyValue{Value: &common.AnyValue_BoolValue{BoolValue: v}}
	case json.Number:
		if whole, err := v.Int64(); err == nil {
			return &common.AnyValue{Value: &common.AnyValue_IntValue{IntValue: whole}}
		}
		if float, err := v.Float64(); err == nil {
			return &common.AnyValue{Value: &common.AnyValue_DoubleValue{DoubleValue: float}}
		}
		return text(v.String()) // larger than either
	case []any:
		list := &common.ArrayValue{}
		for _, one := range v {
			list.Values = append(list.Values, value(one))
		}
		return &common.AnyValue{Value: &common.AnyValue_ArrayValue{ArrayValue: list}}
	case map[string]any:
		return &common.AnyValue{Value: &common.AnyValue_KvlistValue{KvlistValue: &common.KeyValueList{Values: Attributes(v)}}}
	}
	return &common.AnyValue{}
}
