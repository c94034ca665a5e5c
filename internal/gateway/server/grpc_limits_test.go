package server

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/status"
)

func TestAClientOfGRPCIsToldWhenToAskAgain(t *testing.T) {
	g, _, c := grpcTarget(t, "limits:agent_rate = 1\nagent_burst = 2", open)
	var told *status.Status
	for range 8 {
		_, err := c.UnaryCall(t.Context(), &grpc_testing.SimpleRequest{})
		if told = status.Convert(err); told.Code() != codes.OK {
			break
		}
	}
	if told.Code() != codes.ResourceExhausted || !strings.HasPrefix(told.Message(), "limits.agent_rate: ") {
		t.Errorf("got %v", told)
	}
	details := told.Details()
	if len(details) != 1 {
		t.Fatalf("the details are %v", details)
	}
	if retry, ok := details[0].(*errdetails.RetryInfo); !ok || retry.GetRetryDelay().AsDuration() != time.Second {
		t.Errorf("the details are %v", details)
	}
	if err := g.stop(); err != nil {
		t.Fatal(err)
	}
	if len(g.records(`"event":"refused"`, `"protocol":"grpc"`, `"limit":"agent_rate"`)) == 0 {
		t.Errorf("the audit log has %s", g.log())
	}
}

func TestStreamsOfGRPCAreBoundedAndRecorded(t *testing.T) {
	g, _, c := grpcTarget(t, "limits:agent_concurrent_streams = 1", open)
	exchange := func(s grpc_testing.TestService_FullDuplexCallClient) error {
		for range 3 { // the answer is a stream from its second message on
			if err := s.Send(&grpc_testing.StreamingOutputCallRequest{Payload: &grpc_testing.Payload{Body: []byte("x")}}); err != nil {
				_, err = s.Recv()
				return err
			}
			if _, err := s.Recv(); err != nil {
				return err
			}
		}
		return nil
	}
	first, err := c.FullDuplexCall(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := exchange(first); err != nil {
		t.Fatal(err)
	}
	second, err := c.FullDuplexCall(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if told := status.Convert(exchange(second)); told.Code() != codes.ResourceExhausted || !strings.HasPrefix(told.Message(), "limits.agent_concurrent_streams: ") {
		t.Errorf("one stream more: %v", told)
	}
	if err := first.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if _, err := first.Recv(); err == nil {
		t.Error("the stream goes on")
	}
	if err := g.stop(); err != nil {
		t.Fatal(err)
	}
	ends := g.records(`"event":"stream_end"`)
	if len(ends) != 1 || ends[0]["stream.outcome"] != "complete" || ends[0]["rpc.method"] != "grpc.testing.TestService/FullDuplexCall" {
		t.Errorf("the audit log has %s", g.log())
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
