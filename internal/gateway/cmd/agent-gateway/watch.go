package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
	"github.com/agentward/terraform-provider-agent/internal/gateway/server"
)

const (
	// watchEvery is how often the files of a configuration are looked at. An agent that was suspended there can do nothing a second later.
	watchEvery = 250 * time.Millisecond
	// lackingTime is how long what a configuration lacks may be on its way before the configuration is refused.
	lackingTime = 10 * time.Second
)

// watcher takes over configurations that changed.
type watcher struct {
	e    environment
	s    *server.Server
	from source
	log  *slog.Logger

	c       *config.Config // that is in force
	seen    string         // the fingerprint of what was looked at last
	lacking time.Time      // since when the newest lacks something, zero where it lacks nothing or was refused for it
}

// watch looks when a file of the configuration changed, when the source says so, and on SIGHUP.
func (w *watcher) watch(ctx context.Context) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.e.hangup:
			w.seen = ""
		case <-w.from.changed():
			w.seen = ""
		case <-tick.C:
		}
		overdue := !w.lacking.IsZero() && time.Since(w.lacking) > lackingTime
		if now := fingerprint(w.c.Files); now != w.seen || overdue {
			w.seen = now
			w.take(overdue)
		}
	}
}

// take takes the newest configuration over. Where it lacks something, that is waited for unless it is overdue; what changes then is told, so
// that it is tried again. Where it is not taken over, those are suspended nevertheless whom the files name that the one in force has for that.
func (w *watcher) take(overdue bool) {
	in := w.c
	defer func() {
		if w.c == in {
			w.s.Suspend(in.SuspendedNow())
		}
	}()
	next, err := w.from.load(w.e)
	var lacks errLacking
	if errors.As(err, &lacks) && !overdue {
		if w.lacking.IsZero() {
			w.lacking = time.Now()
			w.log.Info("the newest configuration waits for what it needs", "for", lacks.error)
		}
		return
	}
	w.lacking = time.Time{}
	if err != nil {
		w.s.Refused()
	} else {
		err = w.s.Reload(next)
	}
	if err != nil {
		w.log.Error("configuration cannot be used; the last good one stays", "file", w.c.File, "error", err)
		return
	}
	w.c, w.seen = next, fingerprint(next.Files)
	w.log.Info("configuration taken over", "file", w.c.File, "policies", w.c.Policies.Len())
	if err := w.from.taken(); err != nil {
		w.log.Warn("what is needed no longer cannot be removed", "error", err)
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
