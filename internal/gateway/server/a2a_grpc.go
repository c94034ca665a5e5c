package server

import (
	"encoding/base64"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/agentward/terraform-provider-agent/internal/gateway/a2a"
	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/decide"
	"github.com/agentward/terraform-provider-agent/internal/gateway/rpc"
)

// read says what an RPC of A2A asks for. All of them take one message.
func (p *a2aProtocol) read(x *exchange) (rpcReading, *rpc.Status) {
	if sort, _ := rpc.Content(x.r.Header.Values("Content-Type")); sort != "proto" {
		return rpcReading{}, rpc.NewStatus(codes.Unimplemented, "messages are read, and only those of application/grpc+proto can be")
	}
	var asked *a2a.Exchange
	reading := rpcReading{each: true, call: func(message []byte) (*call.Call, *rpc.Status) {
		var bad *a2a.Error
		if asked, bad = p.parser.GRPC(x.below, x.r.Header, message); bad == nil {
			bad = p.skill(x, asked)
		}
		if bad != nil {
			return nil, grpcStatus(bad)
		}
		return asked.Call, nil
	}}
	reading.denied = func(_ *call.Call, d decide.Decision) *rpc.Status { return grpcStatus(asked.Deny(d.Reason, d.Policies)) }
	if _, name, _ := a2a.Service(x.below); name == "ListTasks" || strings.HasSuffix(name, "AgentCard") {
		reading.answer = func(message []byte) ([]byte, *rpc.Status) {
			var err error
			if asked.Operation == a2a.ListTasks {
				message, err = p.parser.TasksMessage(asked, message, p.seen(x, asked))
			} else {
				message, err = p.parser.CardMessage(asked, message, func(card []byte) ([]byte, error) {
					return p.shown(x, asked, card)
				})
			}
			if err != nil {
				x.noCard(err)
				return nil, rpc.NewStatus(codes.Internal, errNoAnswer.Error())
			}
			return message, nil
		}
	}
	return reading, nil
}

// grpcStatus is a refusal in the words of gRPC, with the reason that clients of A2A look for (1.0 §10.6).
func grpcStatus(e *a2a.Error) *rpc.Status {
	s := rpc.NewStatus(codes.Code(e.GRPC()), e.Message) //nolint:gosec // a code of gRPC
	info := &errdetails.ErrorInfo{Reason: e.Reason(), Domain: a2a.Domain}
	if len(e.Policies) > 0 {
		info.Metadata = map[string]string{"policies": strings.Join(e.Policies, ",")}
	}
	detail, err := anypb.New(info)
	if err != nil {
		return s
	}
	whole, err := proto.Marshal(&status.Status{Code: int32(s.Code), Message: strings.ToValidUTF8(s.Message, "?"), Details: []*anypb.Any{detail}}) //nolint:gosec // a code of gRPC
	if err == nil {
		s.Details = base64.RawStdEncoding.EncodeToString(whole)
	}
	return s
}
