package main

import (
	"context"
	"flag"
	"fmt"
	"runtime"

	"github.com/agentward/terraform-provider-agent/internal/gateway/build"
)

// showVersion prints what was built from what, in one line.
func showVersion(_ context.Context, e environment, args []string) error {
	if err := flags(e, "version", func(*flag.FlagSet) {}, args); err != nil {
		return err
	}
	from := ""
	if revision := build.Revision(); revision != "" {
		from = ", revision " + revision
	}
	_, err := fmt.Fprintf(e.stdout, "agent-gateway %s (%s, %s/%s%s)\n", build.Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH, from)
	return err
}
