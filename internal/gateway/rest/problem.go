package rest

import (
	"encoding/json"
	"net/http"
	"strings"
)

// Problem is a refusal that clients of HTTP APIs understand (RFC 9457).
type Problem struct {
	Status int
	Detail string
	// Policies are the ids of those that denied the request, Limit the name of the limit that it ran into.
	Policies []string
	Limit    string
	Allow    string // the methods that a 405 allows
}

// Error implements error.
func (p *Problem) Error() string { return p.Detail }

func bad(detail string) *Problem { return &Problem{Status: http.StatusBadRequest, Detail: detail} }

// Respond answers a request with the problem.
func (p *Problem) Respond(w http.ResponseWriter) {
	if p.Allow != "" {
		w.Header().Set("Allow", p.Allow)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	body, err := json.Marshal(struct {
		Title    string   `json:"title"`
		Status   int      `json:"status"`
		Detail   string   `json:"detail,omitempty"`
		Policies []string `json:"policies,omitempty"`
		Limit    string   `json:"limit,omitempty"`
	}{http.StatusText(p.Status), p.Status, strings.ToValidUTF8(p.Detail, "\ufffd"), p.Policies, p.Limit})
	if err == nil { // strings and numbers can always be written
		_, _ = w.Write(append(body, '\n')) // a client that is gone needs no answer
	}
}
