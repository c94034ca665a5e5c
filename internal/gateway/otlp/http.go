package otlp

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
)

// largestAnswer is how much of a receiver's answer is read, in bytes.
const largestAnswer = 64 << 10

// overHTTP is OTLP/HTTP with protobuf.
type overHTTP struct {
	base      string
	transport *http.Transport
}

func newHTTP(u *url.URL, secure *tls.Config) *overHTTP {
	return &overHTTP{base: strings.TrimSuffix(u.String(), "/"), transport: &http.Transport{
		TLSClientConfig: secure, ForceAttemptHTTP2: true, DisableCompression: true, IdleConnTimeout: 90 * time.Second, MaxResponseHeaderBytes: 64 << 10,
	}}
}

func (w *overHTTP) export(ctx context.Context, s Signal, header http.Header, request, response proto.Message) error {
	body, err := packed(request)
	if err != nil {
		return &Error{Err: err}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.base+s.path, bytes.NewReader(body))
	if err != nil {
		return &Error{Err: err}
	}
	for name, values := range header {
		r.Header[name] = values
	}
	r.Header.Set("Content-Type", "application/x-protobuf")
	r.Header.Set("Content-Encoding", "gzip")
	r.Header.Set("User-Agent", "agent-gateway")
	answer, err := w.transport.RoundTrip(r)
	if err != nil {
		return &Error{Retryable: true, Err: err}
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, largestAnswer+1))
	switch {
	case answer.StatusCode < 200 || answer.StatusCode > 299:
		return refused(answer)
	case err != nil:
		return &Error{Retryable: true, Err: err}
	case len(text) > largestAnswer:
		return &Error{Err: fmt.Errorf("the receiver's answer has more than %d bytes", largestAnswer)}
	}
	if err := proto.Unmarshal(text, response); err != nil {
		return &Error{Err: errors.New("the receiver's answer is not the one that OTLP has")}
	}
	return nil
}

func packed(request proto.Message) ([]byte, error) {
	text, err := proto.Marshal(request)
	if err != nil {
		return nil, err
	}
	var body bytes.Buffer
	to := gzip.NewWriter(&body)
	if _, err := to.Write(text); err != nil {
		return nil, err
	}
	if err := to.Close(); err != nil {
		return nil, err
	}
	return body.Bytes(), nil
}

// refused says what a status means. A request that is malformed or too large never gets better; whoever is asked wrongly, or without
// leave, may be set right without the request being another.
func refused(answer *http.Response) error {
	e := &Error{Err: fmt.Errorf("the receiver answers with status %d", answer.StatusCode)}
	switch answer.StatusCode {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
	default:
		e.Retryable = true
		if seconds, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil && seconds > 0 {
			e.After = min(time.Duration(seconds)*time.Second, time.Minute)
		}
	}
	return e
}

func (w *overHTTP) close() error {
	w.transport.CloseIdleConnections()
	return nil
}
