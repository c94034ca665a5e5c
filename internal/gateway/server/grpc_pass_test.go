package server

import (
	"context"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/agentward/terraform-provider-agent/acctest/await"
)

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
		await.True(t, "the call to reach the target", func() bool { return service.seen.has("hang") })
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
