package server

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/gateway/a2a"
	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
	"github.com/agentward/terraform-provider-agent/internal/gateway/rpc"
)

// a2aProtocol is a target that speaks A2A, in whichever bindings the configuration says where to reach it.
type a2aProtocol struct {
	*config.A2A
	parser              *a2a.Parser
	jsonrpc, rest, grpc *url.URL   // nil for a binding that is not served
	cards               *a2a.Cards // of the target's reach
}

func newA2A(c *config.Config, t config.Target) (protocol, error) {
	limits := scanned(c.LimitsOf(&t))
	p := &a2aProtocol{
		A2A:    t.A2A,
		parser: &a2a.Parser{Target: t.Name, Versions: t.Versions, Limits: limits, SkillKey: t.A2A.SkillKey},
	}
	for _, place := range []struct {
		to   **url.URL
		text string
	}{{&p.jsonrpc, p.JSONRPC}, {&p.rest, p.HTTPJSON}, {&p.grpc, p.GRPC}} {
		if place.text == "" {
			continue
		}
		u, err := url.Parse(place.text)
		if err != nil {
			return nil, fmt.Errorf("target %q: %w", t.Name, err)
		}
		*place.to = u
	}
	return p, nil
}

func (p *a2aProtocol) below() bool { return true }

func (p *a2aProtocol) begin(x *exchange) conversation {
	if _, _, ok := a2a.Service(x.below); ok && p.grpc != nil {
		over := *x.target
		over.transport = x.g.reaches[x.target.Name].http2
		x.target = &over
		return &rpcPass{exchange: x, url: p.grpc, read: func(string) (rpcReading, *rpc.Status) { return p.read(x) }}
	}
	c := &a2aConversation{exchange: x, a2aProtocol: p, binding: a2a.HTTPJSON}
	if x.below == "" {
		c.binding = a2a.JSONRPC
	}
	return c
}

// a2aConversation is one request of A2A over JSON-RPC or HTTP+JSON.
type a2aConversation struct {
	*exchange
	*a2aProtocol
	binding a2a.Binding
	text    []byte
	asked   *a2a.Exchange
}

func (c *a2aConversation) serve() {
	if c.exchange.below == a2a.WellKnown {
		c.publicCard()
		return
	}
	var ok bool
	if c.text, ok = c.body(); !ok || !c.understood() {
		return
	}
	if bad := c.skill(c.exchange, c.asked); bad != nil {
		c.unsound(bad)
		return
	}
	if c.allowed() {
		c.pass(c.r.Method, c.upstreamURL(), c.passed(), bytes.NewReader(c.text), c.answer)
	}
}

// understood reads the request, or answers why it cannot be read.
func (c *a2aConversation) understood() bool {
	r := a2a.Request{Method: c.r.Method, Path: c.exchange.below, Query: c.r.URL.RawQuery, Header: c.r.Header, Body: c.text}
	var bad *a2a.Error
	switch {
	case c.binding == a2a.JSONRPC && c.jsonrpc != nil:
		c.asked, bad = c.parser.JSONRPC(r)
	case c.binding == a2a.HTTPJSON && c.rest != nil:
		c.asked, bad = c.parser.HTTPJSON(r)
	default:
		bad = a2a.NewError(a2a.MethodNotFound, nil, fmt.Sprintf("the binding %s is not served here", c.binding))
		bad.Status = http.StatusNotFound
	}
	if bad == nil {
		return true
	}
	c.unsound(bad)
	return false
}

// unsound refuses what cannot be decided on.
func (c *a2aConversation) unsound(bad *a2a.Error) {
	c.metrics.count("agent_gateway_refused_total", "target", c.target.Name)
	c.rejected(bad.HTTP(c.binding), "", "the request cannot be decided on as A2A")
	bad.Respond(c.w, c.binding)
}

// skill finds out which of the agent's skills a message is for: that which its metadata names, and which the card must have, or the only one
// of the card. Where neither is said, the message is for the agent as a whole.
func (p *a2aProtocol) skill(x *exchange, asked *a2a.Exchange) *a2a.Error {
	if !asked.Sends() {
		return nil
	}
	card, err := p.cards.Get(x.r.Context(), x.cardTransport())
	switch {
	case errors.Is(err, a2a.ErrNoCard):
		if asked.Skill != "" {
			asked.ForSkill(a2a.Skill{ID: asked.Skill})
		}
		return nil
	case err != nil:
		x.noCard(err)
		return a2a.NewError(a2a.Unavailable, asked, "the agent's card, which says what skills there are, cannot be had")
	}
	if asked.Skill != "" {
		s, ok := card.Skill(asked.Skill)
		if !ok {
			return a2a.NewError(a2a.InvalidParams, asked, "message.metadata: the agent has no such skill")
		}
		asked.ForSkill(s)
		return nil
	}
	if all := card.Skills(); len(all) == 1 {
		asked.ForSkill(all[0])
	}
	return nil
}

func (x *exchange) noCard(err error) {
	x.metrics.count("agent_gateway_upstream_faults_total", "target", x.target.Name)
	x.options.Log.Warn("an agent's card cannot be had", "target", x.target.Name, "error", err)
}

// cardTransport is how a target's public card is fetched, whatever the binding of the request is and whoever asks.
func (x *exchange) cardTransport() http.RoundTripper { return x.g.reaches[x.target.Name].bare }

// allowed decides on the call, and answers one that may not be made.
func (c *a2aConversation) allowed() bool {
	d := c.ask(c.asked.Call)
	if d.Allowed || !c.enforced() {
		return true
	}
	c.respond(c.asked.Deny(d.Reason, d.Policies))
	return false
}

// respond answers with a refusal, once what was decided is written down.
func (c *a2aConversation) respond(e *a2a.Error) {
	if c.write(e.HTTP(c.binding)) {
		e.Respond(c.w, c.binding)
	}
}

// problems are those of A2A for a refusal's status; that of others is an invalid request.
var problems = map[int]a2a.Problem{
	http.StatusForbidden:           a2a.Denied,
	http.StatusTooManyRequests:     a2a.Exhausted,
	http.StatusInternalServerError: a2a.Internal,
	http.StatusBadGateway:          a2a.Unavailable,
	http.StatusServiceUnavailable:  a2a.Unavailable,
	http.StatusGatewayTimeout:      a2a.Unavailable,
}

func (c *a2aConversation) refuse(r refusal) {
	problem, ok := problems[r.status]
	if !ok {
		problem = a2a.InvalidRequest
	}
	e := a2a.NewError(problem, c.asked, r.text())
	e.Status = r.status
	e.Respond(c.w, c.binding)
}

// upstreamURL is where the agent serves what was asked. The path holds no escapes, and the query has been read.
func (c *a2aConversation) upstreamURL() *url.URL {
	from := c.jsonrpc
	if c.binding == a2a.HTTPJSON {
		from = c.rest
	}
	u := *from
	if c.binding == a2a.HTTPJSON {
		u.Path, u.RawPath = strings.TrimSuffix(u.Path, "/")+c.exchange.below, ""
	}
	u.RawQuery = c.r.URL.RawQuery
	return &u
}

// passed is the request's header as the agent may see it.
func (c *a2aConversation) passed() http.Header {
	h := c.r.Header.Clone()
	h.Set("Accept-Encoding", "identity") // what is passed back is read
	for name := range h {
		if overrides[strings.ReplaceAll(strings.ToLower(name), "_", "-")] {
			h.Del(name) // the method and the path are those that were decided on
		}
	}
	return h
}

// seen says whether a list may show a task to the caller.
func (p *a2aProtocol) seen(x *exchange, asked *a2a.Exchange) func(id string) bool {
	return func(id string) bool { return x.shows(asked.TaskSeen(id)) }
}

// errNoAnswer is an answer that cannot be passed on.
var errNoAnswer = errors.New("the agent's answer cannot be passed on")

// mediated gives what to pass on of an answer in JSON: tasks that the caller may get, and cards as the gateway shows them.
func (c *a2aConversation) mediated(body []byte) (_ []byte, err error) {
	switch c.asked.Operation {
	case a2a.ListTasks:
		body, err = c.parser.Tasks(c.asked, body, c.seen(c.exchange, c.asked))
	case a2a.GetExtendedAgentCard:
		body, err = c.parser.ExtendedCard(c.asked, body, func(card []byte) ([]byte, error) {
			return c.shown(c.exchange, c.asked, card)
		})
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoAnswer, err)
	}
	return body, nil
}
