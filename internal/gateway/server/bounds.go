package server

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
	"github.com/agentward/terraform-provider-agent/internal/gateway/jsonscan"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
	"github.com/agentward/terraform-provider-agent/internal/gateway/store"
)

// bounds are what each agent has under way. Of an agent that has nothing under way nothing is kept.
type bounds struct {
	mu     sync.Mutex
	agents map[string]*held
}

// held is what one agent has under way.
type held struct{ requests, streams int64 }

// kind gives the number of a held that is meant.
type kind func(*held) *int64

func requests(h *held) *int64 { return &h.requests }
func streams(h *held) *int64  { return &h.streams }

// take adds one unless there are as many as may be.
func (b *bounds) take(agent string, of kind, most int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := b.agents[agent]
	if h == nil {
		if b.agents == nil {
			b.agents = map[string]*held{}
		}
		h = &held{}
		b.agents[agent] = h
	}
	n := of(h)
	if *n >= most {
		return false
	}
	*n++
	return true
}

func (b *bounds) leave(agent string, of kind) {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := b.agents[agent]
	*of(h)--
	if *h == (held{}) {
		delete(b.agents, agent)
	}
}

// len gives how many agents have something under way.
func (b *bounds) len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.agents)
}

// agent names whom limits are for: all instances of an agent together, and of others each identity.
func agent(p principal.Principal) string {
	switch {
	case p.Instance != "":
		return strings.TrimSuffix(p.SPIFFEID, "/instance/"+p.Instance)
	case p.SPIFFEID != "":
		return p.SPIFFEID
	}
	return p.Issuer + "\x00" + p.Subject
}

// limits are those that hold for the exchange: the target's own, or the gateway's.
func (x *exchange) limits() *config.Limits {
	if x.target == nil {
		return &x.g.config.Limits
	}
	return x.g.config.LimitsOf(&x.target.Target)
}

// scanned bounds JSON that is read, of callers and targets alike.
func scanned(l *config.Limits) jsonscan.Limits {
	return jsonscan.Limits{Size: int(max(l.Body, l.Answer)), Depth: int(l.Depth)}
}

// agent names whom the limits of the exchange are for. A target with limits of its own counts for itself.
func (x *exchange) agent() string {
	if x.whose == "" {
		if x.whose = agent(x.who); x.target.Limits != nil {
			x.whose += "\x00" + x.target.Name
		}
	}
	return x.whose
}

// admit says whether the agent may have one more request under way, and refuses it otherwise. It holds until the returned function is called.
func (x *exchange) admit() (leave func(), ok bool) {
	who, limits := x.agent(), x.limits()
	if !x.bounds.take(who, requests, limits.AgentConcurrent) {
		x.unread()
		x.refuse(refusal{status: http.StatusTooManyRequests, limit: "agent_concurrent_requests", reason: fmt.Sprintf("more than %d requests of the agent are under way", limits.AgentConcurrent)})
		return nil, false
	}
	if !x.spend(1) {
		x.bounds.leave(who, requests)
		return nil, false
	}
	return func() { x.bounds.leave(who, requests) }, true
}

// spend says whether the agent may ask so many more things now, and refuses the request otherwise.
func (x *exchange) spend(n int64) bool {
	limits := x.limits()
	rate := store.Rate{PerSecond: limits.AgentRate, Burst: limits.AgentBurst}
	wait, err := x.store.Take(x.r.Context(), x.agent(), rate, min(n, rate.Burst))
	switch {
	case err != nil:
		x.unread()
		x.refuse(refusal{status: http.StatusServiceUnavailable, limit: "agent_rate", reason: "the store that counts the agent's requests does not answer"})
		return false
	case wait > 0:
		x.unread()
		x.later(wait)
		x.refuse(refusal{status: http.StatusTooManyRequests, limit: "agent_rate", reason: fmt.Sprintf("the agent asks more than %d times in a second", rate.PerSecond)})
		return false
	}
	return true
}

// later says when it is worth to ask again (RFC 9110 §10.2.3), in whole seconds.
func (x *exchange) later(wait time.Duration) {
	x.w.Header().Set("Retry-After", strconv.FormatInt(int64(math.Ceil(wait.Seconds())), 10))
}

// unread says that the request's body is left where it is, so that its connection is of no use any more. HTTP/2 has a stream for it.
func (x *exchange) unread() {
	if x.r.ProtoMajor == 1 && x.r.ContentLength != 0 {
		x.w.Header().Set("Connection", "close")
	}
}
