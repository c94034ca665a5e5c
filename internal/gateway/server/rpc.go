package server

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/decide"
	"github.com/agentward/terraform-provider-agent/internal/gateway/rpc"
)

// rpcReading is what a protocol on gRPC understands of one RPC.
type rpcReading struct {
	// call gives what a message asks for; that of nil is what the RPC asks for before a message of it has been read, or without one. It may be
	// called from another goroutine than answer.
	call func(message []byte) (*call.Call, *rpc.Status)
	// each says that every message of the caller is decided on. Otherwise the RPC is, once, before anything of it is read.
	each bool
	// streams says that the caller may send any number of messages, rather than one. The target is then reached before the first has come, if
	// some message could be allowed.
	streams bool
	// denied is what the caller is told of a call that is denied; nil stands for PERMISSION_DENIED and the reason.
	denied func(*call.Call, decide.Decision) *rpc.Status
	// answer gives what is passed on of a message of the target; nil passes all as their bytes come. The target is then asked for messages
	// that are not compressed.
	answer func(message []byte) ([]byte, *rpc.Status)
}

// rpcPass is a conversation that passes one RPC through as its messages come, in both directions at once.
type rpcPass struct {
	*exchange
	url *url.URL // of the target; it has no path
	// read gives the reading of an RPC, "package.Service/Method".
	read func(method string) (rpcReading, *rpc.Status)

	reading rpcReading
	cancel  context.CancelCauseFunc

	late exchange // asks for what comes while the answer is passed back, and has records of its own

	mu    sync.Mutex // of what follows
	ended *rpcEnd    // why the gateway ended the RPC
	over  bool
}

// rpcEnd is a status of the gateway's own.
type rpcEnd struct {
	*rpc.Status
	policies []string // that denied a call
}

// policiesHeader names the policies that denied a call.
const policiesHeader = "Agent-Gateway-Policies"

func (e *rpcEnd) write(h http.Header, before string) {
	e.Write(h, before)
	if len(e.policies) > 0 {
		h[before+policiesHeader] = []string{strings.Join(e.policies, ",")}
	}
}

func (p *rpcPass) serve() {
	method, ok := p.understood()
	if !ok {
		p.metrics.count("agent_gateway_refused_total", "target", p.target.Name)
		p.rejected(p.status(), "", "the request cannot be read as gRPC")
		return
	}
	ctx, cancel := context.WithCancelCause(p.r.Context())
	defer cancel(nil)
	ctx, stop, err := p.deadline(ctx)
	if err != nil {
		p.end(&rpcEnd{Status: rpc.NewStatus(codes.InvalidArgument, "grpc-timeout: "+err.Error())})
		return
	}
	defer stop()
	p.r, p.cancel = p.r.WithContext(ctx), cancel
	defer p.stop()
	body, ok := p.body()
	if !ok {
		return
	}
	p.late = *p.exchange
	p.late.records = nil
	u := *p.url
	u.Path, u.RawPath = "/"+method, ""
	p.pass(http.MethodPost, &u, p.header(ctx), body, p.answer)
}

// understood gives the method, or answers a request that is not one of gRPC for clients of whatever it is.
func (p *rpcPass) understood() (string, bool) {
	foreign := func(status int, reason string) (string, bool) {
		http.Error(p.w, reason, status)
		return "", false
	}
	_, grpc := rpc.Content(p.r.Header.Values("Content-Type"))
	switch {
	case strings.HasPrefix(p.r.Header.Get("Content-Type"), "application/grpc-web"):
		return foreign(http.StatusUnsupportedMediaType, "this is a target of gRPC, and gRPC-Web is not taken: use a client of gRPC over HTTP/2")
	case !grpc:
		return foreign(http.StatusUnsupportedMediaType, "this is a target of gRPC: the Content-Type is not application/grpc")
	case p.r.ProtoMajor != 2:
		return foreign(http.StatusHTTPVersionNotSupported, "gRPC needs HTTP/2")
	case p.r.Method != http.MethodPost:
		p.w.Header().Set("Allow", http.MethodPost)
		return foreign(http.StatusMethodNotAllowed, "gRPC uses POST alone")
	}
	method, ok := rpc.Method(p.r.URL.EscapedPath())
	if !ok || p.r.URL.RawQuery != "" || p.r.URL.ForceQuery {
		p.end(&rpcEnd{Status: rpc.NewStatus(codes.Unimplemented, "the path is not that of an RPC")})
		return "", false
	}
	reading, bad := p.read(method)
	if bad != nil {
		p.end(&rpcEnd{Status: bad})
		return "", false
	}
	p.reading = reading
	return method, true
}

// deadline bounds the RPC by the caller's own.
func (p *rpcPass) deadline(ctx context.Context) (context.Context, context.CancelFunc, error) {
	values := p.r.Header.Values(rpc.HeaderTimeout)
	if len(values) == 0 {
		return ctx, func() {}, nil
	}
	timeout, err := rpc.ParseTimeout(values[0])
	if len(values) > 1 {
		err = errors.New("there is more than one")
	}
	if err != nil {
		return nil, nil, err
	}
	ctx, stop := context.WithTimeoutCause(ctx, timeout, errLate)
	return ctx, stop, nil
}

// passedOn are the headers of callers that gRPC knows, of those whose names it keeps for itself (Requests, Custom-Metadata).
var passedOn = map[string]bool{
	rpc.HeaderTimeout: true, rpc.HeaderEncoding: true, rpc.HeaderAcceptEncoding: true, "Grpc-Message-Type": true,
	"Grpc-Previous-Rpc-Attempts": true, "Grpc-Trace-Bin": true, "Grpc-Tags-Bin": true,
}

// header is that of the request as the target may see it.
func (p *rpcPass) header(ctx context.Context) http.Header {
	h := p.r.Header.Clone()
	for name := range h {
		if strings.HasPrefix(name, "Grpc-") && !passedOn[name] {
			h.Del(name)
		}
	}
	if end, ok := ctx.Deadline(); ok {
		h.Set(rpc.HeaderTimeout, rpc.FormatTimeout(time.Until(end)))
	}
	if p.reading.answer != nil {
		h.Set(rpc.HeaderAcceptEncoding, "identity")
	}
	return h
}

// rpcCodes are those of gRPC for a refusal's status; that of others is INVALID_ARGUMENT.
var rpcCodes = map[int]codes.Code{
	http.StatusUnauthorized:          codes.Unauthenticated,
	http.StatusForbidden:             codes.PermissionDenied,
	http.StatusRequestEntityTooLarge: codes.ResourceExhausted,
	http.StatusTooManyRequests:       codes.ResourceExhausted,
	http.StatusRequestTimeout:        codes.DeadlineExceeded,
	http.StatusGatewayTimeout:        codes.DeadlineExceeded,
	http.StatusInternalServerError:   codes.Internal,
	http.StatusBadGateway:            codes.Unavailable,
	http.StatusServiceUnavailable:    codes.Unavailable,
}

func statusOf(r refusal) *rpc.Status {
	code, ok := rpcCodes[r.status]
	switch {
	case !ok:
		code = codes.InvalidArgument
	case code == codes.Unavailable && r.limit != "":
		code = codes.ResourceExhausted
	}
	return rpc.NewStatus(code, r.text())
}

func (p *rpcPass) refuse(r refusal) {
	p.mu.Lock()
	ended := p.ended
	p.mu.Unlock()
	if ended == nil {
		ended = &rpcEnd{Status: statusOf(p.orDeadline(r))}
		if seconds, err := strconv.Atoi(p.w.Header().Get("Retry-After")); err == nil {
			ended.Details = ended.RetryAfter(time.Duration(seconds) * time.Second)
		}
	}
	p.end(ended)
}

// early is how much sooner than the gateway a target may see that the deadline of a call has passed.
const early = 100 * time.Millisecond

// errLate is a call that takes longer than its caller waits.
var errLate = refusal{status: http.StatusGatewayTimeout, reason: "the deadline of the call has passed"}

// orDeadline gives the deadline as what ended a call that the target broke off, where the target keeps the same deadline.
func (p *rpcPass) orDeadline(r refusal) refusal {
	if end, ok := p.r.Context().Deadline(); ok && r.status == http.StatusBadGateway && time.Until(end) < early {
		return errLate
	}
	return r
}

// end answers with a status alone (Trailers-Only).
func (p *rpcPass) end(e *rpcEnd) {
	h := p.w.Header()
	h.Set("Content-Type", "application/grpc")
	e.write(h, "")
	p.w.WriteHeader(http.StatusOK)
}

// stop ends what is still decided on for an RPC that is over.
func (p *rpcPass) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	if p.first == nil {
		p.first = p.late.first
	}
}

// give ends the RPC with a status of the gateway's, unless it has one already.
func (p *rpcPass) give(e *rpcEnd) {
	p.mu.Lock()
	if p.ended == nil {
		p.ended = e
	}
	p.mu.Unlock()
	p.cancel(refusal{status: http.StatusForbidden, reason: e.Message})
}
