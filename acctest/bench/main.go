// Command bench measures the provider on a control plane of its own: agent identities through plan, apply, a second plan and
// destroy, beside the same objects written by a plain client, by kubernetes_manifest of hashicorp/kubernetes where that provider
// is at hand, and beside what Terraform itself takes. It fails where the provider asks more of the API server than it should.
//
//	bench [-n 1000] [-json .build/bench.json] [-profile folder]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/agentward/terraform-provider-agent/acctest/tool"
)

func main() {
	serveProfiled()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "\nbench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) (err error) {
	root, err := tool.Root()
	if err != nil {
		return err
	}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	n := flags.Int("n", 1000, "how many agent identities; each is two objects")
	file := flags.String("json", filepath.Join(root, ".build", "bench.json"), "file for the measures")
	profiles := flags.String("profile", "", "folder for CPU and heap profiles of the provider; its times and memory are then not those of the product")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *n < 1 {
		return fmt.Errorf("-n=%d: at least one identity is needed", *n)
	}
	dir, err := os.MkdirTemp("", "agentward-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()

	program, err := findTerraform()
	if err != nil {
		return err
	}
	plugin, err := pluginFor(ctx, root, dir, *profiles)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Starting a control plane for %d agent identities.\n", *n)
	c, err := startCluster(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Stop()) }()

	b := &bench{cluster: c, terraform: program, dir: dir, identities: *n, out: out}
	report, err := b.run(ctx, plugin, findPeer(os.Getenv))
	if err != nil {
		return err
	}
	if err := report.write(*file); err != nil {
		return err
	}
	report.print(out)
	fmt.Fprintf(out, "\nThe measures are in %s.\n", *file)
	return report.check()
}

// pluginFor gives the provider to measure: the product as it is built, or this program as the provider, where it is to be profiled.
func pluginFor(ctx context.Context, root, dir, profiles string) (plugin, error) {
	p := plugin{source: "agentward/agent", name: providerBinary, dir: filepath.Join(dir, "bin")}
	if profiles == "" {
		return p, buildProvider(ctx, root, filepath.Join(p.dir, p.name))
	}
	profiles, err := filepath.Abs(profiles)
	if err != nil {
		return plugin{}, err
	}
	if err := os.MkdirAll(profiles, 0o755); err != nil {
		return plugin{}, err
	}
	self, err := os.Executable()
	if err != nil {
		return plugin{}, err
	}
	p.env = []string{profileVariable + "=" + profiles}
	return p, p.link(self)
}
