package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/audit"
	"github.com/agentward/terraform-provider-agent/internal/gateway/authn"
	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
	"github.com/agentward/terraform-provider-agent/internal/gateway/decide"
	"github.com/agentward/terraform-provider-agent/internal/gateway/dpop"
	"github.com/agentward/terraform-provider-agent/internal/gateway/mcp"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
)

// Why a request under way was ended.
var (
	errStopping  = errors.New("the gateway stops")
	errSuspended = errors.New("the agent was suspended")
	errIdle      = errors.New("limits.idle_time: nothing came from the target")
)

// handler serves a listener: whatever goes wrong in it, the call is refused.
func (s *Server) handler(listener string) http.Handler {
	return http.HandlerFunc(func(to http.ResponseWriter, r *http.Request) {
		w := &answer{ResponseWriter: to}
		_ = http.NewResponseController(to).SetWriteDeadline(time.Time{}) // that of the connection's last answer
		g := s.now.Load()
		at := g.sites[listener]
		defer s.recovered(w, r)
		if s.metrics.inFlight.Add(1) > g.config.Limits.Concurrent {
			defer s.metrics.inFlight.Add(-1)
			s.limited(w, http.StatusServiceUnavailable, "concurrent_requests", fmt.Sprintf("more than %d requests are under way", g.config.Limits.Concurrent))
			return
		}
		defer s.metrics.inFlight.Add(-1)
		if at.service != nil && slices.Contains(at.service.Paths(), r.URL.Path) {
			at.service.ServeHTTP(w, r)
			return
		}
		t, ok := at.targets[r.URL.Path]
		if !ok {
			at.metadata.ServeHTTP(w, r)
			return
		}
		// What is matched and what proofs are made for are the path as it is decided on; another spelling of it is another path.
		if r.URL.RawPath != "" {
			http.NotFound(w, r)
			return
		}
		(&exchange{Server: s, g: g, site: at, target: t, w: w, r: r, began: s.options.Now()}).serve()
	})
}

// recovered refuses a request that a fault of the gateway ended.
func (s *Server) recovered(w *answer, r *http.Request) {
	fault := recover()
	if fault == nil {
		return
	}
	if err, ok := fault.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(fault)
	}
	s.metrics.count("agent_gateway_panics_total")
	s.options.Log.Error("fault of the gateway; the request was refused", "method", r.Method, "path", r.URL.Path, "fault", fault, "stack", string(debug.Stack()))
	if w.begun {
		panic(http.ErrAbortHandler) // what was begun must not look whole
	}
	mcp.NewError(mcp.CodeInternal, nil, "the gateway failed, and the call was refused").Respond(w)
}

// answer is a ResponseWriter that knows whether the answer has begun.
type answer struct {
	http.ResponseWriter
	begun bool
}

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	a.begun = true
	a.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (a *answer) Write(b []byte) (int, error) {
	a.begun = true
	return a.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// limited refuses a request that ran into a limit of the configuration, and names it.
func (s *Server) limited(w http.ResponseWriter, status int, limit, why string) {
	s.metrics.count("agent_gateway_limited_total", "limit", limit)
	e := mcp.NewError(mcp.CodeInvalidRequest, nil, "limits."+limit+": "+why)
	e.Status = status
	w.Header().Set("Connection", "close")
	e.Respond(w)
}

// exchange is one request on its way.
type exchange struct {
	*Server
	g      *generation
	site   *site
	target *target
	w      http.ResponseWriter
	r      *http.Request
	began  time.Time

	who      principal.Principal
	header   http.Header // as the target may see it
	body     []byte
	calls    *mcp.Exchange
	records  []*audit.Record // of the decisions so far, not yet written
	progress *progress
}

func (x *exchange) serve() {
	ctx, stop := context.WithTimeout(x.r.Context(), x.g.config.Limits.Total)
	defer stop()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	x.r = x.r.WithContext(ctx)
	if !x.authenticate() {
		return
	}
	x.progress = &progress{who: x.who, cancel: cancel}
	defer x.underway.begin(x.progress)()
	// A reload in between may have suspended whom the old configuration let in.
	if isSuspended(x.now.Load().config.Suspended, x.who) {
		cancel(errSuspended)
	}
	if x.read() && x.parse() && x.decide() {
		x.forward()
	}
}

// authenticate says who calls, or answers what is missing.
func (x *exchange) authenticate() bool {
	who, err := x.site.callers.Authenticate(x.r, x.target.resource)
	if nonce := x.site.callers.Nonce(); nonce != "" {
		x.w.Header().Set(dpop.NonceHeader, nonce)
	}
	if err == nil {
		err = x.enough(who)
	}
	if err == nil {
		x.who = who
		return true
	}
	var c *authn.Challenge
	if !errors.As(err, &c) {
		c = &authn.Challenge{Status: http.StatusServiceUnavailable, Reason: "the caller cannot be authenticated now", Err: err}
	}
	x.metrics.count("agent_gateway_unauthenticated_total", "listener", x.site.listener.Name, "status", strconv.Itoa(c.Status))
	level := slog.LevelWarn
	if c.Code == string(dpop.UseNonce) {
		level = slog.LevelDebug // the first step of every client
	}
	x.options.Log.Log(x.r.Context(), level, "not authenticated", "listener", x.site.listener.Name, "target", x.target.Name, "client", x.r.RemoteAddr, "error", c.Error())
	c.Write(x.w)
	return false
}

// enough says what of that which the listener asks for was not proven.
func (x *exchange) enough(who principal.Principal) error {
	for _, m := range x.site.listener.Authenticate {
		if slices.Contains(who.Methods, string(m)) {
			continue
		}
		if m == config.MTLS {
			return &authn.Challenge{Status: http.StatusForbidden, Reason: "a client certificate that is an X.509-SVID is needed"}
		}
		bare := x.r.Clone(x.r.Context())
		bare.Header.Del("Authorization")
		if _, err := x.site.tokens.Authenticate(bare, x.target.resource); err != nil {
			return err
		}
		return errors.New("a token was asked for and its absence accepted")
	}
	if !who.Known() {
		return &authn.Challenge{Status: http.StatusForbidden, Reason: "nobody was authenticated"}
	}
	return nil
}

// read reads the body, all of which is decided on.
func (x *exchange) read() bool {
	limits := x.g.config.Limits
	control := http.NewResponseController(x.w)
	deadline := time.Now().Add(limits.BodyTime) // the connection's own clock
	_ = control.SetReadDeadline(deadline)       // a test's recorder has none
	body, err := io.ReadAll(http.MaxBytesReader(x.w, x.r.Body, limits.Body))
	_ = control.SetReadDeadline(time.Time{})
	var large *http.MaxBytesError
	var slow net.Error
	switch {
	case errors.As(err, &large):
		x.limited(x.w, http.StatusRequestEntityTooLarge, "body", fmt.Sprintf("the request has more than %d bytes", limits.Body))
	case errors.As(err, &slow) && slow.Timeout():
		x.limited(x.w, http.StatusRequestTimeout, "body_time", fmt.Sprintf("the request took longer than %s", limits.BodyTime))
	case err != nil:
		mcp.NewError(mcp.CodeInvalidRequest, nil, "the request ended too early").Respond(x.w)
	}
	x.body = body
	return err == nil
}

// parse understands the request, and the session that it claims.
func (x *exchange) parse() bool {
	x.header = x.r.Header.Clone()
	if bound := x.header.Values(mcp.HeaderSession); len(bound) == 1 {
		id, ok := x.sessions.open(x.who, x.target.Name, bound[0])
		if !ok {
			e := mcp.NewError(mcp.CodeInvalidRequest, nil, "there is no such session of yours")
			e.Status = http.StatusNotFound
			e.Respond(x.w)
			return false
		}
		x.header.Set(mcp.HeaderSession, id)
	}
	calls, bad := x.target.parser.Parse(mcp.Request{Method: x.r.Method, Header: x.header, Body: x.body})
	if bad != nil {
		x.metrics.count("agent_gateway_refused_total", "target", x.target.Name)
		bad.Respond(x.w)
		return false
	}
	x.calls = calls
	return true
}

// decide asks for each call, and refuses the request unless all are allowed.
func (x *exchange) decide() bool {
	asked := x.calls.Calls
	if len(asked) == 0 {
		// Responses to the server's requests alone. They belong to the session, and are decided on as it is.
		asked = []*call.Call{{
			Protocol: call.MCP, Version: x.calls.Version, Direction: call.ToTarget, Method: http.MethodPost, Target: x.target.Name,
			Resource: call.Resource{Kind: call.Method, Name: http.MethodPost}, Session: x.calls.Session,
		}}
	}
	var refusals []*mcp.Error
	for _, c := range asked {
		d := x.ask(c)
		if !d.Allowed && !x.target.Audit {
			refusals = append(refusals, mcp.Denied(c, d.Reason, d.Policies))
		}
	}
	if len(refusals) == 0 {
		return true
	}
	status, body := x.calls.Refuse(refusals...)
	if x.write(status) {
		x.w.Header().Set("Content-Type", "application/json")
		x.w.WriteHeader(status)
		_, _ = x.w.Write(body) // a client that is gone needs no answer
	}
	return false
}

// ask decides one call and keeps the record of it.
func (x *exchange) ask(c *call.Call) decide.Decision {
	r := x.request(c)
	d := x.g.config.Policies.Decide(x.r.Context(), r)
	record := audit.New(r, d, x.g.config.Audit.Arguments)
	record.Enforced, record.Listener = !x.target.Audit, x.site.listener.Name
	x.records = append(x.records, record)
	x.metrics.count("agent_gateway_calls_total", "target", x.target.Name, "decision", record.Decision, "enforced", strconv.FormatBool(record.Enforced))
	if d.Err != nil {
		x.options.Log.Warn("no decision could be made; the call was refused", "target", x.target.Name, "method", c.Method, "error", d.Err)
	}
	return d
}

func (x *exchange) request(c *call.Call) *decide.Request {
	host, _, _ := net.SplitHostPort(x.r.RemoteAddr)
	if c.Annotations == nil && c.Resource.Kind == call.Tool {
		c.Annotations = x.annotations.get(x.target.Name, c.Resource.Name)
	}
	return &decide.Request{
		Principal: x.who, Call: c, Time: x.options.Now(), SourceIP: host,
		MTLS: slices.Contains(x.who.Methods, string(config.MTLS)),
	}
}

// write gives the records that wait to the audit log. Where it cannot take them nothing may be passed on, and the caller is told so.
func (x *exchange) write(status int) bool {
	for _, record := range x.records {
		record.Status = status
		record.Duration = float64(x.options.Now().Sub(x.began).Microseconds()) / 1000
		if err := x.audit.Write(x.r.Context(), record); err != nil && !errors.Is(err, audit.ErrShed) {
			x.options.Log.Error("audit log", "error", err)
			x.records = nil
			mcp.NewError(mcp.CodeInternal, nil, "the audit log does not take the call").Respond(x.w)
			return false
		}
	}
	x.records = nil
	return true
}
