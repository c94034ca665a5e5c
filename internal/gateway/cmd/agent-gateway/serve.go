package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
	"github.com/agentward/terraform-provider-agent/internal/gateway/policy"
	"github.com/agentward/terraform-provider-agent/internal/gateway/server"
)

// watchEvery is how often the files of a configuration are looked at. An agent that was suspended there can do nothing a second later.
const watchEvery = 250 * time.Millisecond

// load reads a configuration, and says everything that is wrong with it.
func load(e environment, path string) (*config.Config, error) {
	if path == "" {
		return nil, errors.New("name the configuration with -config")
	}
	c, diagnostics := config.Load(path)
	for _, d := range diagnostics {
		fmt.Fprintln(e.stderr, told(d))
	}
	if diagnostics.HasErrors() {
		return nil, errTold
	}
	if c.Policies.Len() == 0 {
		fmt.Fprintf(e.stderr, "%s: there are no policies, so that no call is permitted: add a policies block\n", path)
	}
	return c, nil
}

// told is a diagnostic in one line: file, line and column, what is wrong, and what to do.
func told(d *hcl.Diagnostic) string {
	where := ""
	if d.Subject != nil {
		where = fmt.Sprintf("%s:%d:%d: ", d.Subject.Filename, d.Subject.Start.Line, d.Subject.Start.Column)
	}
	return where + d.Summary + ": " + d.Detail
}

func serve(ctx context.Context, e environment, args []string) error {
	var path string
	if err := flags(e, "serve", func(f *flag.FlagSet) { f.StringVar(&path, "config", "", "configuration `file`") }, args); err != nil {
		return err
	}
	c, err := load(e, path)
	if err != nil {
		return err
	}
	pace()
	seen := fingerprint(c.Files)
	log := slog.New(slog.NewTextHandler(e.stderr, nil))
	s, err := server.Open(ctx, c, server.Options{Now: time.Now, Log: log, Stdout: e.stdout})
	if err != nil {
		return err
	}
	for _, l := range c.Listeners {
		for _, t := range c.Targets {
			log.Info("serving", "target", t.Name, "url", s.Origin(l.Name)+t.Path)
		}
	}
	if s.Admin() != "" {
		log.Info("admin", "url", "http://"+s.Admin())
	}
	go watch(ctx, e, s, c, seen, log)
	return s.Serve(ctx)
}

// pace lets garbage grow to four times what is in use before it is collected, unless GOGC says otherwise. In use are few MiB, of which the
// usual pace would make many small collections; GOMEMLIMIT bounds what it may come to.
func pace() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
}

// watch takes over a configuration that changed: when one of its files did, and on SIGHUP.
func watch(ctx context.Context, e environment, s *server.Server, c *config.Config, seen string, log *slog.Logger) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-e.hangup:
			seen = ""
		case <-tick.C:
		}
		now := fingerprint(c.Files)
		if now == seen {
			continue
		}
		seen = now
		next, err := load(e, c.File)
		if err != nil {
			s.Refused()
			log.Error("configuration cannot be used; the last good one stays", "file", c.File)
			continue
		}
		if err := s.Reload(next); err != nil {
			log.Error("configuration cannot be used; the last good one stays", "file", c.File, "error", err)
			continue
		}
		c, seen = next, fingerprint(next.Files)
		log.Info("configuration taken over", "file", c.File, "policies", c.Policies.Len())
	}
}

// fingerprint changes when a file changes, comes or goes. Patterns stand for the files that match them.
func fingerprint(files []string) string {
	var found []string
	for _, f := range files {
		matches, err := filepath.Glob(f)
		if err != nil || len(matches) == 0 {
			matches = []string{f}
		}
		found = append(found, matches...)
	}
	slices.Sort(found)
	var b strings.Builder
	for _, f := range slices.Compact(found) {
		if info, err := os.Stat(f); err == nil {
			fmt.Fprintf(&b, "%s %d %d\n", f, info.Size(), info.ModTime().UnixNano())
		}
	}
	return b.String()
}

func check(_ context.Context, e environment, args []string) error {
	var path string
	if err := flags(e, "check", func(f *flag.FlagSet) { f.StringVar(&path, "config", "", "configuration `file`") }, args); err != nil {
		return err
	}
	c, err := load(e, path)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "%s: valid: %d listeners, %d targets, %d policies\n", path, len(c.Listeners), len(c.Targets), c.Policies.Len())
	return nil
}

func schema(_ context.Context, e environment, args []string) error {
	if err := flags(e, "schema", func(*flag.FlagSet) {}, args); err != nil {
		return err
	}
	_, err := e.stdout.Write(policy.Schema())
	return err
}
