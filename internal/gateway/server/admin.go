package server

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// aliveTime is how long the store has to answer whether it is there.
const aliveTime = 2 * time.Second

// adminHandler serves what operators ask: whether the process lives, whether it serves, which configuration is in force, and its metrics.
func (s *Server) adminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		fatal, notes := s.wrong(r.Context())
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		if len(fatal) > 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, "not ready\n") // an operator who is gone needs no answer
		} else {
			_, _ = io.WriteString(w, "ok\n")
		}
		for _, line := range append(fatal, notes...) {
			fmt.Fprintln(w, line)
		}
	})
	mux.HandleFunc("GET /status", s.serveStatus)
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}))
	return mux
}

// wrong says what keeps the gateway from serving calls, and what else an operator should know of.
func (s *Server) wrong(ctx context.Context) (fatal, notes []string) {
	if !s.ready.Load() {
		return []string{"not serving: the gateway starts or stops"}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, aliveTime)
	defer cancel()
	if err := s.store.Alive(ctx); err != nil {
		fatal = append(fatal, fmt.Sprintf("store: %v; calls are refused until it is back", err))
	}
	if end, ok := s.certificateEnd(); ok && !s.options.Now().Before(end) {
		fatal = append(fatal, "certificate: the gateway's own has expired at "+end.UTC().Format(time.RFC3339))
	} else if !ok && s.now.Load().identity.certificate != nil {
		fatal = append(fatal, "certificate: the gateway has none that can be used")
	}
	for _, q := range s.audit.Status() {
		switch {
		case q.Stalled() && q.Blocks:
			fatal = append(fatal, fmt.Sprintf("audit: sink %q has taken nothing for %s, %d of %d records wait; calls wait for it%s",
				q.Sink, q.Behind.Truncate(time.Second), q.Waiting, q.Queue, because(q.Err)))
		case q.Stalled():
			notes = append(notes, fmt.Sprintf("audit: sink %q has taken nothing for %s, %d records were shed%s", q.Sink, q.Behind.Truncate(time.Second), q.Shed, because(q.Err)))
		case q.Err != nil:
			notes = append(notes, fmt.Sprintf("audit: sink %q failed, %d records are lost%s", q.Sink, q.Failed+q.Shed, because(q.Err)))
		}
	}
	if now := s.status.Load(); now.Refused != nil {
		notes = append(notes, "configuration: the newest cannot be used; that of "+now.Since.Format(time.RFC3339)+" is in force")
	}
	for _, err := range s.options.stale() {
		notes = append(notes, "configuration: "+err.Error())
	}
	return fatal, notes
}

func because(err error) string {
	if err == nil {
		return ""
	}
	return ": " + err.Error()
}

// certificateEnd gives when the gateway's own certificate ends, false where it has none that can be used.
func (s *Server) certificateEnd() (time.Time, bool) {
	certificate := s.now.Load().identity.certificate
	if certificate == nil {
		return time.Time{}, false
	}
	pair, err := certificate()
	if err != nil || pair.Leaf == nil {
		return time.Time{}, false
	}
	return pair.Leaf.NotAfter, true
}
