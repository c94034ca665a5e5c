package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/authn"
	"github.com/agentward/terraform-provider-agent/internal/gateway/dpop"
	"github.com/agentward/terraform-provider-agent/internal/gateway/mcp"
)

// transport reaches the targets. It asks no proxy of the environment, which would see what is passed on, and leaves bodies as they are.
func transport() *http.Transport {
	return &http.Transport{
		ForceAttemptHTTP2:      true,
		MaxIdleConnsPerHost:    256,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    10 * time.Second,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: 256 << 10,
		DisableCompression:     true,
	}
}

// hops are headers that concern one connection (RFC 9110 §7.6.1).
var hops = []string{"Connection", "Proxy-Connection", "Keep-Alive", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Proxy-Authenticate"}

func dropHops(h http.Header) {
	for _, list := range h.Values("Connection") {
		for name := range strings.SplitSeq(list, ",") {
			h.Del(strings.TrimSpace(name))
		}
	}
	for _, name := range hops {
		h.Del(name)
	}
}

// forward passes the request on, and its answer back.
func (x *exchange) forward() {
	ctx, cancel := context.WithCancelCause(x.r.Context())
	defer cancel(nil)
	idle := time.AfterFunc(x.g.config.Limits.Idle, func() { cancel(errIdle) })
	defer idle.Stop()
	request, err := x.outgoing(ctx, x.r.Method, x.body)
	if err != nil {
		x.fault("the request cannot be passed on", err)
		return
	}
	response, err := x.upstream.RoundTrip(request)
	if err != nil {
		x.unreached(ctx, err)
		return
	}
	defer response.Body.Close()
	response.Body = &kept{ReadCloser: response.Body, timer: idle, every: x.g.config.Limits.Idle}
	x.answer(ctx, response)
}

// outgoing makes the request that the target gets: the bytes that were decided on, without what authenticated the caller.
func (x *exchange) outgoing(ctx context.Context, method string, body []byte) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, method, x.target.url.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if len(body) == 0 {
		request.Body, request.GetBody = http.NoBody, nil
	}
	header := x.header.Clone()
	dropHops(header)
	authn.Strip(header)
	for name := range header {
		// What a caller says of proxies before us is for nobody to believe.
		if name == "Forwarded" || strings.HasPrefix(name, "X-Forwarded-") || name == "X-Real-Ip" || name == "Accept-Encoding" || name == "Expect" || name == "Content-Length" {
			header.Del(name)
		}
	}
	header.Set("Accept-Encoding", "identity") // what is passed back is read
	if _, ok := header["User-Agent"]; !ok {
		header["User-Agent"] = nil // no word of our own
	}
	request.Header = header
	if x.target.KeepHost {
		request.Host = x.r.Host
	}
	return request, nil
}

// kept is a body that puts a timer off whenever something comes.
type kept struct {
	io.ReadCloser
	timer *time.Timer
	every time.Duration
}

// Read implements io.Reader.
func (k *kept) Read(b []byte) (int, error) {
	n, err := k.ReadCloser.Read(b)
	if n > 0 {
		k.timer.Reset(k.every)
	}
	return n, err
}

// unreached answers for a target that did not.
func (x *exchange) unreached(ctx context.Context, err error) {
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errIdle):
		x.write(http.StatusGatewayTimeout)
		x.limited(x.w, http.StatusGatewayTimeout, "idle_time", fmt.Sprintf("the target did not answer within %s", x.g.config.Limits.Idle))
	case errors.Is(cause, context.DeadlineExceeded):
		x.write(http.StatusGatewayTimeout)
		x.limited(x.w, http.StatusGatewayTimeout, "total_time", fmt.Sprintf("the request took longer than %s", x.g.config.Limits.Total))
	case errors.Is(cause, errSuspended):
		if x.write(http.StatusForbidden) {
			mcp.NewError(mcp.CodeDenied, nil, errSuspended.Error()).Respond(x.w)
		}
	case cause != nil: // the caller is gone, or the gateway stops
		x.write(0)
		panic(http.ErrAbortHandler)
	default:
		x.fault("the target cannot be reached", err)
	}
}

// fault answers for a target whose answer cannot be passed on. What it was stays in our own log.
func (x *exchange) fault(why string, err error) {
	x.metrics.count("agent_gateway_upstream_faults_total", "target", x.target.Name)
	x.options.Log.Warn(why, "target", x.target.Name, "error", err)
	if !x.write(http.StatusBadGateway) {
		return
	}
	e := mcp.NewError(mcp.CodeInternal, nil, why)
	if len(x.calls.Calls) > 0 {
		e.ID = x.calls.Calls[0].RequestID
	}
	e.Status = http.StatusBadGateway
	e.Respond(x.w)
}

// errorText is how much of an answer that says in words what was wrong is passed on.
const errorText = 64 << 10

// answer passes the target's answer back, as far as it may be.
func (x *exchange) answer(ctx context.Context, response *http.Response) {
	media, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	encoding := response.Header.Get("Content-Encoding")
	empty := response.StatusCode == http.StatusAccepted || response.StatusCode == http.StatusNoContent || response.ContentLength == 0
	switch {
	case response.StatusCode == http.StatusUnauthorized || response.StatusCode == http.StatusProxyAuthRequired:
		x.fault("the target does not accept the gateway", fmt.Errorf("status %d", response.StatusCode))
	case response.StatusCode >= 300 && response.StatusCode < 400 || response.StatusCode < 200:
		x.fault("the target sends elsewhere", fmt.Errorf("status %d", response.StatusCode))
	case encoding != "" && encoding != "identity":
		x.fault("the target's answer cannot be read", fmt.Errorf("content encoding %q", encoding))
	case media == "text/event-stream" && response.StatusCode == http.StatusOK:
		x.stream(ctx, response)
	case media == "application/json" && !empty:
		x.document(ctx, response)
	case empty:
		x.plain(response, nil)
	case response.StatusCode >= 400 && (media == "text/plain" || media == ""):
		text, err := io.ReadAll(io.LimitReader(response.Body, errorText))
		if err != nil {
			x.unreached(ctx, err)
			return
		}
		x.plain(response, text)
	default:
		x.fault("the target's answer is neither JSON nor a stream of events", fmt.Errorf("status %d of type %q", response.StatusCode, media))
	}
}

// plain passes an answer back that nothing has to be read of.
func (x *exchange) plain(response *http.Response, body []byte) {
	if !x.write(response.StatusCode) {
		return
	}
	x.headers(response)
	_ = http.NewResponseController(x.w).SetWriteDeadline(time.Now().Add(x.g.config.Limits.Idle)) // the connection's own clock; a test's recorder has none
	x.w.WriteHeader(response.StatusCode)
	_, _ = x.w.Write(body) // a client that is gone needs no answer
}

// headers passes the target's headers back, but for what is between it and us.
func (x *exchange) headers(response *http.Response) {
	dropHops(response.Header)
	to := x.w.Header()
	for name, values := range response.Header {
		switch name {
		case "Content-Length", "Www-Authenticate", http.CanonicalHeaderKey(dpop.NonceHeader), "Alt-Svc", "Strict-Transport-Security":
			continue
		case mcp.HeaderSession:
			if len(values) == 1 && values[0] != "" {
				to.Set(mcp.HeaderSession, x.sessions.bind(x.who, x.target.Name, values[0]))
			}
			continue
		}
		to[name] = values
	}
}
