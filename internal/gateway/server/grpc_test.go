package server

import (
	"context"
	"encoding/json"
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
	"google.golang.org/grpc/encoding/gzip"
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

// grpcTarget is a gateway in front of a service, and a client of it.
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

// interopDescriptors writes what the services look like, and gives the attribute that names it.
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

func TestRPCsAreDecidedOn(t *testing.T) {
	const policies = `
@id("small") permit (principal, action == Action::"invoke", resource == RPC::"interop/grpc.testing.TestService/UnaryCall")
when { context.arguments has responseSize && context.arguments.responseSize <= 10 };
@id("no-large") @reason("large answers cost") forbid (principal, action == Action::"invoke", resource == RPC::"interop/grpc.testing.TestService/UnaryCall")
when { context.arguments has responseSize && context.arguments.responseSize > 100 };`
	g, service, client := grpcTarget(t, interopDescriptors(t), policies)
	for name, c := range map[string]struct {
		request *grpc_testing.SimpleRequest
		options []grpc.CallOption
		code    codes.Code
		told    string
	}{
		"permitted by a field":              {asking("yes", 10), nil, codes.OK, ""},
		"permitted by a field's default":    {asking("yes", 0), nil, codes.OK, ""},
		"permitted in a compressed message": {asking("yes", 10), []grpc.CallOption{grpc.UseCompressor(gzip.Name)}, codes.OK, ""},
		"not permitted":                     {asking("no", 11), nil, codes.PermissionDenied, "denied: no policy permits invoke grpc.testing.TestService/UnaryCall on interop"},
		"forbidden, with the reason":        {asking("no", 101), nil, codes.PermissionDenied, "denied: large answers cost"},
		"denied in a compressed message":    {asking("no", 101), []grpc.CallOption{grpc.UseCompressor(gzip.Name)}, codes.PermissionDenied, "denied: large answers cost"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := client.UnaryCall(t.Context(), c.request, c.options...)
			if s := status.Convert(err); s.Code() != c.code || s.Message() != c.told {
				t.Errorf("gives %v", err)
			}
			if got := service.seen.take(); (len(got) == 1) != (c.code == codes.OK) {
				t.Errorf("the target got %q", got)
			}
		})
	}
	var trailer metadata.MD
	_, err := client.UnaryCall(t.Context(), asking("no", 101), grpc.Trailer(&trailer))
	if got := trailer.Get(policiesHeader); err == nil || len(got) != 1 || got[0] != "no-large" {
		t.Errorf("the policies are told as %v, %v", trailer, err)
	}
	if _, err := client.EmptyCall(t.Context(), &grpc_testing.Empty{}); status.Code(err) != codes.PermissionDenied {
		t.Errorf("another method gives %v", err)
	}
	var line map[string]any
	for text := range strings.Lines(g.log()) {
		if strings.Contains(text, "no-large") {
			if err := json.Unmarshal([]byte(text), &line); err != nil {
				t.Fatal(err)
			}
		}
	}
	if line["decision"] != "deny" || line["protocol"] != "grpc" || line["method"] != "UnaryCall" || fmt.Sprint(line["arguments"]) != "map[responseSize:101]" {
		t.Errorf("the audit log has %v", line)
	}
}

func TestStreamsAreDecidedOnMessageByMessage(t *testing.T) {
	g, service, client := grpcTarget(t, interopDescriptors(t), `
permit (principal, action == Action::"invoke", resource == RPC::"interop/grpc.testing.TestService/FullDuplexCall")
when { context.arguments has payload.body && context.arguments.payload.body != "bm8=" };`)
	send := func(stream grpc.BidiStreamingClient[grpc_testing.StreamingOutputCallRequest, grpc_testing.StreamingOutputCallResponse], text string) {
		t.Helper()
		if err := stream.Send(&grpc_testing.StreamingOutputCallRequest{Payload: &grpc_testing.Payload{Body: []byte(text)}}); err != nil && !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
	}
	stream, err := client.FullDuplexCall(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		send(stream, "yes")
		if r, err := stream.Recv(); err != nil || string(r.GetPayload().GetBody()) != "yes" {
			t.Fatalf("a permitted message gives %v, %v", r, err)
		}
	}
	send(stream, "no")
	if r, err := stream.Recv(); status.Code(err) != codes.PermissionDenied || !strings.HasPrefix(status.Convert(err).Message(), "denied: ") {
		t.Errorf("a denied message gives %v, %v", r, err)
	}
	eventually(t, func() bool { return service.seen.has("anceled") })
	if got := service.seen.take(); strings.Contains(strings.Join(got, " "), "no ") || !strings.Contains(got[3], "anceled") {
		t.Errorf("the target got %q", got)
	}
	if n := strings.Count(g.log(), `"event":"call","decision":"allow"`); n != 3 {
		t.Errorf("%d messages are in the audit log as allowed: %s", n, g.log())
	}
	// A stream without a message is decided on too, once it is known to have none.
	if stream, err = client.FullDuplexCall(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); status.Code(err) != codes.PermissionDenied {
		t.Errorf("a stream without a message gives %v", err)
	}
	// Where no message could be allowed, the target is not reached at all.
	eventually(t, func() bool { return service.seen.has("anceled") })
	service.seen.take()
	in, err := client.StreamingInputCall(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := in.CloseAndRecv(); status.Code(err) != codes.PermissionDenied || len(service.seen.take()) > 0 {
		t.Errorf("a stream that no policy speaks of gives %v", err)
	}
}

// eventually waits for something that other goroutines do.
func eventually(t *testing.T, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it does not come about")
		}
	}
}

func TestLimitsOfRPCs(t *testing.T) {
	for name, descriptors := range map[string]string{"passed as they come": "", "read": interopDescriptors(t)} {
		t.Run(name, func(t *testing.T) {
			_, service, client := grpcTarget(t, descriptors+"limits: body = 2048\n answer = 2048", invokeAll)
			if _, err := client.UnaryCall(t.Context(), asking(strings.Repeat("x", 4096), 0)); status.Code(err) != codes.ResourceExhausted || !strings.Contains(err.Error(), "limits.body") {
				t.Errorf("a message that is too large gives %v", err)
			}
			if _, err := client.UnaryCall(t.Context(), asking("large", 0)); status.Code(err) != codes.ResourceExhausted || !strings.Contains(err.Error(), "limits.answer") {
				t.Errorf("an answer that is too large gives %v", err)
			}
			if name == "read" {
				bomb := asking(strings.Repeat("x", 1<<20), 0)
				if _, err := client.UnaryCall(t.Context(), bomb, grpc.UseCompressor(gzip.Name)); status.Code(err) != codes.ResourceExhausted {
					t.Errorf("a message that grows too large gives %v", err)
				}
			}
			service.seen.take()
			if _, err := client.UnaryCall(t.Context(), asking("ok", 0)); err != nil {
				t.Errorf("the control gives %v", err)
			}
		})
	}
}

func TestDeadlinesAndCancellationReachTheTarget(t *testing.T) {
	g, service, client := grpcTarget(t, "limits: total_time = \"1h\"", invokeAll)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	if r, err := client.UnaryCall(ctx, asking("deadline", 0)); err != nil || string(r.GetPayload().GetBody()) != "10m0s" {
		t.Errorf("the caller's deadline is told as %v, %v", r, err)
	}
	if r, err := client.UnaryCall(t.Context(), asking("deadline", 0)); err != nil || string(r.GetPayload().GetBody()) != "1h0m0s" {
		t.Errorf("limits.total_time is told as %v, %v", r, err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	go func() {
		eventually(t, func() bool { return service.seen.has("hang") })
		cancel()
	}()
	if _, err := client.UnaryCall(ctx, asking("hang", 0)); status.Code(err) != codes.Canceled {
		t.Errorf("a cancelled call gives %v", err)
	}
	if err := <-service.gone; err == nil {
		t.Error("the target does not hear of it")
	}
	// A deadline that the caller does not keep itself.
	response := g.frame("/grpc.testing.TestService/UnaryCall", asking("hang", 0), "Grpc-Timeout", "100m")
	defer response.Body.Close()
	if response.Header.Get("Grpc-Status") != "4" {
		t.Errorf("a deadline that passes gives %v", response.Header)
	}
	if err := <-service.gone; err == nil {
		t.Error("the target does not hear of the deadline")
	}
}

// frame sends one message without a client of gRPC.
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

func TestWhatIsNoRPCIsRefused(t *testing.T) {
	g, service, _ := grpcTarget(t, interopDescriptors(t), invokeAll)
	const path = "/grpc.testing.TestService/UnaryCall"
	ok := asking("ok", 0)
	for name, c := range map[string]struct {
		response *http.Response
		status   int
		grpc     string
	}{
		"gRPC-Web":                       {g.h2("POST", path, "", "Content-Type", "application/grpc-web+proto"), 415, ""},
		"JSON":                           {g.h2("POST", path, "{}", "Content-Type", "application/json"), 415, ""},
		"a GET":                          {g.h2("GET", path, "", "Content-Type", "application/grpc"), 405, ""},
		"another spelling of the path":   {g.frame("/grpc.testing.TestService/%55naryCall", ok), 200, "12"},
		"a query":                        {g.frame(path+"?a=b", ok), 200, "12"},
		"a method that is not described": {g.frame("/grpc.testing.TestService/None", ok), 200, "12"},
		"messages of another sort":       {g.frame(path, ok, "Content-Type", "application/grpc+json"), 415, ""},
		"a timeout that is none":         {g.frame(path, ok, "Grpc-Timeout", "soon"), 200, "3"},
		"two timeouts":                   {g.frame(path, ok, "Grpc-Timeout", "1S", "Grpc-Timeout", "2S"), 200, "3"},
		"no message":                     {g.h2("POST", path, "", "Content-Type", "application/grpc"), 200, "3"},
		"two messages":                   {g.h2("POST", path, "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", "Content-Type", "application/grpc"), 200, "3"},
		"half a message":                 {g.h2("POST", path, "\x00\x00\x00\x00\x09ab", "Content-Type", "application/grpc"), 200, "3"},
		"a field that is not described":  {g.h2("POST", path, "\x00\x00\x00\x00\x03\xf8\x7f\x01", "Content-Type", "application/grpc"), 200, "3"},
		"a field that stands twice":      {g.h2("POST", path, "\x00\x00\x00\x00\x04\x10\x01\x10\x02", "Content-Type", "application/grpc"), 200, "3"},
		"a compression that is not read": {g.h2("POST", path, "\x01\x00\x00\x00\x01a", "Content-Type", "application/grpc", "Grpc-Encoding", "snappy"), 200, "12"},
	} {
		t.Run(name, func(t *testing.T) {
			defer c.response.Body.Close()
			if c.response.StatusCode != c.status || c.response.Header.Get("Grpc-Status") != c.grpc {
				t.Errorf("gives %d %v", c.response.StatusCode, c.response.Header)
			}
		})
	}
	if got := service.seen.take(); len(got) > 0 {
		t.Errorf("the target got %q", got)
	}
	if status, body := g.raw("POST " + path + " HTTP/1.1\nHost: gateway\nContent-Type: application/grpc\nContent-Length: 0\nConnection: close\n\n"); status != http.StatusHTTPVersionNotSupported {
		t.Errorf("HTTP/1.1 gives %d %s", status, body)
	}
	response := g.frame(path, ok)
	defer response.Body.Close()
	if _, err := io.ReadAll(response.Body); err != nil || response.Trailer.Get("Grpc-Status") != "0" || len(service.seen.take()) != 1 {
		t.Errorf("the control gives %v %v", err, response.Trailer)
	}
}

func TestMetadata(t *testing.T) {
	_, _, client := grpcTarget(t, "", invokeAll)
	ctx := metadata.AppendToOutgoingContext(t.Context(), "mine", "x", "mine-bin", "\x00", "authorization", "Bearer secret", "dpop", "proof", "x-forwarded-for", "1.2.3.4")
	var trailer metadata.MD
	if _, err := client.UnaryCall(ctx, asking("metadata", 0)); status.Code(err) != codes.PermissionDenied {
		t.Errorf("a token that the listener does not take gives %v", err)
	}
	ctx = metadata.AppendToOutgoingContext(t.Context(), "mine", "x", "mine-bin", "\x00", "dpop", "proof", "x-forwarded-for", "1.2.3.4")
	r, err := client.UnaryCall(ctx, asking("metadata", 0), grpc.Trailer(&trailer))
	if err != nil {
		t.Fatal(err)
	}
	got := string(r.GetPayload().GetBody())
	for name, want := range map[string]bool{"mine": true, "mine-bin": true, "user-agent": true, "dpop": false, "authorization": false, "x-forwarded-for": false} {
		if strings.Contains(strings.Trim(got, "[]")+" ", name+" ") != want {
			t.Errorf("the target got the metadata %s", got)
		}
	}
	if sum := trailer.Get("sum-bin"); len(sum) != 1 || sum[0] != "\x00\x01" {
		t.Errorf("the trailers are %v", trailer)
	}
	if _, err := client.UnaryCall(t.Context(), asking("status", 0)); status.Code(err) != codes.NotFound || status.Convert(err).Message() != "100% näh" {
		t.Errorf("the target's status comes as %v", err)
	}
}
