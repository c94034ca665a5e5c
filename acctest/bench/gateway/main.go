// Command gateway measures agent-gateway beside what it could be replaced by: the target without anything in between, nginx with TLS, a bare
// httputil.ReverseProxy with mutual TLS, and every peer that the environment names. All of them stand before the same target, in one run,
// in rounds that take turns, each as a process of its own.
//
//	gateway [-rounds 5] [-time 1s] [-idle 10000] [-json .build/bench-gateway.json] [-hops names] [-loads names] [-profile folder]
//	BENCH_PEER_<NAME>=command with {listen} {upstream} {certificate} {key} {bundle}, or a URL
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
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/agentward/terraform-provider-agent/acctest/tool"
)

func main() {
	if serve := roles[os.Getenv(roleVariable)]; serve != nil {
		if err := serve(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "\nbench:", err)
		os.Exit(1)
	}
}

// options are what a run is asked for.
type options struct {
	rounds  int
	each    time.Duration
	idle    int
	hops    []string
	loads   []load
	json    string
	profile string
}

func (o *options) parse(root string, args []string) error {
	flags := flag.NewFlagSet("gateway", flag.ContinueOnError)
	flags.IntVar(&o.rounds, "rounds", 5, "how often every hop has its turn")
	flags.DurationVar(&o.each, "time", time.Second, "how long one load is put on one hop in one round")
	flags.IntVar(&o.idle, "idle", 10_000, "how many idle streams, and how many idle connections, are held for the measure of memory; 0 for none")
	flags.StringVar(&o.json, "json", filepath.Join(root, ".build", "bench-gateway.json"), "file for the measures")
	flags.StringVar(&o.profile, "profile", "", "folder for CPU and heap profiles of the gateway; its CPU and memory are then not those of the product")
	hops := flags.String("hops", "", "comma-separated names of the hops to measure; all where nothing is said. direct and ReverseProxy are always there")
	names := flags.String("loads", "", "comma-separated names of the loads to put on them; all where nothing is said")
	if err := flags.Parse(args); err != nil {
		return err
	}
	for _, l := range loads {
		if *names == "" || slices.Contains(strings.Split(*names, ","), l.Name) {
			o.loads = append(o.loads, l)
		}
	}
	if *hops != "" {
		o.hops = append(strings.Split(*hops, ","), hopDirect, hopReverseProxy)
	}
	if o.rounds < 1 || o.each <= 0 || o.idle < 0 || len(o.loads) == 0 {
		return errors.New("-rounds and -time are to be positive, -idle not negative, and -loads some that there are")
	}
	return nil
}

// wanted says whether a hop is to be measured.
func (o *options) wanted(name string) bool { return o.hops == nil || slices.Contains(o.hops, name) }

func run(ctx context.Context, args []string, out io.Writer) (err error) {
	root, err := tool.Root()
	if err != nil {
		return err
	}
	var o options
	if err := o.parse(root, args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "agentward-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	b := &bench{options: o, root: root, dir: dir, out: out}
	defer func() { err = errors.Join(err, b.stop()) }()
	if err := b.start(ctx); err != nil {
		return err
	}
	r, err := b.measure(ctx)
	if err != nil {
		return err
	}
	if err := r.write(o.json); err != nil {
		return err
	}
	r.print(out)
	fmt.Fprintf(out, "\nThe measures are in %s.\n", o.json)
	return nil
}
