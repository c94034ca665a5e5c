package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/mcp"
)

// errTooLarge is a document of a target that is larger than it may be.
var errTooLarge = errors.New("limits.answer: the document is too large")

// replyTime is how long a target has to take the refusal of its own request.
const replyTime = 10 * time.Second

// document passes one JSON document back. It is read whole, since lists in it show only what the agent may use.
func (x *exchange) document(ctx context.Context, response *http.Response) {
	limit := x.g.config.Limits.Answer
	body, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	switch {
	case err != nil && ctx.Err() != nil:
		x.unreached(ctx, err)
		return
	case err != nil:
		x.fault("the target's answer ended too early", err)
		return
	case int64(len(body)) > limit:
		x.metrics.count("agent_gateway_limited_total", "limit", "answer")
		x.fault(errTooLarge.Error(), errTooLarge)
		return
	}
	data, err := x.mediate(body)
	if err != nil {
		x.fault("the target's answer cannot be passed on", err)
		return
	}
	if data == nil {
		x.fault("the target asked something of the agent that it may not", errors.New("denied"))
		return
	}
	x.plain(response, data)
}

// stream passes a stream of events back as they come.
func (x *exchange) stream(ctx context.Context, response *http.Response) {
	if !x.write(http.StatusOK) {
		return
	}
	x.headers(response)
	x.w.WriteHeader(http.StatusOK)
	out := &flushing{w: x.w, control: http.NewResponseController(x.w), every: x.g.config.Limits.Idle}
	out.flush()
	x.underway.streaming(x.progress)
	err := mcp.Relay(out, mcp.NewEvents(response.Body, int(x.g.config.Limits.Answer)), func(e mcp.Event) ([]byte, error) {
		data, err := x.mediate(e.Data)
		if !x.recordStream() {
			return nil, errors.Join(err, errors.New("the audit log does not take the call"))
		}
		return data, err
	})
	if err == nil {
		return
	}
	if cause := context.Cause(ctx); cause == nil {
		x.metrics.count("agent_gateway_upstream_faults_total", "target", x.target.Name)
		x.options.Log.Warn("a stream was ended", "target", x.target.Name, "error", err)
	} else if errors.Is(cause, errStopping) || errors.Is(cause, errSuspended) {
		return // the end of the stream is one that clients know how to take
	}
	panic(http.ErrAbortHandler) // the stream must not look whole
}

// recordStream writes the records of what the target asked in a stream.
func (x *exchange) recordStream() bool {
	for _, record := range x.records {
		record.Status = http.StatusOK
		if err := x.audit.Write(x.r.Context(), record); err != nil {
			x.options.Log.Error("audit log", "error", err)
			x.records = nil
			return x.g.config.Audit.Shed
		}
	}
	x.records = nil
	return true
}

// flushing writes through to the caller, who has a limited time to take each part.
type flushing struct {
	w       http.ResponseWriter
	control *http.ResponseController
	every   time.Duration
}

// Write implements io.Writer.
func (f *flushing) Write(b []byte) (int, error) {
	_ = f.control.SetWriteDeadline(time.Now().Add(f.every)) // the connection's own clock; a test's recorder has none
	n, err := f.w.Write(b)
	if err == nil {
		err = f.control.Flush()
	}
	return n, err
}

func (f *flushing) flush() { _ = f.control.Flush() }

// mediate gives what to pass on of what the target sent: lists without what the agent may not use, and what it asks of the agent only
// where policies allow that. Nil is nothing at all.
func (x *exchange) mediate(data []byte) ([]byte, error) {
	said, bad := x.target.parser.ParseAnswer(x.calls, data)
	if bad != nil {
		return nil, bad
	}
	asked := len(said.Calls)
	for _, c := range said.Calls {
		d := x.ask(c)
		if d.Allowed || x.target.Audit {
			continue
		}
		refusal := mcp.Denied(c, d.Reason, d.Policies)
		switch {
		case said.Batch:
			return nil, fmt.Errorf("a batch asks for what is denied: %s", d.Reason)
		case len(said.Responses) > 0:
			// The server waits for nothing: its answer is that it needs the agent's. So the agent is told instead.
			return refusal.Body(), nil
		case c.RequestID != nil:
			x.reply(refusal.Body())
		}
		return nil, nil
	}
	if asked > 0 && len(said.Responses) == 0 {
		return data, nil
	}
	kept, bad := x.target.parser.FilterList(x.calls, data, x.listed)
	if bad != nil {
		return nil, bad
	}
	return kept, nil
}

// methods is how a listed thing would be asked for.
var methods = map[call.Kind]string{call.Tool: "tools/call", call.Prompt: "prompts/get", call.Document: "resources/read"}

// listed says whether an item of a list is something that the agent could be allowed.
func (x *exchange) listed(item mcp.Item) bool {
	if item.Resource.Kind == call.Tool {
		x.annotations.put(x.target.Name, item.Resource.Name, item.Annotations)
	}
	if x.target.Audit {
		return true
	}
	r := x.request(&call.Call{
		Protocol: call.MCP, Version: x.calls.Version, Direction: call.ToTarget, Method: methods[item.Resource.Kind], Target: x.target.Name,
		Resource: item.Resource, Annotations: item.Annotations,
	})
	r.Listing = true
	return x.g.config.Policies.Decide(x.r.Context(), r).Allowed
}

// reply tells the target that its request was denied, as the agent would, so that it does not wait.
func (x *exchange) reply(body []byte) {
	request, err := x.outgoing(x.r.Context(), http.MethodPost, bytes.Clone(body))
	if err != nil {
		x.options.Log.Warn("a target's request cannot be answered", "target", x.target.Name, "error", err)
		return
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json, text/event-stream")
	if request.Header.Get(mcp.HeaderSession) == "" && x.calls.Session != "" {
		request.Header.Set(mcp.HeaderSession, x.calls.Session)
	}
	ctx, cancel := context.WithTimeout(x.r.Context(), replyTime)
	go func() {
		defer cancel()
		response, err := x.upstream.RoundTrip(request.WithContext(ctx))
		if err != nil {
			x.options.Log.Warn("a target's request cannot be answered", "target", x.target.Name, "error", err)
			return
		}
		_ = response.Body.Close() // an answer to a response says nothing
	}()
}
