package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/agentward/terraform-provider-agent/provider"
)

// profileVariable names the folder for the profiles, to this program when Terraform starts it as the provider.
const profileVariable = "AGENTWARD_BENCH_PROFILE"

// serveProfiled makes this process the provider where Terraform has started it as one, and profiles it. The product itself
// carries nothing of the kind.
func serveProfiled() {
	if filepath.Base(os.Args[0]) != providerBinary {
		return
	}
	if err := serve(os.Getenv(profileVariable)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func serve(dir string) (err error) {
	name := filepath.Join(dir, strconv.Itoa(os.Getpid()))
	cpu, err := os.Create(name + ".cpu.pprof")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cpu.Close()) }()
	// Each allocation of the kinds that count is seen, not one in half a mebibyte.
	runtime.MemProfileRate = 64 << 10
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	if err := provider.LimitLogs(); err != nil {
		return err
	}
	options := providerserver.ServeOpts{Address: "registry.terraform.io/agentward/agent"}
	if err := providerserver.Serve(context.Background(), provider.New("profiled"), options); err != nil {
		return err
	}
	heap, err := os.Create(name + ".heap.pprof")
	if err != nil {
		return err
	}
	return errors.Join(pprof.Lookup("allocs").WriteTo(heap, 0), heap.Close())
}
