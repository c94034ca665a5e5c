// Command quickstart shows the provider at work on a cluster of this machine: it brings the cluster up, applies
// examples/quickstart, has an agent refused and another admitted, changes a governed field behind Terraform's back, and lets
// Terraform find it and put it back. Every step is checked; one that turns out otherwise ends the program with an error.
//
//	quickstart up     brings everything up and shows it; may be run again
//	quickstart down   removes everything
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/agentward/terraform-provider-agent/acctest/tool"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "\nquickstart:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	dir := flags.String("dir", "", "folder for the cluster, the provider and Terraform's state (default .quickstart in the repository)")
	kind := flags.String("cluster", "auto", "kind, local (etcd and kube-apiserver as processes), or auto: kind where Docker and a node image are there")
	if err := flags.Parse(args); err != nil {
		return err
	}
	root, err := tool.Root()
	if err != nil {
		return err
	}
	if *dir == "" {
		*dir = filepath.Join(root, ".quickstart")
	}
	if *dir, err = filepath.Abs(*dir); err != nil {
		return err
	}
	switch flags.Arg(0) {
	case "up", "":
		s := &show{root: root, example: filepath.Join(root, "examples", "quickstart"), dir: *dir, out: out, patience: time.Minute}
		return s.up(ctx, *kind)
	case "down":
		return down(ctx, *dir, out)
	default:
		return fmt.Errorf("%q is neither up nor down", flags.Arg(0))
	}
}
