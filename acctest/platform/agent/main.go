// Command agent is an AI agent without the intelligence, for acceptance tests: it sleeps in a pod, and does what it is told by
// `agent COMMAND`, run beside it. Package probe says what there is to tell it.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/agentward/terraform-provider-agent/acctest/platform/probe"
	"github.com/agentward/terraform-provider-agent/internal/gateway/workload"
)

// identityWait bounds the wait for an SVID: a pod that has just begun is not registered yet. Who asks can ask again.
const identityWait = 45 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(os.Args) == 1 {
		<-ctx.Done()
		return
	}
	if err := run(ctx, os.Args[1], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "agent:", err)
		os.Exit(1) //nolint:gocritic // there is nothing left to stop
	}
}

func run(ctx context.Context, command string, in io.Reader, out io.Writer) error {
	switch command {
	case probe.TakeIdentity:
		return answer(ctx, in, out, takeIdentity)
	case probe.TakeToken:
		return answer(ctx, in, out, takeToken)
	case probe.MakeCall:
		return answer(ctx, in, out, makeCall)
	case probe.CallTool:
		return answer(ctx, in, out, callTool)
	case probe.Load:
		return answer(ctx, in, out, load)
	case probe.Connect:
		return answer(ctx, in, out, connect)
	}
	return fmt.Errorf("%q is no command", command)
}

// answer reads a request, does it, and writes the answer.
func answer[Q, A any](ctx context.Context, in io.Reader, out io.Writer, do func(context.Context, Q) (A, error)) error {
	var asked Q
	decoder := json.NewDecoder(in)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&asked); err != nil {
		return fmt.Errorf("read the request: %w", err)
	}
	a, err := do(ctx, asked)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(a)
}

// own is the pod's own identity, as the Workload API gives it.
func own(ctx context.Context) (*workload.API, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, identityWait, fmt.Errorf("nothing came within %s", identityWait))
	defer cancel()
	return workload.Open(ctx, workload.Options{
		Address: os.Getenv(probe.WorkloadAPIVariable), Now: time.Now, Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
}
