// Command tools builds the programs that the tests run, one after another, and says how far it is: all that `make test` needs, or those of
// the given names, or "all", those of a kind cluster and the linters too. A program that is already there is not built again.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/agentward/terraform-provider-agent/acctest/tool"
)

func main() {
	paths := flag.Bool("path", false, "print the path of each program on standard output, one a line")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, flag.Args(), *paths)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "tools:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, names []string, paths bool) error {
	tools, err := chosen(names)
	if err != nil {
		return err
	}
	for i, t := range tools {
		path, err := t.Find()
		if errors.Is(err, tool.ErrNotFound) {
			path, err = build(ctx, t, fmt.Sprintf("[%d/%d] %s", i+1, len(tools), t.Name))
		}
		if err != nil {
			return err
		}
		if paths {
			fmt.Println(path)
		}
	}
	return nil
}

func chosen(names []string) ([]tool.Tool, error) {
	switch {
	case len(names) == 0:
		return tool.ForTests(), nil
	case slices.Equal(names, []string{"all"}):
		return tool.All(), nil
	}
	var tools []tool.Tool
	for _, name := range names {
		t, err := tool.Named(name)
		if err != nil {
			return nil, err
		}
		tools = append(tools, t)
	}
	return tools, nil
}

// build talks on standard error, so that standard output is left to the paths.
func build(ctx context.Context, t tool.Tool, label string) (string, error) {
	version, err := t.Version()
	if err != nil {
		return "", err
	}
	start := time.Now()
	fmt.Fprintf(os.Stderr, "%s %s: building it from its Go module, once; later runs find it in the cache\n", label, version)
	path, err := t.Build(ctx, func(status string) { fmt.Fprintf(os.Stderr, "%s: %s\n", label, status) })
	if err != nil {
		return "", err
	}
	fmt.Fprintf(os.Stderr, "%s: built in %s: %s\n", label, time.Since(start).Round(time.Second), path)
	return path, nil
}
