package spire_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	spiretest "github.com/agentward/terraform-provider-agent/acctest/spire"
	"github.com/agentward/terraform-provider-agent/internal/spire"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

func TestServerThatIsAwayLeavesThePlanUnknown(t *testing.T) {
	server := spiretest.StartServer(t, spiretest.ServerOptions{})
	object := render(t, identity(server, "billing"))[0]
	for name, takeAway := range map[string]func(*testing.T) *spire.Client{
		"not there at all": func(t *testing.T) *spire.Client {
			client, err := spire.New(spire.Options{SocketPath: filepath.Join(t.TempDir(), "no.sock")})
			if err != nil {
				t.Fatal(err)
			}
			return client
		},
		"gone since the last call": func(t *testing.T) *spire.Client {
			client := connect(t, server)
			apply(t, client, object, "")
			server.Stop(t)
			t.Cleanup(func() { server.Start(t) })
			return client
		},
		"accepting and not answering": func(t *testing.T) *spire.Client {
			client, err := spire.New(spire.Options{SocketPath: server.SocketPath(), RPCTimeout: 200 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			server.Pause(t)
			t.Cleanup(func() { server.Resume(t) })
			return client
		},
	} {
		t.Run(name, func(t *testing.T) {
			client := takeAway(t)
			defer client.Close()
			check := func(operation string, err error) {
				t.Helper()
				var unknown *stack.UnknownError
				if !errors.As(err, &unknown) || !unknown.Unreachable || unknown.Key != object.Key || !errors.Is(err, spire.ErrUnreachable) {
					t.Errorf("%s: %v, want an UnknownError of an unreachable server", operation, err)
				}
			}
			check("Plan", second(client.Plan(t.Context(), object, "")))
			check("Read", second(client.Read(t.Context(), object.Key, "")))

			if _, err := client.Rivals(t.Context(), []stack.Object{object}); !errors.Is(err, spire.ErrUnreachable) {
				t.Errorf("Rivals: %v, want ErrUnreachable", err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			for operation, err := range map[string]error{
				"Apply":  second(client.Apply(ctx, object, "")),
				"Delete": client.Delete(ctx, object.Key, ""),
			} {
				if !errors.Is(err, spire.ErrUnreachable) || !strings.Contains(err.Error(), object.Key.Name) || !strings.Contains(err.Error(), ".sock") {
					t.Errorf("%s: %v, want entry and server to be named", operation, err)
				}
			}
		})
	}
}

func TestApplyAndDeleteSitOutARestart(t *testing.T) {
	server := spiretest.StartServer(t, spiretest.ServerOptions{})
	client := connect(t, server)
	object := render(t, identity(server, "billing"))[0]
	prior := apply(t, client, object, "").Projection // so that the connection is one that was good

	for name, operation := range map[string]func(context.Context) error{
		"apply": func(ctx context.Context) error {
			object.Body["hint"] = "after the restart"
			return second(client.Apply(ctx, object, prior))
		},
		"delete": func(ctx context.Context) error { return client.Delete(ctx, object.Key, "") },
	} {
		t.Run(name, func(t *testing.T) {
			server.Kill(t)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			done := make(chan error, 1)
			go func() { done <- operation(ctx) }()
			server.Start(t)
			if err := <-done; err != nil {
				t.Errorf("%s over a restart: %v", name, err)
			}
		})
	}
}

// The server dies between two entries of one identity: what was written stays, and the next apply finishes.
func TestServerThatDiesMidwayLeavesWhatWasWritten(t *testing.T) {
	server := spiretest.StartServer(t, spiretest.ServerOptions{})
	client := connect(t, server)
	id := identity(server, "billing")
	id.LogicalID = true
	objects := render(t, id)
	first := apply(t, client, objects[0], "")
	server.Kill(t)

	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if _, err := client.Apply(ctx, objects[1], ""); !errors.Is(err, spire.ErrUnreachable) {
		t.Errorf("Apply on a dead server: %v, want ErrUnreachable", err)
	}
	server.Start(t)
	settled(t, client, objects[0], first.Projection)
	if server.Entry(t, objects[1].Key.Name) != nil {
		t.Error("the second entry was written")
	}
	rest := apply(t, client, objects[1], "")
	settled(t, client, objects[1], rest.Projection)
}

func TestCancelledContextIsNoOutage(t *testing.T) {
	server := spiretest.StartServer(t, spiretest.ServerOptions{})
	client := connect(t, server)
	object := render(t, identity(server, "billing"))[0]
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := client.Apply(ctx, object, ""); !errors.Is(err, context.Canceled) || errors.Is(err, spire.ErrUnreachable) {
		t.Errorf("Apply: %v, want context.Canceled", err)
	}
}

func TestServerOfAnotherTrustDomainIsRefused(t *testing.T) {
	server := spiretest.StartServer(t, spiretest.ServerOptions{})
	client, err := spire.New(spire.Options{SocketPath: server.SocketPath(), TrustDomain: "elsewhere.example.org"})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if _, err := client.Plan(t.Context(), render(t, identity(server, "billing"))[0], ""); err == nil || !strings.Contains(err.Error(), `"agents.example.org"`) {
		t.Errorf("Plan: %v, want the server's trust domain to be named", err)
	}
}

func TestSocketThatMayNotBeOpenedIsSaidAtOnce(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may open every socket")
	}
	server := spiretest.StartServer(t, spiretest.ServerOptions{})
	if err := os.Chmod(server.SocketPath(), 0); err != nil {
		t.Fatal(err)
	}
	_, err := connect(t, server).Plan(t.Context(), render(t, identity(server, "billing"))[0], "")
	if !errors.Is(err, fs.ErrPermission) || errors.Is(err, spire.ErrUnreachable) {
		t.Errorf("Plan: %v", err)
	}
}
