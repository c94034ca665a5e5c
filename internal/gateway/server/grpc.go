package server

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"google.golang.org/grpc/codes"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
	"github.com/agentward/terraform-provider-agent/internal/gateway/rpc"
)

// grpcProtocol is a target of gRPC services.
type grpcProtocol struct {
	target      config.Target
	url         *url.URL
	descriptors *rpc.Descriptors // nil where messages are not read
}

func newGRPC(_ *config.Config, t config.Target) (protocol, error) {
	u, err := url.Parse(t.URL)
	if err != nil {
		return nil, fmt.Errorf("target %q: %w", t.Name, err)
	}
	return &grpcProtocol{target: t, url: u, descriptors: t.Descriptors}, nil
}

func (g *grpcProtocol) below() bool { return false }

func (g *grpcProtocol) begin(x *exchange) conversation {
	return &rpcPass{exchange: x, url: g.url, read: func(method string) (rpcReading, *rpc.Status) { return g.read(x, method) }}
}

// read says what an RPC asks for: with the fields of its messages, where the descriptors know them.
func (g *grpcProtocol) read(x *exchange, method string) (rpcReading, *rpc.Status) {
	service, name, _ := strings.Cut(method, "/")
	asked := call.Call{
		Protocol: call.GRPC, Direction: call.ToTarget, Method: name, Target: g.target.Name, Resource: call.Resource{Kind: call.RPC, Name: method},
	}
	procedure := g.descriptors.Procedure(method)
	if procedure == nil {
		if g.descriptors != nil && g.descriptors.Has(service) {
			return rpcReading{}, rpc.NewStatus(codes.Unimplemented, "the descriptor set has no "+method)
		}
		return rpcReading{call: func([]byte) (*call.Call, *rpc.Status) { c := asked; return &c, nil }}, nil
	}
	if sort, _ := rpc.Content(x.r.Header.Values("Content-Type")); sort != "proto" {
		return rpcReading{}, rpc.NewStatus(codes.Unimplemented, "messages are read, and only those of application/grpc+proto can be")
	}
	return rpcReading{each: true, streams: procedure.Streams, call: func(message []byte) (*call.Call, *rpc.Status) {
		c := asked
		if message != nil {
			arguments, err := procedure.Arguments(message, int(x.limits().Depth))
			if err != nil {
				return nil, rpc.NewStatus(codes.InvalidArgument, "the message cannot be decided on: "+err.Error())
			}
			c.Arguments = arguments
		}
		return &c, nil
	}}, nil
}

// trailing asks for trailers, without which gRPC does not work (Requests, TE).
type trailing struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t trailing) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Header.Set("Te", "trailers")
	return t.RoundTripper.RoundTrip(r)
}

// CloseIdleConnections is for what looks no deeper.
func (t trailing) CloseIdleConnections() {
	if c, ok := t.RoundTripper.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}
