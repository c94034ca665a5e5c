// Command npm installs the npm packages that the tests use, or says in plain words why those tests will be skipped.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/agentward/terraform-provider-agent/acctest/npm"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	_, err := npm.Install(ctx, func(status string) { fmt.Fprintln(os.Stderr, "npm packages:", status) })
	stop()
	if why, is := npm.IsUnavailable(err); is {
		fmt.Fprintf(os.Stderr, "npm packages: %s; the tests that need them are skipped\n", why)
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "npm:", err)
		os.Exit(1)
	}
}
