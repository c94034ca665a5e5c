package stdio

import (
	"context"
	"fmt"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
)

// sharedOf gives the conversation that the stateless calls of a caller share, and begins it where there is none.
func (s *Server) sharedOf(who principal.Principal) (*conversation, error) {
	owner := ownerOf(who)
	s.mu.Lock()
	if c := s.shared[owner]; c != nil {
		s.mu.Unlock()
		return c, nil
	}
	if k := s.crashes[owner]; k != nil && time.Now().Before(k.until) {
		s.mu.Unlock()
		return nil, errBackoff
	}
	s.mu.Unlock()
	return s.begin(who, "")
}

// begin starts a process for a caller.
func (s *Server) begin(who principal.Principal, session string) (*conversation, error) {
	c := &conversation{
		server: s, owner: ownerOf(who), agent: agentOf(who), who: who, session: session,
		pending: map[string]*asked{}, tokens: map[string]*asked{}, used: time.Now(),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if other := s.shared[c.owner]; session == "" && other != nil {
		return other, nil // begun in between
	}
	switch {
	case s.closed:
		return nil, errClosed
	case s.running[c.agent] >= s.o.PerAgent:
		return nil, errPerAgent
	case s.total >= s.o.Total:
		return nil, errTotal
	}
	// What the process says is looked at only once the conversation is whole.
	ready := make(chan struct{})
	defer close(ready)
	c.idle = time.AfterFunc(s.o.Idle, c.rest)
	began := time.Now()
	var err error
	c.process, err = start(&s.o, func(line []byte) error {
		<-ready
		return c.say(line)
	})
	if err != nil {
		c.idle.Stop()
		s.crashed(c, began)
		return nil, fmt.Errorf("start the server's process: %w", err)
	}
	s.running[c.agent]++
	s.total++
	if session == "" {
		s.shared[c.owner] = c
	} else {
		s.sessions[session] = c
	}
	s.alive.Go(func() {
		<-c.process.gone
		s.gone(c, began)
	})
	return c, nil
}

// gone takes note of a process that has ended.
func (s *Server) gone(c *conversation, began time.Time) {
	c.mu.Lock()
	wanted := c.ended
	c.mu.Unlock()
	s.forget(c)
	c.end()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running[c.agent]--; s.running[c.agent] <= 0 {
		delete(s.running, c.agent)
	}
	s.total--
	if !wanted {
		s.crashed(c, began)
	}
}

// crashed makes a caller whose shared process does not stay wait before the next.
func (s *Server) crashed(c *conversation, began time.Time) {
	if c.session != "" {
		return // a client begins another session or it does not
	}
	now := time.Now()
	for owner, k := range s.crashes {
		if now.Sub(k.until) > maxBackoff {
			delete(s.crashes, owner)
		}
	}
	k := s.crashes[c.owner]
	if k == nil || now.Sub(began) > wellAfter {
		k = &crash{}
		s.crashes[c.owner] = k
	}
	k.until = now.Add(min(maxBackoff, minBackoff<<min(k.times, 6)))
	k.times++
}

// forget takes a conversation out, so that nobody finds it any more.
func (s *Server) forget(c *conversation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sessions[c.session] == c {
		delete(s.sessions, c.session)
	}
	if s.shared[c.owner] == c {
		delete(s.shared, c.owner)
	}
}

// Suspend ends the processes of callers that may do nothing any more.
func (s *Server) Suspend(suspended func(principal.Principal) bool) {
	for _, c := range s.all() {
		if suspended(c.who) {
			s.forget(c)
			c.end()
		}
	}
}

func (s *Server) all() []*conversation {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*conversation
	for _, c := range s.sessions {
		all = append(all, c)
	}
	for _, c := range s.shared {
		all = append(all, c)
	}
	return all
}

// Running says how many processes there are.
func (s *Server) Running() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total
}

// Close ends all processes, and waits for them until ctx is done.
func (s *Server) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	for _, c := range s.all() {
		s.forget(c)
		c.end()
	}
	done := make(chan struct{})
	go func() {
		s.alive.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("processes of target %q: %w", s.o.Target, ctx.Err())
	}
}
