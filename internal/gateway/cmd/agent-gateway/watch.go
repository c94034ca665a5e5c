package main

import (
	"bytes"
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
	files   []string       // of what was read last, whether it is in force or not
	seen    string         // their fingerprint, from before they were read
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
		if now := fingerprint(w.files); now != w.seen || overdue {
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
	next, said, err := w.read()
	_, _ = w.e.stderr.Write(said) // a terminal that takes no more output is nothing to stop for
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
		w.s.Refused(w.revision(err), err)
	} else {
		err = w.s.Reload(next)
	}
	switch {
	case errors.Is(err, errTold):
		w.log.Error("configuration cannot be used; the last good one stays", "file", w.c.File)
		return
	case err != nil:
		w.log.Error("configuration cannot be used; the last good one stays", "file", w.c.File, "error", err)
		return
	}
	w.c = next
	w.log.Info("configuration taken over", "file", w.c.File, "policies", w.c.Policies.Len())
	w.taken()
}

// taken says to the source that what it gave last is in force.
func (w *watcher) taken() {
	if err := w.from.taken(); err != nil {
		w.log.Warn("what is needed no longer cannot be removed", "error", err)
	}
}

// read gives the newest configuration, and what there is to say of it. Where it is made of other files than the one before, it is read again: those
// may have changed after they were read and before anybody looked at them.
func (w *watcher) read() (c *config.Config, said []byte, err error) {
	for range 3 { // somebody who changes the names of files all the time has to wait for the next look
		w.seen = fingerprint(w.files)
		var buffer bytes.Buffer
		e := w.e
		e.stderr = &buffer
		c, err = w.from.load(e)
		said = buffer.Bytes()
		files := w.files
		var unusable errUnusable
		switch {
		case err == nil:
			files = c.Files
		case errors.As(err, &unusable):
			files = slices.Concat(unusable.known.Files, w.c.SuspendedFiles)
		}
		if slices.Equal(files, w.files) {
			break
		}
		w.files = files
	}
	return c, said, err
}

// revision gives what a configuration that cannot be used calls itself.
func (w *watcher) revision(err error) string {
	var unusable errUnusable
	if errors.As(err, &unusable) {
		return unusable.known.Revision
	}
	_, known, _ := config.Try(w.c.File) // it was not looked at, as it lacks something else
	return known.Revision
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
