package server

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/agentward/terraform-provider-agent/internal/gateway/audit"
	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/rpc"
)

// body decides on what can be decided on before the target is reached, and gives what it gets. What may not be passed on has been answered.
func (p *rpcPass) body() (io.Reader, bool) {
	limit := p.limits().Body
	if p.reading.each && !p.reading.streams {
		return p.unary(rpc.NewFrames(p.r.Body, limit))
	}
	c, bad := p.reading.call(nil)
	var end *rpcEnd
	switch {
	case bad != nil:
		end = &rpcEnd{Status: bad}
	case !p.reading.each || !p.shows(c):
		end = p.decide(p.exchange, c)
	}
	if end != nil {
		p.denial(end)
		return nil, false
	}
	if !p.reading.each {
		return &rpcBytes{pass: p, from: rpc.NewChecked(p.r.Body, limit)}, true
	}
	return &rpcMessages{pass: p, from: rpc.NewFrames(p.r.Body, limit)}, true
}

// denial refuses an RPC of which nothing has been passed on.
func (p *rpcPass) denial(e *rpcEnd) {
	if p.write(http.StatusOK) {
		p.end(e)
	}
}

// unary reads and decides on the one message of an RPC.
func (p *rpcPass) unary(frames *rpc.Frames) (io.Reader, bool) {
	control := http.NewResponseController(p.w)
	_ = control.SetReadDeadline(time.Now().Add(p.limits().BodyTime)) // the connection's own clock
	frame, err := only(frames)
	_ = control.SetReadDeadline(time.Time{})
	if err != nil {
		p.exchange.refuse(p.unread(err))
		return nil, false
	}
	if end := p.message(p.exchange, frame); end != nil {
		p.denial(end)
		return nil, false
	}
	return bytes.NewReader(frame.Raw), true
}

func only(frames *rpc.Frames) (rpc.Frame, error) {
	frame, err := frames.Next()
	if errors.Is(err, io.EOF) {
		return frame, errors.New("the RPC takes one message, and there is none")
	}
	if err != nil {
		return frame, err
	}
	if _, err = frames.Next(); err == nil {
		return frame, errors.New("the RPC takes one message, and there are more")
	} else if !errors.Is(err, io.EOF) {
		return frame, err
	}
	return frame, nil
}

// unread is why the caller's messages cannot be read.
func (p *rpcPass) unread(err error) refusal {
	limits := p.limits()
	var slow net.Error
	switch {
	case errors.Is(err, rpc.ErrTooLarge):
		return refusal{http.StatusRequestEntityTooLarge, "body", fmt.Sprintf("a message has more than %d bytes", limits.Body)}
	case errors.As(err, &slow) && slow.Timeout():
		return refusal{http.StatusRequestTimeout, "body_time", fmt.Sprintf("the message took longer than %s", limits.BodyTime)}
	}
	return refusal{status: http.StatusBadRequest, reason: err.Error()}
}

// message decides on a message of the caller: nil where it may be passed on.
func (p *rpcPass) message(x *exchange, f rpc.Frame) *rpcEnd {
	plain, err := f.Plain(p.r.Header.Get(rpc.HeaderEncoding), p.limits().Body)
	switch {
	case errors.Is(err, rpc.ErrTooLarge):
		p.metrics.count("agent_gateway_limited_total", "limit", "body")
		return &rpcEnd{Status: rpc.NewStatus(codes.ResourceExhausted, "limits.body: "+err.Error())}
	case errors.Is(err, rpc.ErrEncoding):
		return &rpcEnd{Status: rpc.NewStatus(codes.Unimplemented, err.Error()+"; it may be one of "+rpc.Encodings)}
	case err != nil:
		return &rpcEnd{Status: rpc.NewStatus(codes.InvalidArgument, err.Error())}
	}
	c, bad := p.reading.call(plain)
	if bad != nil {
		p.metrics.count("agent_gateway_refused_total", "target", p.target.Name)
		return &rpcEnd{Status: bad}
	}
	return p.decide(x, c)
}

// decide asks for a call, and gives how the RPC ends where it may not be made.
func (p *rpcPass) decide(x *exchange, c *call.Call) *rpcEnd {
	d := x.ask(c)
	if d.Allowed || !p.enforced() {
		return nil
	}
	e := &rpcEnd{Status: rpc.NewStatus(codes.PermissionDenied, "denied: "+d.Reason), policies: d.Policies}
	if p.reading.denied != nil {
		e.Status = p.reading.denied(c, d)
	}
	return e
}

// later is message for one that comes while the answer is passed back: its record is written at once. A nil frame is a stream that ended
// without a message.
func (p *rpcPass) later(f *rpc.Frame) *rpcEnd {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return &rpcEnd{Status: rpc.NewStatus(codes.Canceled, "the call is over")}
	}
	var end *rpcEnd
	if f != nil {
		end = p.message(&p.late, *f)
	} else if c, bad := p.reading.call(nil); bad != nil {
		end = &rpcEnd{Status: bad}
	} else {
		end = p.decide(&p.late, c)
	}
	if !p.late.recorded() && end == nil {
		return &rpcEnd{Status: rpc.NewStatus(codes.Internal, "the audit log does not take the call")}
	}
	return end
}

// recorded writes the records of what was decided on after the answer began; false where the audit log has to take them and does not.
func (x *exchange) recorded() bool {
	records := x.records
	x.records = nil
	for _, record := range records {
		record.Status = http.StatusOK
		record.Duration = audit.Milliseconds(x.options.Now().Sub(x.began))
		if x.first == nil {
			x.first = record
		}
		if err := x.audit.Write(x.r.Context(), record); err != nil && !errors.Is(err, audit.ErrShed) {
			x.options.Log.Error("audit log", "error", err)
			return false
		}
	}
	return true
}

// interrupted says that the caller's messages are read no longer because the RPC has ended.
func (p *rpcPass) interrupted(err error) bool {
	return p.r.Context().Err() != nil || errors.Is(err, os.ErrDeadlineExceeded)
}

// rpcBytes passes a decided RPC's messages on as their bytes come.
type rpcBytes struct {
	pass *rpcPass
	from *rpc.Checked
}

// Read implements io.Reader.
func (b *rpcBytes) Read(to []byte) (int, error) {
	n, err := b.from.Read(to)
	if err != nil && !errors.Is(err, io.EOF) && !b.pass.interrupted(err) {
		r := b.pass.unread(err)
		if r.limit != "" {
			b.pass.metrics.count("agent_gateway_limited_total", "limit", r.limit)
		}
		b.pass.give(&rpcEnd{Status: statusOf(r)})
	}
	return n, err
}

// rpcMessages passes each message on when it has been decided on.
type rpcMessages struct {
	pass *rpcPass
	from *rpc.Frames
	left []byte
	some bool
	err  error
}

// Read implements io.Reader.
func (m *rpcMessages) Read(to []byte) (int, error) {
	for len(m.left) == 0 && m.err == nil {
		m.next()
	}
	if len(m.left) == 0 {
		return 0, m.err
	}
	n := copy(to, m.left)
	m.left = m.left[n:]
	return n, nil
}

func (m *rpcMessages) next() {
	frame, err := m.from.Next()
	var end *rpcEnd
	switch {
	case err == nil:
		m.some = true
		if end = m.pass.later(&frame); end == nil {
			m.left = frame.Raw
			return
		}
	case errors.Is(err, io.EOF):
		if !m.some {
			end = m.pass.later(nil)
		}
	case !m.pass.interrupted(err):
		r := m.pass.unread(err)
		if r.limit != "" {
			m.pass.metrics.count("agent_gateway_limited_total", "limit", r.limit)
		}
		end = &rpcEnd{Status: statusOf(r)}
	}
	if end != nil {
		m.pass.give(end)
		err = end
	}
	m.err = err
}
