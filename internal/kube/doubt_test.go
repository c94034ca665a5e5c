package kube_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"k8s.io/client-go/rest"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// onWrite has the writes of a client, not its dry runs, go another way.
type onWrite struct {
	http.RoundTripper
	write func(r *http.Request, send http.RoundTripper) (*http.Response, error)
}

func (o onWrite) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPatch && r.URL.Query().Get("dryRun") == "" {
		return o.write(r, o.RoundTripper)
	}
	return o.RoundTripper.RoundTrip(r)
}

// Nobody would know of the object otherwise, and a destruction would leave it.
func TestAnErrorSaysWhatMayBeThereNevertheless(t *testing.T) {
	failed := func(r *http.Request) (*http.Response, error) {
		body := `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"InternalError","code":500}`
		return &http.Response{
			StatusCode: http.StatusInternalServerError, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r,
		}, nil
	}
	done := func(t *testing.T, r *http.Request, send http.RoundTripper) {
		t.Helper()
		resp, err := send.RoundTrip(r)
		if err != nil {
			t.Error(err)
			return
		}
		_ = resp.Body.Close()
	}
	for name, test := range map[string]struct {
		write    func(t *testing.T, r *http.Request, send http.RoundTripper, interrupt func()) (*http.Response, error)
		doubtful bool
	}{
		"the answer was lost": {func(t *testing.T, r *http.Request, send http.RoundTripper, _ func()) (*http.Response, error) {
			t.Helper()
			done(t, r, send)
			return nil, io.ErrUnexpectedEOF
		}, true},
		"nobody waits for the answer": {func(_ *testing.T, r *http.Request, send http.RoundTripper, interrupt func()) (*http.Response, error) {
			interrupt()
			return send.RoundTrip(r)
		}, true},
		"done, and the server failed": {func(t *testing.T, r *http.Request, send http.RoundTripper, _ func()) (*http.Response, error) {
			t.Helper()
			done(t, r, send)
			return failed(r)
		}, true},
		"not done, and the server failed": {func(_ *testing.T, r *http.Request, _ http.RoundTripper, _ func()) (*http.Response, error) {
			return failed(r)
		}, false},
		"it was never sent": {func(*testing.T, *http.Request, http.RoundTripper, func()) (*http.Response, error) {
			return nil, &net.OpError{Op: "dial", Err: errors.New("connection refused")}
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			f := setUp(t)
			ctx, interrupt := context.WithCancel(f.ctx)
			defer interrupt()
			config := rest.CopyConfig(f.Config())
			config.Wrap(func(send http.RoundTripper) http.RoundTripper {
				return onWrite{send, func(r *http.Request, send http.RoundTripper) (*http.Response, error) {
					return test.write(t, r, send, interrupt)
				}}
			})
			_, err := client(t, config, fieldOwner).Apply(ctx, configMap(f.ns, map[string]any{"a": "1"}), none)
			var doubt *stack.DoubtError
			if err == nil || errors.As(err, &doubt) != test.doubtful {
				t.Errorf("whether it is there is in doubt: %t (%v)", errors.As(err, &doubt), err)
			}
		})
	}
}
