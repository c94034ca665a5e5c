package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/agentward/terraform-provider-agent/internal/gateway/cluster"
	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
	"github.com/agentward/terraform-provider-agent/internal/gateway/policy"
	"github.com/agentward/terraform-provider-agent/internal/gateway/server"
)

// load reads a configuration, and says everything that is wrong with it. Its error is then an errUnusable.
func load(e environment, path string) (*config.Config, error) {
	if path == "" {
		return nil, errors.New("name the configuration with -config")
	}
	c, known, diagnostics := config.Try(path)
	var wrong []string
	for _, d := range diagnostics {
		fmt.Fprintln(e.stderr, told(d))
		if d.Severity == hcl.DiagError {
			wrong = append(wrong, told(d))
		}
	}
	if diagnostics.HasErrors() {
		return nil, errUnusable{known: known, why: strings.Join(wrong, "\n")}
	}
	if c.Policies.Len() == 0 {
		fmt.Fprintf(e.stderr, "%s: warning: there are no policies, so that no call is permitted: add a policies block\n", path)
	}
	return c, nil
}

// errUnusable is what is wrong with a configuration, which has been said.
type errUnusable struct {
	known config.Known
	why   string
}

// Error implements error.
func (e errUnusable) Error() string { return e.why }

// Is says that it is an errTold.
func (e errUnusable) Is(other error) bool { return other == errTold } //nolint:errorlint // this is what errors.Is asks

// told is a diagnostic in one line: file, line and column, whether it is only a warning, what is wrong, and what to do.
func told(d *hcl.Diagnostic) string {
	where := ""
	if d.Subject != nil {
		where = fmt.Sprintf("%s:%d:%d: ", d.Subject.Filename, d.Subject.Start.Line, d.Subject.Start.Column)
	}
	if d.Severity == hcl.DiagWarning {
		where += "warning: "
	}
	return where + d.Summary + ": " + d.Detail
}

func serve(ctx context.Context, e environment, args []string) error {
	var path, configMap, directory, serviceAccount string
	err := flags(e, "serve", func(f *flag.FlagSet) {
		f.StringVar(&path, "config", "", "configuration `file`")
		f.StringVar(&configMap, "config-map", "", "in a pod, instead of -config: ConfigMap with the configuration, as `namespace/name`")
		f.StringVar(&directory, "directory", "/run/agent-gateway", "with -config-map: `folder` for copies of it and of what it lists")
		f.StringVar(&serviceAccount, "service-account", cluster.ServiceAccount, "with -config-map: `folder` with the token and ca.crt of a service account")
	}, args)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(e.stderr, nil))
	from := source(file(path))
	switch {
	case path != "" && configMap != "":
		return errors.New("name the configuration with -config or with -config-map, not with both")
	case configMap != "":
		p, err := openPod(configMap, directory, serviceAccount, log)
		if err != nil {
			return err
		}
		defer p.mirrors.Close() //nolint:errcheck // nothing is written to it
		from = p
	}
	c, err := from.first(ctx, e)
	if err != nil {
		if ctx.Err() != nil {
			return nil //nolint:nilerr // it was told to stop while it waited
		}
		return err
	}
	pace()
	w := &watcher{e: e, from: from, log: log, c: c, files: c.Files}
	if again, _, err := w.read(); err == nil {
		w.c = again // what changed since the first look is in it, and what changes from now on is seen
		w.taken()
	}
	s, err := server.Open(ctx, w.c, server.Options{Now: time.Now, Log: log, Stdout: e.stdout, Stale: from.stale})
	if err != nil {
		return err
	}
	for _, l := range w.c.Listeners {
		for _, t := range w.c.Targets {
			log.Info("serving", "target", t.Name, "url", s.Origin(l.Name)+t.Path)
		}
	}
	if s.Admin() != "" {
		log.Info("admin", "url", "http://"+s.Admin())
	}
	w.s = s
	go w.watch(ctx)
	return s.Serve(ctx)
}

// pace lets garbage grow to four times what is in use before it is collected, unless GOGC says otherwise. In use are few MiB, of which the
// usual pace would make many small collections; GOMEMLIMIT bounds what it may come to.
func pace() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
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
