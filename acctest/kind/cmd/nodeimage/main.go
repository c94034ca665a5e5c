// Command nodeimage builds the node image for kind that tests use where none can be pulled, and prints its name.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/agentward/terraform-provider-agent/acctest/kind"
	"github.com/agentward/terraform-provider-agent/acctest/kind/nodeimage"
)

func main() { os.Exit(status()) }

func status() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "nodeimage:", err)
		return 1
	}
	return 0
}

func run(ctx context.Context) error {
	if err := kind.StartDocker(ctx, os.Stderr); err != nil {
		return err
	}
	image, err := nodeimage.Build(ctx, os.Stderr)
	if err == nil {
		fmt.Println(image)
	}
	return err
}
