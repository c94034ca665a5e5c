package a2a

import (
	"errors"
	"net/http"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
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

// GRPC reads a request of that binding: its path, its metadata and its one message. The call's arguments are
// the message in Protobuf's JSON; what decoders could read differently is refused, and so are fields that are not known.
func (p *Parser) GRPC(path string, h http.Header, message []byte) (*Exchange, *Error) {
	version, name, ok := Service(path)
	if !ok {
		return nil, newError(MethodNotFound, "there is no such service")
	}
	procedure := wires()[version].requests.Procedure(Services[version] + "/" + name)
	if procedure == nil {
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
	depth := p.Limits.Depth
	if depth == 0 {
		depth = jsonscan.DefaultDepth
	}
	text, err := procedure.Arguments(message, depth)
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

// output decodes an answer.
func (x *Exchange) output(message []byte) (*dynamicpb.Message, error) {
	name := string(x.Operation)
	for n, op := range rpcs {
		if op == x.Operation && x.Call.Version == Version03 {
			name = n
		}
	}
	m := dynamicpb.NewMessage(wires()[x.Call.Version].method(name).Output())
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
