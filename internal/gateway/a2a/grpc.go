package a2a

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/agentward/terraform-provider-agent/internal/gateway/jsonscan"
)

// rpcs of 0.3 whose names are others in 1.0.
var rpcs = map[string]Operation{
	"TaskSubscription": SubscribeToTask, "ListTaskPushNotificationConfig": ListPushConfigs, "GetAgentCard": GetExtendedAgentCard,
}

// Service says whether a path is one of an A2A service over gRPC, and of which version.
func Service(path string) (version, name string, ok bool) {
	service, name, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	for v, s := range Services {
		if s == service {
			return v, name, true
		}
	}
	return "", "", false
}

// GRPC reads a request of that binding: its path, its metadata and its one message. The call's arguments are the message in Protobuf's JSON.
func (p *Parser) GRPC(path string, h http.Header, message []byte) (*Exchange, *Error) {
	version, name, ok := Service(path)
	if !ok {
		return nil, newError(MethodNotFound, "there is no such service")
	}
	method := rpc(version, name)
	if method == nil {
		return nil, newError(MethodNotFound, "there is no method "+oneLine(name))
	}
	named, bad := p.version(h, "")
	if bad == nil {
		bad = p.agree(version, named)
	}
	if bad != nil {
		return nil, bad
	}
	op, ok := rpcs[name]
	if !ok || version != Version03 {
		op = Operation(name)
	}
	x := p.exchange(GRPC, op, version)
	if bad := extensions(h, x.Call.Message); bad != nil {
		return nil, bad
	}
	text, err := p.transcode(method.Input(), message)
	if err != nil {
		return nil, newError(InvalidParams, "the message is refused: "+err.Error())
	}
	at := make(params, shapeCount)
	if _, err := bodyShape.Scan(text, p.Limits, at); err != nil {
		return nil, newError(InvalidParams, "the message is refused: "+err.Error())
	}
	x.Call.Arguments = text
	return x, p.read(x, at)
}

// transcode gives a message in Protobuf's JSON. What decoders could read differently is refused: fields that are not known, and which a
// newer server may know; a field that is there twice; two fields of a oneof.
func (p *Parser) transcode(d protoreflect.MessageDescriptor, message []byte) ([]byte, error) {
	depth := p.Limits.Depth
	if depth == 0 {
		depth = jsonscan.DefaultDepth
	}
	if err := strict(d, message, depth); err != nil {
		return nil, err
	}
	m := dynamicpb.NewMessage(d)
	if err := (proto.UnmarshalOptions{RecursionLimit: depth}).Unmarshal(message, m); err != nil {
		return nil, errors.New("it does not decode")
	}
	loose, err := protojson.Marshal(m)
	if err != nil {
		return nil, errors.New("it has no form in JSON")
	}
	var text bytes.Buffer
	if err := json.Compact(&text, loose); err != nil { // the white space is another in each build of protojson
		return nil, err
	}
	return text.Bytes(), nil
}

func strict(d protoreflect.MessageDescriptor, message []byte, depth int) error {
	if depth == 0 {
		return errors.New("it is nested too deeply")
	}
	seen := map[protoreflect.FieldNumber]bool{}
	oneofs := map[protoreflect.Name]bool{}
	keys := map[string]bool{} // of maps
	for len(message) > 0 {
		number, typ, n := protowire.ConsumeTag(message)
		if n < 0 {
			return errors.New("it does not decode")
		}
		message = message[n:]
		f := d.Fields().ByNumber(number)
		if f == nil {
			return fmt.Errorf("%s has no field %d", d.Name(), number)
		}
		size := protowire.ConsumeFieldValue(number, typ, message)
		if size < 0 || typ == protowire.StartGroupType || typ != wireType(f) && (!f.IsPacked() || typ != protowire.BytesType) {
			return fmt.Errorf("%s.%s does not decode", d.Name(), f.Name())
		}
		if !f.IsList() && !f.IsMap() {
			if seen[number] {
				return fmt.Errorf("%s.%s is there twice", d.Name(), f.Name())
			}
			seen[number] = true
			if o := f.ContainingOneof(); o != nil && !o.IsSynthetic() {
				if oneofs[o.Name()] {
					return fmt.Errorf("%s has two of %s", d.Name(), o.Name())
				}
				oneofs[o.Name()] = true
			}
		}
		if f.Message() != nil {
			inside, _ := protowire.ConsumeBytes(message)
			if key := fmt.Sprintf("%d %s", number, keyOf(inside)); f.IsMap() && keys[key] {
				return fmt.Errorf("%s.%s has a key twice", d.Name(), f.Name())
			} else if f.IsMap() {
				keys[key] = true
			}
			if err := strict(f.Message(), inside, depth-1); err != nil {
				return err
			}
		}
		message = message[size:]
	}
	return nil
}

// keyOf gives the key of a map's entry, all of which are strings here.
func keyOf(entry []byte) []byte {
	for len(entry) > 0 {
		number, typ, n := protowire.ConsumeTag(entry)
		if n < 0 {
			return nil
		}
		size := protowire.ConsumeFieldValue(number, typ, entry[n:])
		if size < 0 {
			return nil
		}
		if number == 1 && typ == protowire.BytesType {
			key, _ := protowire.ConsumeBytes(entry[n:])
			return key
		}
		entry = entry[n+size:]
	}
	return nil
}

// wireType is how a field that is not packed is written.
func wireType(f protoreflect.FieldDescriptor) protowire.Type {
	switch f.Kind() {
	case protoreflect.StringKind, protoreflect.BytesKind, protoreflect.MessageKind:
		return protowire.BytesType
	case protoreflect.DoubleKind, protoreflect.Fixed64Kind, protoreflect.Sfixed64Kind:
		return protowire.Fixed64Type
	case protoreflect.FloatKind, protoreflect.Fixed32Kind, protoreflect.Sfixed32Kind:
		return protowire.Fixed32Type
	}
	return protowire.VarintType
}

// output decodes an answer.
func (x *Exchange) output(message []byte) (*dynamicpb.Message, error) {
	name := string(x.Operation)
	for n, op := range rpcs {
		if op == x.Operation && x.Call.Version == Version03 {
			name = n
		}
	}
	m := dynamicpb.NewMessage(rpc(x.Call.Version, name).Output())
	if err := proto.Unmarshal(message, m); err != nil {
		return nil, errors.New("it does not decode")
	}
	return m, nil
}

// TasksMessage is Tasks for an answer over gRPC.
func (p *Parser) TasksMessage(x *Exchange, message []byte, keep func(id string) bool) ([]byte, error) {
	m, err := x.output(message)
	if err != nil {
		return nil, err
	}
	fields := m.Descriptor().Fields()
	list := m.Mutable(fields.ByName("tasks")).List()
	kept := 0
	for i := range list.Len() {
		task := list.Get(i).Message()
		id := task.Get(task.Descriptor().Fields().ByName("id")).String()
		if id == "" {
			return nil, errors.New("tasks: one without an id")
		}
		if keep(id) {
			list.Set(kept, list.Get(i))
			kept++
		}
	}
	if cut := list.Len() - kept; cut == 0 {
		return message, nil
	} else if total := fields.ByName("total_size"); m.Has(total) {
		m.Set(total, protoreflect.ValueOfInt32(max(int32(m.Get(total).Int())-int32(cut), int32(kept)))) //nolint:gosec // an int32 field, and fewer tasks than that
	}
	list.Truncate(kept)
	return proto.Marshal(m)
}

// CardMessage is ExtendedCard for an answer over gRPC.
func (p *Parser) CardMessage(x *Exchange, message []byte, shown func(card []byte) ([]byte, error)) ([]byte, error) {
	m, err := x.output(message)
	if err != nil {
		return nil, err
	}
	text, err := protojson.Marshal(m)
	if err != nil {
		return nil, err
	}
	if text, err = shown(text); err != nil {
		return nil, err
	}
	made := dynamicpb.NewMessage(m.Descriptor())
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(text, made); err != nil {
		return nil, err
	}
	return proto.Marshal(made)
}
