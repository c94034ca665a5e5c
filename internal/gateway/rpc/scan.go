package rpc

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// scan checks that a message has one reading: each field is known, has the wire type of its kind, stands once where it is singular, and its
// number fits its kind. Decoders disagree about the rest: some merge a message that stands twice and others take the last, some cut
// numbers off and others widen them.
type scan struct {
	known *Descriptors
	depth int // messages inside each other
}

func wrong(of protoreflect.MessageDescriptor, format string, values ...any) error {
	return fmt.Errorf("%s: %s", of.FullName(), fmt.Sprintf(format, values...))
}

// longest is how many bytes of varint a tag or a length may take: that of 32 bits.
const longest = 5

func (s *scan) message(b []byte, of protoreflect.MessageDescriptor, depth int) error {
	if depth > s.depth {
		return wrong(of, "messages are nested more deeply than limits.json_depth allows, which is %d", s.depth)
	}
	seen := map[protoreflect.FieldNumber]bool{}
	var keys map[string]bool // of maps, each after the number of its field
	for len(b) > 0 {
		number, typ, n := protowire.ConsumeTag(b)
		if n < 0 || n > longest {
			return wrong(of, "a tag cannot be read")
		}
		b = b[n:]
		field := of.Fields().ByNumber(number)
		if field == nil {
			return wrong(of, "field %d is not in the descriptor set", number)
		}
		if !field.IsList() && !field.IsMap() {
			if seen[number] {
				return wrong(of, "the field %s stands twice", field.Name())
			}
			seen[number] = true
		}
		if err := s.alone(field, seen, of); err != nil {
			return err
		}
		n = protowire.ConsumeFieldValue(number, typ, b)
		if n < 0 {
			return wrong(of, "the field %s ends too early", field.Name())
		}
		if err := s.field(b[:n], typ, field, of, depth); err != nil {
			return err
		}
		if field.IsMap() {
			if keys == nil {
				keys = map[string]bool{}
			}
			key := strconv.Itoa(int(number)) + "/" + keyOf(b[:n], field)
			if keys[key] {
				return wrong(of, "a key of the map %s stands twice", field.Name())
			}
			keys[key] = true
		}
		b = b[n:]
	}
	return nil
}

// keyOf gives a text for the key of a map's entry, which scan has passed; that of a key that is left out is its default's.
func keyOf(b []byte, field protoreflect.FieldDescriptor) string {
	entry, _ := protowire.ConsumeBytes(b)
	for len(entry) > 0 {
		number, typ, n := protowire.ConsumeTag(entry)
		entry = entry[n:]
		n = protowire.ConsumeFieldValue(number, typ, entry)
		if number != 1 {
			entry = entry[n:]
			continue
		}
		switch typ {
		case protowire.VarintType:
			v, _ := protowire.ConsumeVarint(entry)
			return strconv.FormatUint(v, 10)
		case protowire.BytesType:
			v, _ := protowire.ConsumeBytes(entry)
			return string(v)
		}
		if key := entry[:n]; strings.Trim(string(key), "\x00") != "" {
			return string(key)
		}
		break
	}
	if field.MapKey().Kind() == protoreflect.StringKind || wires[field.MapKey().Kind()] != protowire.VarintType {
		return ""
	}
	return "0"
}

// alone says that no other member of a field's oneof has come.
func (s *scan) alone(field protoreflect.FieldDescriptor, seen map[protoreflect.FieldNumber]bool, of protoreflect.MessageDescriptor) error {
	one := field.ContainingOneof()
	if one == nil {
		return nil
	}
	for i := range one.Fields().Len() {
		if other := one.Fields().Get(i); other.Number() != field.Number() && seen[other.Number()] {
			return wrong(of, "both %s and %s stand in %s", other.Name(), field.Name(), one.Name())
		}
	}
	return nil
}

// wires are the wire types of kinds.
var wires = map[protoreflect.Kind]protowire.Type{
	protoreflect.BoolKind: protowire.VarintType, protoreflect.EnumKind: protowire.VarintType,
	protoreflect.Int32Kind: protowire.VarintType, protoreflect.Sint32Kind: protowire.VarintType, protoreflect.Uint32Kind: protowire.VarintType,
	protoreflect.Int64Kind: protowire.VarintType, protoreflect.Sint64Kind: protowire.VarintType, protoreflect.Uint64Kind: protowire.VarintType,
	protoreflect.Fixed32Kind: protowire.Fixed32Type, protoreflect.Sfixed32Kind: protowire.Fixed32Type, protoreflect.FloatKind: protowire.Fixed32Type,
	protoreflect.Fixed64Kind: protowire.Fixed64Type, protoreflect.Sfixed64Kind: protowire.Fixed64Type, protoreflect.DoubleKind: protowire.Fixed64Type,
	protoreflect.StringKind: protowire.BytesType, protoreflect.BytesKind: protowire.BytesType, protoreflect.MessageKind: protowire.BytesType,
	protoreflect.GroupKind: protowire.StartGroupType,
}

func (s *scan) field(b []byte, typ protowire.Type, field protoreflect.FieldDescriptor, of protoreflect.MessageDescriptor, depth int) error {
	want := wires[field.Kind()]
	if typ == protowire.BytesType && want != protowire.BytesType && want != protowire.StartGroupType && field.IsList() {
		return s.packed(b, want, field, of)
	}
	if typ != want {
		return wrong(of, "the field %s has another wire type than its kind", field.Name())
	}
	switch field.Kind() {
	case protoreflect.GroupKind:
		inside, n := protowire.ConsumeGroup(field.Number(), b)
		if n < 0 {
			return wrong(of, "the field %s ends too early", field.Name())
		}
		return s.message(inside, field.Message(), depth+1)
	case protoreflect.MessageKind, protoreflect.StringKind, protoreflect.BytesKind:
		inside, err := inside(b, field, of)
		if err != nil || field.Kind() != protoreflect.MessageKind {
			return err
		}
		return s.message(inside, field.Message(), depth+1)
	}
	return fits(b, field, of)
}

func inside(b []byte, field protoreflect.FieldDescriptor, of protoreflect.MessageDescriptor) ([]byte, error) {
	inside, n := protowire.ConsumeBytes(b)
	if n < 0 || n-len(inside) > longest {
		return nil, wrong(of, "the length of the field %s cannot be read", field.Name())
	}
	return inside, nil
}

// packed checks a repeated field whose numbers stand in one run.
func (s *scan) packed(b []byte, want protowire.Type, field protoreflect.FieldDescriptor, of protoreflect.MessageDescriptor) error {
	numbers, err := inside(b, field, of)
	if err != nil {
		return err
	}
	for len(numbers) > 0 {
		n := protowire.ConsumeFieldValue(field.Number(), want, numbers)
		if n < 0 {
			return wrong(of, "the field %s ends too early", field.Name())
		}
		if err := fits(numbers[:n], field, of); err != nil {
			return err
		}
		numbers = numbers[n:]
	}
	return nil
}

// fits says that a number is one of its field's kind, as it would have been written.
func fits(b []byte, field protoreflect.FieldDescriptor, of protoreflect.MessageDescriptor) error {
	if wires[field.Kind()] != protowire.VarintType {
		return nil
	}
	v, n := protowire.ConsumeVarint(b)
	if n < 0 {
		return wrong(of, "the field %s ends too early", field.Name())
	}
	ok := true
	switch field.Kind() {
	case protoreflect.BoolKind:
		ok = v <= 1
	case protoreflect.Int32Kind, protoreflect.EnumKind:
		ok = int64(v) >= math.MinInt32 && int64(v) <= math.MaxInt32 //nolint:gosec // the wire has numbers in two's complement
	case protoreflect.Uint32Kind, protoreflect.Sint32Kind:
		ok = v <= math.MaxUint32
	}
	if !ok {
		return wrong(of, "the number in the field %s does not fit its kind", field.Name())
	}
	return nil
}
