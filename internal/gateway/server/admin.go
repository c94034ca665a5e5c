package server

import (
	"fmt"
	"net/http"
)

// adminHandler serves what operators ask: whether the process lives, whether it serves, and its metrics.
func (s *Server) adminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !s.ready.Load() {
			http.Error(w, "not serving", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		s.metrics.write(w)
		c := s.audit.Counts()
		gauge(w, "agent_gateway_audit_waiting", "Audit records that wait for a sink.", int64(c.Waiting))
		counter(w, "agent_gateway_audit_written_total", "Audit records that every sink took.", c.Written)
		counter(w, "agent_gateway_audit_failed_total", "Audit records that a sink failed to take.", c.Failed)
		counter(w, "agent_gateway_audit_shed_total", "Audit records that were dropped because the queue was full.", c.Shed)
		gauge(w, "agent_gateway_policies", "Policies in force.", int64(s.now.Load().config.Policies.Len()))
	})
	return mux
}
