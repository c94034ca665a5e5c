package server

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// inForce says which configuration is in force, and what became of a newer one.
type inForce struct {
	Revision string    `json:"revision"` // as its author calls it, "" where it has no name
	Since    time.Time `json:"since"`
	Refused  *refused  `json:"refused,omitempty"` // nil where the newest is in force
}

// refused is a configuration that came later than the one in force, and could not be used.
type refused struct {
	Revision string `json:"revision"` // "" where it has no name or that cannot be known
	Error    string `json:"error"`
}

// mostError is how many bytes of an error are told.
const mostError = 8 << 10

// Refused says that the newest configuration cannot be used, and why; the one before stays. revision is what it calls itself, where that is known.
func (s *Server) Refused(revision string, why error) {
	s.reload.Lock()
	defer s.reload.Unlock()
	s.refuse(revision, why)
}

func (s *Server) refuse(revision string, why error) {
	text := why.Error()
	if len(text) > mostError {
		text = strings.ToValidUTF8(text[:mostError], "") + "…"
	}
	now := *s.status.Load()
	now.Refused = &refused{Revision: revision, Error: text}
	s.status.Store(&now)
	s.metrics.count("agent_gateway_reloads_total", "result", "refused")
}

// serveStatus answers with the status.
func (s *Server) serveStatus(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(s.status.Load()) // an operator who is gone needs no answer
}
