package server

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/status"
)

// faulty is a gateway in front of what only looks like a service.
func faulty(t *testing.T, limits string, answer http.HandlerFunc) *gateway {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	target := &http.Server{Handler: answer, Protocols: protocols, ReadHeaderTimeout: time.Minute}
	go func() { _ = target.Serve(l) }() // it ends with the test
	t.Cleanup(func() { _ = target.Close() })
	return startWith(t, fmt.Sprintf(`
target "interop" {
  protocol = "grpc"
  url      = "http://%s"
  services = ["grpc.testing.TestService"]
}
limits {
  %s
}
policies { text = %q }`, l.Addr(), limits, invokeAll))
}

// message is an answer of one empty message.
func message(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/grpc")
	w.WriteHeader(http.StatusOK)
	_, _ = io.WriteString(w, "\x00\x00\x00\x00\x00")
	_ = http.NewResponseController(w).Flush()
}

// However a target fails, the caller gets a status, and soon.
func TestTargetsOfGRPCThatFail(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		code   codes.Code
		told   string
	}{
		"a page":                  {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>secret") }, codes.Unknown, "none of gRPC"},
		"an error of a proxy":     {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "secret", http.StatusServiceUnavailable) }, codes.Unavailable, "none of gRPC"},
		"nothing of that name":    {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "secret", http.StatusNotFound) }, codes.Unimplemented, "none of gRPC"},
		"a challenge":             {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "secret", http.StatusUnauthorized) }, codes.Unavailable, "does not accept the gateway"},
		"an end before an answer": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, codes.Unavailable, "cannot be reached"},
		"an end after a message":  {func(w http.ResponseWriter, _ *http.Request) { message(w); panic(http.ErrAbortHandler) }, codes.Unavailable, "broke the call off"},
		"an end without a status": {func(w http.ResponseWriter, _ *http.Request) { message(w) }, codes.Internal, "without a status"},
		"half a message": {func(w http.ResponseWriter, _ *http.Request) {
			message(w)
			_, _ = io.WriteString(w, "\x00\x00\x00\x00\x09abc")
		}, codes.Internal, "EOF"},
		"silence":                 {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, codes.DeadlineExceeded, "limits.idle_time"},
		"silence after a message": {func(w http.ResponseWriter, r *http.Request) { message(w); <-r.Context().Done() }, codes.DeadlineExceeded, "limits.idle_time"},
		"garbage without an end": {func(w http.ResponseWriter, _ *http.Request) {
			message(w)
			for {
				if _, err := io.WriteString(w, strings.Repeat("\xff", 1<<16)); err != nil {
					return
				}
			}
		}, codes.Unavailable, "broke the call off"},
	} {
		t.Run(name, func(t *testing.T) {
			g := faulty(t, `idle_time = "300ms"`, c.answer)
			stream, err := g.grpc("assistant").StreamingOutputCall(t.Context(), &grpc_testing.StreamingOutputCallRequest{})
			if err != nil {
				t.Fatal(err)
			}
			for err == nil {
				_, err = stream.Recv()
			}
			if s := status.Convert(err); s.Code() != c.code || !strings.Contains(s.Message(), c.told) || strings.Contains(s.Message(), "secret") {
				t.Errorf("gives %v", err)
			}
		})
	}
	t.Run("no target", func(t *testing.T) {
		g := faulty(t, "", nil)
		target := g.now.Load().config.Targets[0]
		g.now.Load().sites["agents"].exact[target.Path].protocol.(*grpcProtocol).url.Host = "127.0.0.1:1" //nolint:forcetypeassert // it is one
		if _, err := g.grpc("assistant").EmptyCall(t.Context(), &grpc_testing.Empty{}); status.Code(err) != codes.Unavailable {
			t.Errorf("gives %v", err)
		}
	})
}

func TestASuspendedAgentsStreamEndsWithAStatus(t *testing.T) {
	g, _, client := grpcTarget(t, "", invokeAll)
	stream, err := client.FullDuplexCall(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(&grpc_testing.StreamingOutputCallRequest{}); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	changed := *g.now.Load().config
	changed.Suspended = []string{"spiffe://example.org/ns/demo/agent/assistant"}
	if err := g.Reload(&changed); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); status.Code(err) != codes.PermissionDenied || !strings.Contains(err.Error(), errSuspended.Error()) {
		t.Errorf("the stream ends with %v", err)
	}
	if _, err := client.EmptyCall(t.Context(), &grpc_testing.Empty{}); status.Code(err) != codes.PermissionDenied {
		t.Errorf("the next call gives %v", err)
	}
}

func TestAuditModeOfGRPCDeniesNothing(t *testing.T) {
	for name, descriptors := range map[string]string{"passed as they come": "", "read": interopDescriptors(t)} {
		t.Run(name, func(t *testing.T) {
			g, _, client := grpcTarget(t, descriptors+"mode = \"audit\"\n", none)
			stream, err := client.FullDuplexCall(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if err := stream.CloseSend(); err != nil {
				t.Fatal(err)
			}
			if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
				t.Errorf("a stream gives %v", err)
			}
			if _, err := client.UnaryCall(t.Context(), asking("ok", 0)); err != nil {
				t.Errorf("a call gives %v", err)
			}
			if n := strings.Count(g.log(), `"event":"call","decision":"deny","enforced":false`); n != 2 {
				t.Errorf("the audit log has %s", g.log())
			}
		})
	}
}
