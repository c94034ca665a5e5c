package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"syscall"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
	"github.com/agentward/terraform-provider-agent/internal/gateway/server"
)

// The environment of this program where it is the gateway, to be profiled. The product itself carries nothing of the kind.
const (
	roleGateway     = "gateway"
	profileVariable = "AGENTWARD_BENCH_PROFILE"
	configVariable  = "AGENTWARD_BENCH_CONFIG"
)

// profiled starts this program as the gateway.
func (b *bench) profiled(ctx context.Context, v variant, address, file string, number int) (*process, error) {
	folder, err := filepath.Abs(b.profile)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return b.begin(ctx, v.name, address, []string{
		roleVariable + "=" + roleGateway, configVariable + "=" + file, profileVariable + "=" + filepath.Join(folder, fmt.Sprintf("gateway-%d", number)),
	}, self)
}

func serveGateway() (err error) {
	c, diagnostics := config.Load(os.Getenv(configVariable))
	if diagnostics.HasErrors() {
		return diagnostics
	}
	s, err := server.New(c, server.Options{Now: time.Now, Log: slog.New(slog.NewTextHandler(os.Stderr, nil)), Stdout: os.Stdout})
	if err != nil {
		return err
	}
	name := os.Getenv(profileVariable)
	cpu, err := os.Create(name + ".cpu.pprof")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cpu.Close()) }()
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := s.Serve(ctx); err != nil {
		return err
	}
	heap, err := os.Create(name + ".heap.pprof")
	if err != nil {
		return err
	}
	return errors.Join(pprof.Lookup("allocs").WriteTo(heap, 0), heap.Close())
}
