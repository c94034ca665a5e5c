package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/agentward/terraform-provider-agent/acctest/await"
)

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
	await.True(t, "the target's call to be canceled", func() bool { return service.seen.has("anceled") })
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
	await.True(t, "the target's call to be canceled", func() bool { return service.seen.has("anceled") })
	service.seen.take()
	in, err := client.StreamingInputCall(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := in.CloseAndRecv(); status.Code(err) != codes.PermissionDenied || len(service.seen.take()) > 0 {
		t.Errorf("a stream that no policy speaks of gives %v", err)
	}
}
