package gcptest

import (
	"fmt"
	"path"
	"slices"
	"time"
)

// Drop says when a connection is dropped.
type Drop int

// A connection is not dropped, or before the request has its effect, or after it: then the client cannot know that it had.
const (
	NoDrop Drop = iota
	DropBefore
	DropAfter
)

// Fault makes requests fail.
type Fault struct {
	// Method is a pattern (as of path.Match) of the IDs of the methods that fail, as in "networkservices.*.agentGateways.create". All
	// match the empty one.
	Method string
	// Mutations is true where only requests that change something fail.
	Mutations bool
	// Skip is how many matching requests pass first.
	Skip int
	// Times is how many fail then. 0 is 1; all fail where it is negative.
	Times int
	// Status is answered, as in "ABORTED", "RESOURCE_EXHAUSTED" (429), "INTERNAL" (500), "UNAVAILABLE" (503).
	Status string
	// Message goes with it.
	Message string
	// RetryAfter is how long the answer asks the client to wait, if it is not 0.
	RetryAfter time.Duration
	// InOperation lets the request itself succeed, and the operation that it begins fail.
	InOperation bool
	// Drop drops the connection instead of answering.
	Drop Drop
}

func (f *Fault) matches(r *route) bool {
	if f.Mutations && !r.mutation() {
		return false
	}
	if f.Method == "" {
		return true
	}
	ok, err := path.Match(f.Method, r.ID)
	return ok && err == nil
}

// Inject adds a fault. Faults are tried in the order in which they were added, and the first that strikes decides.
func (s *Server) Inject(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.Times == 0 {
		f.Times = 1
	}
	s.faults = append(s.faults, &f)
	// A client's transport repeats a read by itself when a connection it has used before is dropped. Nobody would see the fault.
	s.http.Config.SetKeepAlivesEnabled(false)
}

// strike is the fault that hits a request, if one does.
func (s *Server) strike(r *route) *Fault {
	for i, f := range s.faults {
		if !f.matches(r) {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		if f.Times > 0 {
			if f.Times--; f.Times == 0 {
				s.faults = slices.Delete(s.faults, i, i+1)
			}
		}
		return f
	}
	return nil
}

func (f *Fault) refusal() *refusal {
	message := f.Message
	if message == "" {
		message = "a fault that the test injected"
	}
	r := refuse(f.Status, "%s", message)
	if f.RetryAfter > 0 {
		r.details = []any{map[string]any{
			"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": fmt.Sprintf("%.3fs", f.RetryAfter.Seconds()),
		}}
	}
	return r
}

// Mend ends all faults that are injected.
func (s *Server) Mend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// StopAfter lets n more requests through and drops the connections of all later ones, as if the client had lost its network or had
// been killed there. Resume ends it.
func (s *Server) StopAfter(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left, s.stopping = n, true
	s.http.Config.SetKeepAlivesEnabled(false)
}

// Resume lets requests through again.
func (s *Server) Resume() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopping = false
}
