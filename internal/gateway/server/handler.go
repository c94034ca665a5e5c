package server

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"time"
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
		x := &exchange{Server: s, g: g, site: at, w: w, r: r, began: s.options.Now()}
		x.talk = nowhere{w}
		asked := r.Host
		outbound := at.listener.Egress && proxied(r)
		known := false
		if outbound {
			w.ResponseWriter = proxyAnswer{to}
			x.proxied, known = true, x.beyond()
		} else if x.target, x.below = at.find(r.URL.EscapedPath()); x.target != nil {
			x.talk = x.target.protocol.begin(x)
		}
		defer x.recovered(w)
		defer s.metrics.inFlight.Add(-1)
		if s.metrics.inFlight.Add(1) > g.config.Limits.Concurrent {
			w.Header().Set("Connection", "close") // its body is not read
			x.refuse(refusal{http.StatusServiceUnavailable, "concurrent_requests", fmt.Sprintf("more than %d requests are under way", g.config.Limits.Concurrent)})
			return
		}
		switch {
		case at.listener.Plain && !at.local(r):
			x.refuse(refusal{status: http.StatusForbidden, reason: "a plain listener answers programs of this machine, and no web page"})
		case outbound && !known:
			x.elsewhere(asked)
		case outbound:
			x.serve()
		case at.service != nil && slices.Contains(at.service.Paths(), r.URL.Path):
			control := http.NewResponseController(w)
			_ = control.SetReadDeadline(time.Now().Add(g.config.Limits.BodyTime)) // the connection's own clock
			at.service.ServeHTTP(w, r)
			_ = control.SetReadDeadline(time.Time{})
			if w.status >= http.StatusBadRequest {
				s.metrics.count("agent_gateway_unauthenticated_total", "listener", listener, "status", strconv.Itoa(w.status))
				x.withoutToken(w.status)
			}
		case at.cards != nil && r.URL.Path == CardKeys:
			at.serveCardKeys(w, r)
		case x.target == nil:
			at.metadata.ServeHTTP(w, r)
		default:
			x.serve()
		}
	})
}

// withoutToken writes down who was refused a token. A suspended agent is refused one before it makes the call that would be.
func (x *exchange) withoutToken(status int) {
	x.who = x.site.service.Client(x.r)
	x.who.Labels = x.g.config.Labels.Of(&x.who)
	reason := "the token service refused the request"
	if x.suspends(x.g, &x.who) {
		reason = "principal is suspended"
	}
	x.rejected(status, "", reason)
}

// recovered refuses a request that a fault of the gateway ended.
func (x *exchange) recovered(w *answer) {
	fault := recover()
	if fault == nil {
		return
	}
	if err, ok := fault.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(fault)
	}
	x.metrics.count("agent_gateway_panics_total")
	x.options.Log.Error("fault of the gateway; the request was refused", "method", x.r.Method, "path", x.r.URL.Path, "fault", fault, "stack", string(debug.Stack()))
	if w.begun {
		panic(http.ErrAbortHandler) // what was begun must not look whole
	}
	x.rejected(http.StatusInternalServerError, "", "the gateway failed, and the call was refused")
	x.talk.refuse(refusal{status: http.StatusInternalServerError, reason: "the gateway failed, and the call was refused"})
}

// answer is a ResponseWriter that knows what has become of the answer.
type answer struct {
	http.ResponseWriter
	begun  bool
	status int   // of the answer, 0 before
	sent   int64 // bytes of its body
	failed bool  // the caller's connection did not take all
}

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	a.begun, a.status = true, status
	a.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (a *answer) Write(b []byte) (int, error) {
	if !a.begun {
		a.begun, a.status = true, http.StatusOK
	}
	n, err := a.ResponseWriter.Write(b)
	a.sent += int64(n)
	a.failed = a.failed || err != nil
	return n, err
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// nowhere refuses what is for no target.
type nowhere struct{ w http.ResponseWriter }

func (n nowhere) serve() {
	n.refuse(refusal{status: http.StatusNotFound, reason: "there is no such target"})
}
func (n nowhere) refuse(r refusal) { http.Error(n.w, r.text(), r.status) }
