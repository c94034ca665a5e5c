package spire

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"testing"
	"time"

	entryv1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/entry/v1"
	"google.golang.org/grpc"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// silent is a server that takes a call and does not answer.
type silent struct {
	entryv1.UnimplementedEntryServer
	heard func()
}

func (s silent) BatchCreateEntry(ctx context.Context, _ *entryv1.BatchCreateEntryRequest) (*entryv1.BatchCreateEntryResponse, error) {
	s.heard()
	<-ctx.Done()
	return nil, ctx.Err()
}

// Nobody would know of the entry otherwise, and a destruction would leave an identity.
func TestACreateThatNobodyWaitsForIsInDoubt(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	socket := filepath.Join(t.TempDir(), "s.sock")
	listener, err := (&net.ListenConfig{}).Listen(ctx, "unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	entryv1.RegisterEntryServer(server, silent{heard: interrupt})
	go func() { _ = server.Serve(listener) }() // it ends with the test
	defer server.Stop()

	conn := bySocket(Options{SocketPath: socket, RPCTimeout: time.Minute})
	defer conn.Close()
	e, err := decodeEntry(federatedEntry().Body)
	if err != nil {
		t.Fatal(err)
	}
	var doubt *stack.DoubtError
	if _, _, err := (grpcAPI{conn}).create(ctx, "id", e); !errors.As(err, &doubt) || !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	nobody := bySocket(Options{SocketPath: socket + ".no", RPCTimeout: time.Minute})
	defer nobody.Close()
	if _, _, err := (grpcAPI{nobody}).create(t.Context(), "id", e); !errors.Is(err, ErrUnreachable) || errors.As(err, &doubt) {
		t.Errorf("what was never sent is in doubt, or reached somebody: %v", err)
	}
}

// vanishing takes one create, and is not there any more.
type vanishing struct {
	scripted
	gone bool
}

func (v *vanishing) entry(ctx context.Context, id string) (liveEntry, error) {
	if v.gone {
		return liveEntry{}, ErrUnreachable
	}
	return v.scripted.entry(ctx, id)
}

func (v *vanishing) create(context.Context, string, entry) (liveEntry, bool, error) {
	v.gone = true
	return liveEntry{}, false, &stack.DoubtError{Err: ErrUnreachable}
}

func TestAnAttemptThatWasNeverSentSettlesNothingAboutAnEarlierOne(t *testing.T) {
	var doubt *stack.DoubtError
	if _, err := (&Client{api: &vanishing{}}).Apply(t.Context(), federatedEntry(), ""); !errors.As(err, &doubt) {
		t.Errorf("the error is %v", err)
	}
}
