package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/authn"
	"github.com/agentward/terraform-provider-agent/internal/gateway/credential"
	"github.com/agentward/terraform-provider-agent/internal/gateway/dpop"
	"github.com/agentward/terraform-provider-agent/internal/gateway/h1"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
	"github.com/agentward/terraform-provider-agent/internal/gateway/upstream"
)

// answerHeader is how large the header of a target's answer may be.
const answerHeader = 256 << 10

// The bounds of connections to targets.
const (
	idlePerHost = 256
	idleTime    = 90 * time.Second
)

// transport reaches targets by a dialer. It asks no proxy of the environment, which would see what is passed on, and leaves bodies as they are.
func transport(d *upstream.Dialer) http.RoundTripper {
	return &h1.Transport{Dial: d.DialContext, DialTLS: d.DialTLS, IdlePerHost: idlePerHost, IdleTime: idleTime, HeaderSize: answerHeader, HTTP2: standardTransport(d)}
}

func standardTransport(d *upstream.Dialer) *http.Transport {
	return &http.Transport{
		DialContext:            d.DialContext,
		DialTLSContext:         d.DialTLSContext,
		ForceAttemptHTTP2:      true,
		MaxIdleConnsPerHost:    idlePerHost,
		IdleConnTimeout:        idleTime,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: answerHeader,
		DisableCompression:     true,
	}
}

// http2Transport reaches targets over HTTP/2 alone, those of http URLs with prior knowledge (RFC 9113 §3.3).
func http2Transport(d *upstream.Dialer) *http.Transport {
	alone := *d
	alone.Protocols = []string{"h2"}
	t := standardTransport(&alone)
	t.Protocols = new(http.Protocols)
	t.Protocols.SetHTTP2(true)
	t.Protocols.SetUnencryptedHTTP2(true)
	return t
}

// hop says whether a header concerns one connection (RFC 9110 §7.6.1).
func hop(name string) bool {
	switch name {
	case "Connection", "Proxy-Connection", "Keep-Alive", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Proxy-Authenticate":
		return true
	}
	return false
}

func dropHops(h http.Header) {
	dropNamed(h, h["Connection"])
	for name := range h {
		if hop(name) {
			delete(h, name)
		}
	}
}

// dropNamed deletes the headers that a Connection header names.
func dropNamed(h http.Header, connection []string) {
	for _, list := range connection {
		for name := range strings.SplitSeq(list, ",") {
			h.Del(strings.TrimSpace(name))
		}
	}
}

// outgoing makes a request that the target gets: without what authenticated the caller, without what the caller says of proxies before us,
// which is for nobody to believe, and without the origin of the web page that may have made it, which we have checked.
func (x *exchange) outgoing(ctx context.Context, method string, u *url.URL, header http.Header, body io.Reader) (*http.Request, error) {
	request, err := http.NewRequestWithContext(principal.NewContext(ctx, x.who), method, "", body)
	if err != nil {
		return nil, err
	}
	request.URL, request.Host = u, u.Host
	request.Header = visible(header)
	if origin := header["Origin"]; x.proxied && len(origin) > 0 {
		request.Header["Origin"] = origin // a page of the target's, or one for the target to judge
	}
	if x.target.KeepHost {
		request.Host = x.r.Host
	}
	return request, nil
}

// visible gives the headers of a caller that the target sees. The values are those of the caller's, and not to be changed.
func visible(header http.Header) http.Header {
	to := make(http.Header, len(header)+1)
	for name, values := range header {
		switch name {
		case "Forwarded", "X-Real-Ip", "Origin", "Expect", "Content-Length":
			continue
		}
		if !hop(name) && !strings.HasPrefix(name, "X-Forwarded-") {
			to[name] = values
		}
	}
	authn.Strip(to)
	dropNamed(to, header["Connection"])
	if _, ok := to["User-Agent"]; !ok {
		to["User-Agent"] = nil // no word of our own
	}
	return to
}

// pass sends a request to the target and gives its answer to take, unless there is none in time. The context ends with the exchange, and
// when nothing has come for limits.idle_time: from the target, or from the caller of a body that is passed on as it comes.
func (x *exchange) pass(method string, u *url.URL, header http.Header, body io.Reader, take func(context.Context, *http.Response)) {
	ctx, cancel := context.WithCancelCause(x.r.Context())
	defer cancel(nil)
	idle := time.AfterFunc(x.limits().Idle, func() { cancel(errIdle) })
	defer idle.Stop()
	length, over := int64(0), func() {}
	if b, ok := body.(*bounded); ok {
		length = b.length
	}
	if _, whole := body.(*bytes.Reader); !whole && body != nil {
		body = &kept{ReadCloser: io.NopCloser(body), timer: idle, every: x.limits().Idle}
		over = x.interrupt(ctx)
		defer over()
	}
	request, err := x.outgoing(ctx, method, u, header, body)
	if err != nil {
		x.fault("the request cannot be passed on", err)
		return
	}
	if length > 0 {
		request.ContentLength = length
	}
	began := time.Now()
	response, err := x.traced(request, x.target.transport.RoundTrip)
	x.target.meters.upstream.Observe(since(began))
	if err != nil {
		x.unreached(ctx, err)
		return
	}
	defer func() {
		over()
		cancel(nil) // a target that answered before it had all of the body is not waited for
		_ = response.Body.Close()
	}()
	response.Body = &kept{ReadCloser: response.Body, timer: idle, every: x.limits().Idle}
	take(ctx, response)
}

// interrupt ends the wait for more of a request's body when ctx ends, which a transport that waits for it does not see. It holds until the
// returned function is called.
func (x *exchange) interrupt(ctx context.Context) (over func()) {
	var mu sync.Mutex
	answering := true
	control := http.NewResponseController(x.w)
	stop := context.AfterFunc(ctx, func() {
		mu.Lock()
		defer mu.Unlock()
		if answering {
			_ = control.SetReadDeadline(time.Unix(1, 0)) // a test's recorder has none
		}
	})
	return func() {
		stop()
		mu.Lock()
		defer mu.Unlock()
		answering = false
	}
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
	r := refusal{status: http.StatusGatewayTimeout}
	switch cause := context.Cause(ctx); {
	case errors.As(cause, &r): // the conversation ended it
	case errors.Is(cause, errIdle):
		r.limit, r.reason = "idle_time", fmt.Sprintf("the target did not answer within %s", x.limits().Idle)
	case errors.Is(cause, context.DeadlineExceeded):
		r.limit, r.reason = "total_time", fmt.Sprintf("the request took longer than %s", x.limits().Total)
	case errors.Is(cause, errSuspended):
		r.status, r.reason = http.StatusForbidden, errSuspended.Error()
	case cause != nil: // the caller is gone, or the gateway stops
		x.write(0)
		panic(http.ErrAbortHandler)
	case errors.Is(err, credential.ErrNoSubject):
		r.status, r.reason = http.StatusForbidden, credential.ErrNoSubject.Error()
	case errors.Is(err, credential.ErrUnavailable):
		x.fault(credential.ErrUnavailable.Error(), err)
		return
	default:
		x.fault("the target cannot be reached", err)
		return
	}
	if x.write(r.status) {
		x.refuse(r)
	}
}

// fault answers for a target whose answer cannot be passed on. What it was stays in our own log.
func (x *exchange) fault(why string, err error) {
	x.metrics.count("agent_gateway_upstream_faults_total", "target", x.target.Name)
	x.options.Log.Warn(why, "target", x.target.Name, "error", err)
	if x.write(http.StatusBadGateway) {
		x.refuse(refusal{status: http.StatusBadGateway, reason: why})
	}
}

// broken ends an answer that has begun: it must not look whole. A stopping gateway and a suspension end streams as their clients know how
// to take.
func (x *exchange) broken(ctx context.Context, err error) {
	x.outcome = x.ending(ctx)
	if cause := context.Cause(ctx); cause == nil {
		x.metrics.count("agent_gateway_upstream_faults_total", "target", x.target.Name)
		x.options.Log.Warn("a stream was ended", "target", x.target.Name, "error", err)
	} else if errors.Is(cause, errStopping) || errors.Is(cause, errSuspended) {
		return
	}
	panic(http.ErrAbortHandler)
}

// headers passes the target's headers back, but for what is between it and us.
func (x *exchange) headers(response *http.Response) {
	dropHops(response.Header)
	to := x.w.Header()
	for name, values := range response.Header {
		switch name {
		case "Content-Length", "Www-Authenticate", http.CanonicalHeaderKey(dpop.NonceHeader), "Alt-Svc", "Strict-Transport-Security":
			continue
		}
		to[name] = values
	}
}

// flushing writes through to the caller, who has a limited time to take each part.
type flushing struct {
	w       http.ResponseWriter
	control *http.ResponseController
	every   time.Duration
	clear   bool // the time ends with what was written; HTTP/2 would end the stream, whether something is being written or not
}

func (x *exchange) flushing() *flushing {
	return &flushing{w: x.w, control: http.NewResponseController(x.w), every: x.limits().Idle, clear: x.r.ProtoMajor == 2}
}

// Write implements io.Writer.
func (f *flushing) Write(b []byte) (int, error) {
	_ = f.control.SetWriteDeadline(time.Now().Add(f.every)) // the connection's own clock; a test's recorder has none
	n, err := f.w.Write(b)
	if err == nil {
		err = f.control.Flush()
	}
	if f.clear {
		_ = f.control.SetWriteDeadline(time.Time{})
	}
	return n, err
}

func (f *flushing) flush() { _ = f.control.Flush() }

// events gives a writer that sends what it was given when it is flushed.
func (f *flushing) events() *gathering { return &gathering{f} }

// gathering is a flushing writer that says when.
type gathering struct{ f *flushing }

// Write implements io.Writer.
func (g *gathering) Write(b []byte) (int, error) {
	_ = g.f.control.SetWriteDeadline(time.Now().Add(g.f.every)) // as in flushing.Write
	return g.f.w.Write(b)
}

// Flush sends what was written. Until there is more, the caller has nothing to be late with.
func (g *gathering) Flush() error {
	defer func() { _ = g.f.control.SetWriteDeadline(time.Time{}) }()
	return g.f.control.Flush()
}
