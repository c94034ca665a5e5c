package server

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

// errTooLarge is a document of a target that is larger than it may be.
var errTooLarge = errors.New("limits.answer: the document is too large")

// answered reads a target's document whole, up to limits.answer. What cannot be read has been answered.
func (x *exchange) answered(ctx context.Context, response *http.Response) ([]byte, bool) {
	limit := x.limits().Answer
	body, err := readAll(io.LimitReader(response.Body, limit+1), response.ContentLength)
	switch {
	case err != nil && ctx.Err() != nil:
		x.unreached(ctx, err)
	case err != nil:
		x.fault("the target's answer ended too early", err)
	case int64(len(body)) > limit:
		x.metrics.count("agent_gateway_limited_total", "limit", "answer")
		x.fault(errTooLarge.Error(), errTooLarge)
	default:
		return body, true
	}
	return nil, false
}

// say answers with what is there as a whole. The caller has limits.idle_time to take it.
func (x *exchange) say(status int, body []byte) {
	_ = http.NewResponseController(x.w).SetWriteDeadline(time.Now().Add(x.limits().Idle)) // the connection's own clock; a test's recorder has none
	x.w.WriteHeader(status)
	_, _ = x.w.Write(body) // a client that is gone needs no answer
}
