package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// testService is a target of gRPC that does what the request's payload says.
type testService struct {
	grpc_testing.UnimplementedTestServiceServer
	seen seen
	gone chan error // why a call that hangs has ended
}

func (s *testService) UnaryCall(ctx context.Context, r *grpc_testing.SimpleRequest) (*grpc_testing.SimpleResponse, error) {
	in, _ := metadata.FromIncomingContext(ctx)
	s.seen.add(string(r.GetPayload().GetBody()))
	switch want := string(r.GetPayload().GetBody()); want {
	case "hang":
		<-ctx.Done()
		s.gone <- ctx.Err()
		return nil, ctx.Err()
	case "deadline":
		end, _ := ctx.Deadline()
		return answered(fmt.Sprint(time.Until(end).Round(time.Minute))), nil
	case "metadata":
		var names []string
		for name := range in {
			names = append(names, name)
		}
		_ = grpc.SetTrailer(ctx, metadata.Pairs("sum-bin", "\x00\x01"))
		return answered(fmt.Sprint(names)), nil
	case "large":
		return answered(strings.Repeat("x", 4096)), nil
	case "status":
		return nil, status.Error(codes.NotFound, "100% näh")
	default:
		return answered(want), nil
	}
}

func answered(text string) *grpc_testing.SimpleResponse {
	return &grpc_testing.SimpleResponse{Payload: &grpc_testing.Payload{Body: []byte(text)}}
}

func (s *testService) FullDuplexCall(stream grpc.BidiStreamingServer[grpc_testing.StreamingOutputCallRequest, grpc_testing.StreamingOutputCallResponse]) error {
	for {
		r, err := stream.Recv()
		if err != nil {
			s.seen.add(err.Error())
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		s.seen.add(string(r.GetPayload().GetBody()))
		if err := stream.Send(&grpc_testing.StreamingOutputCallResponse{Payload: r.GetPayload()}); err != nil {
			return err
		}
	}
}

func grpcTarget(t *testing.T, more, policies string) (*gateway, *testService, grpc_testing.TestServiceClient) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	service := &testService{gone: make(chan error, 1)}
	server := grpc.NewServer()
	grpc_testing.RegisterTestServiceServer(server, service)
	go func() { _ = server.Serve(l) }() // it ends with the test
	t.Cleanup(server.Stop)
	target, limits, _ := strings.Cut(more, "limits:")
	g := startWith(t, fmt.Sprintf(`
target "interop" {
  protocol = "grpc"
  url      = "http://%s"
  services = ["grpc.testing.TestService", "grpc.testing.UnimplementedService"]
  %s
}
limits {
  %s
}
audit {
  stdout    = true
  arguments = ["responseSize"]
}
policies { text = %q }`, l.Addr(), target, limits, policies))
	return g, service, g.grpc("assistant")
}

func (g *gateway) grpc(agent string) grpc_testing.TestServiceClient {
	g.t.Helper()
	c, err := grpc.NewClient(strings.TrimPrefix(g.Origin("agents"), "https://"), grpc.WithTransportCredentials(credentials.NewTLS(g.tls(agent, "h2"))))
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { _ = c.Close() })
	return grpc_testing.NewTestServiceClient(c)
}

func asking(text string, size int32) *grpc_testing.SimpleRequest {
	return &grpc_testing.SimpleRequest{ResponseSize: size, Payload: &grpc_testing.Payload{Body: []byte(text)}}
}

func interopDescriptors(t *testing.T) string {
	t.Helper()
	set, seen := &descriptorpb.FileDescriptorSet{}, map[string]bool{}
	var add func(f protoreflect.FileDescriptor)
	add = func(f protoreflect.FileDescriptor) {
		if seen[f.Path()] {
			return
		}
		seen[f.Path()] = true
		for i := range f.Imports().Len() {
			add(f.Imports().Get(i).FileDescriptor)
		}
		set.File = append(set.File, protodesc.ToFileDescriptorProto(f))
	}
	add(grpc_testing.File_grpc_testing_test_proto)
	text, err := proto.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "interop.binpb")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("descriptors = %q\n", file)
}

const invokeAll = `permit (principal, action == Action::"invoke", resource in Target::"interop");`

func (g *gateway) frame(path string, m proto.Message, headers ...string) *http.Response {
	g.t.Helper()
	message, err := proto.Marshal(m)
	if err != nil {
		g.t.Fatal(err)
	}
	raw := append([]byte{0, 0, 0, byte(len(message) >> 8), byte(len(message))}, message...)
	return g.h2(http.MethodPost, path, string(raw), append([]string{"Content-Type", "application/grpc", "Te", "trailers"}, headers...)...)
}

func (g *gateway) h2(method, path, body string, headers ...string) *http.Response {
	g.t.Helper()
	protocols := new(http.Protocols)
	protocols.SetHTTP2(true)
	transport := &http.Transport{TLSClientConfig: g.tls("assistant"), Protocols: protocols}
	g.t.Cleanup(transport.CloseIdleConnections)
	r, err := http.NewRequestWithContext(g.t.Context(), method, g.Origin("agents")+path, strings.NewReader(body))
	if err != nil {
		g.t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	response, err := transport.RoundTrip(r)
	if err != nil {
		g.t.Fatal(err)
	}
	return response
}
