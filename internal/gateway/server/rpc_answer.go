package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"google.golang.org/grpc/codes"

	"github.com/agentward/terraform-provider-agent/internal/gateway/audit"
	"github.com/agentward/terraform-provider-agent/internal/gateway/rpc"
)

// answer passes the target's answer back.
func (p *rpcPass) answer(ctx context.Context, response *http.Response) {
	_, grpc := rpc.Content(response.Header.Values("Content-Type"))
	switch {
	case response.StatusCode == http.StatusUnauthorized || response.StatusCode == http.StatusForbidden || response.StatusCode == http.StatusProxyAuthRequired:
		p.fault("the target does not accept the gateway", fmt.Errorf("status %d", response.StatusCode))
	case response.StatusCode != http.StatusOK || !grpc:
		code := codes.Unknown
		if response.StatusCode != http.StatusOK {
			code = rpc.FromHTTP(response.StatusCode)
		}
		p.mu.Lock()
		p.ended = &rpcEnd{Status: rpc.NewStatus(code, "the target's answer is none of gRPC")}
		p.mu.Unlock()
		p.fault("the target's answer is none of gRPC", fmt.Errorf("status %d of type %q", response.StatusCode, response.Header.Get("Content-Type")))
	case rpc.HasStatus(response.Header):
		p.alone(ctx, response)
	default:
		p.messages(ctx, response)
	}
}

// alone passes a status without messages back (Trailers-Only). As the end of a stream it would come without one where a proxy takes the
// target's header for a header alone.
func (p *rpcPass) alone(ctx context.Context, response *http.Response) {
	switch n, err := response.Body.Read(make([]byte, 1)); {
	case n > 0:
		p.fault("the target's answer goes on after its status", errors.New("a message"))
	case err != nil && !errors.Is(err, io.EOF):
		p.unreached(ctx, err)
	case p.write(http.StatusOK):
		p.headers(response)
		p.w.WriteHeader(http.StatusOK)
	}
}

// messages passes messages and their status back.
func (p *rpcPass) messages(ctx context.Context, response *http.Response) {
	if !p.write(http.StatusOK) {
		return
	}
	p.headers(response)
	p.w.WriteHeader(http.StatusOK)
	out := p.flushing()
	out.flush()
	var err error
	if p.reading.answer == nil {
		err = p.bytes(out, response.Body)
	} else {
		err = p.mediated(out, rpc.NewFrames(response.Body, p.limits().Answer))
	}
	p.stop()
	if err != nil {
		p.trail(p.because(ctx, err))
		return
	}
	if !rpc.HasStatus(response.Trailer) {
		p.metrics.count("agent_gateway_upstream_faults_total", "target", p.target.Name)
		p.trail(&rpcEnd{Status: rpc.NewStatus(codes.Internal, "the target ended the call without a status")})
		return
	}
	dropHops(response.Trailer)
	for name, values := range response.Trailer {
		p.w.Header()[http.TrailerPrefix+name] = values
	}
}

// errCaller is a caller who takes no more.
var errCaller = errors.New("the caller takes no more")

// bytes passes messages back as their bytes come.
func (p *rpcPass) bytes(out io.Writer, from io.Reader) error {
	checked := rpc.NewChecked(from, p.limits().Answer)
	buffer := make([]byte, 32<<10)
	streaming := false
	for {
		n, err := checked.Read(buffer)
		if n > 0 {
			if _, err := out.Write(buffer[:n]); err != nil {
				return errors.Join(errCaller, err)
			}
		}
		if checked.Whole() > 1 && !streaming {
			streaming = true
			if err := p.streaming(); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// streaming says that the answer is a stream, and gives an error where that is one too many.
func (p *rpcPass) streaming() error {
	r, ok := p.takeStream()
	if ok {
		return nil
	}
	p.metrics.count("agent_gateway_limited_total", "limit", r.limit)
	p.give(&rpcEnd{Status: statusOf(r)})
	return r
}

// mediated passes back what the reading makes of each message.
func (p *rpcPass) mediated(out io.Writer, from *rpc.Frames) error {
	for passed := 0; ; passed++ {
		frame, err := from.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if frame.Compressed {
			return rpc.NewStatus(codes.Internal, "the target compresses what it was asked not to")
		}
		message, bad := p.reading.answer(frame.Message)
		if bad != nil {
			return bad
		}
		if _, err := out.Write(rpc.NewFrame(message).Raw); err != nil {
			return errors.Join(errCaller, err)
		}
		if passed == 1 {
			if err := p.streaming(); err != nil {
				return err
			}
		}
	}
}

// because says how an answer that broke off ends for the caller, who always gets a status.
func (p *rpcPass) because(ctx context.Context, err error) *rpcEnd {
	p.mu.Lock()
	ended := p.ended
	p.mu.Unlock()
	limits := p.limits()
	p.outcome = p.ending(ctx)
	var own *rpc.Status
	var r refusal
	switch cause := context.Cause(ctx); {
	case errors.Is(err, errCaller):
		panic(http.ErrAbortHandler)
	case ended != nil:
		p.outcome = audit.Denied
		return ended
	case errors.As(cause, &r):
	case errors.Is(cause, errIdle):
		r = refusal{http.StatusGatewayTimeout, "idle_time", fmt.Sprintf("nothing came for %s", limits.Idle)}
	case errors.Is(cause, context.DeadlineExceeded):
		r = refusal{http.StatusGatewayTimeout, "total_time", fmt.Sprintf("the call took longer than %s", limits.Total)}
	case errors.Is(cause, errSuspended):
		r = refusal{status: http.StatusForbidden, reason: errSuspended.Error()}
	case errors.Is(cause, errStopping):
		r = refusal{status: http.StatusServiceUnavailable, reason: errStopping.Error()}
	case cause != nil:
		panic(http.ErrAbortHandler)
	case errors.Is(err, rpc.ErrTooLarge):
		r = refusal{http.StatusRequestEntityTooLarge, "answer", fmt.Sprintf("a message of the target has more than %d bytes", limits.Answer)}
	default:
		p.metrics.count("agent_gateway_upstream_faults_total", "target", p.target.Name)
		p.options.Log.Warn("a stream was ended", "target", p.target.Name, "error", err)
		if errors.As(err, &own) {
			return &rpcEnd{Status: own}
		}
		r = p.orDeadline(refusal{status: http.StatusBadGateway, reason: "the target broke the call off"})
	}
	if r.limit != "" {
		p.metrics.count("agent_gateway_limited_total", "limit", r.limit)
	}
	return &rpcEnd{Status: statusOf(r)}
}

// trail ends an answer that has begun with a status of the gateway's.
func (p *rpcPass) trail(e *rpcEnd) { e.write(p.w.Header(), http.TrailerPrefix) }
