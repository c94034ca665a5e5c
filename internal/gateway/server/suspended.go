package server

import "github.com/agentward/terraform-provider-agent/internal/gateway/principal"

// Suspend suspends these besides those whom the configuration in force does, until another is taken over: a suspension holds even where the
// configuration that it came with cannot be used. Whom Suspend named before is not suspended for that any more.
func (s *Server) Suspend(ids []string) {
	s.reload.Lock()
	defer s.reload.Unlock()
	added := newSuspensions(ids)
	s.suspended.Store(&added)
	s.endSuspended(s.now.Load())
}

// endSuspended ends what suspended callers have under way, and what they have at targets.
func (s *Server) endSuspended(g *generation) {
	suspends := func(p principal.Principal) bool { return s.suspends(g, &p) }
	s.underway.suspend(suspends)
	g.suspend(suspends)
}

// suspends says whether a principal may do nothing, by a configuration or by what was added to it.
func (s *Server) suspends(g *generation, p *principal.Principal) bool {
	added := s.suspended.Load()
	return g.suspended.has(p) || added != nil && added.has(p)
}

// suspensions are those who may do nothing: agents, instances of them, users, and callers without a SPIFFE ID. However many they are, a look takes
// the same time.
type suspensions map[string]struct{}

func newSuspensions(ids []string) suspensions {
	made := make(suspensions, len(ids))
	for _, id := range ids {
		made[id] = struct{}{}
	}
	return made
}

// has says whether a principal, the agent that it is an instance of, or the user that it acts for is suspended.
func (s suspensions) has(p *principal.Principal) bool {
	if len(s) == 0 {
		return false
	}
	for at := range len(p.SPIFFEID) {
		if p.SPIFFEID[at] == '/' && s.names(p.SPIFFEID[:at]) {
			return true
		}
	}
	return s.names(p.SPIFFEID) || s.names(p.User) || p.SPIFFEID == "" && s.names(p.Subject)
}

func (s suspensions) names(id string) bool {
	_, ok := s[id]
	return ok && id != ""
}
