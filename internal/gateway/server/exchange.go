package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/agentward/terraform-provider-agent/internal/gateway/audit"
	"github.com/agentward/terraform-provider-agent/internal/gateway/authn"
	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/decide"
	"github.com/agentward/terraform-provider-agent/internal/gateway/dpop"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
)

// exchange is one request on its way, and what every protocol does with it.
type exchange struct {
	*Server
	g       *generation
	site    *site
	target  *target
	below   string // what follows the target's path, escaped as it came; "" or with a slash first
	w       http.ResponseWriter
	r       *http.Request
	began   time.Time
	talk    conversation
	tracing *tracing // of this exchange; nil where nothing is traced

	who      principal.Principal
	whose    string          // see agent
	records  []*audit.Record // of the decisions so far, not yet written
	first    *audit.Record   // of those that were written; nil before
	settled  bool            // the request is in the audit log and in the metrics
	progress *progress

	opened  time.Time     // when the answer became a stream, zero where it is none
	outcome audit.Outcome // of the stream, "" while it goes well
	span    trace.Span    // nil where nothing is traced
	id      string        // see mark
	host    string        // that a proxy was asked for and no target has
	proxied bool          // the gateway was asked as a proxy
}

func (x *exchange) serve() {
	ctx, stop := context.WithTimeout(x.r.Context(), x.limits().Total)
	defer stop()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	x.r = x.r.WithContext(ctx)
	if x.tracing = x.traces(); x.tracing != nil {
		x.tracing.begin(x)
		defer x.endSpan()
	}
	if !x.proxied && x.site.foreign(x.r) {
		x.metrics.count("agent_gateway_unauthenticated_total", "listener", x.site.listener.Name, "status", strconv.Itoa(http.StatusForbidden))
		x.refuse(refusal{status: http.StatusForbidden, reason: "the Origin header names a web page that may not call"})
		return
	}
	if !x.authenticate() {
		return
	}
	leave, ok := x.admit()
	if !ok {
		return
	}
	defer leave()
	x.progress = &progress{who: x.who, cancel: cancel}
	defer x.underway.begin(x.progress)()
	// A reload in between may have suspended whom the old configuration let in.
	if x.suspends(x.now.Load(), &x.who) {
		cancel(errSuspended)
	}
	defer x.endStream()
	x.talk.serve()
}

// refuse answers a request that is not passed on.
func (x *exchange) refuse(r refusal) {
	if r.limit != "" {
		x.metrics.count("agent_gateway_limited_total", "limit", r.limit)
	}
	if !x.settled && r.limit != "unauthenticated_rate" && len(x.records) == 0 {
		x.rejected(r.status, r.limit, r.reason)
	}
	x.talk.refuse(r)
}

// authenticate says who calls, or answers what is missing.
func (x *exchange) authenticate() bool {
	who, err := x.site.callers.Authenticate(x.r, x.target.resource)
	if nonce := x.site.callers.Nonce(); nonce != "" {
		x.w.Header().Set(dpop.NonceHeader, nonce)
	}
	if err == nil {
		x.who = who
		x.who.Labels = x.g.config.Labels.Of(&who)
		return true
	}
	var c *authn.Challenge
	if !errors.As(err, &c) {
		c = &authn.Challenge{Status: http.StatusServiceUnavailable, Reason: "the caller cannot be authenticated now", Err: err}
	}
	x.who = c.Who // whom the audit log names
	x.unauthenticated(c)
	return false
}

// body reads the whole body, for a protocol that decides on all of it. What cannot be read has been answered.
func (x *exchange) body() ([]byte, bool) {
	limits := x.limits()
	control := http.NewResponseController(x.w)
	deadline := time.Now().Add(limits.BodyTime) // the connection's own clock
	_ = control.SetReadDeadline(deadline)       // a test's recorder has none
	body, err := readAll(http.MaxBytesReader(x.w, x.r.Body, limits.Body), x.r.ContentLength)
	_ = control.SetReadDeadline(time.Time{})
	var large *http.MaxBytesError
	var slow net.Error
	switch {
	case err == nil:
		return body, true
	case errors.As(err, &large):
		x.w.Header().Set("Connection", "close") // the rest is not read
		x.refuse(refusal{http.StatusRequestEntityTooLarge, "body", fmt.Sprintf("the request has more than %d bytes", limits.Body)})
	case errors.As(err, &slow) && slow.Timeout():
		x.w.Header().Set("Connection", "close")
		x.refuse(refusal{http.StatusRequestTimeout, "body_time", fmt.Sprintf("the request took longer than %s", limits.BodyTime)})
	default:
		x.refuse(refusal{status: http.StatusBadRequest, reason: "the request ended too early"})
	}
	return nil, false
}

// ask decides one call and keeps the record of it. Where the target denies nothing, the caller of ask does not either: see enforced.
func (x *exchange) ask(c *call.Call) decide.Decision {
	r := x.request(c)
	began := time.Now()
	d := x.g.config.Policies.Decide(x.r.Context(), r)
	x.target.meters.decided.Observe(since(began))
	record := audit.New(r, d, x.g.config.Audit.Arguments)
	record.Enforced, record.Listener = x.enforced(), x.site.listener.Name
	x.records = append(x.records, record)
	x.mark(record)
	x.decided(record)
	x.target.meters.call(record)
	if d.Err != nil {
		x.options.Log.Warn("no decision could be made; the call was refused", "target", x.target.Name, "method", c.Method, "error", d.Err)
	}
	return d
}

// enforced says whether what is denied is refused, rather than written down alone.
func (x *exchange) enforced() bool { return !x.target.Audit && !x.site.listener.Audit }

// shows says whether a list may show something to the caller: whether the call could be allowed with some arguments.
func (x *exchange) shows(c *call.Call) bool {
	if !x.enforced() {
		return true
	}
	r := x.request(c)
	r.Listing = true
	return x.g.config.Policies.Decide(x.r.Context(), r).Allowed
}

// request is what a decision on a call may rest on.
func (x *exchange) request(c *call.Call) *decide.Request {
	host, _, _ := net.SplitHostPort(x.r.RemoteAddr)
	return &decide.Request{
		Principal: x.who, Call: c, Time: x.options.Now(), SourceIP: host,
		MTLS: slices.Contains(x.who.Methods, principal.MTLS),
	}
}

// write gives the records that wait to the audit log. Where it cannot take them nothing may be passed on, and the caller is told so.
func (x *exchange) write(status int) bool {
	if len(x.records) == 0 {
		return true
	}
	took := x.options.Now().Sub(x.began)
	if x.first == nil {
		x.first, x.settled = x.records[0], true
		x.target.meters.answered[worst(x.records)].Observe(seconds(took))
	}
	for _, record := range x.records {
		record.Status, record.Duration = status, audit.Milliseconds(took)
		if err := x.audit.Write(x.r.Context(), record); err != nil && !errors.Is(err, audit.ErrShed) {
			x.options.Log.Error("audit log", "error", err)
			x.records = nil
			x.refuse(refusal{status: http.StatusInternalServerError, reason: "the audit log does not take the call"})
			return false
		}
	}
	x.records = nil
	return true
}
