package rpc

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

// writer writes a message that scan has passed as JSON.
type writer struct {
	to    []byte
	known *Descriptors
	depth int // messages inside each other that may still come
}

// asText are well-known types whose JSON is not that of a message, which protojson knows.
var asText = map[protoreflect.FullName]bool{
	"google.protobuf.Timestamp": true, "google.protobuf.Duration": true, "google.protobuf.FieldMask": true,
	"google.protobuf.Struct": true, "google.protobuf.Value": true, "google.protobuf.ListValue": true, "google.protobuf.Empty": true,
}

// wrappers are well-known types that are written as the one value that they hold.
var wrappers = map[protoreflect.FullName]bool{
	"google.protobuf.BoolValue": true, "google.protobuf.StringValue": true, "google.protobuf.BytesValue": true,
	"google.protobuf.Int32Value": true, "google.protobuf.Int64Value": true, "google.protobuf.UInt32Value": true, "google.protobuf.UInt64Value": true,
	"google.protobuf.FloatValue": true, "google.protobuf.DoubleValue": true,
}

func (w *writer) message(m protoreflect.Message) error {
	name := m.Descriptor().FullName()
	switch {
	case asText[name]:
		text, err := protojson.MarshalOptions{Resolver: w.known.types}.Marshal(m.Interface())
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		w.to = append(w.to, text...)
		return nil
	case wrappers[name]:
		field := m.Descriptor().Fields().ByNumber(1)
		return w.single(m.Get(field), field)
	case name == "google.protobuf.Any":
		return w.any(m)
	}
	return w.object(m, "")
}

// object writes the members of a message, after a first one where there is one.
func (w *writer) object(m protoreflect.Message, first string) error {
	w.to = append(append(w.to, '{'), first...)
	comma := first != ""
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		if field.HasPresence() && !m.Has(field) {
			continue
		}
		if comma {
			w.to = append(w.to, ',')
		}
		comma = true
		if err := w.text(field.JSONName()); err != nil {
			return err
		}
		w.to = append(w.to, ':')
		if err := w.value(m.Get(field), field); err != nil {
			return fmt.Errorf("%s: %w", field.Name(), err)
		}
	}
	w.to = append(w.to, '}')
	return nil
}

// any writes a message that says itself of what type it is.
func (w *writer) any(m protoreflect.Message) error {
	fields := m.Descriptor().Fields()
	url, value := m.Get(fields.ByNumber(1)).String(), m.Get(fields.ByNumber(2)).Bytes()
	if url == "" && len(value) == 0 {
		w.to = append(w.to, "{}"...)
		return nil
	}
	typ, err := w.known.types.FindMessageByURL(url)
	if err != nil {
		return fmt.Errorf("the type of a google.protobuf.Any is not in the descriptor set")
	}
	if w.depth--; w.depth < 0 {
		return fmt.Errorf("messages are nested more deeply than limits.json_depth allows")
	}
	defer func() { w.depth++ }()
	s := scan{known: w.known, depth: w.depth}
	if err := s.message(value, typ.Descriptor(), 0); err != nil {
		return err
	}
	inner := dynamicpb.NewMessage(typ.Descriptor())
	if err := (proto.UnmarshalOptions{Resolver: w.known.types}).Unmarshal(value, inner); err != nil {
		return fmt.Errorf("a google.protobuf.Any is no %s: %w", typ.Descriptor().FullName(), err)
	}
	at := len(w.to)
	if err := w.text(url); err != nil {
		return err
	}
	first := `"@type":` + string(w.to[at:])
	w.to = w.to[:at]
	if name := inner.Descriptor().FullName(); !asText[name] && !wrappers[name] && name != "google.protobuf.Any" {
		return w.object(inner, first)
	}
	w.to = append(append(append(w.to, '{'), first...), `,"value":`...)
	if err := w.message(inner); err != nil {
		return err
	}
	w.to = append(w.to, '}')
	return nil
}

func (w *writer) value(v protoreflect.Value, field protoreflect.FieldDescriptor) error {
	switch {
	case field.IsMap():
		return w.mapping(v.Map(), field)
	case field.IsList():
		w.to = append(w.to, '[')
		for i := range v.List().Len() {
			if i > 0 {
				w.to = append(w.to, ',')
			}
			if err := w.single(v.List().Get(i), field); err != nil {
				return err
			}
		}
		w.to = append(w.to, ']')
		return nil
	}
	return w.single(v, field)
}

func (w *writer) mapping(m protoreflect.Map, field protoreflect.FieldDescriptor) error {
	keys := make([]protoreflect.MapKey, 0, m.Len())
	m.Range(func(k protoreflect.MapKey, _ protoreflect.Value) bool {
		keys = append(keys, k)
		return true
	})
	sort.Slice(keys, func(i, j int) bool { return keys[i].String() < keys[j].String() })
	w.to = append(w.to, '{')
	for i, k := range keys {
		if i > 0 {
			w.to = append(w.to, ',')
		}
		if err := w.text(k.String()); err != nil {
			return err
		}
		w.to = append(w.to, ':')
		if err := w.single(m.Get(k), field.MapValue()); err != nil {
			return err
		}
	}
	w.to = append(w.to, '}')
	return nil
}

// single writes one value of a field.
func (w *writer) single(v protoreflect.Value, field protoreflect.FieldDescriptor) error {
	switch field.Kind() {
	case protoreflect.MessageKind, protoreflect.GroupKind:
		return w.message(v.Message())
	case protoreflect.StringKind:
		return w.text(v.String())
	case protoreflect.BytesKind:
		return w.text(base64.StdEncoding.EncodeToString(v.Bytes()))
	case protoreflect.EnumKind:
		if field.Enum().FullName() == "google.protobuf.NullValue" {
			w.to = append(w.to, "null"...)
			return nil
		}
		known := field.Enum().Values().ByNumber(v.Enum())
		if known == nil {
			return fmt.Errorf("%d is not a value of %s in the descriptor set", v.Enum(), field.Enum().FullName())
		}
		return w.text(string(known.Name()))
	case protoreflect.BoolKind:
		w.to = strconv.AppendBool(w.to, v.Bool())
	case protoreflect.FloatKind:
		return w.float(v.Float(), 32)
	case protoreflect.DoubleKind:
		return w.float(v.Float(), 64)
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind, protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		w.to = strconv.AppendUint(w.to, v.Uint(), 10)
	default:
		w.to = strconv.AppendInt(w.to, v.Int(), 10)
	}
	return nil
}

func (w *writer) float(f float64, bits int) error {
	switch {
	case math.IsNaN(f):
		return w.text("NaN")
	case math.IsInf(f, 1):
		return w.text("Infinity")
	case math.IsInf(f, -1):
		return w.text("-Infinity")
	}
	w.to = strconv.AppendFloat(w.to, f, 'g', -1, bits)
	return nil
}

func (w *writer) text(s string) error {
	if !utf8.ValidString(s) {
		return fmt.Errorf("a string is not UTF-8")
	}
	if strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' || r > '~' }) < 0 {
		w.to = append(append(append(w.to, '"'), s...), '"')
		return nil
	}
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	w.to = append(w.to, text...)
	return nil
}
