package server

import (
	"slices"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
)

// Suspend suspends these besides those whom the configuration in force does, until another is taken over: a suspension holds even where the
// configuration that it came with cannot be used. Whom Suspend named before is not suspended for that any more.
func (s *Server) Suspend(ids []string) {
	s.reload.Lock()
	defer s.reload.Unlock()
	s.suspended.Store(&ids)
	s.endSuspended(s.now.Load())
}

// endSuspended ends what suspended callers have under way, and what they have at targets.
func (s *Server) endSuspended(g *generation) {
	suspends := func(p principal.Principal) bool { return s.suspends(g.config, p) }
	s.underway.suspend(suspends)
	g.suspend(suspends)
}

// suspends says whether a principal may do nothing, by a configuration or by what was added to it.
func (s *Server) suspends(c *config.Config, p principal.Principal) bool {
	added := s.suspended.Load()
	return isSuspended(c.Suspended, p) || added != nil && isSuspended(*added, p)
}

// isSuspended says whether a principal, the agent that it is an instance of, or the user that it acts for is on the list.
func isSuspended(list []string, p principal.Principal) bool {
	return slices.ContainsFunc(list, func(id string) bool {
		return id == p.SPIFFEID || strings.HasPrefix(p.SPIFFEID, id+"/") || p.SPIFFEID == "" && id == p.Subject || id == p.User
	})
}
